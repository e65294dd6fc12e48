// Turns batches of entries into the bytes of an RDB file, version 10, as Redis 7.0 writes and reads it.
//
// How: push. The caller hands in batches and drains Pending at its own pace, into a file or to replicas; the writer owns
// only its output buffer and the running checksum, and knows neither files nor sockets nor the time. Before a batch is encoded, room for
// the worst case is made once, so that nothing inside the loop grows or allocates.
//
// Order of calls: Begin, then BeginDatabase, WriteFunction and Write as wanted, then End. Begin starts anew at any time.
// Databases may alternate from entry to entry; each change writes another SELECTDB, which every reader accepts. The pieces of a large value
// must come one after the other.
//
// Threads: one at a time. Failure: none but misuse and lack of memory.
using System.Text;
using Redoubt.Keyspace;

namespace Redoubt.Persistence.Rdb;

public sealed class RdbWriter : ISnapshotEncoder
{
    // SELECTDB, expiry, idle or frequency, type, and two length prefixes of at most 9 bytes, less than this.
    private const int OverheadMax = 64;
    private const int NoDatabase = -1;

    private readonly bool _checksum;
    private readonly RdbOutput _output;
    private readonly CompressionGate _keyGate = new();
    private readonly CompressionGate _valueGate = new();

    private ulong _crc;
    private int _database = NoDatabase;
    private bool _begun;

    public RdbWriter(bool compress = true, bool checksum = true)
    {
        _checksum = checksum;
        _output = new RdbOutput(compress);
    }

    /// <summary>Output not yet taken; valid until the next call.</summary>
    public ReadOnlySpan<byte> Pending => _output.Pending;

    /// <summary>Bytes produced since Begin, whether taken or not.</summary>
    public long BytesWritten { get; private set; }

    public long EntriesWritten { get; private set; }

    /// <summary>Marks the first bytes of Pending as taken.</summary>
    public void Consume(int bytes) => _output.Consume(bytes);

    /// <summary>Marks all of Pending as taken.</summary>
    public void Clear() => _output.Clear();

    public void Begin(RdbAux aux)
    {
        Clear();
        _crc = 0;
        _database = NoDatabase;
        _begun = true;
        BytesWritten = 0;
        EntriesWritten = 0;
        _output.MakeRoom(1024 + Encoding.UTF8.GetMaxByteCount((aux.RedisVersion?.Length ?? 0) + (aux.ReplicationId?.Length ?? 0)));
        _output.Bytes("REDIS0010"u8);
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
        Account();
    }

    /// <summary>Selects a database and tells the reader how many keys, and how many with an expiry, to make room for. Optional.</summary>
    public void BeginDatabase(int database, long keys, long expires)
    {
        RequireBegun();
        _output.MakeRoom(OverheadMax);
        SelectDatabase(database);
        _output.Byte(RdbFormat.OpcodeResizeDatabase);
        _output.Length((ulong)keys);
        _output.Length((ulong)expires);
        Account();
    }

    /// <summary>Writes the source of a function library, as FUNCTION LOAD takes it.</summary>
    public void WriteFunction(ReadOnlySpan<byte> library)
    {
        RequireBegun();
        _output.MakeRoom(OverheadMax + (long)library.Length);
        _output.Byte(RdbFormat.OpcodeFunction);
        _output.String(library, _valueGate);
        Account();
    }

    public void Write(EntryBatch batch)
    {
        RequireBegun();
        _output.MakeRoom(RdbOutput.RoomForImage(batch.Bytes) + (long)batch.Count * (OverheadMax - EntryBatch.HeaderSize) + EntryView.IntegerTextMax);
        foreach (EntryView entry in batch)
        {
            if (entry.IsFirstPiece)
                WriteHead(entry);
            if (entry.ValueType != RdbFormat.TypeString)
                _output.Image(entry.Image, _valueGate);
            else if (entry.IsInteger)
                _output.Integer(entry.Integer);
            else
                _output.String(entry.Value, _valueGate);
            if (entry.IsLastPiece)
                EntriesWritten++;
        }
        Account();
    }

    /// <summary>Writes the end mark and the checksum, which is zero when checksums are off.</summary>
    public void End()
    {
        RequireBegun();
        _output.MakeRoom(OverheadMax);
        _output.Byte(RdbFormat.OpcodeEnd);
        Account();
        _output.Int64((long)_crc);
        Account();
        _begun = false;
    }

    private void RequireBegun()
    {
        if (!_begun)
            throw new InvalidOperationException("an RDB file must be begun before it is written to");
    }

    private void Account()
    {
        ReadOnlySpan<byte> written = _output.Unaccounted;
        BytesWritten += written.Length;
        if (_checksum)
            _crc = Crc64.Update(_crc, written);
        _output.Account();
    }

    private void SelectDatabase(int database)
    {
        _output.Byte(RdbFormat.OpcodeSelectDatabase);
        _output.Length((ulong)database);
        _database = database;
    }

    private void WriteHead(EntryView entry)
    {
        int database = entry.Database;
        if (database != _database)
            SelectDatabase(database);
        long expireAtMs = entry.ExpireAtMs;
        if (expireAtMs >= 0)
        {
            _output.Byte(RdbFormat.OpcodeExpireMs);
            _output.Int64(expireAtMs);
        }
        AccessHint hint = entry.Hint;
        if (hint.IsIdleSeconds)
        {
            _output.Byte(RdbFormat.OpcodeIdle);
            _output.Length(hint.IdleSeconds);
        }
        else if (hint.IsFrequency)
        {
            _output.Byte(RdbFormat.OpcodeFrequency);
            _output.Byte(hint.Frequency);
        }
        _output.Byte(entry.ValueType);
        _output.String(entry.Key, _keyGate);
    }

    private void WriteAux(ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            WriteAux(name, number.ToString());
    }

    private void WriteAux(ReadOnlySpan<byte> name, string value)
    {
        _output.Byte(RdbFormat.OpcodeAux);
        _output.String(name, _keyGate);
        _output.String(Encoding.UTF8.GetBytes(value), _keyGate);
    }
}
