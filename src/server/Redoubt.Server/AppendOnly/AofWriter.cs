// The growing end of the append-only file: what commands leave behind is collected here during a turn of the loop, and written
// before the replies of that turn may leave.
//
//   appendfsync everysec, no   the loop writes (into the system's cache, microseconds); the disk thread synchronises once a second
//   appendfsync always         the disk thread writes and synchronises; the replies wait for it, the loop does not
//
// Group commit. With `always` the naive way, to synchronise after each command or each turn, makes every client wait for every other's
// disk write in a row. Here the loop goes on to read and execute while the disk thread is at work, and everything that comes
// together meanwhile is the next batch: the slower the disk, the more clients share one write. Replies are held back by their clients'
// queues until the disk has what they tell of (`MarkToAwait`, `Durable`).
//
// A synchronisation that takes long blocks writes to the same file in most file systems. So with `everysec` the loop then keeps its bytes for up
// to two seconds before it writes all the same, as Redis does, and counts that (aof_delayed_fsync).
//
// Failure, everysec and no: what was written of a batch is cut off again, the bytes stay here and are tried again, writers are refused meanwhile
// (MISCONF) and accepted again once all is written. A failed synchronisation may have lost pages that the system holds for clean, so after
// one that works again the whole file is rewritten. With `always`: a reply that says "on the disk" cannot be given, and what was
// executed cannot be taken back, so the process ends, as Redis does.
//
// Positions count bytes appended since the start of the process, over all files.
// Threads: the keyspace thread, but for `Work`, the disk thread. One batch is with it at a time.

using System.Collections.Concurrent;
using Redoubt.Commands;
using Redoubt.Persistence;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.AppendOnly;

internal sealed class AofWriter(ServerConfig config, ServerLog log, Mailbox mailbox) : CommandSink, IReplyGate, IDisposable
{
    private const int BufferBytesKept = 1024 * 1024;
    private const long PostponedMsMax = 2000;
    private const long SyncPeriodMs = 1000;
    private const long ErrorLogPeriodMs = 30_000;

    private readonly BlockingCollection<DiskJob> _jobs = [];
    private Thread? _thread;
    private IAofFile? _file;
    private byte[] _buffer = new byte[16 * 1024];
    private byte[] _spare = new byte[16 * 1024];
    private int _length;
    private long _appended;
    private long _durable;
    private long _handedOver;
    private bool _isWriting;
    private bool _isSyncing;
    private bool _isUnsynced;
    private bool _isSyncWanted;
    private long _syncingUpTo;
    private long _handedOverAtMs;
    private AofStamp? _syncingStamp;
    private long _lastSyncMs;
    private long _postponedSinceMs;
    private long _loggedErrorMs;
    private string? _writeError;
    private string? _syncError;

    private enum JobKind
    {
        WriteAndSync,
        Sync,
        SyncAndClose,
    }

    private readonly record struct DiskJob(JobKind Kind, IAofFile File, byte[] Bytes, int Length);

    /// <summary>The place in the replication history, to be noted in the file; null when there is none. Set by the composition root.</summary>
    public Func<AofStamp?> StampSource { get; set; } = static () => null;

    /// <summary>Held replies may leave up to <see cref="Durable"/>.</summary>
    public Action? BecameDurable { get; set; }

    /// <summary><see cref="Synchronised"/> has grown.</summary>
    public Action? BecameSynchronised { get; set; }

    /// <summary>Writers are refused from now on, or accepted again.</summary>
    public Action? ErrorChanged { get; set; }

    /// <summary>Synchronising works again after it had failed.</summary>
    public Action? SyncRecovered { get; set; }

    /// <summary>Whether another save or rewrite keeps the disk busy.</summary>
    public Func<bool> IsDiskBusy { get; set; } = static () => false;

    /// <summary>Is told of writes and synchronisations that take long; set by the composition root.</summary>
    public LatencyEvents Latency { get; set; } = new();

    public bool IsOpen => _file is not null;

