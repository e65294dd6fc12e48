// The composition root: makes the parts, plugs them into one another, starts, and runs the loop until the end.
//
// Parts meet through the ports that the projects below declare; nothing here decides anything. The order of construction
// follows the arrows: heap and keyspace, sockets and loop, dispatch, connections, snapshots, replication, commands.

using Redoubt.Commands;
using Redoubt.Native.Memory;
using Redoubt.Native.Sockets;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Persistence.Rdb;
using Redoubt.Replication;
using Redoubt.Resp;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Crash;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Http;
using Redoubt.Server.Information;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Memory;
using Redoubt.Server.Migration;
using Redoubt.Server.Persistence;
using Redoubt.Server.Processes;
using Redoubt.Server.PubSub;
using Redoubt.Server.Replicas;
using Redoubt.Server.Tracking;
using Redoubt.Topology;

namespace Redoubt.Server.Hosting;

internal sealed class ServerHost : IDisposable
{
    private const int MoveBucketsPerLook = 256;
    private const int FreeBucketsPerLook = 256;

    private readonly ServerConfig _config;
    private readonly ServerLog _log;
    private readonly ServerState _state;
    private readonly NativeHeap _heap;
    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly SocketLoop _sockets;
    private readonly Mailbox _mailbox;
    private readonly Gate _gate;
    private readonly Pauses _pauses;
    private readonly ConnectionTable _connections;
    private readonly KeyspaceLoop _loop;
    private readonly SnapshotKeeper _snapshots;
    private readonly DatasetLoader _loader;
    private readonly AofKeeper _aof;
    private readonly ProgressLines _progress;
    private readonly ReplicationService _replication;
    private readonly ActiveExpiry _expiry;
    private readonly MemoryService _memory;
    private readonly Lifecycle _lifecycle;
    private readonly Dispatcher _dispatcher;
    private readonly KeyTracking _tracking;
    private readonly BlockedClients _blocked;
    private readonly KeyWaits _keyWaits;
    private readonly ServerProcess _process;
    private readonly Frequency _frequency;
    private readonly Watchdog _watchdog;
    private readonly MigrationLinks _migrations;

