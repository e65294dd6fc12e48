// When the dataset is saved, and what became of it: SAVE, BGSAVE, save points, SHUTDOWN, and the snapshots for replicas,
// of which one runs at a time.

using Redoubt.Commands;
using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Persistence;

internal enum SnapshotPurpose
{
    /// <summary>The RDB file.</summary>
    File,

    /// <summary>A full resync.</summary>
    Replicas,

    /// <summary>The base of the append-only file.</summary>
    AppendOnlyFile,
}

internal sealed class SnapshotKeeper(
    Redoubt.Keyspace.Keyspace keyspace, ServerState state, ServerConfig config, ServerLog log, Mailbox mailbox) : IPersistencePort
{
    private const long RetryAfterErrorMs = 5000;

    private SnapshotJob? _job;
    private SnapshotPurpose _purpose;
    private bool _scheduled;
    private long _dirtyAtSave;
    private long _dirtyAtStart;
    private long _lastTryMs;

    public Mailbox Mailbox => mailbox;

    /// <summary>The history for the file's fields; set by the composition root.</summary>
    public Func<RdbAux, RdbAux> DescribeHistory { get; set; } = static aux => aux;

    /// <summary>Set by the composition root.</summary>
    public DatasetLoader Loader { get; set; } = null!;

    /// <summary>Set by the composition root.</summary>
    public AppendOnly.AofKeeper Aof { get; set; } = null!;

    /// <summary>A transaction runs: its changes are in the dataset already, but in the history only when it ends.</summary>
    public Func<bool> IsInTransaction { get; set; } = static () => false;

    public bool IsRunning => _job is { IsDone: false };

    public SnapshotJob? Current => _job is { IsDone: false } job ? job : null;

    public bool IsRewritingLog => IsRunning && _purpose == SnapshotPurpose.AppendOnlyFile;

    public bool IsSavingFile => IsRunning && _purpose == SnapshotPurpose.File;

    public long ChangesSinceSave => keyspace.Dirty - _dirtyAtSave;

    public bool LastSucceeded
    {
        get;
        private set
        {
            field = value;
            OutcomeKnown(value);
        }
    } = true;

    /// <summary>Called with whether a save succeeded; set by the composition root.</summary>
    public Action<bool> OutcomeKnown { get; set; } = static _ => { };

    public long LastSaveSeconds { get; private set; } = Clock.UnixMs / 1000;

    /// <summary>Seconds that the last background save took, -1 before the first.</summary>
    public long LastDurationSeconds { get; private set; } = -1;

    public long Saves { get; private set; }

    /// <summary>Forgets the changes of a load.</summary>
    public void ResetChanges() => _dirtyAtSave = keyspace.Dirty;

    // ---- commands ---------------------------------------------------------------------------------------------------

    public string? Save()
    {
        if (IsRunning && !IsRewritingLog)
            return "ERR Background save already in progress";
        FinishRunning();
        return SaveNow() is null ? null : "ERR";
    }

    public (bool IsError, string Text) BackgroundSave(bool schedule)
    {
        if (IsSavingFile)
            return (true, "ERR Background save already in progress");
        if (IsRunning && !schedule)
        {
            return (true, IsRewritingLog
                ? "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."
                : "ERR Background save already in progress");
        }
        if (IsRunning || IsInTransaction())
        {
            _scheduled = true;
            return (false, "Background saving scheduled");
        }
        return StartFile(NewAux(), SnapshotPurpose.File) is null ? (true, "ERR") : (false, "Background saving started");
    }

    public (bool IsError, string Text) RewriteLog() => Aof.Rewriter.Command();

    public string? ReloadLog()
    {
        long dirty = keyspace.Dirty;
        if (!Aof.Reload())
            Environment.Exit(1);
        keyspace.Dirty = dirty;
        ResetChanges();
        log.Write(LogLevel.Warning, LogMessages.Id.AppendOnlyFile, "Append Only File loaded by DEBUG LOADAOF");
        return null;
    }

    public void DatasetFlushed()
    {
        if (IsSavingFile)
            _job!.Cancel();
        if (config.SavePoints.Count > 0 && !IsRunning)
            SaveNow();
    }

    public string? Reload(bool saves, bool flushes, bool merges)
    {
        if (saves)
        {
            if (IsRunning && _purpose == SnapshotPurpose.Replicas)
                return "ERR Background save already in progress";
            FinishRunning();
            if (SaveNow() is not null)
                return "ERR";
        }
        long dirty = keyspace.Dirty;
        string? failure = File.Exists(config.RdbPath) ? Loader.LoadNow(config.RdbPath, keeps: !flushes, merges) : "there is no file";
        keyspace.Dirty = dirty;
        if (failure is null)
        {
            log.Write(LogLevel.Warning, LogMessages.Id.Text, "DB reloaded by DEBUG RELOAD");
            return null;
        }
        log.Write(LogLevel.Warning, LogMessages.Id.Text, $"DEBUG RELOAD could not load {config.RdbPath}: {failure}");
        return "ERR Error trying to load the RDB dump";
    }

    // ---- running one ------------------------------------------------------------------------------------------------

    public RdbAux NewAux() => DescribeHistory(new RdbAux
    {
        RedisVersion = ServerVersion.Redis,
        CreatedAtSeconds = Clock.UnixMs / 1000,
        UsedMemoryBytes = keyspace.Heap.UsedBytes + keyspace.TableBytes,
        AofBase = false,
    });

    /// <summary>Begins a snapshot beside the commands: what a fork is to Redis's users.</summary>
    public SnapshotJob Start(RdbAux aux, ISnapshotTarget target, SnapshotPurpose purpose, ISnapshotEncoder? encoder = null)
    {
        state.TotalForks++;
        return Begin(aux, target, purpose, encoder);
    }

    /// <summary>The same with nothing beside it: the caller waits for the end.</summary>
    public SnapshotJob Begin(RdbAux aux, ISnapshotTarget target, SnapshotPurpose purpose, ISnapshotEncoder? encoder = null)
    {
        _purpose = purpose;
        _dirtyAtStart = keyspace.Dirty;
        _job = new SnapshotJob(keyspace, mailbox, aux, state.FunctionLibraries, encoder ?? new RdbWriter(config.RdbCompression, config.RdbChecksum), target, config.RdbKeySaveDelay);
        return _job;
    }

    /// <summary>Begins to write the RDB file in the background.</summary>
    public SnapshotJob? StartFile(RdbAux aux, SnapshotPurpose purpose)
    {
        _lastTryMs = Clock.UnixMs;
        SnapshotJob job = Start(aux, NewFileTarget(), purpose);
        log.BackgroundSaveStarted(Environment.ProcessId);
        job.Finished += error => FileEnded(job, error);
        return job;
    }

    /// <summary>Drives a snapshot that has just begun to its end; null, or what went wrong.</summary>
    public string? FinishNow(SnapshotJob job)
    {
        string? outcome = "the save did not finish";
        job.Finished += error => outcome = error;
        while (!job.Slice(long.MaxValue) && !job.IsWalked)
            Thread.Sleep(1);
        job.WaitForHelper();
        mailbox.Run();
        return outcome;
    }

    /// <summary>Drives what runs to its end, for who cannot wait.</summary>
    private void FinishRunning()
    {
        while (IsRunning)
        {
            _job!.Slice(long.MaxValue);
            mailbox.Run();
        }
    }

    public bool Slice(long deadlineMicroseconds) => Current is { } job && job.Slice(deadlineMicroseconds);

    /// <summary>Writes the RDB file before anything else happens; null, or what went wrong.</summary>
    public string? SaveNow()
    {
        SnapshotJob job = Begin(NewAux(), NewFileTarget(), SnapshotPurpose.File);
        string? outcome = FinishNow(job);
        if (outcome is null)
        {
            log.DatabaseSaved();
            Succeeded(keyspace.Dirty);
        }
        else
        {
            // Whoever asked for it knows; writes go on.
            log.Write(LogLevel.Warning, LogMessages.Id.WriteErrorSaving, $"Error saving DB on disk: {outcome}");
        }
        return outcome;
    }

    /// <summary>Where a snapshot is written until it is complete.</summary>
    public string TemporaryPath => config.PathInDir(TemporaryName);

    private static string TemporaryName => $"temp-{Environment.ProcessId}.rdb";

    private FileTarget NewFileTarget() =>
        new(config.Dir, config.DbFilename, TemporaryName, config.Persistence.RdbSaveIncrementalFsync.Value);

    private void FileEnded(SnapshotJob job, string? error)
    {
        LastDurationSeconds = (Clock.SteadyMs - job.StartedMs) / 1000;
        if (error is null)
        {
            log.DatabaseSaved();
            log.BackgroundSaveSucceeded();
            Succeeded(_dirtyAtStart);
        }
        else if (error == "cancelled")
        {
            log.BackgroundSaveCancelled(10);
        }
        else
        {
            LastSucceeded = false;
            log.Write(LogLevel.Warning, LogMessages.Id.WriteErrorSaving, $"Write error saving DB on disk: {error}");
            log.BackgroundSaveFailed();
        }
    }

    private void Succeeded(long dirtySaved)
    {
        LastSucceeded = true;
        _dirtyAtSave = dirtySaved;
        LastSaveSeconds = Clock.UnixMs / 1000;
        Saves++;
    }

    /// <summary>About every 100 ms: save points, and a save that was put off.</summary>
    public void Timer()
    {
        if (IsRunning || state.IsLoadingAny)
            return;
        if (_scheduled)
        {
            _scheduled = false;
            StartFile(NewAux(), SnapshotPurpose.File);
            return;
        }
        if (!LastSucceeded && Clock.UnixMs - _lastTryMs < RetryAfterErrorMs)
            return;
        foreach (SavePoint point in config.SavePoints)
        {
            if (ChangesSinceSave < point.Changes || Clock.UnixMs / 1000 - LastSaveSeconds <= point.Seconds)
                continue;
            log.SavingBecauseOfChanges(point.Changes, point.Seconds);
            StartFile(NewAux(), SnapshotPurpose.File);
            return;
        }
    }

    /// <summary>Gives up what runs; before the server ends.</summary>
    public void Stop()
    {
        if (Current is not { } job)
            return;
        job.Cancel();
        job.WaitForHelper();
        mailbox.Run();
    }
}
