// The server as the operating system sees it: sockets that listen, a title, a pid file, limits, a supervisor.
//
// Order at the start, which init scripts rely on: descriptors, then listening, then the pid file, then readiness. What of
// it CONFIG SET can change is changed here too.

using Redoubt.Native.Processes;
using Redoubt.Native.Sockets;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Processes;

internal sealed class ServerProcess
{
    private readonly ServerConfig _config;
    private readonly ServerState _state;
    private readonly ServerLog _log;
    private readonly Supervisor _supervisor;
    private readonly Listeners _listeners;
    private readonly OpenFiles _openFiles;
    private readonly OomScore _oomScore;
    private readonly PidFile _pidFile;
    private readonly TitleOfProcess _title;

    public ServerProcess(ServerConfig config, ServerState state, ServerLog log, SocketLoop sockets, Supervisor supervisor)
    {
        _config = config;
        _state = state;
        _log = log;
        _supervisor = supervisor;
        _listeners = new Listeners(sockets, config, log);
        _openFiles = new OpenFiles(config, log);
        _oomScore = new OomScore(config, state, log);
        _pidFile = new PidFile(config, log);
        _title = new TitleOfProcess(config);
        config.WhenSet(() => Relisten() ? null : "Unable to listen on this port. Check server logs.", "port");
        config.WhenSet(() => Relisten() ? null : "Failed to bind to specified addresses.", "bind");
        config.WhenSet(_openFiles.Apply, "maxclients");
        config.WhenSet(_oomScore.Apply, "oom-score-adj", "oom-score-adj-values");
        config.WhenSet(ShowTitle, "proc-title-template");
        state.SupervisedBy = supervisor.By == Supervision.None ? "no" : supervisor.By.ToString().ToLowerInvariant();
        state.RoleChanged += () => _ = _oomScore.Apply();
    }

    /// <summary>Everything up to readiness. False when the server cannot run; the log says why.</summary>
    public bool Start()
    {
        if (!_openFiles.Adjust() || !_listeners.Start())
            return false;
        _pidFile.Write();
        _title.Show();
        CheckBacklog();
        _ = _oomScore.Apply();
        if (ProcessorList.TryParse(_config.Process.ServerCpuList.Text, out int[] processors) && processors.Length > 0
            && ProcessorAffinity.BindThisThread(processors) is { } reason)
        {
            _log.AffinityFailed("server_cpulist", reason);
        }
        Daemon.TellReady();
        return true;
    }

    /// <summary>The dataset is there.</summary>
    public void Ready()
    {
        if (_listeners.IsOnTcp)
            _log.ReadyToAcceptConnections();
        if (_listeners.IsOnUnix)
            _log.ReadyToAcceptConnectionsAt(_config.Network.UnixSocket.Text);
        _supervisor.Ready(_state.IsReplica);
    }

    /// <summary>A shutdown begins, which may still be given up.</summary>
    public void Stopping() => _supervisor.Stopping();

    public void End()
    {
        _pidFile.Remove();
        _listeners.Close();
    }

    /// <summary>After a crash: nothing may take the pid for that of a server.</summary>
    public void Abandon()
    {
        if (_config.Process.Daemonize.Value)
            _pidFile.Remove();
    }

    private bool Relisten()
    {
        if (!_listeners.ListenTcp())
            return false;
        _title.Show();
        return true;
    }

    private string? ShowTitle()
    {
        _title.Show();
        return null;
    }

    private void CheckBacklog()
    {
        const string LimitFile = "/proc/sys/net/core/somaxconn";
        if (File.Exists(LimitFile) && int.TryParse(File.ReadAllText(LimitFile), out int most) && most > 0 && most < _config.TcpBacklog)
            _log.BacklogTooLong(_config.TcpBacklog, most);
    }
}
