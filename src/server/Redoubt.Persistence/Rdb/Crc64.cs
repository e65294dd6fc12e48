// The checksum of RDB files and DUMP payloads.
//
// CRC-64 with the "Jones" polynomial 0xad93d23594c935a9, bits reflected, starting at zero, nothing inverted at the end, so that
// Crc64 of "123456789" is 0xe9c6d914c4b8d9ca. A byte-wise table gives some 0.4 GB/s, which would make the checksum
// the most expensive part of a full resync.
//
// How: with the carry-less multiply instruction 64 bytes are folded per step. A message A·x^n + B has the same remainder as
// (A mod-reduced times x^n) + B, so four 128-bit lanes are each multiplied by x^512 (as two 64-bit halves with precomputed constants) and
// added to the next 64 bytes. In the reflected form the product of two 64-bit values comes out multiplied by one x too many, hence the
// exponents one lower than one expects. At the end the lanes are folded into one, whose 16 bytes go through the tables
// like any message: slicing by eight, which is also the way on machines without the instruction.
//
// Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009.
using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Redoubt.Persistence.Rdb;

public static class Crc64
{
    private const ulong ReflectedPolynomial = 0x95ac9329ac4bc9b5;
    private const int FoldedBytesMin = 128;

    private static readonly ulong[] Table = BuildTable();

    // (x^(D+63), x^(D-1)) for the low and the high half of a lane that moves D bits up.
    private static readonly Vector128<ulong> Fold512 = Vector128.Create(PowerOfX(512 + 63), PowerOfX(512 - 1));
    private static readonly Vector128<ulong> Fold128 = Vector128.Create(PowerOfX(128 + 63), PowerOfX(128 - 1));

    /// <summary>Continues a checksum over more bytes; the first call passes 0.</summary>
    public static ulong Update(ulong crc, ReadOnlySpan<byte> data) =>
        Pclmulqdq.IsSupported && data.Length >= FoldedBytesMin ? UpdateFolded(crc, data) : UpdateSliced(crc, data);

    internal static ulong UpdateSliced(ulong crc, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> t = Table;
        t = t[..2048];
        while (data.Length >= 8)
        {
            crc ^= BinaryPrimitives.ReadUInt64LittleEndian(data);
            crc = t[1792 + (int)(crc & 0xff)]
                ^ t[1536 + (int)(crc >> 8 & 0xff)]
                ^ t[1280 + (int)(crc >> 16 & 0xff)]
                ^ t[1024 + (int)(crc >> 24 & 0xff)]
                ^ t[768 + (int)(crc >> 32 & 0xff)]
                ^ t[512 + (int)(crc >> 40 & 0xff)]
                ^ t[256 + (int)(crc >> 48 & 0xff)]
                ^ t[(int)(crc >> 56)];
            data = data[8..];
        }
        foreach (byte b in data)
            crc = t[(int)((crc ^ b) & 0xff)] ^ (crc >> 8);
        return crc;
    }

    internal static ulong UpdateFolded(ulong crc, ReadOnlySpan<byte> data)
    {
        Vector128<ulong> lane0 = Load(data) ^ Vector128.CreateScalar(crc);
        Vector128<ulong> lane1 = Load(data[16..]);
        Vector128<ulong> lane2 = Load(data[32..]);
        Vector128<ulong> lane3 = Load(data[48..]);
        data = data[64..];
        Vector128<ulong> fold = Fold512;
        while (data.Length >= 64)
        {
            ReadOnlySpan<byte> block = data[..64];
            lane0 = Shift(lane0, fold) ^ Load(block);
            lane1 = Shift(lane1, fold) ^ Load(block[16..]);
            lane2 = Shift(lane2, fold) ^ Load(block[32..]);
            lane3 = Shift(lane3, fold) ^ Load(block[48..]);
            data = data[64..];
        }
        fold = Fold128;
        lane1 ^= Shift(lane0, fold);
        lane2 ^= Shift(lane1, fold);
        lane3 ^= Shift(lane2, fold);
        while (data.Length >= 16)
        {
            lane3 = Shift(lane3, fold) ^ Load(data);
            data = data[16..];
        }
        Span<byte> last = stackalloc byte[16];
        lane3.AsByte().CopyTo(last);
        return UpdateSliced(UpdateSliced(0, last), data);
    }

    private static Vector128<ulong> Load(ReadOnlySpan<byte> data) => Vector128.Create(data).AsUInt64();

    private static Vector128<ulong> Shift(Vector128<ulong> lane, Vector128<ulong> fold) =>
        Pclmulqdq.CarrylessMultiply(lane, fold, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, fold, 0x11);

    private static ulong PowerOfX(int exponent)
    {
        ulong value = 1UL << 63; // x^0, reflected
        for (int i = 0; i < exponent; i++)
            value = TimesX(value);
        return value;
    }

    private static ulong TimesX(ulong value) => (value & 1) != 0 ? (value >> 1) ^ ReflectedPolynomial : value >> 1;

    private static ulong[] BuildTable()
    {
        var table = new ulong[8 * 256];
        for (int b = 0; b < 256; b++)
        {
            ulong value = (ulong)b;
            for (int bit = 0; bit < 8; bit++)
                value = TimesX(value);
            table[b] = value;
        }
        for (int i = 256; i < table.Length; i++)
        {
            ulong before = table[i - 256];
            table[i] = table[(int)(before & 0xff)] ^ (before >> 8);
        }
        return table;
    }
}
