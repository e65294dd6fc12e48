// The replicas of this server: PSYNC and SYNC, the snapshots they need, the stream, their acknowledgements, WAIT.
//
// A replica that can go on from its offset gets +CONTINUE and the stream. Another one needs a snapshot, and waits until one
// begins: all that wait then share it, and later ones the next. A snapshot goes straight to the sockets, ended by a mark, when
// every replica of it understands that (and repl-diskless-sync allows it); otherwise through a file, announced with its length.
//
// A snapshot is of one offset. The stream's cursor is taken at the moment the walk begins, so what follows the snapshot is
// exactly what was written since; it waits in the shared blocks, once for all replicas.
//
// The timer is for what only time can decide: the delay before a snapshot, heartbeats, time-outs. Everything else follows
// events: acknowledgements wake WAIT and a failover at once.

using System.Security.Cryptography;
using System.Text;
using Redoubt.Commands;
using Redoubt.Persistence.Rdb;
using Redoubt.Replication;
using Redoubt.Resp;
using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

internal sealed class ReplicaHost
{
    // Those that never return must not fill the memory.
    private const int LostNamesMax = 1000;

    private readonly ReplicationService _service;
    private readonly ServerState _state;
    private readonly ServerConfig _config;
    private readonly ServerLog _log;
    private readonly ConnectionTable _connections;
    private readonly Gate _gate;
    private readonly Propagator _propagator;
    private readonly SnapshotKeeper _snapshots;
    private readonly List<ReplicaFeed> _feeds = [];
    private readonly Dictionary<string, long> _lostAtMs = [];
    private bool _ackRequested;
    private bool _ackIsUrgent;
    private long _lastPingMs;
    private long _waitingSinceMs;
    private string? _syncFile;

    public ReplicaHost(
        ReplicationService service, ServerState state, ServerConfig config, ServerLog log, ConnectionTable connections,
        Gate gate, Propagator propagator, SnapshotKeeper snapshots)
    {
        _service = service;
        _state = state;
        _config = config;
        _log = log;
        _connections = connections;
        _gate = gate;
        _propagator = propagator;
        _snapshots = snapshots;
        _connections.Closed += Forget;
        Waits = new WriteWaits(state, this);
    }

    /// <summary>Clients that wait for what they wrote to be elsewhere, or on disks.</summary>
    public WriteWaits Waits { get; }

    public ReplicaRegistry Registry { get; } = new();

    public IReadOnlyList<ReplicaFeed> Feeds => _feeds;

    /// <summary>When the stream had come how far.</summary>
    public OffsetHistory Offsets { get; } = new();

    /// <summary>Is told for how long a replica was away; set by the composition root.</summary>
    public LatencyEvents Latency { get; set; } = null!;

    public long FullSyncs { get; set; }

    public long PartialSyncs { get; set; }

    public long PartialSyncErrors { get; set; }

    public void ResetStatistics()
    {
        FullSyncs = 0;
        PartialSyncs = 0;
        PartialSyncErrors = 0;
    }

    private ReplicationStream Stream => _service.Stream;

    // ---- PSYNC and SYNC ---------------------------------------------------------------------------------------------

    public void Sync(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        bool psync = c.Is(0, "psync"u8);
        PsyncRequest request = new("?", StreamPosition.None, false);
        if (psync && !PsyncRequest.TryRead(c[1], c[2], c.Count > 3 ? c[3] : default, out request))
        {
            c.Error("ERR value is not an integer or out of range"u8);
            return;
        }
        bool pending = !client.Queue.IsEmpty || client.SegmentLength > 0;
        PsyncCircumstances now = new(
            _service.Role, _state.IsMasterLinkUp, _service.Failover.State != FailoverState.NoFailover, client.IsReplica, pending);
        PsyncAdmission admission = PsyncAdmission.Judge(request, _service.History.Id, now);
        switch (admission.Kind)
        {
            case PsyncAdmissionKind.Ignore:
                return;
            case PsyncAdmissionKind.Refuse:
                c.Error(Encoding.ASCII.GetBytes(admission.Error.TrimStart('-')));
                return;
            case PsyncAdmissionKind.PromoteThenAdmit:
                _log.Write(LogLevel.Warning, LogMessages.Id.Text, "Failover request received, promoting to master");
                _service.Promote();
                break;
        }
        ReplicaFeed feed = FeedOf(client);
        _log.Write(LogLevel.Notice, LogMessages.Id.AsksForSync, $"Replica {feed.Session.Name} asks for synchronization");
        if (psync && TryContinue(client, feed, request))
            return;
        NeedSnapshot(client, feed, psync);
    }

