// Parses an RDB file that arrives in pieces of any size, from a file or from a master's socket, into batches of entries.
//
// Why push: during a full resync the bytes come from the event loop and the entries go to the keyspace thread, both in small portions;
// a reader that pulls would need a thread that blocks between the two.
//
// How: the file is a sequence of items (an opcode with its operands, or a type with key and value). Items are parsed straight from the piece
// that was fed, each in one go: an item that is incomplete leaves no trace but the number of bytes it needs at least. Only the cut
// item at the end of a piece is copied, into a carry buffer, which is topped up to just that number and tried again; so the carry never
// holds a byte beyond its item, and parsing goes back to the pieces by itself. Large raw values skip the carry and
// flow into the batch as they arrive. Memory follows the bytes received, never a length that was merely announced.
//
// A batch is handed out from about one megabyte on. The dataset is complete and verified only when Finished is reached: what was
// handed out before belongs to nobody if an error follows. Collections are read token by token, as ValueDecoder wants them, and
// may be cut between two batches.
//
// What cannot be represented faithfully is an error that says what and where: unknown opcodes, and the types of modules.
// Data of modules outside the keyspace (MODULE_AUX) and SLOT_INFO are skipped, as they change no key. So are collections without elements.
//
// Threads: one at a time. Failure: Feed never throws on account of its input; after Failed the reader stays failed.
using System.Text;

namespace Redoubt.Persistence.Rdb;

public enum RdbReaderState
{
    /// <summary>Everything fed has been taken; feed the next piece.</summary>
    NeedMore,

    /// <summary>Take the batch, then feed the rest of the piece.</summary>
    BatchReady,

    /// <summary>The file is complete and its checksum is right. The batch may hold the last entries.</summary>
    Finished,

    /// <summary>See <see cref="RdbReader.Error"/>.</summary>
    Failed,
}

/// <param name="Offset">Bytes from the start of the file.</param>
public sealed record RdbError(long Offset, string Message)
{
    public override string ToString() => Message;
}

public sealed record RdbReaderOptions
{
    public bool VerifyChecksum { get; init; } = true;

    /// <summary>A file that selects a database from this number on is refused.</summary>
    public int DatabasesMax { get; init; } = int.MaxValue;

    /// <summary>The longest key or value accepted; at most 768 MB.</summary>
    public int StringBytesMax { get; init; } = RdbReader.StringBytesLimit;

    /// <summary>A batch with this many bytes is handed out.</summary>
    public int BatchBytes { get; init; } = 1 << 20;
}

/// <summary>How many keys the file announces for a database, before they come. A hint from outside: do not allocate on its word.</summary>
public readonly record struct DatabaseSize(int Database, ulong Keys, ulong Expires);

public sealed partial class RdbReader
{
    internal const int StringBytesLimit = 768 << 20;
    private const int StreamedFrom = 64 * 1024;
    private const int RetainedCarryMax = 1 << 20;
    private const int AnnouncedSizesMax = 1024;
    private const int EmptyKeysNamedMax = 10;

    private readonly RdbReaderOptions _options;
    private readonly int _stringBytesMax;
    private readonly List<byte[]> _functions = [];
    private readonly List<DatabaseSize> _announcedSizes = [];
    private readonly List<string> _emptyKeys = [];
    private readonly ValueDecoder _decoder = new();

    private EntryBatch _batch;
    private byte[] _carry = [];
    private int _carried;
    private long _needed; // bytes without which the item in the carry cannot be complete
    private int _streamedLeft; // bytes that a large value still lacks
    private long _offset; // of the first byte not yet parsed
    private ulong _crc;
    private Section _section = Section.Magic;
    private RdbReaderState _state = RdbReaderState.NeedMore;

    private Want _wanted = Want.End;
    private byte[] _key = []; // of the collection that is being read
    private int _keyLength;

    private int _database;
    private long _expireAtMs = -1;
    private AccessHint _hint;

    public RdbReader(RdbReaderOptions? options = null, EntryBatch? batch = null)
    {
        _options = options ?? new RdbReaderOptions();
        _stringBytesMax = Math.Clamp(_options.StringBytesMax, 0, StringBytesLimit);
        _batch = batch ?? new EntryBatch();
    }

    private enum Section
    {
        Magic,
        Body,
        Value,
        ModuleAux,
        Checksum,
        End,
    }

    private enum Outcome
    {
        Item,
        Incomplete,
        Streaming,
        Damaged,
    }

    public RdbError? Error { get; private set; }

    /// <summary>The file's version, 0 until its first nine bytes are there.</summary>
    public int Version { get; private set; }

    public RdbAux Aux { get; private set; } = new();

    /// <summary>The sources of function libraries, in the file's order.</summary>
    public IReadOnlyList<byte[]> Functions => _functions;

    public IReadOnlyList<DatabaseSize> AnnouncedSizes => _announcedSizes;

    /// <summary>How many times a module's data outside the keyspace was skipped.</summary>
    public int ModuleAuxSkipped { get; private set; }

    /// <summary>False once finished if the file was written without a checksum (or is too old to have one).</summary>
    public bool HasChecksum { get; private set; }

    public long EntriesRead { get; private set; }

    /// <summary>Collections without elements, which were left out.</summary>
    public long EmptyKeysSkipped { get; private set; }

    /// <summary>The names of the first few of them.</summary>
    public IReadOnlyList<string> EmptyKeys => _emptyKeys;

    /// <summary>Bytes taken so far; when finished, the length of the file.</summary>
    public long BytesTaken => _offset + _carried;

