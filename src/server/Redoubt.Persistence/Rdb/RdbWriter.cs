// Turns batches of entries into the bytes of an RDB file, version 10, as Redis 7.0 writes and reads it.
//
// How: push. The caller hands in batches and drains Pending at its own pace, into a file or to replicas; the writer owns
// only its output buffer and the running checksum, and knows neither files nor sockets nor the time. Before a batch is encoded, room for
// the worst case is made once, so that nothing inside the loop grows or allocates.
//
// Order of calls: Begin, then BeginDatabase, WriteFunction and Write as wanted, then End. Begin starts anew at any time.
// Databases may alternate from entry to entry; each change writes another SELECTDB, which every reader accepts.
//
// Strings: a text that reads as a 32-bit integer is stored as one; longer than 20 bytes, it may be compressed (CompressionGate decides
// whether that is tried). Other value types than strings are a programmer's error until they can be encoded.
// Threads: one at a time. Failure: none but misuse and lack of memory.
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Redoubt.Persistence.Rdb;

public sealed class RdbWriter
{
    // SELECTDB, expiry, idle or frequency, type, and two length prefixes of at most 9 bytes, less than this.
    private const int OverheadMax = 64;
    private const int SavingMin = 4;
    private const int RetainedBytesMax = 4 << 20;
    private const int NoDatabase = -1;

    private readonly bool _compress;
    private readonly bool _checksum;
    private readonly LzfCompressor _lzf = new();
    private readonly CompressionGate _keyGate = new();
    private readonly CompressionGate _valueGate = new();

    private byte[] _buffer = [];
    private int _start; // first byte not yet consumed
    private int _end;
    private int _hashed; // the checksum covers the output up to here
    private ulong _crc;
    private int _database = NoDatabase;
    private bool _begun;

    public RdbWriter(bool compress = true, bool checksum = true)
    {
        _compress = compress;
        _checksum = checksum;
    }

    /// <summary>Output not yet taken; valid until the next call.</summary>
    public ReadOnlySpan<byte> Pending => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Bytes produced since Begin, whether taken or not.</summary>
    public long BytesWritten { get; private set; }

    public long EntriesWritten { get; private set; }