    private ReplicaFeed FeedOf(ClientConnection client) =>
        client.Feed ??= new ReplicaFeed(client, new ReplicaSession(client.Id, HostOf(client.Address)), Stream, _state) { SnapshotSent = SnapshotSent };

    private static string HostOf(string address) => address[..address.LastIndexOf(':')].Trim('[', ']');

    private bool TryContinue(ClientConnection client, ReplicaFeed feed, PsyncRequest request)
    {
        bool psync2 = (feed.Session.Capabilities & ReplicaCapabilities.Psync2) != 0;
        PsyncDecision decision = PsyncDecision.Decide(request, _service.History, Stream.Window, psync2);
        decision.Log(_service, feed.Session.Name, Stream.Offset);
        if (!decision.Continues)
        {
            if (decision.CountsAsPartialError)
                PartialSyncErrors++;
            return false;
        }
        PartialSyncs++;
        Span<byte> reply = stackalloc byte[64];
        int length = decision.WriteContinue(reply);
        Enlist(client, feed);
        feed.Session.Continue(Stream.CursorAt(decision.From), Clock.UnixMs);
        _connections.Push(client, reply[..length]);
        RefreshGoodReplicas();
        return true;
    }

    private void NeedSnapshot(ClientConnection client, ReplicaFeed feed, bool psync)
    {
        FullSyncs++;
        Enlist(client, feed);
        feed.Session.AwaitSnapshot();
        feed.SpeaksPsync = psync;
        if (!Stream.IsActive)
        {
            _service.History.StartAnew(ReplicationService.NewId());
            Stream.Create(Stream.Offset);
            _log.Write(LogLevel.Notice, LogMessages.Id.BacklogCreated,
                $"Replication backlog created, my new replication IDs are '{_service.History.Id}' and '{_service.History.SecondId}'");
        }
        if (_waitingSinceMs == 0)
            _waitingSinceMs = Clock.SteadyMs;
        if (_snapshots.IsRunning)
            _log.Write(LogLevel.Notice, LogMessages.Id.WaitingForNextSave, "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");
        else if (CanStream(feed) && _config.ReplDisklessSyncDelaySeconds > 0)
            _log.Write(LogLevel.Notice, LogMessages.Id.DelayedForMore, "Delay next BGSAVE for diskless SYNC");
    }

    private void Enlist(ClientConnection client, ReplicaFeed feed)
    {
        client.IsReplica = true;
        Rehearsal.Begin();
        feed.LastProgressMs = Clock.SteadyMs;
        client.Channel.SetNoDelay(!_config.Replication.DisableTcpNoDelay.Value);
        Registry.Add(feed.Session);
        if (_lostAtMs.Remove(feed.Session.Name, out long lostAtMs) && Latency.IsSlow(Clock.SteadyMs - lostAtMs))
            Latency.Add("replica-link-down", Clock.SteadyMs - lostAtMs, Clock.UnixMs / 1000);
        if (!_feeds.Contains(feed))
            _feeds.Add(feed);
    }

    private bool CanStream(ReplicaFeed feed) =>
        _config.ReplDisklessSync && (feed.Session.Capabilities & ReplicaCapabilities.Eof) != 0;

    // ---- snapshots for replicas -------------------------------------------------------------------------------------

    /// <summary>Begins a snapshot when replicas wait for one and nothing stands against it. Called every round; cheap.</summary>
    public void StartSnapshotIfDue()
    {
        if (_waitingSinceMs == 0 || _snapshots.IsRunning || _state.IsLoadingAny)
            return;
        List<ReplicaFeed> waiting = _feeds.FindAll(static feed => feed.Session.State == SessionState.WaitBgsaveStart);
        if (waiting.Count == 0)
        {
            _waitingSinceMs = 0;
            return;
        }
        // A replica that cannot take a mark goes through a file, and does not wait for others.
        List<ReplicaFeed> viaFile = waiting.FindAll(feed => !CanStream(feed));
        if (viaFile.Count > 0)
        {
            StartViaFile(viaFile);
        }
        else
        {
            int max = _config.ReplDisklessSyncMaxReplicas;
            bool crowded = max > 0 && waiting.Count >= max;
            if (!crowded && Clock.SteadyMs - _waitingSinceMs < _config.ReplDisklessSyncDelaySeconds * 1000L)
                return;
            StartStreamed(waiting);
        }
        _waitingSinceMs = _feeds.Exists(static feed => feed.Session.State == SessionState.WaitBgsaveStart) ? Clock.SteadyMs : 0;
    }

