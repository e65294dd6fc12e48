// One dataset on its way in: from a file or from the master's socket, over a helper thread, into the keyspace.
//
//   bytes (file, or pieces from the socket) ─► helper: RDB parsing, checksum, LZF ─► EntryBatch ─► keyspace thread: insertion
//
// The keyspace thread inserts in slices, so that the server answers (-LOADING) all the while. Either side is held back when
// the other is behind: the socket is not read while `WantsBytes` is false, the helper waits while batches pile up.
//
// Failure: damaged bytes, an unknown type, a lost connection: `Finished` says what, and what has been inserted so far must
// be thrown away by the owner; a partial dataset is never served as a whole one.

using System.Collections.Concurrent;
using Redoubt.Keyspace;
using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Persistence;

/// <summary>A key of the file that has expired since it was written.</summary>
internal delegate void DroppedKey(RdbAux aux, int database, ReadOnlySpan<byte> key);

internal sealed class LoadJob
{
    private const long UnparsedBytesMax = 8L * 1024 * 1024;
    private const int BatchesMax = 8;

    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly StagedDataset? _staged;
    private readonly Mailbox _mailbox;
    private readonly RdbReader _reader;
    private readonly BlockingCollection<(byte[] Bytes, int Length)> _pieces = [];
    private readonly BlockingCollection<EntryBatch> _batches = new(BatchesMax);
    private readonly ConcurrentBag<EntryBatch> _spareBatches = [];
    private readonly ConcurrentBag<byte[]> _sparePieces = [];
    private readonly bool _dropExpired;
    private readonly string? _path;
    private readonly int _keyDelayMicroseconds;
    private long _unparsed;
    private readonly ValueBuilder _builder = new();
    private EntryBatch? _current;
    private int _currentSkip;
    private int _announcedDone;
    private volatile bool _cancelled;
    private string? _error;
    private bool _parsed;

    /// <param name="path">The file to load, or null when the bytes come by <see cref="Feed"/>.</param>
    /// <param name="dropExpired">
    /// A master drops keys that expired meanwhile; a replica keeps what its master has.
    /// </param>
    /// <param name="staged">Where the keys go if not into the served dataset.</param>
    public LoadJob(
        Redoubt.Keyspace.Keyspace keyspace, Mailbox mailbox, string? path, bool verifyChecksum, bool dropExpired, int keyDelayMicroseconds, StagedDataset? staged = null)
    {
        _keyspace = keyspace;
        _staged = staged;
        _mailbox = mailbox;
        _path = path;
        _dropExpired = dropExpired;
        _keyDelayMicroseconds = keyDelayMicroseconds;
        _reader = new RdbReader(new RdbReaderOptions { VerifyChecksum = verifyChecksum, DatabasesMax = keyspace.DatabaseCount, BatchBytes = 256 * 1024 });
        StartedMs = Clock.SteadyMs;
        TotalBytes = path is null ? 0 : new FileInfo(path).Length;
        new Thread(Parse) { IsBackground = true, Name = "redoubt-load" }.Start();
    }

    /// <summary>The end, on the keyspace thread: null when the dataset is complete, else what went wrong.</summary>
    public event Action<string?>? Finished;

    /// <summary>Told of each key that is dropped because it has expired.</summary>
    public DroppedKey? Dropped { get; set; }

    public long StartedMs { get; }

    /// <summary>Length of the file, or what the master announced; 0 = unknown.</summary>
    public long TotalBytes { get; set; }

    public long LoadedBytes => _reader.BytesTaken;

    public long KeysLoaded { get; private set; }

    public long CollectionsLoaded { get; private set; }

    public long KeysExpired { get; private set; }

    public RdbAux Aux => _reader.Aux;

    /// <summary>Sources of function libraries that the file carries.</summary>
    public IReadOnlyList<byte[]> Functions => _reader.Functions;

    public long EmptyKeysSkipped => _reader.EmptyKeysSkipped;

    /// <summary>Names of the first few keys that held nothing and were left out.</summary>
    public IReadOnlyList<string> EmptyKeys => _reader.EmptyKeys;

    public bool IsDone { get; private set; }

    /// <summary>The keys do not go into the served dataset.</summary>
    public bool IsBeside => _staged is not null;

    /// <summary>Keys that are there already are replaced.</summary>
    public bool ReplacesKeys { get; set; }

    /// <summary>False while the helper is behind: leave the bytes in the socket.</summary>
    public bool WantsBytes => Interlocked.Read(ref _unparsed) < UnparsedBytesMax;

