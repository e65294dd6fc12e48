// One snapshot on its way out: from the keyspace, over a helper thread, to a file or to replicas.
//
//   keyspace thread                     helper thread                      keyspace thread
//   walk ─► EntryBatch (raw entries) ─► RDB encoding, LZF, CRC64 ─► file, or bytes ─► sockets of the replicas
//
// The keyspace thread only copies entries; everything that costs per byte happens on the helper. The walk yields: it runs in
// slices, and stops while more than `InFlightBytesMax` are on their way, so that a slow disk or a slow replica slows the
// snapshot down and not the server. Old images that a write gives out are queued in any case; each key gives one at most. Large
// collections come in pieces.
//
// Failure: an error of the file, or the loss of the last replica, aborts the walk; `Finished` tells.
// Threads: the public face belongs to the keyspace thread; `Encode` is the helper.

using System.Collections.Concurrent;
using Redoubt.Keyspace;
using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Persistence;

/// <summary>Where the RDB bytes go. Called on the helper thread.</summary>
internal interface ISnapshotTarget
{
    /// <summary>Takes bytes; an error text ends the snapshot.</summary>
    string? Write(ReadOnlySpan<byte> bytes);

    /// <summary>All bytes have been given; makes them durable, or passes the end on.</summary>
    string? Complete();

    /// <summary>The snapshot was given up.</summary>
    void Cancel();
}

internal sealed class SnapshotJob : ISnapshotSink
{
    private const int BatchBytes = 128 * 1024;
    private const long InFlightBytesMax = 2L * 1024 * 1024;
    /// <summary>The same while a client waits for a large value; then slow replicas do not count.</summary>
    private const long UrgentBytesMax = 8 * InFlightBytesMax;
    private const int BucketsPerLook = 16;

    private readonly Mailbox _mailbox;
    private readonly SnapshotWalk _walk;
    private readonly ISnapshotEncoder _writer;
    private readonly RdbAux _aux;
    private readonly IReadOnlyList<byte[]> _functions;
    private readonly ISnapshotTarget _target;
    private readonly BlockingCollection<EntryBatch> _toEncode = [];
    private readonly ConcurrentBag<EntryBatch> _spare = [];
    private readonly Thread _helper;
    private readonly int _keyDelayMicroseconds;
    private long _pausedUntilMicroseconds;
    private bool _isAtEnd;
    private readonly Queue<EntryBatch> _waiting = new();
    private EntryBatch _batch = new();
    private EntryBatch? _aside;
    private bool _isAside;
    private bool _goesOn;
    private bool _asideGoesOn;
    private long _inFlight;
    private volatile bool _cancelled;
    private bool _walkDone;

    public SnapshotJob(Redoubt.Keyspace.Keyspace keyspace, Mailbox mailbox, RdbAux aux, IReadOnlyList<byte[]> functions, ISnapshotEncoder encoder, ISnapshotTarget target, int keyDelayMicroseconds)
    {
        _mailbox = mailbox;
        _aux = aux;
        _functions = functions;
        _target = target;
        _keyDelayMicroseconds = keyDelayMicroseconds;
        _writer = encoder;
        StartedMs = Clock.SteadyMs;
        _walk = keyspace.BeginSnapshot();
        _walk.Sink = this;
        _helper = new Thread(Encode) { IsBackground = true, Name = "redoubt-rdb" };
        _helper.Start();
    }

    /// <summary>The end, on the keyspace thread: null, or what went wrong.</summary>
    public event Action<string?>? Finished;

    public long StartedMs { get; }

    public long KeysTotal => _walk.KeysTotal;

    public long KeysDone => _walk.KeysDone;

    /// <summary>Every key has been given out, or the snapshot was given up.</summary>
    public bool IsWalked => _walkDone;

    public bool IsDone { get; private set; }

    /// <summary>Bytes of the targets that wait to be sent; they count as being on their way.</summary>
    public Func<long>? Unsent { get; set; }