    /// <summary>What the system said when it could not write or synchronise; null while all is well.</summary>
    public string? Error => _writeError ?? _syncError;

    public bool LastWriteSucceeded => _writeError is null;

    /// <summary>Length of the file that is written to, with what is on the way.</summary>
    public long FileLength { get; private set; }

    public int BufferedBytes => _length;

    /// <summary>Of both buffers, that which is filled and that which the disk has.</summary>
    public long MemoryBytes => (long)_buffer.Length + _spare.Length;

    public bool IsSyncing => _isSyncing || _isWriting;

    public long DelayedSyncs { get; set; }

    /// <summary>What the disk has.</summary>
    public long Durable => _durable;

    /// <summary>Position up to which everything was appended, written or not.</summary>
    public long Appended => _appended;

    /// <summary>Position up to which the disk has everything, as far as the system tells the truth.</summary>
    public long Synchronised { get; private set; }

    /// <summary>The last stamp of what the disk has; null when there is none yet.</summary>
    public AofStamp? SynchronisedStamp { get; private set; }

    /// <summary>Somebody waits for the disk: the next synchronisation does not wait for its second to be over.</summary>
    public void SyncSoon() => _isSyncWanted = true;

    private bool IsAlways => config.Persistence.AppendFsync.Value == AppendFsync.Always;

