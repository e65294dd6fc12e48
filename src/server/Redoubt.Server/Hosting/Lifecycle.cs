// The end of the server: SHUTDOWN, SIGTERM, SIGINT.
//
// Order: hold the writes back, let the replicas catch up (at most shutdown-timeout), save if save points ask for it, stop.
// A save that fails keeps the server running, unless it was told to go by force.

using System.Runtime.InteropServices;
using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;
using Redoubt.Server.Replicas;

namespace Redoubt.Server.Hosting;

internal sealed class Lifecycle(
    ServerState state, ServerConfig config, ServerLog log, KeyspaceLoop loop, Mailbox mailbox, SnapshotKeeper snapshots,
    ReplicationService replication, Pauses pauses, ActiveExpiry expiry) : ILifecycle, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private long _deadlineMs;
    private bool? _save;
    private bool _force;

    public int ExitCode { get; private set; }

    /// <summary>Milliseconds until a shutdown that waits for replicas goes on without them; -1 when none waits.</summary>
    public long MillisecondsLeft => state.IsShuttingDown ? Math.Max(0, _deadlineMs - Clock.SteadyMs) : -1;

    public void WatchSignals()
    {
        Watch(PosixSignal.SIGTERM, "SIGTERM");
        Watch(PosixSignal.SIGINT, "SIGINT");
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true));
    }

    public string? Shutdown(bool? save, bool now, bool force, bool abort)
    {
        if (abort)
            return Abort();
        if (state.IsShuttingDown)
            return null;
        log.Write(LogLevel.Warning, LogMessages.Id.ShutdownRequested, "User requested shutdown...");
        _save = save;
        _force = force;
        bool behind = !now && ReplicasBehind() > 0;
        if (behind && config.ShutdownTimeoutSeconds > 0)
        {
            state.IsShuttingDown = true;
            _deadlineMs = Clock.SteadyMs + config.ShutdownTimeoutSeconds * 1000L;
            pauses.HoldForFailover();
            replication.Replicas.RequestAcks();
            log.Write(LogLevel.Notice, LogMessages.Id.WaitingForReplicas, $"{ReplicasBehind()} of {replication.Replicas.Registry.Count} replicas are in sync when shutting down.");
            return null;
        }
        return Finish();
    }

    public void Sleep(TimeSpan duration) => Thread.Sleep(duration);

    public bool IsDebugAllowed(ClientSession client) =>
        ServerConfig.IsAllowed(config.EnableDebugCommand, ((ClientConnection)client).IsLocal);

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

    private void Watch(PosixSignal signal, string name) => _signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        log.WriteFromSignal(LogLevel.Warning, LogMessages.Id.SignalReceived, $"Received {name} scheduling shutdown...");
        mailbox.Post(() => Shutdown(save: null, now: state.IsShuttingDown, force: false, abort: false));
    }));

    private string? Abort()
    {
        if (!state.IsShuttingDown)
            return "ERR No shutdown in progress.";
        state.IsShuttingDown = false;
        pauses.ReleaseFailover();
        log.Write(LogLevel.Notice, LogMessages.Id.ShutdownAborted, "Shutdown manually aborted.");
        return null;
    }

    private int ReplicasBehind()
    {
        int behind = 0;
        for (int i = 0; i < replication.Replicas.Registry.Count; i++)
        {
            Redoubt.Replication.ReplicaSession session = replication.Replicas.Registry[i];
            if (session.State == Redoubt.Replication.SessionState.Online && session.AckedOffset < replication.Replicas.WrittenOffset)
                behind++;
        }
        return behind;
    }

    private string? Finish()
    {
        snapshots.Stop();
        if (_save ?? config.SavePoints.Count > 0)
        {
            log.Write(LogLevel.Notice, LogMessages.Id.FinalSave, "Saving the final RDB snapshot before exiting.");
            if (state.IsLoading || snapshots.SaveNow() is not null)
            {
                log.Write(LogLevel.Warning, LogMessages.Id.FinalSaveFailed, "Error trying to save the DB, can't exit.");
                if (!_force)
                {
                    state.IsShuttingDown = false;
                    pauses.ReleaseFailover();
                    return "ERR Errors trying to SHUTDOWN. Check logs.";
                }
            }
        }
        if (config.PidFile.Length > 0 && File.Exists(config.PidFile))
            File.Delete(config.PidFile);
        log.Write(LogLevel.Warning, LogMessages.Id.Bye, "Redis is now ready to exit, bye bye...");
        loop.Stop();
        return null;
    }
}
