// The end of the server: SHUTDOWN, SIGTERM, SIGINT.
//
// Order: hold the writes back, let the replicas catch up (at most shutdown-timeout), save if save points ask for it, send the
// replicas what is left, stop. A save that fails keeps the server running, unless it was told to go by force. A server that is
// loading has nothing to save: what it has so far is no dataset.
//
// The end itself comes when the round is over, with writes held back from the request on: nothing may be acknowledged that the
// final snapshot does not hold.
//
// Clients that asked for the shutdown are not answered but held, until the end comes or the shutdown is given up. A second
// SIGTERM ends the waiting for replicas, a second SIGINT everything. What a signal asks for is taken up by the timer; until
// then SHUTDOWN ABORT can take it back.

using System.Runtime.InteropServices;
using Redoubt.Commands;
using Redoubt.Native;
using Redoubt.Native.Processes;
using Redoubt.Replication;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Crash;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;
using Redoubt.Server.Processes;
using Redoubt.Server.Replicas;
using Redoubt.Topology;

namespace Redoubt.Server.Hosting;

internal sealed class Lifecycle(
    ServerState state, ServerConfig config, ServerLog log, KeyspaceLoop loop, SnapshotKeeper snapshots,
    ReplicationService replication, Pauses pauses, ActiveExpiry expiry, ConnectionTable connections,
    ServerProcess process, AofKeeper aof) : ILifecycle, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly List<ClientConnection> _askers = [];

    // Set by the thread that .NET runs signal handlers on.
    private volatile bool _isAsked;
    private ShutdownFlagsDirective? _asked;
    private ReplicationOffset _fence;
    private long _deadlineMs;
    private bool? _save;
    private bool _force;

    /// <summary>Whose command runs; set by the composition root.</summary>
    public Func<ClientConnection?> CallerSource { get; set; } = static () => null;

    /// <summary>Set by the composition root.</summary>
    public Func<CrashReport> CrashReport { get; set; } = null!;

    /// <summary>Milliseconds until a shutdown that waits for replicas goes on without them; -1 when none waits.</summary>
    public long MillisecondsLeft => state.IsShuttingDown ? Math.Max(0, _deadlineMs - Clock.SteadyMs) : -1;

    public void WatchSignals()
    {
        Watch(PosixSignal.SIGTERM, "SIGTERM", config.Process.ShutdownOnSigterm);
        Watch(PosixSignal.SIGINT, "SIGINT", config.Process.ShutdownOnSigint);
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true));
    }

    public string? Shutdown(bool? save, bool now, bool force, bool abort)
    {
        if (abort)
            return Abort();
        ClientConnection? caller = CallerSource();
        Begin(save, now, force);
        if (caller is not null)
        {
            caller.IsBlocked = true;
            _askers.Add(caller);
        }
        return null;
    }

    public void Sleep(TimeSpan duration) => Thread.Sleep(duration);

    /// <summary>Set once the server is to start anew in this process after it has ended: how long it waits before.</summary>
    public TimeSpan? RestartDelay { get; private set; }

    public string? Restart(bool gracefully, TimeSpan delay)
    {
        const string Failed = "ERR failed to restart the server. Check server logs.";
        if (!gracefully)
        {
            log.RestartFailed(Restarting.Now(delay));
            return Failed;
        }
        if (config.ConfigFilePath is not null && config.Rewrite() is { } reason)
        {
            log.RestartFailed("configuration rewrite process failed: " + reason);
            return Failed;
        }
        RestartDelay = delay;
        return Shutdown(save: null, now: true, force: false, abort: false);
    }

    public void Crash(CrashKind kind)
    {
        switch (kind)
        {
            case CrashKind.Segfault:
                CrashReport().Signal(new ArrivedSignal(FatalSignals.Segmentation, 0, 0, 0), Environment.StackTrace + "\n");
                break;
            case CrashKind.Assertion:
                Invariant.That(false, "1 == 2");
                break;
            case CrashKind.OutOfMemory:
                throw new InsufficientMemoryException("Redis aborting for OUT OF MEMORY. Allocating 9223372036854775807 bytes!");
            default:
                throw new InvalidOperationException($"DEBUG PANIC called at Unix time {Clock.UnixMs / 1000}");
        }
    }

    public void WriteLog(string text) => log.Warn("DEBUG LOG: " + text);

    public void PauseTimer(bool isPaused) => loop.IsTimerPaused = isPaused;

    public void SetActiveExpiry(bool isOn) => expiry.IsOn = isOn;

    /// <summary>Every round while a shutdown waits.</summary>
    public void Continue()
    {
        if (state.IsShuttingDown && (ReplicasBehind() == 0 || Clock.SteadyMs >= _deadlineMs))
            Finish();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
    }

    private void Watch(PosixSignal signal, string name, ShutdownFlagsDirective directive) => _signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        // Asked first, said afterwards: whoever has read the line may press Ctrl-C again, and handlers run side by side.
        bool isRepeated = _isAsked;
        _isAsked = true;
        if (isRepeated && signal == PosixSignal.SIGINT)
            ExitNow();
        if (state.IsLoading)
        {
            log.ExitingWhileLoading();
            Environment.Exit(0);
        }
        log.SignalReceived(name);
        _asked = directive;
    }));

    /// <summary>The second Ctrl-C: whoever presses it wants neither to wait for replicas nor for the disk.</summary>
    private void ExitNow()
    {
        log.ExitingNow();
        File.Delete(snapshots.TemporaryPath);
        Environment.Exit(1);
    }

    /// <summary>About every 100 ms: takes up what a signal asked for.</summary>
    public void Timer()
    {
        if (Interlocked.Exchange(ref _asked, null) is not { } directive)
            return;
        ShutdownFlags flags = directive.Value;
        bool? save = flags.HasFlag(ShutdownFlags.Save) ? true : flags.HasFlag(ShutdownFlags.NoSave) ? false : null;
        if (state.IsShuttingDown)
            _deadlineMs = 0;
        else
            Begin(save, flags.HasFlag(ShutdownFlags.Now), flags.HasFlag(ShutdownFlags.Force));
    }

    private void Begin(bool? save, bool now, bool force)
    {
        if (state.IsShuttingDown)
            return;
        log.ShutdownRequested();
        process.Stopping();
        _save = state.IsLoading ? false : save;
        _force = force;
        _fence = replication.Stream.Offset;
        _deadlineMs = now ? 0 : Clock.SteadyMs + config.ShutdownTimeoutSeconds * 1000L;
        state.IsShuttingDown = true;
        pauses.HoldForShutdown();
        if (now || config.ShutdownTimeoutSeconds == 0 || ReplicasBehind() == 0)
            return;
        replication.Replicas.RequestAcks(evenInPause: true);
        log.WaitingForReplicas();
    }

    private string? Abort()
    {
        bool isBegun = state.IsShuttingDown;
        bool isAsked = Interlocked.Exchange(ref _asked, null) is not null;
        if (!isBegun && !isAsked)
            return "ERR No shutdown in progress.";
        log.ShutdownAborted();
        _isAsked = false;
        if (isBegun)
            GiveUp();
        return null;
    }

    private void GiveUp()
    {
        state.IsShuttingDown = false;
        _isAsked = false;
        RestartDelay = null;
        foreach (ClientConnection asker in _askers)
            connections.Push(asker, "-ERR Errors trying to SHUTDOWN. Check logs.\r\n"u8);
        _askers.Clear();
        pauses.ReleaseShutdown();
    }

    /// <summary>Replicas that have not acknowledged everything that was written before the shutdown began.</summary>
    private int ReplicasBehind()
    {
        int behind = 0;
        for (int i = 0; i < replication.Replicas.Registry.Count; i++)
        {
            if (IsBehind(replication.Replicas.Registry[i]))
                behind++;
        }
        return behind;
    }

    private bool IsBehind(ReplicaSession session) => session.State != SessionState.Online || session.AckedOffset < _fence;

    private void ReportReplicas()
    {
        ReplicaRegistry replicas = replication.Replicas.Registry;
        if (replicas.Count == 0)
            return;
        for (int i = 0; i < replicas.Count; i++)
        {
            if (IsBehind(replicas[i]))
                log.LaggingReplica(replicas[i].Name, _fence - replicas[i].AckedOffset, replicas[i].LagSeconds(Clock.UnixMs), replicas[i].WireState.ToString());
        }
        log.ReplicasInSync(replicas.Count - ReplicasBehind(), replicas.Count);
    }

    private void Finish()
    {
        ReportReplicas();
        if (!aof.MayEnd(_force))
        {
            log.ShutdownErrors();
            GiveUp();
            return;
        }
        if (snapshots.IsRunning && !snapshots.IsRewritingLog)
        {
            log.StoppingSaveAtShutdown();
            snapshots.Stop();
        }
        aof.End();
        snapshots.Stop();
        if (_save ?? config.SavePoints.Count > 0)
        {
            log.FinalSave();
            if (snapshots.SaveNow() is not null)
            {
                log.FinalSaveFailed(exitsAnyway: _force);
                if (!_force)
                {
                    log.ShutdownErrors();
                    GiveUp();
                    return;
                }
            }
        }
        process.End();
        log.Bye();
        loop.Stop();
    }
}