    private void StartStreamed(List<ReplicaFeed> feeds)
    {
        byte[] mark = Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(EofMarkScanner.MarkLength, lowercase: true));
        _log.Write(LogLevel.Notice, LogMessages.Id.SaveForSync, "Starting BGSAVE for SYNC with target: replicas sockets");
        ReplicaTarget target = new(feeds, mark, _snapshots.Mailbox, _config.PathInDir($"temp-{Environment.ProcessId}.sync-snapshot"), _config.Replication.SyncSpillSize.Value);
        RdbAux aux = BeginFor(feeds);
        byte[] preamble = Encoding.ASCII.GetBytes("$EOF:" + Encoding.ASCII.GetString(mark) + "\r\n");
        foreach (ReplicaFeed feed in feeds)
        {
            feed.EofMark = mark;
            _connections.Push(feed.Client, preamble);
        }
        SnapshotJob job = _snapshots.Start(aux, target, SnapshotPurpose.Replicas);
        job.Unsent = target.UnsentBytes;
        job.Finished += error => StreamedEnded(target, error);
        foreach (ReplicaFeed feed in feeds)
            feed.Job = job;
        _log.Write(LogLevel.Notice, LogMessages.Id.TransferStarted, $"Background RDB transfer started by pid {Environment.ProcessId}");
    }

    private void StreamedEnded(ReplicaTarget target, string? error)
    {
        foreach (ReplicaFeed feed in target.Feeds.ToArray())
        {
            if (error is not null)
                _connections.Close(feed.Client);
        }
        if (error is null)
            _log.Write(LogLevel.Notice, LogMessages.Id.TransferDone, $"Diskless rdb transfer, done reading from pipe, {target.Feeds.Count} replicas still up.");
        else
            _log.Write(LogLevel.Warning, LogMessages.Id.TransferEnded, "Background transfer error: " + error);
    }

    private void StartViaFile(List<ReplicaFeed> feeds)
    {
        _log.Write(LogLevel.Notice, LogMessages.Id.SaveForSync, "Starting BGSAVE for SYNC with target: disk");
        RdbAux aux = BeginFor(feeds);
        SnapshotJob? job = _snapshots.StartFile(aux, SnapshotPurpose.Replicas);
        if (job is null)
            return;
        job.Finished += error => FileReady(feeds, error);
    }

    private void FileReady(List<ReplicaFeed> feeds, string? error)
    {
        if (error is null)
            _syncFile = _config.RdbPath;
        foreach (ReplicaFeed feed in feeds)
        {
            if (feed.Client.IsClosed)
                continue;
            if (error is not null)
            {
                _connections.Close(feed.Client);
                continue;
            }
            try
            {
                feed.File = new FileStream(_config.RdbPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                _log.Write(LogLevel.Warning, LogMessages.Id.TransferEnded, $"Can't open/stat DB file for replication to {feed.Session.Name}: {failure.Message}");
                _connections.Close(feed.Client);
                continue;
            }
            feed.Session.BeginBulk();
            _connections.Push(feed.Client, Encoding.ASCII.GetBytes($"${feed.File.Length}\r\n"));
        }
    }

    /// <summary>Fixes the offset of the snapshot for these replicas and tells them.</summary>
    private RdbAux BeginFor(List<ReplicaFeed> feeds)
    {
        ReplicationOffset offset = Stream.Offset;
        Span<byte> reply = stackalloc byte[96];
        foreach (ReplicaFeed feed in feeds)
        {
            feed.Session.BeginSnapshot(offset, feed.Session.SnapshotOnly ? null : Stream.CursorAtEnd());
            if (feed.SpeaksPsync)
                _connections.Push(feed.Client, reply[..PsyncDecision.WriteFullResync(reply, _service.History.Id, offset)]);
        }
        // A replica starts without a selected database. On a replica of ours the stream is our master's: it selects as that says.
        RdbAux aux = _snapshots.NewAux();
        if (!_state.IsReplica)
            _service.Encoder.ForceSelect();
        return aux;
    }

    /// <summary>Everything of a snapshot has left for this replica.</summary>
    private void SnapshotSent(ReplicaFeed feed)
    {
        if (feed.Session.SnapshotOnly)
        {
            feed.Client.CloseAfterReply = true;
            _connections.Schedule(feed.Client);
            return;
        }
        bool streamed = feed.EofMark is not null;
        feed.EofMark = null;
        feed.Session.PutOnline(Clock.UnixMs, waitForAck: streamed);
        _log.Write(LogLevel.Notice, LogMessages.Id.StreamedToReplica, streamed
            ? $"Streamed replica with replica {feed.Session.Name} succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming"
            : $"Synchronization with replica {feed.Session.Name} succeeded");
        RefreshGoodReplicas();
    }

    // ---- REPLCONF, WAIT ---------------------------------------------------------------------------------------------

    public void Configure(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (client.IsMasterLink)
        {
            if (c.Count == 3 && c.Is(1, "getack"u8))
                _service.Master.AcknowledgeAfterCommand();
            return;
        }
        ReplicaFeed feed = FeedOf(client);
        switch (Replconf.Apply(new CommandArguments(c), feed.Session, Clock.UnixMs, out string error))
        {
            case ReplconfOutcome.Ok:
                c.Reply.Ok();
                break;
            case ReplconfOutcome.Error:
                c.Error(Encoding.ASCII.GetBytes(error.TrimStart('-')));
                break;
            case ReplconfOutcome.StartStream:
            case ReplconfOutcome.Acknowledged:
                Acknowledged(feed);
                break;
        }
    }

    private void Acknowledged(ReplicaFeed feed)
    {
        RefreshGoodReplicas();
        Waits.Look();
        _service.Failover.OnAck(feed.Session);
    }

    /// <summary>
    /// Asks all replicas to acknowledge, once, at the end of this round. The question itself moves the offset, which must stand
    /// still while writes are held back: then it waits, unless it is asked for the sake of what holds them back.
    /// </summary>
    public void RequestAcks(bool evenInPause = false)
    {
        _ackRequested = true;
        _ackIsUrgent |= evenInPause;
    }

    // ---- rounds and timer -------------------------------------------------------------------------------------------

    /// <summary>Before the loop sleeps: asks for ACKs, sends the stream, lets finished waiters go on.</summary>
    public void BeforeSleep()
    {
        _service.Master.CatchUp();
        if (_ackRequested && !_state.IsReplica && (_ackIsUrgent || _state.Pause == PauseKind.None))
        {
            _ackRequested = false;
            _ackIsUrgent = false;
            if (Stream.IsActive && Registry.Count > 0)
                _service.Encoder.AppendGetAck();
        }
        StartSnapshotIfDue();
        for (int i = _feeds.Count - 1; i >= 0; i--)
        {
            ReplicaFeed feed = _feeds[i];
            feed.Pump();
            if (feed.IsLost)
                _connections.Close(feed.Client);
            else if (feed.PendingBytes > 0)
                _connections.EnforceOutputLimit(feed.Client);
        }
        _propagator.HasNews = false;
    }

    /// <summary>About every 100 ms.</summary>
    public void Timer(long nowSteadyMs)
    {
        Offsets.Note(Stream.Offset, nowSteadyMs);
        if (nowSteadyMs - _lastSecondMs >= 1000)
        {
            _lastSecondMs = nowSteadyMs;
            EverySecond(nowSteadyMs);
        }
    }

    private long _lastSecondMs;

    private void EverySecond(long nowSteadyMs)
    {
        Heartbeat(nowSteadyMs);
        DropSilentReplicas(nowSteadyMs);
        RefreshGoodReplicas();
        RemoveSyncFile();
        long unixMs = Clock.UnixMs;
        if (Stream.IsActive && BacklogLifetime.IsOver(!_state.IsReplica, Registry.Count, _config.ReplBacklogTtlSeconds, Registry.LastLeftMs, unixMs)
            && _service.Failover.State == FailoverState.NoFailover && Registry.LastLeftMs > 0)
        {
            _service.History.StartAnew(ReplicationService.NewId());
            Stream.Free();
            _log.Write(LogLevel.Notice, LogMessages.Id.BacklogFreed, $"Replication backlog freed after {_config.ReplBacklogTtlSeconds} seconds without connected replicas.");
        }
    }

    /// <summary>A server that keeps nothing on its disk does not leave the file there from which replicas were fed.</summary>
    private void RemoveSyncFile()
    {
        if (_syncFile is not { } path || !_config.Persistence.RdbDelSyncFiles.Value || _config.SavePoints.Count > 0 || _config.Persistence.AppendOnly.Value)
            return;
        if (_feeds.Exists(static feed => feed.Session.State is SessionState.WaitBgsaveStart or SessionState.WaitBgsaveEnd or SessionState.SendBulk))
            return;
        _syncFile = null;
        _log.Write(LogLevel.Notice, LogMessages.Id.Text, "Removing the RDB file used to feed replicas in a persistence-less instance");
        // A large file takes long to free.
        ThreadPool.QueueUserWorkItem(static file => File.Delete(file), path, preferLocal: false);
    }

    private void Heartbeat(long nowSteadyMs)
    {
        // The period begins with the first replica: a ping before its first write would be a surprise.
        if (Registry.Count == 0)
            _lastPingMs = nowSteadyMs;
        if (!_state.IsReplica && Registry.Count > 0 && Stream.IsActive && _service.Failover.State == FailoverState.NoFailover
            && nowSteadyMs - _lastPingMs >= _config.ReplPingReplicaPeriodSeconds * 1000L)
        {
            _lastPingMs = nowSteadyMs;
            _service.Encoder.AppendPing();
        }
        // While a replica waits for its snapshot an empty line says that we live.
        foreach (ReplicaFeed feed in _feeds)
        {
            bool waits = feed.Session.State == SessionState.WaitBgsaveStart || (feed.Session.State == SessionState.WaitBgsaveEnd && feed.EofMark is null);
            if (waits)
                _connections.Push(feed.Client, "\n"u8);
        }
    }

    private void DropSilentReplicas(long nowSteadyMs)
    {
        foreach (ReplicaFeed feed in _feeds.ToArray())
        {
            bool online = feed.Session.State == SessionState.Online;
            bool silent = online
                ? ReplicaRegistry.IsTimedOut(feed.Session, _config.ReplTimeoutSeconds, Clock.UnixMs) && feed.SpeaksPsync
                : feed.UnsentSnapshotBytes > 0 && nowSteadyMs - feed.LastProgressMs > _config.ReplTimeoutSeconds * 1000L;
            if (!silent)
                continue;
            _log.Write(LogLevel.Warning, LogMessages.Id.ReplicaTimedOut, online
                ? $"Disconnecting timedout replica (streaming sync): {feed.Session.Name}"
                : $"Disconnecting timedout replica (full sync): {feed.Session.Name}");
            _connections.Close(feed.Client);
        }
    }

    /// <summary>Whether writes are accepted with the replicas as they are now.</summary>
    public void RefreshGoodReplicas()
    {
        bool enough = Registry.MayWrite(_config.MinReplicasToWrite, _config.MinReplicasMaxLagSeconds, _service.Role, Clock.UnixMs);
        if (enough == _state.HasEnoughReplicas)
            return;
        _state.HasEnoughReplicas = enough;
        _gate.Refresh();
    }

    public void DisconnectAll()
    {
        foreach (ReplicaFeed feed in _feeds.ToArray())
            _connections.Close(feed.Client);
    }

    private void Forget(ClientConnection client)
    {
        if (client.Feed is not { } feed)
            return;
        client.Feed = null;
        feed.Drop();
        if (!_feeds.Remove(feed))
            return;
        Registry.Remove(feed.Session, Clock.UnixMs);
        if (_lostAtMs.Count < LostNamesMax)
            _lostAtMs[feed.Session.Name] = Clock.SteadyMs;
        _log.Write(LogLevel.Warning, LogMessages.Id.ReplicaLost, $"Connection with replica {feed.Session.Name} lost.");
        if (feed.Job is { } job && !_feeds.Exists(other => other.Job == job) && !job.IsDone)
        {
            _log.Write(LogLevel.Notice, LogMessages.Id.LastReplicaDropped, "Diskless rdb transfer, last replica dropped, killing fork child.");
            job.Cancel();
        }
        RefreshGoodReplicas();
    }
}