    public ServerHost(ServerConfig config, ServerLog log, Supervisor supervisor)
    {
        (_config, _log) = (config, log);
        InstallRenamedCommands(config);
        _state = new ServerState { StartedUnixMs = Clock.UnixMs };
        _heap = new SlabHeap();
        _keyspace = new Redoubt.Keyspace.Keyspace(_heap, config.Databases, new Random());
        _sockets = config.Io == IoLoop.Portable || !EpollLoop.IsSupported ? new PortableLoop() : new EpollLoop();
        _mailbox = new Mailbox(_sockets);
        _process = new ServerProcess(config, _state, log, _sockets, supervisor);
        ReplicationStream stream = new(config.ReplBacklogSize) { Store = new SpillFile(config, log, _mailbox), SpillBytes = config.Replication.SyncSpillSize.Value };
        StreamEncoder encoder = new(stream);
        _gate = new Gate(_state, config, new DiskErrors(config, log));
        Propagator propagator = new(stream, encoder, _state);
        RespWriter reply = new(1024 * 1024);
        _dispatcher = new Dispatcher(_keyspace, _state, _gate, propagator, reply);
        _connections = new ConnectionTable(_state, config, log, _dispatcher, reply);
        _loop = new KeyspaceLoop(_sockets, _connections, _mailbox);
        _frequency = new Frequency(config, _state, _loop);
        _watchdog = new Watchdog(log, _dispatcher);
        _pauses = new Pauses(_state, _gate, _keyspace) { Connections = _connections };
        _snapshots = new SnapshotKeeper(_keyspace, _state, config, log, _mailbox);
        _loader = new DatasetLoader(_keyspace, _state, config, log, _mailbox, _gate);
        _aof = new AofKeeper(config, log, _mailbox, _snapshots, _loader, propagator, new AofDisk());
        _progress = new ProgressLines(_snapshots, _loader, _aof, log);
        _replication = new ReplicationService(_state, config, log, _keyspace, _gate, stream, encoder);
        WireReplication(propagator);
        CommandSettings settings = new();
        Subscriptions subscriptions = new(_connections);
        DeletionNotes notes = new(_keyspace, settings) { Events = new KeyspaceNotifier(subscriptions, settings) };
        _expiry = new ActiveExpiry(_keyspace, _state, propagator, notes);
        _memory = new MemoryService(
            _keyspace, stream, _state, config, log, _connections, _replication.Replicas, propagator, notes, _gate, settings);
        _lifecycle = new Lifecycle(_state, config, log, _loop, _snapshots, _replication, _pauses, _expiry, _connections, _process, _aof);
        ErrorStatistics errors = new();
        _blocked = new BlockedClients(_connections, errors);
        _keyWaits = new KeyWaits(_keyspace, _blocked) { Dispatcher = _dispatcher };
        _tracking = new KeyTracking(_keyspace, _connections, _dispatcher, config);
        Monitors monitors = new(_connections, reply, log);
        WireKeyObservers(notes, propagator);
        ClientDirectory clients = new(_connections, config, _pauses, _blocked, subscriptions, _tracking) { Monitors = monitors, Watches = notes.Watches };
        ConfigurationPort configuration = new(config, _state, log, () => ResetStatistics(errors));
        InfoReport info = new(config, _state, _keyspace, _memory, _connections, _blocked, _snapshots, _loader, _aof, _replication, _lifecycle, errors, _loop, notes, _sockets, subscriptions, _tracking, _dispatcher.OwnExpiries);
        ServerPorts ports = new()
        {
            Errors = errors,
            Clients = clients,
            Configuration = configuration,
            Status = info,
            Persistence = _snapshots,
            Replication = _replication,
            Lifecycle = _lifecycle,
            Memory = _memory.Survey,
            ReplyBuffers = _memory.Upkeep,
            Transactions = _dispatcher,
            Blocking = _keyWaits,
            Serialization = new PayloadService(_keyspace, _state, config, log),
            Migration = _migrations = new MigrationLinks(_state),
            PubSub = subscriptions,
            Tracking = _tracking,
            Events = notes.Events,
            Settings = settings,
        };
        WireDispatch(new CommandContext(_keyspace, reply, ports) { Propagate = new Propagation { Target = propagator } }, notes, errors, configuration, monitors);
        new ConfigurationEffects(config, settings, _dispatcher.Observers, _keyspace, _gate, _connections, stream, _replication, log).Install();
        WireHttp(info, ports.Latency);
        Crash = new CrashReport(config, log, _dispatcher, info, clients, _process.Abandon);
        WireLoop();
    }

    public CrashReport Crash { get; }

    public bool IsCrashLogEnabled => _config.Process.CrashLogEnabled.Value;

    /// <summary>For reports, from any thread: the command that is being executed, as far as that can be seen from there.</summary>
    public string RunningCommand => _dispatcher.Serving is null ? "" : _dispatcher.Context.Command.Name;

    /// <summary>Work for the keyspace thread, from any thread.</summary>
    public void Post(Action work) => _mailbox.Post(work);

    /// <summary>Who wants to know what becomes of keys.</summary>
    private void WireKeyObservers(DeletionNotes notes, Propagator propagator)
    {
        _keyspace.Observer = notes;
        Watches watches = new(_keyspace);
        _connections.Closed += watches.Forget;
        notes.Watches = watches;
        notes.Tracking = _tracking;
        _loader.Flushed = _tracking.Flushed;
        notes.KeyWaits = _keyWaits;
        _dispatcher.Watches = watches;
        _dispatcher.Tracking = _tracking;
        _dispatcher.KeyWaits = _keyWaits;
        _replication.Replicas.Waits.Blocked = _blocked;
        _dispatcher.OwnExpiries = new OwnExpiries(_keyspace, _state, propagator, notes);
    }