    /// <summary>Bytes from the socket, in order.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || _cancelled || IsDone)
            return;
        if (!_sparePieces.TryTake(out byte[]? piece) || piece.Length < bytes.Length)
            piece = GC.AllocateUninitializedArray<byte>(Math.Max(bytes.Length, 64 * 1024));
        bytes.CopyTo(piece);
        Interlocked.Add(ref _unparsed, bytes.Length);
        _pieces.Add((piece, bytes.Length));
    }

    /// <summary>No more bytes will come.</summary>
    public void FeedEnd() => _pieces.CompleteAdding();

    /// <summary>Gives up; `Finished` does not follow.</summary>
    public void Cancel()
    {
        if (_cancelled)
            return;
        _cancelled = true;
        IsDone = true;
        if (!_pieces.IsAddingCompleted)
            _pieces.CompleteAdding();
        while (_batches.TryTake(out _))
        {
        }
    }

    /// <summary>Inserts until the deadline of the steady clock. True while there is something to insert.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (IsDone)
            return false;
        while (true)
        {
            if (_current is null && !_batches.TryTake(out _current))
            {
                if (_parsed)
                    Finish();
                return false;
            }
            if (!InsertSome(_current!, deadlineMicroseconds))
                return true;
            _current!.Clear();
            _spareBatches.Add(_current);
            _current = null;
            _currentSkip = 0;
        }
    }

    /// <summary>Inserts from the batch; false when time ran out before its end.</summary>
    private bool InsertSome(EntryBatch batch, long deadlineMicroseconds)
    {
        MakeRoom();
        int index = 0;
        foreach (Redoubt.Persistence.EntryView entry in batch)
        {
            if (index++ < _currentSkip || _error is not null)
                continue;
            Insert(entry);
            if ((index & 63) == 0 && Clock.SteadyMicroseconds >= deadlineMicroseconds)
            {
                _currentSkip = index;
                return false;
            }
        }
        return true;
    }

    private void Insert(in Redoubt.Persistence.EntryView entry)
    {
        if (entry.IsFirstPiece && _keyDelayMicroseconds > 0)
            Thread.Sleep(TimeSpan.FromMicroseconds(_keyDelayMicroseconds));
        if (_dropExpired && entry.ExpireAtMs >= 0 && entry.ExpireAtMs < _keyspace.NowMs)
        {
            if (!entry.IsLastPiece)
                return;
            KeysExpired++;
            Dropped?.Invoke(_reader.Aux, entry.Database, entry.Key);
            return;
        }
        Key key = _keyspace.KeyOf(entry.Key);
        Database database = DatabaseOf(entry.Database);
        if (ReplacesKeys && entry.IsFirstPiece)
            database.Delete(key);
        if (entry.IsFirstPiece && database.Holds(key))
        {
            Refuse("RDB has duplicated key", entry);
            return;
        }
        if (entry.ValueType != RdbFormat.TypeString)
        {
            string? problem = _builder.Add(
                database, key, (ImageType)entry.ValueType, entry.ExpireAtMs, entry.Image, entry.IsFirstPiece, entry.IsLastPiece);
            if (problem is not null)
            {
                Refuse(problem, entry);
                return;
            }
        }
        else if (entry.IsInteger)
        {
            database.Load(key, default, true, entry.Integer, entry.ExpireAtMs);
        }
        else
        {
            database.Load(key, entry.Value, false, 0, entry.ExpireAtMs);
        }
        if (!entry.IsLastPiece)
            return;
        KeysLoaded++;
        if (entry.ValueType != RdbFormat.TypeString)
            CollectionsLoaded++;
        if (entry.Hint.IsIdleSeconds)
            database.SetIdleTime(key, entry.Hint.IdleSeconds);
        else if (entry.Hint.IsFrequency)
            database.SetFrequency(key, entry.Hint.Frequency);
    }

    private Database DatabaseOf(int index) => _staged is { } staged ? staged[index] : _keyspace[index];

    private void Refuse(string problem, in Redoubt.Persistence.EntryView entry) =>
        _error ??= $"{problem} '{System.Text.Encoding.Latin1.GetString(entry.Key[..Math.Min(entry.Key.Length, 64)])}' in DB {entry.Database}";

    /// <summary>Room for the keys that the file announces, a bounded share at a time.</summary>
    private void MakeRoom()
    {
        for (; _announcedDone < _reader.AnnouncedSizes.Count; _announcedDone++)
        {
            DatabaseSize size = _reader.AnnouncedSizes[_announcedDone];
            if (size.Database < _keyspace.DatabaseCount)
                DatabaseOf(size.Database).Expand((long)Math.Min((ulong)size.Keys, 1UL << 28));
        }
    }

    private void Finish()
    {
        IsDone = true;
        Finished?.Invoke(_error);
    }

    // ---- the helper -------------------------------------------------------------------------------------------------

    private void Parse()
    {
        Native.ThreadPriorities.LowerThisThread();
        string? error;
        try
        {
            error = _path is null ? ParsePieces() : RdbFile.Load(_path, _reader, Exchange)?.ToString();
        }
        catch (Exception failure) when (failure is IOException or OutOfMemoryException or InvalidOperationException)
        {
            error = failure.Message;
        }
        _mailbox.Post(() =>
        {
            _error ??= error;
            _parsed = true;
        });
    }

    private string? ParsePieces()
    {
        foreach ((byte[] bytes, int length) in _pieces.GetConsumingEnumerable())
        {
            if (_cancelled)
                return "cancelled";
            ReadOnlySpan<byte> piece = bytes.AsSpan(0, length);
            while (!piece.IsEmpty)
            {
                RdbReaderState state = _reader.Feed(piece, out int consumed);
                piece = piece[consumed..];
                if (state == RdbReaderState.Failed)
                    return _reader.Error!.ToString();
                if (state == RdbReaderState.BatchReady)
                    _reader.TakeBatch(Exchange(_reader.Batch));
                if (state == RdbReaderState.Finished)
                    break;
            }
            Interlocked.Add(ref _unparsed, -length);
            _sparePieces.Add(bytes);
            _mailbox.Post(static () => { });
        }
        if (_reader.EndOfInput() == RdbReaderState.Failed)
            return _reader.Error!.ToString();
        if (_reader.Batch.Count > 0)
            _reader.TakeBatch(Exchange(_reader.Batch));
        return null;
    }

    private EntryBatch Exchange(EntryBatch full)
    {
        while (!_cancelled)
        {
            if (!_batches.TryAdd(full, millisecondsTimeout: 100))
                continue;
            _mailbox.Post(static () => { });
            break;
        }
        return _spareBatches.TryTake(out EntryBatch? spare) ? spare : new EntryBatch(300 * 1024);
    }
}