    /// <summary>Walks on until the deadline of the steady clock. True while there is more to walk and room for it.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (_walkDone || IsDone)
            return false;
        while (_isAtEnd || HasRoom)
        {
            if (_keyDelayMicroseconds > 0 && Clock.SteadyMicroseconds < _pausedUntilMicroseconds)
                return false;
            if (_isAtEnd)
            {
                _walkDone = true;
                HandOver();
                _toEncode.CompleteAdding();
                return false;
            }
            long before = _walk.KeysDone;
            _isAtEnd = !_walk.Step(BucketsPerLook);
            if (_keyDelayMicroseconds > 0)
                _pausedUntilMicroseconds = Clock.SteadyMicroseconds + _keyDelayMicroseconds * (_walk.KeysDone - before);
            else if (!_isAtEnd && Clock.SteadyMicroseconds >= deadlineMicroseconds)
                return true;
        }
        return false;
    }

    private bool HasRoom => _walk.IsUrgent
        ? Interlocked.Read(ref _inFlight) < UrgentBytesMax
        : Interlocked.Read(ref _inFlight) + (Unsent?.Invoke() ?? 0) < InFlightBytesMax;

    /// <summary>Gives the snapshot up. `Finished` follows.</summary>
    public void Cancel()
    {
        if (IsDone || _cancelled)
            return;
        _cancelled = true;
        if (!_walkDone)
        {
            _walkDone = true;
            _walk.Abort();
            _toEncode.CompleteAdding();
        }
    }

    /// <summary>Waits for the helper after the walk was driven to its end: SAVE and SHUTDOWN.</summary>
    public void WaitForHelper() => _helper.Join();

    void ISnapshotSink.Add(in SnapshotHead head, ReadOnlySpan<byte> key, bool isInteger, long integer, ReadOnlySpan<byte> value)
    {
        EntryBatch batch = Target(isFirst: true);
        if (isInteger)
            batch.AppendInteger(head.Database, head.ExpireAtMs, key, integer, HintOf(head));
        else
            batch.Append(head.Database, RdbFormat.TypeString, head.ExpireAtMs, key, value, HintOf(head));
        Filled();
    }

    ImageWriter ISnapshotSink.BeginPiece(in SnapshotHead head, ReadOnlySpan<byte> key, bool isFirst) =>
        Target(isFirst).OpenImage(head.Database, head.ExpireAtMs, key, isFirst, HintOf(head));

    void ISnapshotSink.EndPiece(ImageType type, bool isLast)
    {
        (_isAside ? _aside! : _batch).CloseImage(type, isLast);
        if (_isAside)
            _asideGoesOn = !isLast;
        else
            _goesOn = !isLast;
        Filled();
    }

    private static AccessHint HintOf(in SnapshotHead head) =>
        head.IdleSeconds >= 0 ? AccessHint.FromIdleSeconds((uint)head.IdleSeconds)
        : head.Frequency >= 0 ? AccessHint.FromFrequency((byte)head.Frequency) : default;

    /// <summary>
    /// The pieces of a value must follow one another. So while one goes on, what comes in between (old images of other keys that are being
    /// written) waits aside.
    /// </summary>
    private EntryBatch Target(bool isFirst)
    {
        _isAside = isFirst ? _goesOn : _asideGoesOn;
        if (!_isAside)
            return _batch;
        return _aside ??= NewBatch();
    }

    private void Filled()
    {
        if (!_isAside)
        {
            if (_batch.Bytes >= BatchBytes)
                HandOver();
            if (!_goesOn)
                HandOverAside();
        }
        else if (_aside!.Bytes >= BatchBytes)
        {
            _waiting.Enqueue(_aside);
            _aside = null;
        }
    }

    private void HandOverAside()
    {
        if (_aside is null && _waiting.Count == 0)
            return;
        HandOver();
        while (_waiting.TryDequeue(out EntryBatch? batch))
            HandOver(batch);
        if (_aside is { } last)
            HandOver(last);
        _aside = null;
    }

    private void HandOver()
    {
        if (_batch.Count == 0 || _cancelled)
            return;
        HandOver(_batch);
        _batch = NewBatch();
    }

    private void HandOver(EntryBatch batch)
    {
        if (_cancelled)
            return;
        Interlocked.Add(ref _inFlight, batch.Bytes);
        _toEncode.Add(batch);
    }

    private EntryBatch NewBatch() => _spare.TryTake(out EntryBatch? spare) ? spare : new EntryBatch(BatchBytes + 4096);

    // ---- the helper -------------------------------------------------------------------------------------------------

    private void Encode()
    {
        Native.ThreadPriorities.LowerThisThread();
        string? error = null;
        try
        {
            error = EncodeAll();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            error = failure.Message;
        }
        if (error is not null || _cancelled)
        {
            _cancelled = true;
            _target.Cancel();
            error ??= "cancelled";
        }
        _mailbox.Post(() => Finish(error));
    }

    private string? EncodeAll()
    {
        _writer.Begin(_aux);
        // The file is there from the beginning, however long the first entries take.
        if (Pass() is { } refused)
            return refused;
        foreach (byte[] library in _functions)
            _writer.WriteFunction(library);
        foreach (EntryBatch batch in _toEncode.GetConsumingEnumerable())
        {
            if (_cancelled)
                return "cancelled";
            _writer.Write(batch);
            string? error = Pass();
            Interlocked.Add(ref _inFlight, -batch.Bytes);
            batch.Clear();
            _spare.Add(batch);
            if (error is not null)
                return error;
        }
        if (_cancelled)
            return "cancelled";
        _writer.End();
        return Pass() ?? _target.Complete();
    }

    private string? Pass()
    {
        string? error = _target.Write(_writer.Pending);
        _writer.Clear();
        return error;
    }

    private void Finish(string? error)
    {
        if (!_walkDone)
        {
            _walkDone = true;
            _walk.Abort();
            _toEncode.CompleteAdding();
        }
        IsDone = true;
        Finished?.Invoke(error);
        _toEncode.Dispose();
    }
}

/// <summary>A snapshot into a file that replaces the old one when it is complete.</summary>
internal sealed class FileTarget(string folder, string name, string temporaryName, bool incrementalSync) : ISnapshotTarget
{
    private AtomicFile? _file;

    public string? Write(ReadOnlySpan<byte> bytes)
    {
        if (_file is null)
        {
            (_file, StorageError? refused) = AtomicFile.Create(folder, name, temporaryName, incrementalSync);
            if (_file is null)
                return refused!.ToString();
        }
        return _file.Write(bytes)?.ToString();
    }

    public string? Complete()
    {
        string? error = _file!.Commit()?.ToString();
        _file.Dispose();
        return error;
    }

    public void Cancel() => _file?.Dispose();
}