    private void WireReplication(Propagator propagator)
    {
        _replication.Replicas = new ReplicaHost(_replication, _state, _config, _log, _connections, _gate, propagator, _snapshots);
        _replication.Master = new Replicas.MasterLink(_replication, _state, _config, _log, _sockets, _connections, _mailbox, _gate, _loader);
        _replication.Failover = new FailoverDriver(_replication, _replication.Replicas.Registry, _pauses);
        _dispatcher.MasterLink = _replication.Master;
        _dispatcher.Source = _replication.Master;
        _loader.MoreRoom = _replication.Master.ResumeReading;
        _snapshots.Loader = _loader;
        _snapshots.DescribeHistory = DescribeHistory;
        _snapshots.IsInTransaction = () => _dispatcher.Context.IsInTransaction;
    }

    private void WireHttp(InfoReport info, LatencyEvents latency)
    {
        _replication.Replicas.Latency = latency;
        _replication.Master.Latency = latency;
        StatusBoard board = new(_state, _replication, info);
        _http = new HttpService(_config, _log, board.Take);
        _config.WhenSet(() => _isServing ? _http.Listen() : null, "http-port");
        _replication.HasChangedRole = _http.Publish;
        _loop.Timer += _ => _http.Publish();
    }

    private void WireDiskErrors()
    {
        DiskErrors disk = _gate.Disk;
        disk.Log = _aof.Writer;
        _snapshots.OutcomeKnown = succeeded =>
        {
            disk.IsSaveFailing = !succeeded;
            _gate.Refresh();
        };
        _config.WhenSet(RefreshGate, "save", "stop-writes-on-bgsave-error");
    }

    private string? RefreshGate()
    {
        _gate.Refresh();
        return null;
    }

    private void WireLoop()
    {
        WireDiskErrors();
        _loop.AddSlice(_loader.Slice);
        _loop.AddSlice(_aof.Slice);
        _loop.AddSlice(_snapshots.Slice);
        _loop.AddSlice(_expiry.Slice);
        _loop.AddSlice(MoveAndFree);
        _memory.Install(_loop);
        _loop.AddBeforeSleep(_lifecycle.Continue);
        _loop.AddBeforeSleep(_tracking.SendBroadcasts);
        _loop.AddBeforeSleep(ServeWaiting);
        _loop.Deadlines = _blocked;
        LargeWrites largeWrites = new(_keyspace, _connections);
        _dispatcher.LargeWrites = largeWrites;
        _loop.AddBeforeSleep(largeWrites.Release);
        _loop.AddBeforeSleep(_connections.ResumeHeld);
        // What replicas are sent must not be lost here by a crash.
        _loop.AddBeforeSleep(_aof.Writer.Flush);
        _loop.AddBeforeSleep(_replication.Replicas.BeforeSleep);
        _loop.Timer += OnTimer;
        _config.WhenSet(ApplyFrequency, "hz", "dynamic-hz", "watchdog-period");
        _ = ApplyFrequency();
    }

    private string? ApplyFrequency()
    {
        _frequency.Adapt(_connections.Count);
        _watchdog.SetPeriod(_config.Process.WatchdogPeriod.Int, _loop.TimerPeriodMs);
        return null;
    }

