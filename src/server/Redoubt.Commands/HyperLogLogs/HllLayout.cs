// A HyperLogLog: how many different elements were added to a set that itself is not kept, to within about 0.8 %.
//
// An element's hash picks one of 16384 registers by its low 14 bits; the register keeps the longest run of zeros, plus one, that
// the other bits of any such hash begin with. How the registers are distributed tells how many hashes there were (HllEstimate.cs).
//
// It is a string, laid out byte for byte as Redis does, so that GET, DUMP and replication need not know of it:
//
//   offset size
//        0    4  "HYLL"
//        4    1  0 = dense, 1 = sparse
//        5    3  zero
//        8    8  the last estimate, little endian; its top bit says that it is out of date
//       16       registers: dense (DenseRegisters.cs) 6 bits each, sparse (SparseRegisters.cs) run by run
//
// Threads: the keyspace thread. Strings are foreign bytes: nothing here reads or writes outside them, whatever they say.

using System.Buffers.Binary;

namespace Redoubt.Commands;

internal static class HllLayout
{
    public const int HeaderBytes = 16;
    public const int IndexBits = 14;
    public const int RegisterCount = 1 << IndexBits;

    /// <summary>The longest run of zeros there can be, plus one.</summary>
    public const int RunMax = 64 - IndexBits + 1;

    public const byte Dense = 0;
    public const byte Sparse = 1;
    public const int EncodingAt = 4;

    public const int DenseBytes = HeaderBytes + RegisterCount * DenseRegisters.RegisterBits / 8;

    private const int EstimateAt = 8;
    private const ulong OutOfDate = 1UL << 63;

    public static bool IsValid(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderBytes && bytes.StartsWith("HYLL"u8) && bytes[EncodingAt] <= Sparse && (!IsDense(bytes) || bytes.Length == DenseBytes);

    public static bool IsDense(ReadOnlySpan<byte> bytes) => bytes[EncodingAt] == Dense;

    public static void WriteHeader(Span<byte> bytes, byte encoding)
    {
        bytes[..HeaderBytes].Clear();
        "HYLL"u8.CopyTo(bytes);
        bytes[EncodingAt] = encoding;
    }

    /// <summary>The estimate that the header has, if it is still true.</summary>
    public static bool TryGetEstimate(ReadOnlySpan<byte> bytes, out ulong estimate)
    {
        estimate = BinaryPrimitives.ReadUInt64LittleEndian(bytes[EstimateAt..]);
        return (estimate & OutOfDate) == 0;
    }

    public static void SetEstimate(Span<byte> bytes, ulong estimate) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[EstimateAt..], estimate);

    public static void ForgetEstimate(Span<byte> bytes) => bytes[HeaderBytes - 1] |= 0x80;
}
