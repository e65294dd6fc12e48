// A run of raw entries on their way between the keyspace and a codec.
//
// Why: the thread that owns the keyspace may spend only microseconds per slice on a snapshot or a load. Encoding,
// compressing, checksumming and parsing therefore happen elsewhere, and what crosses the border must be cheap to
// make on one side and cheap to walk on the other: no object per entry, no shared structure, no lock.
// The naive way, a list of entry objects, allocates three objects per key, millions of times.
//
// How: one growable array holds the records back to back. The producer appends copies, hands the whole batch over and forgets
// it; the consumer walks it with an enumerator that yields spans into the array. A batch is owned by one thread at a time and is reused.
//
// A string's record holds its bytes; any other value's holds its image (Redoubt.Keyspace/Values/ImageWriter.cs). A large image is cut into
// pieces, each a record of its own with the key in it, one after the other and possibly in different batches.
//
// Layout of a record (little endian, unaligned):
//   offset  size
//        0     4  key length
//        4     4  value length (8 when the value is an integer)
//        8     4  database
//       12     1  value type, numbered as in the RDB format (0 = string)
//       13     1  flags: 1 integer value, 2 the hint is idle seconds, 4 the hint is an LFU counter,
//                 8 the next record goes on with this value, 16 goes on with the value of the record before
//       14     2  zero
//       16     8  expiry, Unix milliseconds; -1 = none
//       24     4  hint
//       28        key bytes, then value bytes
//
// Invariants: the records up to Bytes are complete; an open record (a value that is still arriving or being written) lies behind Bytes and
// is invisible until it is closed. Memory: Clear keeps at most RetainedBytesMax, so one huge value does not stay allocated for ever.
using System.Buffers.Binary;
using Redoubt.Keyspace;

namespace Redoubt.Persistence;

public sealed class EntryBatch
{
    internal const int HeaderSize = 28;
    internal const byte FlagInteger = 1;
    internal const byte FlagIdle = 2;
    internal const byte FlagFrequency = 4;
    internal const byte FlagsHint = FlagIdle | FlagFrequency;
    internal const byte FlagGoesOn = 8;
    internal const byte FlagContinues = 16;
    private const int TypeAt = 12;
    private const int FlagsAt = 13;

    /// <summary>What Clear keeps allocated at most.</summary>
    public const int RetainedBytesMax = 4 << 20;

    private readonly ImageWriter _records;
    private int _openBody; // where the value of the open record begins; 0 = no record is open

    public EntryBatch(int capacity = 64 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _records = new ImageWriter(capacity);
    }

    /// <summary>Bytes of all complete records, headers included.</summary>
    public int Bytes { get; private set; }

    /// <summary>The same with what there is of an open record.</summary>
    public int BytesWithOpen => _records.Count;

    /// <summary>What there is of the value of an open record, in bytes.</summary>
    public int OpenValueBytes => _openBody == 0 ? 0 : _records.Count - _openBody;

    public int Count { get; private set; }

    public int Capacity => _records.Capacity;

    /// <summary>Adds a copy of an entry.</summary>
    /// <param name="expireAtMs">Unix milliseconds, -1 for none.</param>
    public void Append(int database, byte valueType, long expireAtMs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, AccessHint hint = default) =>
        value.CopyTo(AppendUnfilled(database, valueType, expireAtMs, key, value.Length, hint));

    /// <summary>Adds an entry whose string value is kept as a number.</summary>
    public void AppendInteger(int database, long expireAtMs, ReadOnlySpan<byte> key, long value, AccessHint hint = default) =>
        BinaryPrimitives.WriteInt64LittleEndian(AddRecord(database, 0, (byte)(hint.Flags | FlagInteger), expireAtMs, hint.Value, key, sizeof(long)), value);

    /// <summary>Adds an entry and returns the room for its value, which the caller must fill before anything else is appended.</summary>
    public Span<byte> AppendUnfilled(int database, byte valueType, long expireAtMs, ReadOnlySpan<byte> key, int valueLength, AccessHint hint = default) =>
        AddRecord(database, valueType, hint.Flags, expireAtMs, hint.Value, key, valueLength);

    /// <summary>Opens a record for a value's image, or for the next piece of it. Write the tokens, then close it.</summary>
    public ImageWriter OpenImage(int database, long expireAtMs, ReadOnlySpan<byte> key, bool isFirst, AccessHint hint = default)
    {
        OpenRecord(database, 0, expireAtMs, hint, key, 0);
        if (!isFirst)
            _records.From(Bytes)[FlagsAt] |= FlagContinues;
        return _records;
    }

    public void CloseImage(ImageType type, bool isLast)
    {
        Span<byte> record = _records.From(Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], _records.Count - _openBody);
        record[TypeAt] = (byte)type;
        if (!isLast)
            record[FlagsAt] |= FlagGoesOn;
        CloseRecord();
    }

    /// <summary>Takes the open record back.</summary>
    public void DropOpen()
    {
        _records.Truncate(Bytes);
        _openBody = 0;
    }

    public void Clear()
    {
        Bytes = 0;
        Count = 0;
        _openBody = 0;
        _records.Clear(RetainedBytesMax);
    }

    public Enumerator GetEnumerator() => new(_records.Written[..Bytes]);

    /// <summary>Takes back the records appended since the batch had this many bytes and entries.</summary>
    internal void RollBack(int bytes, int count)
    {
        _records.Truncate(bytes);
        Bytes = bytes;
        Count = count;
    }

    /// <summary>Opens a record whose value will follow in pieces. Memory grows with the bytes that arrive, never with the announced length alone.</summary>
    internal void OpenRecord(int database, byte valueType, long expireAtMs, AccessHint hint, ReadOnlySpan<byte> key, int valueLength)
    {
        WriteHeader(_records.Reserve(HeaderSize), database, valueType, hint.Flags, expireAtMs, hint.Value, key.Length, valueLength);
        _records.Append(key);
        _openBody = _records.Count;
    }

    internal void AppendToOpenRecord(ReadOnlySpan<byte> piece, int stillExpected) => _records.Append(piece, stillExpected);

    internal void CloseRecord()
    {
        Bytes = _records.Count;
        _openBody = 0;
        Count++;
    }

    private Span<byte> AddRecord(int database, byte valueType, byte flags, long expireAtMs, uint hint, ReadOnlySpan<byte> key, int valueLength)
    {
        long size = (long)HeaderSize + key.Length + valueLength;
        if (size > Array.MaxLength)
            throw new InvalidOperationException($"a batch of entries cannot hold {size} bytes");
        Span<byte> record = _records.Reserve((int)size);
        WriteHeader(record, database, valueType, flags, expireAtMs, hint, key.Length, valueLength);
        key.CopyTo(record[HeaderSize..]);
        Bytes = _records.Count;
        Count++;
        return record[(HeaderSize + key.Length)..];
    }

    private static void WriteHeader(Span<byte> record, int database, byte valueType, byte flags, long expireAtMs, uint hint, int keyLength, int valueLength)
    {
        Span<byte> header = record[..HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(header, keyLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], valueLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], database);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], valueType | flags << 8);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], expireAtMs);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], hint);
    }

    /// <summary>Walks the complete records in the order they were appended, without allocating.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;
        private ReadOnlySpan<byte> _record;

        internal Enumerator(ReadOnlySpan<byte> records)
        {
            _rest = records;
            _record = default;
        }

        public readonly EntryView Current => new(_record);

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            int size = HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(_rest) + BinaryPrimitives.ReadInt32LittleEndian(_rest[4..]);
            _record = _rest[..size];
            _rest = _rest[size..];
            return true;
        }
    }
}