    /// <summary>Runs the server; returns the exit code of the process.</summary>
    public int Run()
    {
        if (!_process.Start())
            return 1;
        Banner.Print(_log, _config, !Console.IsOutputRedirected);
        _log.Role = _config.ReplicaOf is null ? 'M' : 'S';
        _log.ServerInitialized();
        _lifecycle.WatchSignals();
        _gate.Refresh();
        _memory.Survey.MarkStartup();
        if (_config.ReplicaOf is not null)
            _replication.BeginAsReplica();
        LoadAtStart();
        if (_http.Listen() is { } problem)
        {
            _log.Write(LogLevel.Warning, LogMessages.Id.Text, problem);
            return 1;
        }
        _isServing = true;
        int threads = _config.Network.IoThreads.Int;
        using IoThreads? helpers = threads > 1 ? new IoThreads(threads) : null;
        _connections.Helpers = helpers;
        _loop.Run();
        _connections.Helpers = null;
        _http.Stop();
        _connections.CloseAll();
        if (_lifecycle.RestartDelay is { } delay)
            _log.RestartFailed(Restarting.Now(delay));
        return _exitCode;
    }

    private int _exitCode;
    private HttpService _http = null!;
    private bool _isServing;

    private void OnTimer(long nowSteadyMs)
    {
        _keyspace.NowMs = Clock.UnixMs;
        _watchdog.WindUp();
        _frequency.Adapt(_connections.Count);
        _lifecycle.Timer();
        _expiry.Tick(_state.Hz, _config.Memory.ActiveExpireEffort.Int);
        _dispatcher.OwnExpiries.Tick();
        _pauses.Timer();
        _tracking.ForgetSurplus();
        _replication.Failover.Timer();
        _replication.Replicas.Timer(nowSteadyMs);
        _replication.Master.Timer(nowSteadyMs);
        _aof.Rewriter.Timer();
        _progress.Timer();
        _snapshots.Timer();
        _memory.Upkeep.Run();
        _migrations.Timer();
    }

    /// <summary>What became of keys outside of commands, such as the expiry of a stream.</summary>
    private void ServeWaiting()
    {
        if (!_keyWaits.HasReady)
            return;
        _dispatcher.ServeWaiting();
    }

    private bool MoveAndFree(long deadlineMicroseconds)
    {
        bool more;
        do
        {
            bool isMoving = _config.Memory.ActiveRehashing.Value && _keyspace.MoveSlice(MoveBucketsPerLook);
            more = _keyspace.FreeSlice(FreeBucketsPerLook) | isMoving;
        }
        while (more && Clock.SteadyMicroseconds < deadlineMicroseconds);
        return more;
    }

    /// <summary>The dispatcher, and those who ask whose command runs.</summary>
    private void WireDispatch(CommandContext context, DeletionNotes notes, ErrorStatistics errors, ConfigurationPort configuration, Monitors monitors)
    {
        _dispatcher.Observers = new CallObservers(_state, _config.Monitoring, context.Ports.SlowLog, context.Ports.Latency, monitors);
        WireLog(context.Ports, notes);
        _dispatcher.Context = context;
        _dispatcher.Notes = notes;
        _expiry.Latency = context.Ports.Latency;
        _aof.Writer.Latency = context.Ports.Latency;
        _memory.Guard.Latency = context.Ports.Latency;
        _dispatcher.Errors = errors;
        configuration.CallerSource = () => _dispatcher.Context.Session as ClientConnection;
        _lifecycle.CallerSource = configuration.CallerSource;
        _lifecycle.CrashReport = () => Crash;
    }

    /// <summary>Who waits for the disk, and the master that wants to know how far it is.</summary>
    private void WireWaits(Replicas.WriteWaits waits)
    {
        waits.Log = _aof;
        _aof.StateChanged = waits.Look;
        _aof.Writer.BecameSynchronised = () =>
        {
            waits.Look();
            _replication.Master.ReachedDisk();
        };
        _replication.Master.DiskOffset = () => _aof.State == AppendOnly.AofState.On ? _replication.OffsetOf(_aof.Writer.SynchronisedStamp) : null;
    }

