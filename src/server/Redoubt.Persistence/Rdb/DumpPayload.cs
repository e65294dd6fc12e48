// DUMP's payload: one value as in an RDB file (its type, then itself), 2 bytes with the format's version, and 8 bytes with a CRC-64 of
// all before it, both little endian. RESTORE takes such payloads from anyone, so they are read with the same care as files.
//
// Threads: one at a time. Failure: a payload that cannot be used is an outcome with a reason; nothing is thrown for its sake.
using System.Buffers.Binary;

namespace Redoubt.Persistence.Rdb;

public enum PayloadOutcome
{
    Ok,

    /// <summary>The version is unknown, or the checksum is not that of the payload.</summary>
    WrongFooter,

    /// <summary>The footer is right, but what precedes it is no value.</summary>
    BadFormat,
}

public sealed class DumpPayload
{
    private const int FooterSize = sizeof(ushort) + sizeof(ulong);
    private const int HeadMax = 64;

    private RdbOutput _output = new(compress: true);
    private bool _compress = true;

    /// <summary>Encodes the only value of a batch, which may be there in several pieces. The payload is valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(EntryBatch batch, bool compress)
    {
        if (compress != _compress)
        {
            _output = new RdbOutput(compress);
            _compress = compress;
        }
        _output.Clear();
        _output.MakeRoom(RdbOutput.RoomForImage(batch.Bytes) + HeadMax + FooterSize);
        foreach (EntryView entry in batch)
        {
            if (entry.IsFirstPiece)
                _output.Byte(entry.ValueType);
            if (entry.ValueType != RdbFormat.TypeString)
                _output.Image(entry.Image, gate: null);
            else if (entry.IsInteger)
                _output.Integer(entry.Integer);
            else
                _output.String(entry.Value, gate: null);
        }
        _output.Byte(RdbFormat.VersionWritten & 0xff);
        _output.Byte(RdbFormat.VersionWritten >> 8);
        _output.Int64((long)Crc64.Update(0, _output.Pending));
        return _output.Pending;
    }

    /// <summary>Reads a payload into an empty batch.</summary>
    /// <param name="problem">What is wrong, for the log.</param>
    public static PayloadOutcome Decode(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key, EntryBatch batch, bool verifyChecksum, out string? problem)
    {
        problem = null;
        if (payload.Length < FooterSize)
            return PayloadOutcome.WrongFooter;
        ReadOnlySpan<byte> value = payload[..^FooterSize];
        ReadOnlySpan<byte> footer = payload[^FooterSize..];
        if (BinaryPrimitives.ReadUInt16LittleEndian(footer) > RdbFormat.VersionReadMax)
            return PayloadOutcome.WrongFooter;
        ulong stored = BinaryPrimitives.ReadUInt64LittleEndian(footer[sizeof(ushort)..]);
        if (verifyChecksum && stored != Crc64.Update(0, payload[..^sizeof(ulong)]))
            return PayloadOutcome.WrongFooter;
        var reader = new RdbReader(new RdbReaderOptions { BatchBytes = int.MaxValue, VerifyChecksum = false }, batch);
        problem = reader.ReadValue(key, value);
        return problem is null ? PayloadOutcome.Ok : PayloadOutcome.BadFormat;
    }
}