    public EntryBatch Batch => _batch;

    /// <summary>Hands the batch over and goes on with another, which must be empty.</summary>
    public EntryBatch TakeBatch(EntryBatch? replacement = null)
    {
        EntryBatch taken = _batch;
        if (_streamedLeft > 0)
            throw new InvalidOperationException("a value is still arriving; take the batch when it is ready");
        _batch = replacement ?? new EntryBatch();
        if (_wanted == Want.Cut)
            OpenImage(isFirst: false);
        if (_state == RdbReaderState.BatchReady)
            _state = RdbReaderState.NeedMore;
        return taken;
    }

    /// <summary>Parses a piece of the file.</summary>
    /// <param name="consumed">How many bytes were taken: all, unless a batch is ready, the file has ended or is damaged.</param>
    public RdbReaderState Feed(ReadOnlySpan<byte> piece, out int consumed)
    {
        consumed = 0;
        while (_state == RdbReaderState.NeedMore)
        {
            if (_streamedLeft > 0)
            {
                consumed += Stream(piece[consumed..]);
                if (_streamedLeft > 0)
                    break;
            }
            else if (_carried > 0)
            {
                consumed += TopUp(piece[consumed..]);
                if (_carried < _needed)
                    break;
                ParseCarry();
            }
            else if (consumed < piece.Length)
            {
                consumed += ParsePiece(piece[consumed..]);
            }
            else
            {
                break;
            }
        }
        return _state;
    }

    /// <summary>Says that no more bytes will come; a file that has not finished by then is truncated.</summary>
    public RdbReaderState EndOfInput()
    {
        if (_state is not (RdbReaderState.NeedMore or RdbReaderState.BatchReady))
            return _state;
        if (_section == Section.Magic && !"REDIS"u8.StartsWith(_carry.AsSpan(0, Math.Min(_carried, 5))))
            WrongSignature();
        else
            Fail(BytesTaken, $"Unexpected end of the RDB file at offset {BytesTaken}: it is truncated");
        return _state;
    }

    private int Stream(ReadOnlySpan<byte> piece)
    {
        int count = Math.Min(_streamedLeft, piece.Length);
        Take(piece[..count]);
        _streamedLeft -= count;
        _batch.AppendToOpenRecord(piece[..count], stillExpected: count + _streamedLeft);
        if (_streamedLeft > 0)
            return count;
        if (_section == Section.Value)
        {
            GoOn(_offset);
        }
        else
        {
            _batch.CloseRecord();
            EntryIsComplete();
        }
        return count;
    }

    private int TopUp(ReadOnlySpan<byte> piece)
    {
        int count = (int)Math.Min(_needed - _carried, piece.Length);
        CarryOver(piece[..count]);
        return count;
    }

    private void CarryOver(ReadOnlySpan<byte> bytes)
    {
        int wanted = _carried + bytes.Length;
        if (wanted > _carry.Length)
        {
            long capacity = Math.Max(wanted, Math.Min(Math.Max(_carry.Length * 2L, 512), Math.Max(_needed, 512)));
            byte[] larger = GC.AllocateUninitializedArray<byte>((int)capacity);
            _carry.AsSpan(0, _carried).CopyTo(larger);
            _carry = larger;
        }
        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried = wanted;
    }

    // The carry holds exactly one item, or less; see RdbCursor.
    private void ParseCarry()
    {
        int position = 0;
        ReadOnlySpan<byte> carry = _carry.AsSpan(0, _carried);
        Outcome outcome = ParseItem(carry, ref position);
        if (outcome is Outcome.Incomplete or Outcome.Damaged)
            return;
        Take(carry);
        _carried = 0;
        if (_carry.Length > RetainedCarryMax)
            _carry = [];
    }

    private int ParsePiece(ReadOnlySpan<byte> piece)
    {
        int position = 0;
        Section section = _section;
        Outcome outcome = Outcome.Item;
        while (position < piece.Length && _state == RdbReaderState.NeedMore && _section == section && outcome == Outcome.Item)
            outcome = ParseItem(piece, ref position);
        Take(piece[..position]);
        if (outcome != Outcome.Incomplete)
            return position;
        _needed -= position;
        CarryOver(piece[position..]);
        return piece.Length;
    }

    // Everything up to and including the end mark is hashed, in order, exactly once. The end of a section ends the run of
    // items parsed from a piece, so the checksum is up to date when it is compared.
    private void Take(ReadOnlySpan<byte> bytes)
    {
        _offset += bytes.Length;
        if (_section < Section.End && _options.VerifyChecksum)
            _crc = Crc64.Update(_crc, bytes);
    }

    private void EntryIsComplete()
    {
        EntriesRead++;
        _expireAtMs = -1;
        _hint = default;
        if (_batch.Bytes >= _options.BatchBytes)
            _state = RdbReaderState.BatchReady;
    }

    private Outcome Fail(long offset, string message)
    {
        Error = new RdbError(offset, message);
        _state = RdbReaderState.Failed;
        return Outcome.Damaged;
    }

    /// <summary>Keys may be anything: what is not printable ASCII is escaped, and long keys are cut.</summary>
    private static string Printable(ReadOnlySpan<byte> key)
    {
        var text = new StringBuilder();
        foreach (byte b in key[..Math.Min(key.Length, 128)])
        {
            if (b is >= 0x20 and < 0x7f and not (byte)'\\' and not (byte)'\'')
                text.Append((char)b);
            else
                text.Append($"\\x{b:x2}");
        }
        return key.Length > 128 ? text.Append("...").ToString() : text.ToString();
    }
}