    /// <summary>The append-only file: what it is told, who asks it, and what executes it.</summary>
    private void WireLog(ServerPorts ports, DeletionNotes notes)
    {
        _snapshots.Aof = _aof;
        _connections.ReplyGate = _aof.Writer;
        _aof.Writer.BecameDurable = () => _connections.Release(_aof.Writer.Durable);
        _aof.Writer.ErrorChanged = _gate.Refresh;
        _aof.Writer.StampSource = _replication.Stamp;
        WireWaits(_replication.Replicas.Waits);
        _loader.Arriving = _aof.DatasetArrives;
        _replication.Master.DatasetArrived = _aof.DatasetArrived;
        _config.WhenSet(_aof.Configure, "appendonly");
        _config.WhenSet(_aof.CollectGarbage, "aof-disable-auto-gc");

        RespWriter reply = new(4096);
        ReplicationStream nowhere = new(1024);
        Propagator silent = new(nowhere, new StreamEncoder(nowhere), _state);
        Dispatcher replaying = new(_keyspace, _state, new Gate(_state, _config, new DiskErrors(_config, _log)), silent, reply)
        {
            IsForReplay = true,
            Notes = notes,
            Errors = new ErrorStatistics(),
            KeyWaits = _keyWaits,
            Tracking = _tracking,
            Watches = _dispatcher.Watches,
            OwnExpiries = _dispatcher.OwnExpiries,
        };
        replaying.Context = new CommandContext(_keyspace, reply, ports with { Transactions = replaying, Errors = replaying.Errors });
        replaying.Observers = new CallObservers(_state, _config.Monitoring, new SlowLog(), new LatencyEvents(), new Monitors(_connections, reply, _log));
        _aof.Replayer = (path, from) => new AofReplay(path, from, replaying, reply, _keyspace, _mailbox);
    }

    private static void InstallRenamedCommands(ServerConfig config)
    {
        if (config.RenamedCommands.Count == 0)
            return;
        RenamedCommands renamed = new();
        foreach (RenamedCommand each in config.RenamedCommands)
            renamed.Rename(each.From, each.To);
        CommandTable.Renamed = renamed;
    }

    // ---- start ------------------------------------------------------------------------------------------------------

    private void LoadAtStart()
    {
        if (_config.Persistence.AppendOnly.Value)
        {
            _aof.LoadAtStart(LogLoaded);
            return;
        }
        string path = _config.RdbPath;
        if (!File.Exists(path))
        {
            StartFollowing();
            return;
        }
        LoadJob load = _loader.LoadFile(path, dropExpired: _config.ReplicaOf is null, (job, error) =>
        {
            if (error is not null)
            {
                _log.TerminatingAfterLoad(error);
                _log.LoadFailed(error);
                _exitCode = 1;
                _loop.Stop();
                return;
            }
            _log.DatabaseLoaded(TimeSpan.FromMilliseconds(Clock.SteadyMs - job.StartedMs));
            _snapshots.ResetChanges();
            _replication.AdoptFromFile(job.Aux);
            StartFollowing();
        });
        load.Dropped = _replication.DropAtStart;
    }

    private void LogLoaded(bool isLoaded, AofStamp? stamp)
    {
        if (!isLoaded)
        {
            _exitCode = 1;
            _loop.Stop();
            return;
        }
        _snapshots.ResetChanges();
        if (stamp is { } known)
            _replication.AdoptFromFile(new RdbAux { ReplicationId = known.ReplicationId, ReplicationOffset = known.Offset, ReplicationStreamDatabase = known.Database });
        StartFollowing();
    }

    private void StartFollowing()
    {
        _process.Ready();
        if (_config.ReplicaOf is { } master)
            _replication.FollowAtStart(master);
    }

    private RdbAux DescribeHistory(RdbAux aux) => _replication.Describe(aux);

    private void ResetStatistics(ErrorStatistics errors)
    {
        errors.Reset();
        _state.ResetStatistics();
        _keyspace.Statistics.Reset();
        _replication.Replicas.ResetStatistics();
        foreach (CommandDescriptor command in CommandTable.All)
            command.ResetStatistics();
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _lifecycle.Dispose();
        _sockets.Dispose();
        // The dataset is not freed entry by entry: the process ends, and its memory with it.
    }
}