    /// <summary>Marks the first bytes of Pending as taken.</summary>
    public void Consume(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _end - _start);
        _start += bytes;
        if (_start == _end)
            Clear();
    }

    /// <summary>Marks all of Pending as taken.</summary>
    public void Clear()
    {
        _start = _end = _hashed = 0;
        if (_buffer.Length > RetainedBytesMax)
            _buffer = [];
    }

    public void Begin(RdbAux aux)
    {
        Clear();
        _crc = 0;
        _database = NoDatabase;
        _begun = true;
        BytesWritten = 0;
        EntriesWritten = 0;
        int from = MakeRoom(1024 + Encoding.UTF8.GetMaxByteCount((aux.RedisVersion?.Length ?? 0) + (aux.ReplicationId?.Length ?? 0)));
        "REDIS0010"u8.CopyTo(_buffer.AsSpan(_end));
        _end += RdbFormat.MagicLength;
        WriteAux("redis-ver"u8, aux.RedisVersion ?? "7.0.15");
        WriteAux("redis-bits"u8, "64");
        WriteAux("ctime"u8, aux.CreatedAtSeconds);
        WriteAux("used-mem"u8, aux.UsedMemoryBytes);
        if (aux.ReplicationId is not null)
        {
            WriteAux("repl-stream-db"u8, aux.ReplicationStreamDatabase ?? 0);
            WriteAux("repl-id"u8, aux.ReplicationId);
            WriteAux("repl-offset"u8, aux.ReplicationOffset ?? 0);
        }
        WriteAux("aof-base"u8, aux.AofBase == true ? 1 : 0);
        Account(from);
    }

    /// <summary>Selects a database and tells the reader how many keys, and how many with an expiry, to make room for. Optional.</summary>
    public void BeginDatabase(int database, long keys, long expires)
    {
        RequireBegun();
        int from = MakeRoom(OverheadMax);
        SelectDatabase(database);
        _buffer[_end++] = RdbFormat.OpcodeResizeDatabase;
        WriteLength((ulong)keys);
        WriteLength((ulong)expires);
        Account(from);
    }

    /// <summary>Writes the source of a function library, as FUNCTION LOAD takes it.</summary>
    public void WriteFunction(ReadOnlySpan<byte> library)
    {
        RequireBegun();
        int from = MakeRoom(OverheadMax + (long)library.Length);
        _buffer[_end++] = RdbFormat.OpcodeFunction;
        WriteString(library, _valueGate);
        Account(from);
    }

    public void Write(EntryBatch batch)
    {
        RequireBegun();
        int from = MakeRoom(batch.Bytes + (long)batch.Count * (OverheadMax - EntryBatch.HeaderSize) + EntryView.IntegerTextMax);
        foreach (EntryView entry in batch)
        {
            if (entry.ValueType != RdbFormat.TypeString)
                throw new InvalidOperationException($"value type {entry.ValueType} cannot be written to an RDB file");
            int database = entry.Database;
            if (database != _database)
                SelectDatabase(database);
            WriteAttributes(entry);
            _buffer[_end++] = RdbFormat.TypeString;
            WriteString(entry.Key, _keyGate);
            if (entry.IsInteger)
                WriteInteger(entry.Integer);
            else
                WriteString(entry.Value, _valueGate);
        }
        EntriesWritten += batch.Count;
        Account(from);
    }

    /// <summary>Writes the end mark and the checksum, which is zero when checksums are off.</summary>
    public void End()
    {
        RequireBegun();
        int from = MakeRoom(OverheadMax);
        _buffer[_end++] = RdbFormat.OpcodeEnd;
        Account(from);
        from = _end;
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_end), _crc);
        _end += RdbFormat.ChecksumLength;
        Account(from);
        _begun = false;
    }

    private void RequireBegun()
    {
        if (!_begun)
            throw new InvalidOperationException("an RDB file must be begun before it is written to");
    }

    private void Account(int from)
    {
        BytesWritten += _end - from;
        if (_checksum)
            _crc = Crc64.Update(_crc, _buffer.AsSpan(_hashed, _end - _hashed));
        _hashed = _end;
    }

    private int MakeRoom(long bytes)
    {
        if (bytes <= _buffer.Length - _end)
            return _end;
        long needed = _end - _start + bytes;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"the output buffer cannot hold {needed} bytes; drain it between batches");
        byte[] target = _buffer;
        if (needed > _buffer.Length)
        {
            long capacity = Math.Min(Math.Max(needed, Math.Min(_buffer.Length * 2L, RetainedBytesMax)), Array.MaxLength);
            target = GC.AllocateUninitializedArray<byte>((int)capacity);
        }
        Pending.CopyTo(target);
        _buffer = target;
        _end -= _start;
        _hashed -= _start;
        _start = 0;
        return _end;
    }

    private void SelectDatabase(int database)
    {
        _buffer[_end++] = RdbFormat.OpcodeSelectDatabase;
        WriteLength((ulong)database);
        _database = database;
    }

    private void WriteAttributes(EntryView entry)
    {
        long expireAtMs = entry.ExpireAtMs;
        if (expireAtMs >= 0)
        {
            _buffer[_end] = RdbFormat.OpcodeExpireMs;
            BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_end + 1), expireAtMs);
            _end += 1 + sizeof(long);
        }
        AccessHint hint = entry.Hint;
        if (hint.IsIdleSeconds)
        {
            _buffer[_end++] = RdbFormat.OpcodeIdle;
            WriteLength(hint.IdleSeconds);
        }
        else if (hint.IsFrequency)
        {
            _buffer[_end++] = RdbFormat.OpcodeFrequency;
            _buffer[_end++] = hint.Frequency;
        }
    }

    private void WriteAux(ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            WriteAux(name, number.ToString());
    }

    private void WriteAux(ReadOnlySpan<byte> name, string value)
    {
        _buffer[_end++] = RdbFormat.OpcodeAux;
        WriteString(name, _keyGate);
        WriteString(Encoding.UTF8.GetBytes(value), _keyGate);
    }

    private void WriteString(ReadOnlySpan<byte> text, CompressionGate gate)
    {
        if (RdbInteger.TryParse(text, out int number))
        {
            WriteInt32(number);
            return;
        }
        if (_compress && gate.ShouldTry(text, out int kind))
        {
            bool compressed = TryWriteCompressed(text);
            gate.Report(kind, compressed);
            if (compressed)
                return;
        }
        WriteLength((ulong)text.Length);
        text.CopyTo(_buffer.AsSpan(_end));
        _end += text.Length;
    }

    // The compressed bytes go where they belong if both length prefixes are as long as they can be for this text;
    // the prefix of the compressed length often comes out shorter, and then the bytes move down.
    private bool TryWriteCompressed(ReadOnlySpan<byte> text)
    {
        int room = PrefixLength((ulong)text.Length);
        int at = _end + 1 + room + room;
        int compressed = _lzf.Compress(text, _buffer.AsSpan(at, text.Length - SavingMin));
        if (compressed == 0)
            return false;
        _buffer[_end++] = RdbFormat.EncodingLzf;
        WriteLength((ulong)compressed);
        WriteLength((ulong)text.Length);
        if (_end != at)
            _buffer.AsSpan(at, compressed).CopyTo(_buffer.AsSpan(_end));
        _end += compressed;
        return true;
    }

    private void WriteInteger(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            WriteInt32((int)value);
            return;
        }
        Span<byte> text = stackalloc byte[EntryView.IntegerTextMax];
        Utf8Formatter.TryFormat(value, text, out int length);
        WriteLength((ulong)length);
        text[..length].CopyTo(_buffer.AsSpan(_end));
        _end += length;
    }

    private void WriteInt32(int value)
    {
        Span<byte> room = _buffer.AsSpan(_end, 5);
        if (value is >= sbyte.MinValue and <= sbyte.MaxValue)
        {
            room[0] = RdbFormat.EncodingInt8;
            room[1] = (byte)value;
            _end += 2;
        }
        else if (value is >= short.MinValue and <= short.MaxValue)
        {
            room[0] = RdbFormat.EncodingInt16;
            BinaryPrimitives.WriteInt16LittleEndian(room[1..], (short)value);
            _end += 3;
        }
        else
        {
            room[0] = RdbFormat.EncodingInt32;
            BinaryPrimitives.WriteInt32LittleEndian(room[1..], value);
            _end += 5;
        }
    }

    private static int PrefixLength(ulong length) => length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : length <= uint.MaxValue ? 5 : 9;

    private void WriteLength(ulong length)
    {
        Span<byte> room = _buffer.AsSpan(_end, 9);
        int size = PrefixLength(length);
        switch (size)
        {
            case 1:
                room[0] = (byte)length;
                break;
            case 2:
                room[0] = (byte)(RdbFormat.Length14Bits | length >> 8);
                room[1] = (byte)length;
                break;
            case 5:
                room[0] = RdbFormat.Length32Bits;
                BinaryPrimitives.WriteUInt32BigEndian(room[1..], (uint)length);
                break;
            default:
                room[0] = RdbFormat.Length64Bits;
                BinaryPrimitives.WriteUInt64BigEndian(room[1..], length);
                break;
        }
        _end += size;
    }
}
