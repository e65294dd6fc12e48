using System.Buffers.Text;

namespace Redoubt.Replication;

// Writes commands into the stream, in the form a replica (or an AOF reader) expects: RESP arrays of bulk strings, SELECT
// whenever the database differs from the one the stream last selected, MULTI and EXEC around what belongs together.
//
// A unit is what one client command, script or transaction causes. Whether it needs MULTI is known only once its second
// command arrives: one write alone travels bare, even out of a transaction. So the first command of a unit is staged in a
// buffer that is reused, and moves into the stream when the second begins or the unit ends. Outside a unit bytes go straight
// into the blocks. SELECT stands before MULTI for the database of the first command, and inside the transaction for later
// changes, as Redis 7.0 sends it.
//
// Nothing allocates, except that the staging buffer grows to the largest command that ever opened a unit (up to a bound
// beyond which it is given back).

/// <summary>Encodes the commands to be propagated into a <see cref="ReplicationStream"/>, which must be active, or into another sink.</summary>
public sealed class StreamEncoder(CommandSink stream)
{
    private const int StagingBytesKept = 1024 * 1024;

    private byte[] _staging = new byte[4096];
    private int _staged;
    private int _stagedDb;
    private int _unitCommands;
    private bool _inUnit;

    /// <summary>The database the stream last selected; -1 when the next command must select its own.</summary>
    public int SelectedDb { get; private set; } = -1;

    /// <summary>Between <see cref="BeginUnit"/> and <see cref="EndUnit"/>.</summary>
    public bool IsUnitOpen => _inUnit;

    private bool IsStaging => _inUnit && _unitCommands == 1;

    /// <summary>Makes the next command select its database: when a full resync begins, because that replica starts without a
    /// selection, and after a promotion.</summary>
    public void ForceSelect() => SelectedDb = -1;

    /// <summary>Records the selection of a stream that was appended verbatim: a promoted replica continues it.</summary>
    public void AssumeSelected(int db) => SelectedDb = db;

    /// <summary>Appends a command that is in RESP form already, such as a client's own bytes.</summary>
    public void AppendRaw(int db, ReadOnlySpan<byte> command)
    {
        StartCommand(db);
        Write(command);
    }

    /// <summary>Begins a command of that many arguments, its name included; <see cref="Argument(ReadOnlySpan{byte})"/> must
    /// follow exactly so often.</summary>
    public void BeginCommand(int db, int argumentCount)
    {
        StartCommand(db);
        WriteHeader((byte)'*', argumentCount);
    }

    /// <summary>One argument of the command begun.</summary>
    public void Argument(ReadOnlySpan<byte> value)
    {
        WriteHeader((byte)'$', value.Length);
        Write(value);
        Write("\r\n"u8);
    }

    /// <summary>One argument, as decimal digits.</summary>
    public void Argument(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int length);
        Argument(digits[..length]);
    }

    /// <summary>Begins a unit: whatever follows up to <see cref="EndUnit"/> reaches the replicas as one transaction.</summary>
    public void BeginUnit()
    {
        if (_inUnit)
            throw new InvalidOperationException("A unit of propagation is open already.");
        _inUnit = true;
        _unitCommands = 0;
        _staged = 0;
    }

    /// <summary>Ends the unit; true when it put anything into the stream.</summary>
    public bool EndUnit()
    {
        if (!_inUnit)
            throw new InvalidOperationException("No unit of propagation is open.");
        int commands = _unitCommands;
        _inUnit = false;
        if (commands == 1)
        {
            Select(_stagedDb);
            stream.Append(_staging.AsSpan(0, _staged));
        }
        else if (commands > 1)
        {
            stream.Append("*1\r\n$4\r\nEXEC\r\n"u8);
        }

        _staged = 0;
        if (_staging.Length > StagingBytesKept)
            _staging = new byte[4096];
        return commands > 0;
    }

    /// <summary>The master's heartbeat (<c>repl-ping-replica-period</c>), in small letters as Redis sends it. Belongs to no database.</summary>
    public void AppendPing() => stream.Append("*1\r\n$4\r\nping\r\n"u8);

    /// <summary>Asks all replicas to acknowledge at once. Belongs to no database. A replica's answer does not count these 37
    /// bytes themselves: wait for the offset as it was before.</summary>
    public void AppendGetAck() => stream.Append("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"u8);

    private void StartCommand(int db)
    {
        if (!_inUnit)
        {
            Select(db);
            return;
        }

        _unitCommands++;
        if (_unitCommands == 1)
        {
            _stagedDb = db;
            return;
        }

        if (_unitCommands == 2)
        {
            Select(_stagedDb);
            stream.Append("*1\r\n$5\r\nMULTI\r\n"u8);
            stream.Append(_staging.AsSpan(0, _staged));
        }

        Select(db);
    }

    private void Select(int db)
    {
        if (db == SelectedDb)
            return;
        SelectedDb = db;
        Span<byte> digits = stackalloc byte[11];
        Utf8Formatter.TryFormat(db, digits, out int length);
        stream.Append("*2\r\n$6\r\nSELECT\r\n$"u8);
        Span<byte> room = stream.GetSpan(32);
        Utf8Formatter.TryFormat(length, room, out int written);
        written += Put(room[written..], "\r\n"u8);
        written += Put(room[written..], digits[..length]);
        written += Put(room[written..], "\r\n"u8);
        stream.Advance(written);
        stream.Selected(db);
    }

    private void WriteHeader(byte type, int number)
    {
        Span<byte> room = IsStaging ? Stage(16) : stream.GetSpan(16);
        room[0] = type;
        Utf8Formatter.TryFormat(number, room[1..], out int written);
        written += 1 + Put(room[(1 + written)..], "\r\n"u8);
        if (IsStaging)
            _staged += written;
        else
            stream.Advance(written);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (!IsStaging)
        {
            stream.Append(bytes);
            return;
        }

        bytes.CopyTo(Stage(bytes.Length));
        _staged += bytes.Length;
    }

    private Span<byte> Stage(int length)
    {
        if (_staging.Length - _staged < length)
            Array.Resize(ref _staging, (int)Math.Min(Array.MaxLength, Math.Max(_staging.Length * 2L, (long)_staged + length)));
        return _staging.AsSpan(_staged);
    }

    private static int Put(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return bytes.Length;
    }
}