    // ---- the sink ---------------------------------------------------------------------------------------------------

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length == 0)
            AppendTime();
        MakeRoom(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        Advance(bytes.Length);
    }

    public override Span<byte> GetSpan(int sizeHint = 1)
    {
        if (_length == 0)
            AppendTime();
        MakeRoom(sizeHint);
        return _buffer.AsSpan(_length);
    }

    public override void Advance(int length)
    {
        _length += length;
        _appended += length;
    }

    /// <summary>aof-timestamp-enabled: before the first command of a turn, once a second, the time stands in the file.</summary>
    private void AppendTime()
    {
        long second = Clock.UnixMs / 1000;
        if (!config.Persistence.AofTimestampEnabled.Value || second <= _timedSecond)
            return;
        _timedSecond = second;
        Advance(System.Text.Encoding.ASCII.GetBytes($"#TS:{second}\r\n", _buffer));
    }

    private long _timedSecond;

    private void MakeRoom(int bytes)
    {
        if (_buffer.Length - _length < bytes)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(2L * _buffer.Length, (long)_length + bytes)));
    }

    // ---- files ------------------------------------------------------------------------------------------------------

    /// <summary>Goes on in this file. What was appended so far has been flushed.</summary>
    public void Open(IAofFile file)
    {
        if (_thread is null)
        {
            _thread = new Thread(Work) { IsBackground = true, Name = "redoubt-aof" };
            _thread.Start();
        }
        if (_file is not null)
            _jobs.Add(new DiskJob(JobKind.SyncAndClose, _file, [], 0));
        _file = file;
        FileLength = file.Length;
        _handedOver = _appended;
        _lastSyncMs = Clock.SteadyMs;
        _stamped = null;
        _timedSecond = 0;
    }

    /// <summary>Writes and synchronises everything, and lets the file go. Null, or what went wrong.</summary>
    public string? Close()
    {
        if (_file is null)
            return null;
        FlushNow();
        string? error = SyncNow();
        _file.Dispose();
        _file = null;
        _length = 0;
        _handedOver = _appended;
        SetErrors(null, null);
        DurableUpTo(_appended);
        return error;
    }

    /// <summary>Writes everything now, whatever is under way.</summary>
    public void FlushNow()
    {
        if (_file is null)
            return;
        WaitForDisk();
        AppendStamp();
        WriteBuffer(_file);
        // The replies that wait for this have no batch of their own any more.
        if (IsAlways && _durable < _appended && (_writeError ?? SyncNow()) is { } error)
            EndProcess(error, isWritten: _writeError is null);
    }

    /// <summary>Synchronises now; null, or what went wrong.</summary>
    public string? SyncNow()
    {
        if (_file is null)
            return null;
        WaitForDisk();
        try
        {
            NoteSyncing();
            _file.Sync();
            _isUnsynced = false;
            DurableUpTo(_handedOver);
            SynchronisedUpTo();
            return null;
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            return StorageError.SystemText(failure);
        }
    }

    private void WaitForDisk()
    {
        while (_isWriting || _isSyncing)
        {
            mailbox.Run();
            if (_isWriting || _isSyncing)
                Thread.Sleep(0); // the disk thread is at its last batch
        }
    }

    // ---- every turn -------------------------------------------------------------------------------------------------

    /// <summary>Before replies leave: writes, or has written, what they tell of. The position that must be durable first; 0 = they may leave.</summary>
    public long MarkToAwait()
    {
        if (_file is null)
            return 0;
        Flush();
        return _isWriting || (IsAlways && _durable < _appended) ? _appended : 0;
    }

    /// <summary>Once per turn, and about every 100 ms.</summary>
    public void Flush()
    {
        if (_file is null || _isWriting)
            return;
        AppendStamp();
        if (_length == 0)
        {
            SyncIfDue(_file);
            return;
        }
        if (IsAlways)
        {
            // Just set: what the policy before began comes to its end first.
            if (!_isSyncing)
                HandOver(_file);
            return;
        }
        if (_isSyncing && config.Persistence.AppendFsync.Value == AppendFsync.EverySecond && IsPostponed())
            return;
        _postponedSinceMs = 0;
        if (_writeError is null || Clock.SteadyMs - _triedMs >= 100)
            WriteBuffer(_file);
        SyncIfDue(_file);
    }

    private long _triedMs;

    private bool IsPostponed()
    {
        long now = Clock.SteadyMs;
        if (_postponedSinceMs == 0)
            _postponedSinceMs = now;
        if (now - _postponedSinceMs < PostponedMsMax)
            return true;
        DelayedSyncs++;
        log.DiskIsBusy();
        return false;
    }

    private AofStamp? _stamped;

    private void AppendStamp()
    {
        if (StampSource() is not { } stamp || stamp == _stamped)
            return;
        _stamped = stamp;
        Advance(stamp.Write(GetSpan(AofStamp.LengthMax)));
    }

    private void WriteBuffer(IAofFile file)
    {
        _triedMs = Clock.SteadyMs;
        if (_length == 0)
            return;
        try
        {
            AppendTo(file);
            Written(_length);
            _length = 0;
            if (_buffer.Length > BufferBytesKept)
                _buffer = new byte[16 * 1024];
            if (_writeError is null)
                return;
            log.AofWriteErrorSolved();
            SetErrors(null, _syncError);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            WriteFailed(file, StorageError.SystemText(failure));
        }
    }

    /// <summary>Writes, and tells whoever watches latency how long that took, and beside what.</summary>
    private void AppendTo(IAofFile file)
    {
        if (Latency.ThresholdMs == 0)
        {
            file.Append(_buffer.AsSpan(0, _length));
            return;
        }
        long start = Clock.SteadyMs;
        file.Append(_buffer.AsSpan(0, _length));
        long spentMs = Clock.SteadyMs - start;
        Latency.Add(_isSyncing ? "aof-write-pending-fsync" : IsDiskBusy() ? "aof-write-active-child" : "aof-write-alone", spentMs, Clock.UnixMs / 1000);
        Latency.Add("aof-write", spentMs, Clock.UnixMs / 1000);
    }

    private void Written(int bytes)
    {
        _handedOver += bytes;
        FileLength += bytes;
        _isUnsynced = true;
        if (!IsAlways)
            DurableUpTo(_handedOver);
    }

    private void WriteFailed(IAofFile file, string cause)
    {
        if (_loggedErrorMs == 0 || Clock.SteadyMs - _loggedErrorMs > ErrorLogPeriodMs)
        {
            _loggedErrorMs = Clock.SteadyMs;
            log.AofWriteError(cause);
        }
        try
        {
            file.Truncate(FileLength);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            log.AofTruncateFailed(StorageError.SystemText(failure));
        }
        SetErrors(cause, _syncError);
    }

    private void SetErrors(string? write, string? sync)
    {
        bool hadError = Error is not null;
        _writeError = write;
        _syncError = sync;
        if (hadError != Error is not null)
            ErrorChanged?.Invoke();
    }

    private void SyncIfDue(IAofFile file)
    {
        if (!_isUnsynced || _isSyncing)
            return;
        if (!_isSyncWanted)
        {
            if (config.Persistence.AppendFsync.Value == AppendFsync.No || Clock.SteadyMs - _lastSyncMs < SyncPeriodMs)
                return;
            if (config.Persistence.NoAppendFsyncOnRewrite.Value && IsDiskBusy())
                return;
        }
        _isSyncWanted = false;
        NoteSyncing();
        _isSyncing = true;
        _isUnsynced = false;
        _lastSyncMs = Clock.SteadyMs;
        _jobs.Add(new DiskJob(JobKind.Sync, file, [], 0));
    }

    private void NoteSyncing()
    {
        _syncingUpTo = _handedOver;
        // The last stamp stands at the end of what was appended.
        if (_handedOver == _appended)
            _syncingStamp = _stamped;
    }

    private void SynchronisedUpTo()
    {
        Synchronised = _syncingUpTo;
        SynchronisedStamp = _syncingStamp;
        BecameSynchronised?.Invoke();
    }

    /// <summary>The batch goes to the disk thread, and the other buffer takes what comes meanwhile.</summary>
    private void HandOver(IAofFile file)
    {
        _isWriting = true;
        _jobs.Add(new DiskJob(JobKind.WriteAndSync, file, _buffer, _length));
        _handedOver += _length;
        FileLength += _length;
        (_buffer, _spare) = (_spare, _buffer);
        _length = 0;
        _handedOverAtMs = Clock.SteadyMs;
        NoteSyncing();
    }

    private void DurableUpTo(long position)
    {
        _durable = position;
        BecameDurable?.Invoke();
    }

    // ---- the disk thread --------------------------------------------------------------------------------------------

    private void Work()
    {
        foreach (DiskJob job in _jobs.GetConsumingEnumerable())
        {
            bool isWritten = false;
            string? error = Run(job, ref isWritten);
            switch (job.Kind)
            {
                case JobKind.WriteAndSync:
                    mailbox.Post(error is null ? BatchIsDurable : () => EndProcess(error, isWritten));
                    break;
                case JobKind.Sync:
                    mailbox.Post(() => Synced(error));
                    break;
            }
        }
    }

    private static string? Run(in DiskJob job, ref bool isWritten)
    {
        try
        {
            if (job.Length > 0)
                job.File.Append(job.Bytes.AsSpan(0, job.Length));
            isWritten = true;
            job.File.Sync();
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            return StorageError.SystemText(failure);
        }
        finally
        {
            if (job.Kind == JobKind.SyncAndClose)
                job.File.Dispose();
        }
        return null;
    }

    private void BatchIsDurable()
    {
        _isWriting = false;
        if (_spare.Length > BufferBytesKept)
            _spare = new byte[16 * 1024];
        Latency.Add("aof-fsync-always", Clock.SteadyMs - _handedOverAtMs, Clock.UnixMs / 1000);
        DurableUpTo(_handedOver);
        SynchronisedUpTo();
    }

    private void EndProcess(string error, bool isWritten)
    {
        log.AofUnrecoverable(error, isWritten);
        Environment.Exit(1);
    }

    private void Synced(string? error)
    {
        _isSyncing = false;
        bool recovered = error is null && _syncError is not null;
        if (error is not null)
        {
            _isUnsynced = true;
            if (_syncError is null)
                log.AofSyncFailed(error);
        }
        else
        {
            SynchronisedUpTo();
        }
        SetErrors(_writeError, error);
        if (recovered)
            SyncRecovered?.Invoke();
    }

    public void Dispose() => _jobs.CompleteAdding();
}
