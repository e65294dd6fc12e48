// The rewrite: a new base, written beside the file that goes on to grow. BGREWRITEAOF, by growth, or because the file was turned on.
//
// Without fork: the same walk as for BGSAVE gives out the dataset of one moment; at that moment commands begin to go into a new file. When the base is
// complete, one manifest puts both in force and the rest is history. A rewrite that fails leaves the old base with all files since, which is
// the same dataset.

using Redoubt.Persistence.AppendOnly;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.AppendOnly;

internal sealed class AofRewriter(AofKeeper keeper, ServerConfig config, ServerLog log, SnapshotKeeper snapshots)
{
    private const int FailuresBeforeDelay = 3;
    private const int DelayMinutesMax = 60;

    private SnapshotJob? _job;
    private AofManifest? _manifest;
    private long _startedMs;
    private long _nextTryMs;
    private int _delayMinutes;

    public bool IsRunning => _job is not null;

    public bool IsScheduled { get; private set; }

    public bool LastSucceeded { get; private set; } = true;

    /// <summary>Seconds that the last one took; -1 before the first.</summary>
    public long LastDurationSeconds { get; private set; } = -1;

    public long CurrentDurationSeconds => _job is null ? -1 : (Clock.SteadyMs - _startedMs) / 1000;

    public long Rewrites { get; set; }

    public long ConsecutiveFailures { get; private set; }

    private static string TemporaryName => $"temp-rewriteaof-bg-{Environment.ProcessId}.aof";

    public void Schedule() => IsScheduled = true;

    public void Unschedule() => IsScheduled = false;

    /// <summary>BGREWRITEAOF.</summary>
    public (bool IsError, string Text) Command()
    {
        if (IsRunning)
            return (true, "ERR Background append only file rewriting already in progress");
        if (snapshots.IsRunning || snapshots.IsInTransaction())
        {
            // Whoever asks is not to wait until failures are forgotten.
            ConsecutiveFailures = 0;
            Schedule();
            return (false, "Background append only file rewriting scheduled");
        }
        return Start() is null
            ? (false, "Background append only file rewriting started")
            : (true, "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.");
    }

    /// <summary>Begins; null, or what stands against it.</summary>
    public string? Start()
    {
        if (snapshots.IsRunning)
            return "another snapshot is being taken";
        if ((keeper.Folder.MakeFolder() ?? keeper.SwitchFile()) is { } error)
        {
            LastSucceeded = false;
            return error;
        }
        IsScheduled = false;
        Rewrites++;
        _startedMs = Clock.SteadyMs;
        _manifest = keeper.Folder.Manifest.Copy();
        AofFileEntry entry = _manifest.AddBase(config.Persistence.AofUseRdbPreamble.Value);
        _job = snapshots.Start(snapshots.NewAux() with { AofBase = true }, Target(entry, TemporaryName), SnapshotPurpose.AppendOnlyFile, Encoder());
        SnapshotJob job = _job;
        job.Finished += failure => Ended(job, entry, failure);
        log.AofRewriteStarted();
        return null;
    }

    /// <summary>Writes a base at once: at the start of the server, of an empty dataset.</summary>
    public string? WriteBaseNow(AofFileEntry entry)
    {
        FileTarget target = Target(entry, $"temp-rewriteaof-{Environment.ProcessId}.aof");
        SnapshotJob job = snapshots.Start(snapshots.NewAux() with { AofBase = true }, target, SnapshotPurpose.AppendOnlyFile, Encoder());
        return snapshots.FinishNow(job);
    }

    /// <summary>Null is the encoder of RDB files.</summary>
    private AofBaseWriter? Encoder() =>
        config.Persistence.AofUseRdbPreamble.Value ? null : new AofBaseWriter(config.Persistence.AofTimestampEnabled.Value);

    private FileTarget Target(AofFileEntry entry, string temporaryName) =>
        new(config.Dir, keeper.Folder.RelativePathOf(entry.Name), temporaryName, config.Persistence.AofRewriteIncrementalFsync.Value);

    /// <summary>Gives up what runs.</summary>
    public void Kill()
    {
        if (_job is not { } job)
            return;
        log.AofRewriteKilled();
        _job = null;
        _manifest = null;
        job.Cancel();
        snapshots.Stop();
    }

    private void Ended(SnapshotJob job, AofFileEntry entry, string? error)
    {
        if (job != _job)
            return;
        _job = null;
        LastDurationSeconds = (Clock.SteadyMs - _startedMs) / 1000;
        if (error is null)
        {
            log.AofBaseWritten(TemporaryName);
            log.AofRewriteTerminated();
            log.AofBaseRenamed(TemporaryName, entry.Name);
            error = keeper.Adopt(_manifest!);
        }
        else
        {
            log.AofRewriteFailed(error);
        }
        LastSucceeded = error is null;
        if (error is null)
        {
            ConsecutiveFailures = 0;
            log.AofRewriteFinished();
            return;
        }
        ConsecutiveFailures++;
        if (keeper.State == AofState.WaitRewrite)
            Schedule();
    }

    /// <summary>About every 100 ms: what was put off, and what has grown.</summary>
    public void Timer()
    {
        if (snapshots.IsRunning)
            return;
        if (IsScheduled)
        {
            if (!IsDelayed())
                _ = Start();
            return;
        }
        long percent = config.Persistence.AutoAofRewritePercentage.Value;
        if (keeper.State != AofState.On || percent == 0 || keeper.TotalBytes <= config.Persistence.AutoAofRewriteMinSize.Value)
            return;
        long growth = keeper.TotalBytes * 100 / Math.Max(1, keeper.RewrittenBytes) - 100;
        if (growth < percent || IsDelayed())
            return;
        log.AofGrown(growth);
        _ = Start();
    }

    /// <summary>After some failures in a row it is tried less and less often.</summary>
    private bool IsDelayed()
    {
        if (ConsecutiveFailures < FailuresBeforeDelay)
        {
            (_delayMinutes, _nextTryMs) = (0, 0);
            return false;
        }
        if (_nextTryMs != 0)
        {
            if (Clock.SteadyMs < _nextTryMs)
                return true;
            _nextTryMs = 0;
            return false;
        }
        _delayMinutes = Math.Clamp(_delayMinutes * 2, 1, DelayMinutesMax);
        _nextTryMs = Clock.SteadyMs + _delayMinutes * 60_000L;
        log.AofRewriteLimited(_delayMinutes);
        return true;
    }
}
