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
// Layout of a record (little endian, unaligned):
//   offset  size
//        0     4  key length
//        4     4  value length (8 when the value is an integer)
//        8     4  database
//       12     1  value type, numbered as in the RDB format (0 = string)
//       13     1  flags: 1 integer value, 2 the hint is idle seconds, 4 the hint is an LFU counter
//       14     2  zero
//       16     8  expiry, Unix milliseconds; -1 = none
//       24     4  hint
//       28        key bytes, then value bytes
//
// Invariants: the records up to Bytes are complete; an open record (a large value that is still arriving) lies behind Bytes and
// is invisible until it is closed. Memory: Clear keeps at most RetainedBytesMax, so one huge value does not stay allocated for ever.
using System.Buffers.Binary;

namespace Redoubt.Persistence;

public sealed class EntryBatch
{
    internal const int HeaderSize = 28;
    internal const byte FlagInteger = 1;
    internal const byte FlagIdle = 2;
    internal const byte FlagFrequency = 4;
    internal const byte FlagsHint = FlagIdle | FlagFrequency;

    /// <summary>What Clear keeps allocated at most.</summary>
    public const int RetainedBytesMax = 4 << 20;

    private byte[] _buffer;
    private int _bytes;
    private int _open; // bytes of the open record behind _bytes; 0 = no record is open
    private long _openTotal;

    public EntryBatch(int capacity = 64 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _buffer = capacity == 0 ? [] : GC.AllocateUninitializedArray<byte>(capacity);
    }

    /// <summary>Bytes of all complete records, headers included.</summary>
    public int Bytes => _bytes;

    public int Count { get; private set; }

    public int Capacity => _buffer.Length;

    /// <summary>Adds a copy of an entry.</summary>
    /// <param name="expireAtMs">Unix milliseconds, -1 for none.</param>
    public void Append(int database, byte valueType, long expireAtMs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, AccessHint hint = default)
    {
        Span<byte> body = Reserve(database, valueType, hint.Flags, expireAtMs, hint.Value, key.Length, value.Length);
        key.CopyTo(body);
        value.CopyTo(body[key.Length..]);
    }

    /// <summary>Adds an entry whose string value is kept as a number.</summary>
    public void AppendInteger(int database, long expireAtMs, ReadOnlySpan<byte> key, long value, AccessHint hint = default)
    {
        Span<byte> body = Reserve(database, 0, (byte)(hint.Flags | FlagInteger), expireAtMs, hint.Value, key.Length, sizeof(long));
        key.CopyTo(body);
        BinaryPrimitives.WriteInt64LittleEndian(body[key.Length..], value);
    }

    /// <summary>Adds an entry and returns the room for its value, which the caller must fill before anything else is appended.</summary>
    public Span<byte> AppendUnfilled(int database, byte valueType, long expireAtMs, ReadOnlySpan<byte> key, int valueLength, AccessHint hint = default)
    {
        Span<byte> body = Reserve(database, valueType, hint.Flags, expireAtMs, hint.Value, key.Length, valueLength);
        key.CopyTo(body);
        return body[key.Length..];
    }

    public void Clear()
    {
        _bytes = 0;
        _open = 0;
        Count = 0;
        if (_buffer.Length > RetainedBytesMax)
            _buffer = [];
    }

    public Enumerator GetEnumerator() => new(_buffer.AsSpan(0, _bytes));

    internal Span<byte> Reserve(int database, byte valueType, byte flags, long expireAtMs, uint hint, int keyLength, int valueLength)
    {
        long total = (long)HeaderSize + keyLength + valueLength;
        if (_buffer.Length - _bytes < total)
            Grow(_bytes + total, _bytes + total);
        int size = (int)total;
        Span<byte> record = _buffer.AsSpan(_bytes, size);
        WriteHeader(record, database, valueType, flags, expireAtMs, hint, keyLength, valueLength);
        _bytes += size;
        Count++;
        return record[HeaderSize..];
    }

    /// <summary>Takes back the records appended since the batch had this many bytes and entries.</summary>
    internal void RollBack(int bytes, int count)
    {
        _bytes = bytes;
        Count = count;
    }

    /// <summary>Opens a record whose value will follow in pieces. Memory grows with the bytes that arrive, never with the announced length alone.</summary>
    internal void OpenRecord(int database, byte valueType, long expireAtMs, AccessHint hint, ReadOnlySpan<byte> key, int valueLength)
    {
        long head = (long)HeaderSize + key.Length;
        _openTotal = _bytes + head + valueLength;
        if (_buffer.Length - _bytes < head)
            Grow(_bytes + head, _openTotal);
        Span<byte> record = _buffer.AsSpan(_bytes, (int)head);
        WriteHeader(record, database, valueType, hint.Flags, expireAtMs, hint.Value, key.Length, valueLength);
        key.CopyTo(record[HeaderSize..]);
        _open = (int)head;
    }

    internal void AppendToOpenRecord(ReadOnlySpan<byte> piece)
    {
        long end = (long)_bytes + _open + piece.Length;
        if (end > _buffer.Length)
            Grow(end, _openTotal);
        piece.CopyTo(_buffer.AsSpan(_bytes + _open));
        _open += piece.Length;
    }

    internal void CloseRecord()
    {
        _bytes += _open;
        _open = 0;
        Count++;
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

    // Doubles, but not past what is known to be needed once a record has announced its size.
    private void Grow(long needed, long enough)
    {
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"a batch of entries cannot hold {needed} bytes");
        long doubled = Math.Max(_buffer.Length * 2L, 4096);
        long capacity = enough > needed ? Math.Min(doubled, enough) : doubled;
        capacity = Math.Min(Math.Max(capacity, needed), Array.MaxLength);
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)capacity);
        _buffer.AsSpan(0, _bytes + _open).CopyTo(larger);
        _buffer = larger;
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
