// The link to this server's master: resolve, connect, handshake, full resync if need be, then the stream.
//
// The handshake is a state machine in Redoubt.Replication; here are the socket, the clock and the consequences. Once the
// stream flows, the connection is a client like any other whose commands are obeyed and not answered; its bytes, command by
// command as they are applied, become our own stream, so that our replicas and our offset follow the master's exactly.
// A transaction counts when its EXEC is applied: a link that breaks inside MULTI resumes from before it.
//
// Names are resolved on a helper thread, at every attempt (see MasterFinder). A lost link is tried again at once and then with growing pauses.
//
// Full resync: into an empty keyspace the bytes are parsed as they come. A keyspace with data in it is kept and served until
// the snapshot has arrived whole (in a temporary file) and was found fit, so that a transfer that breaks half-way or cannot be loaded costs
// nothing. From the moment the new data replaces the old, our history is nobody's any more: replicas of ours are disconnected, the backlog is freed.
//
// As long as the dataset is ours so is its history: a full resync that fails, or that the guard turns down (see ReplicaGuard), leaves us where we
// were, and the next attempt asks for a partial resync again.
//
// A command of the stream that this server does not have would leave a dataset that differs from the master's. So it ends
// the link, which stays down with the reason in the log; what has been applied so far is kept and served.
//
// A promotion first applies what the old master has sent and we have not read: those writes may have been acknowledged to clients, and a plain
// promotion would throw them away with the socket. The client that asks waits to the end of the round, when no command is half done.
//
// Threads: the keyspace thread. Failure: every end of a link leads to `Retry`, with the reason in the log.

using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Commands;
using Redoubt.Native.Sockets;
using Redoubt.Replication;
using Redoubt.Resp;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

internal sealed class MasterLink : ICommandSource
{
    // More than any receive buffer holds. A master that goes on sending must not keep us from being promoted.
    private const long UnreadBytesMax = 64L * 1024 * 1024;

    /// <summary>How often a name is looked at while the link is up.</summary>
    private const long NameLookMs = 2000;

    private readonly ReplicationService _service;
    private readonly ServerState _state;
    private readonly ServerConfig _config;
    private readonly ServerLog _log;
    private readonly SocketLoop _sockets;
    private readonly ConnectionTable _connections;
    private readonly Mailbox _mailbox;
    private readonly Gate _gate;
    private readonly DatasetLoader _loader;
    private readonly ReconnectBackoff _backoff = new();
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);
    private readonly RespWriter _openTransaction = new(1024);
    private readonly List<ClientConnection> _promoters = [];
    private readonly OldMaster _oldMaster;
    private readonly MasterFinder _finder;
    private IPAddress? _address;
    private long _lookAtSteadyMs;
    private bool _isFirstAttempt;
    private bool _wasMaster;

    private ReplicaHandshake? _handshake;
    private MasterAddress _master;
    private SocketChannel? _channel;
    private ClientConnection? _client;
    private SnapshotReceiver? _receiver;
    private int _inputLength;
    private int _attempt;
    private long _retryAtSteadyMs = long.MaxValue;
    private long _lastAckMs;
    private bool _handover;
    private bool _acceptsAny;
    private bool _ackAfterCommand;
    private ReplicationOffset? _diskAckOwed;

    public MasterLink(
        ReplicationService service, ServerState state, ServerConfig config, ServerLog log, SocketLoop sockets,
        ConnectionTable connections, Mailbox mailbox, Gate gate, DatasetLoader loader)
    {
        _service = service;
        _state = state;
        _config = config;
        _log = log;
        _sockets = sockets;
        _connections = connections;
        _mailbox = mailbox;
        _gate = gate;
        _loader = loader;
        _oldMaster = new OldMaster(service, config, log, mailbox);
        _finder = new MasterFinder(config, mailbox);
        _connections.Closed += client =>
        {
            if (client == _client)
                StreamLost();
        };
        _connections.ForeignEvent += (channel, canRead, canWrite) =>
        {
            if (channel == _channel)
                OnSocket(canWrite);
        };
        _loader.Replacing = ForgetHistory;
    }

    /// <summary>How far the append-only file on the disk has come in the history; null when it has not, or there is none. Set by the composition root.</summary>
    public Func<ReplicationOffset?> DiskOffset { get; set; } = static () => null;

    /// <summary>The dataset is the history (IDs, offset) says it is: a partial resync may be asked for.</summary>
    public bool HasHistory { get; set; }

    /// <summary>What we hold came from a master: the guard stands before it.</summary>
    public bool IsDatasetOfMaster { get; set; }

    /// <summary>Why the last full resync that was offered was turned down; null when none was, or we have followed since.</summary>
    public string? RefusedResync { get; private set; }

    /// <summary>A full resync is over: the dataset is the master's. Set by the composition root.</summary>
    public Action? DatasetArrived { get; set; }

    /// <summary>Writes of ours, as a master, that were saved because the new one does not have them.</summary>
    public MissedWrites? Missed => _oldMaster.Missed;

    /// <summary>Is told for how long the link was down; set by the composition root.</summary>
    public LatencyEvents Latency { get; set; } = null!;

    /// <summary>The database that the master's stream has selected.</summary>
    public int StreamDatabase { get; set; }

    public LinkState State => _handshake?.State ?? (_state.IsReplica ? LinkState.Connect : LinkState.None);

    /// <summary>Steady clock of the last sign of life of the master, in milliseconds.</summary>
    public long LastIoSteadyMs { get; private set; }

    /// <summary>
    /// How old our data may be, in milliseconds; -1 = it is no master's. A master that has nothing to say sends a heartbeat every
    /// repl-ping-replica-period (ours is taken for its): silence up to then means that nothing was written.
    /// </summary>
    public long DataAgeMs(long nowSteadyMs)
    {
        if (!IsDatasetOfMaster || LastIoSteadyMs == 0)
            return -1;
        long silentMs = Math.Max(0, nowSteadyMs - LastIoSteadyMs);
        bool isOrdinary = _client is not null && silentMs <= (_config.ReplPingReplicaPeriodSeconds + 1) * 1000L;
        return isOrdinary ? 0 : silentMs;
    }

    /// <summary>Steady clock of the moment when the link went down; 0 = this master's link never was up.</summary>
    public long DownSinceSteadyMs { get; private set; }

    public bool IsReceivingSnapshot => _receiver is not null;

    /// <summary>Bytes of the snapshot announced (0 = unknown) and received.</summary>
    public (long Total, long Received) SnapshotProgress => _receiver is { } receiver ? (receiver.TotalBytes, receiver.ReceivedBytes) : (0, 0);

    /// <summary>How far the stream has been received; what is applied is the stream's own offset.</summary>
    public ReplicationOffset ReadOffset => _service.Stream.Offset + (_openTransaction.Length + (_client?.RestLength ?? 0));

    // ---- start and end ----------------------------------------------------------------------------------------------

    /// <param name="accepts">The first full resync that is offered is taken whatever it holds.</param>
    public void Start(MasterAddress master, bool handover, bool accepts = false)
    {
        Stop();
        RefusedResync = null;
        _acceptsAny = accepts;
        _master = master;
        _address = null;
        _isFirstAttempt = true;
        _handover = handover;
        _backoff.Reset();
        _handshake = new ReplicaHandshake(Options(), _service);
        _log.ConnectingToMaster(master.Host, master.Port);
        Connect();
    }

    public void Stop()
    {
        _attempt++;
        _retryAtSteadyMs = long.MaxValue;
        _handshake = null;
        DropChannel();
        if (_client is { } client)
        {
            _client = null;
            DownSinceSteadyMs = Clock.SteadyMs;
            _openTransaction.Clear();
            _connections.Close(client);
        }
    }

    /// <summary>After a FAILOVER is over the handshake is an ordinary one.</summary>
    public void EndHandover() => _handover = false;

    /// <summary>We were a master until now: the new one may not have all of our history.</summary>
    public void BeginAsOldMaster()
    {
        HasHistory = true;
        _wasMaster = true;
        StreamDatabase = Math.Max(0, _service.Encoder.SelectedDb);
    }

    private HandshakeOptions Options() => new(_config.ReplicaAnnouncePort > 0 ? _config.ReplicaAnnouncePort : _config.Port)
    {
        MasterAuth = _config.MasterAuth is { Length: > 0 } password ? password : null,
        MasterUser = _config.MasterUser is { Length: > 0 } user ? user : null,
        AnnounceIp = _config.ReplicaAnnounceIp is { Length: > 0 } ip ? ip : null,
        TimeoutSeconds = _config.ReplTimeoutSeconds,
        SpoolsSnapshot = _loader.SpoolsSnapshots,
    };

    private void Connect()
    {
        int attempt = ++_attempt;
        _retryAtSteadyMs = long.MaxValue;
        _handshake = new ReplicaHandshake(Options(), _service);
        _handshake.OnConnecting(Resume(), _handover, Clock.SteadyMs);
        bool isAsTold = _handover || _isFirstAttempt;
        _isFirstAttempt = false;
        _finder.Find(_master, _address, isAsTold, place => Found(place, attempt));
    }

    private ResumePoint? Resume() => HasHistory ? new ResumePoint(_service.History.Id, _service.Stream.Offset, AsksForFork: _wasMaster) : null;

    private void Found(MasterFinder.Place place, int attempt)
    {
        if (attempt != _attempt || _handshake is null)
            return;
        if (place.Address is not { } address)
        {
            Lost($"Unable to resolve '{place.Master.Host}': {place.Error}");
            return;
        }
        if (place.Master != _master)
        {
            _log.Write(LogLevel.Notice, LogMessages.Id.Text, $"{place.Master.Host}:{place.Master.Port} answers as a master: following it instead of {_master.Host}:{_master.Port}.");
            _master = place.Master;
            _config.ReplicaOf = place.Master;
        }
        ConnectTo(address);
    }

    /// <summary>The name of the master may lead elsewhere by now.</summary>
    private void LookAtName(long nowSteadyMs)
    {
        if (!_config.Replication.FollowDns.Value || nowSteadyMs < _lookAtSteadyMs || _address is not { } present || IPAddress.TryParse(_master.Host, out _))
            return;
        _lookAtSteadyMs = nowSteadyMs + NameLookMs;
        int attempt = _attempt;
        _finder.Look(_master, present, elsewhere =>
        {
            if (elsewhere is null || attempt != _attempt || _client is not { } client)
                return;
            _log.Write(LogLevel.Notice, LogMessages.Id.Text, $"{_master.Host} leads to {elsewhere} now, and a master answers there: following it.");
            _connections.Close(client);
        });
    }

    private void ConnectTo(IPAddress address)
    {
        _address = address;
        try
        {
            IPAddress? source = _config.Network.BindSourceAddr.Text is { Length: > 0 } text && IPAddress.TryParse(text, out IPAddress? parsed) ? parsed : null;
            _channel = _sockets.Connect(new IPEndPoint(address, _master.Port), source);
            _channel.Owner = this;
        }
        catch (SocketLoopException failure)
        {
            _log.Write(LogLevel.Warning, LogMessages.Id.UnableToConnect, $"Unable to connect to MASTER: {failure.Message}");
            Lost(failure.Message);
        }
    }

    private void DropChannel()
    {
        _channel?.Close();
        _channel = null;
        _inputLength = 0;
        if (_receiver is { } receiver)
        {
            _receiver = null;
            receiver.Cancel();
        }
    }

    /// <summary>The connection ended before the stream: say why, and try again.</summary>
    private void Lost(string reason)
    {
        if (_handshake is not { } handshake)
            return;
        bool failoverSent = handshake.FailoverSent;
        handshake.OnConnectionLost(reason);
        DropChannel();
        Retry();
        if (_handover)
            _service.Failover.OnConnectionLost(failoverSent);
    }

    private void Retry()
    {
        if (_handshake is null)
            return;
        _retryAtSteadyMs = Clock.SteadyMs + _backoff.NextDelayMs(Random.Shared.NextDouble());
        if (_retryAtSteadyMs <= Clock.SteadyMs)
            _mailbox.Post(RetryIfDue);
    }

    private void RetryIfDue()
    {
        if (_handshake is null || Clock.SteadyMs < _retryAtSteadyMs)
            return;
        _log.ReconnectingToMaster(_master.Host, _master.Port);
        Connect();
    }

    // ---- handshake --------------------------------------------------------------------------------------------------

    private void OnSocket(bool canWrite)
    {
        if (_handshake is not { } handshake || _channel is not { } channel)
            return;
        if (handshake.State == LinkState.Connecting && canWrite)
        {
            if (channel.FinishConnect() is { } error)
            {
                Lost(error);
                return;
            }
            channel.Watch(reads: true, writes: false);
            channel.SetKeepAlive(_config.TcpKeepAliveSeconds);
            handshake.OnConnected(Clock.SteadyMs);
            SendOutput();
            return;
        }
        ReadHandshake(handshake, channel);
    }

    private void SendOutput()
    {
        ReadOnlySpan<byte> output = _handshake!.Output;
        if (output.IsEmpty)
            return;
        // A few hundred bytes into an empty socket: they fit, or the connection is broken.
        int sent = _channel!.Send(output);
        bool whole = sent == output.Length;
        _handshake.OutputSent();
        if (!whole)
            Lost(_channel.LastError);
    }

    private void ReadHandshake(ReplicaHandshake handshake, SocketChannel channel)
    {
        if (_receiver is { WantsBytes: false })
        {
            channel.Watch(reads: false, writes: false);
            return;
        }
        int got = channel.Receive(_input.AsSpan(_inputLength));
        if (got == SocketResult.WouldBlock)
            return;
        if (got <= 0)
        {
            Lost(got == SocketResult.Closed ? "the master closed the connection" : channel.LastError);
            return;
        }
        LastIoSteadyMs = Clock.SteadyMs;
        _state.ReplicationBytesReceived += got;
        _inputLength += got;
        if (_receiver is not null)
            ReceiveSnapshot();
        else
            FeedLines(handshake);
    }

    private void FeedLines(ReplicaHandshake handshake)
    {
        while (_inputLength > 0)
        {
            HandshakeEvent outcome = handshake.Feed(_input.AsSpan(0, _inputLength), Clock.SteadyMs, out int consumed);
            Consume(consumed);
            SendOutput();
            if (_channel is null)
                return;
            if (_handover && outcome is HandshakeEvent.Continued or HandshakeEvent.FullResync or HandshakeEvent.FailoverRejected or HandshakeEvent.FailoverTargetIsMaster)
            {
                if (outcome is HandshakeEvent.FailoverRejected or HandshakeEvent.FailoverTargetIsMaster)
                    DropChannel();
                _service.Failover.OnHandshake(outcome);
                if (_handshake != handshake)
                    return;
            }
            switch (outcome)
            {
                case HandshakeEvent.Waiting:
                    return;
                case HandshakeEvent.ForkKnown:
                    if (!StepBack(handshake))
                        return;
                    break;
                case HandshakeEvent.FullResync when _wasMaster && HasHistory:
                    // The target of a FAILOVER FORCE took over without all of our writes: they are looked at before they are given up.
                    _handover = false;
                    DropChannel();
                    Retry();
                    return;
                case HandshakeEvent.FullResync:
                    break;
                case HandshakeEvent.PayloadBegins:
                    BeginSnapshot(handshake);
                    return;
                case HandshakeEvent.Continued:
                    Continue(handshake);
                    return;
                default:
                    DropChannel();
                    Retry();
                    return;
            }
        }
    }

    /// <summary>The new master has said how much of our history it has. False when our own writes must be saved first; then the link begins anew.</summary>
    private bool StepBack(ReplicaHandshake handshake)
    {
        if (_oldMaster.MustSave(handshake.Fork))
        {
            int attempt = ++_attempt;
            DropChannel();
            handshake.Reset();
            _oldMaster.Save(isSafe =>
            {
                if (attempt != _attempt)
                    return;
                _wasMaster = !isSafe;
                Retry();
            });
            return false;
        }
        _wasMaster = false;
        handshake.AskForResync(Resume());
        SendOutput();
        return _channel is not null;
    }

    private void Consume(int count)
    {
        _inputLength -= count;
        _input.AsSpan(count, _inputLength).CopyTo(_input);
    }

    private void Continue(ReplicaHandshake handshake)
    {
        if (_service.History.ContinueUnder(handshake.MasterId, _service.Stream.Offset))
            _service.Replicas.DisconnectAll();
        if (!_service.Stream.IsActive)
            _service.Stream.Create(_service.Stream.Offset);
        BecomeStream(StreamDatabase);
    }

    // ---- snapshot ---------------------------------------------------------------------------------------------------

    private void BeginSnapshot(ReplicaHandshake handshake)
    {
        bool isOfOurHistory = HasHistory && IsDatasetOfMaster && handshake.MasterId == _service.History.Id;
        _receiver = new SnapshotReceiver(handshake.Payload, _loader, isOfOurHistory, keys => Weigh(handshake.MasterId, keys), SnapshotLoaded);
        if (_inputLength > 0)
            ReceiveSnapshot();
    }

    private void ReceiveSnapshot()
    {
        _handshake!.OnTraffic(Clock.SteadyMs);
        int taken = _receiver!.Receive(_input.AsSpan(0, _inputLength));
        if (_receiver is null)
            return;
        Consume(taken);
        if (_receiver.IsComplete)
            _channel!.Watch(reads: false, writes: false);
    }

    /// <summary>All of the snapshot has arrived, and our dataset is still here: why it is kept, or null.</summary>
    private string? Weigh(ReplicationId offered, long keys)
    {
        if (!_config.Replication.Guard.Value || _acceptsAny)
            return null;
        RefusedResync = ReplicaGuard.Refusal(IsDatasetOfMaster, _service.History, offered, _loader.KeyCount, keys);
        return RefusedResync is null ? null
            : $"replica-guard keeps the dataset: {RefusedResync}. To take the master's: REPLICAOF {_master.Host} {_master.Port} ACCEPT, or CONFIG SET replica-guard no";
    }

    private void SnapshotLoaded(string? error)
    {
        if (_receiver is null || _handshake is not { } handshake)
            return;
        int database = _receiver.StreamDatabase;
        _receiver = null;
        if (error is not null)
        {
            if (RefusedResync is null)
                _log.SyncLoadFailed(fromSocket: true, error);
            else
                _log.Write(LogLevel.Warning, LogMessages.Id.Text, "Full resync refused: " + error);
            _backoff.SnapshotRefused();
            Lost(error);
            return;
        }
        _service.Replicas.DisconnectAll();
        _service.Stream.Free();
        ReplicationOffset offset = handshake.MasterOffset ?? ReplicationOffset.Zero;
        _service.Stream.SetOffset(offset);
        _service.Stream.Create(offset);
        _service.History.AdoptMaster(handshake.MasterId.IsNone ? ReplicationService.NewId() : handshake.MasterId);
        HasHistory = handshake.MasterOffset is not null;
        handshake.OnSnapshotLoaded(Clock.SteadyMs);
        StreamDatabase = database;
        DatasetArrived?.Invoke();
        BecomeStream(database);
    }

    /// <summary>The dataset is about to be replaced: nobody can continue from what we were.</summary>
    private void ForgetHistory()
    {
        _service.Replicas.DisconnectAll();
        _service.Stream.Free();
        _service.History.StartAnew(ReplicationService.NewId());
        HasHistory = false;
    }

    // ---- stream -----------------------------------------------------------------------------------------------------

    private void BecomeStream(int database)
    {
        SocketChannel channel = _channel!;
        _channel = null;
        _handover = false;
        ClientConnection client = _connections.Adopt(channel);
        client.IsMasterLink = true;
        client.IsAuthenticated = true;
        // What the master has accepted is not judged again by our own limits.
        client.Parser.BulkBytesMax = int.MaxValue;
        client.DatabaseIndex = database;
        StreamDatabase = database;
        _client = client;
        if (DownSinceSteadyMs > 0 && IsDatasetOfMaster && Latency.IsSlow(Clock.SteadyMs - DownSinceSteadyMs))
            Latency.Add("master-link-down", Clock.SteadyMs - DownSinceSteadyMs, Clock.UnixMs / 1000);
        _wasMaster = false;
        _acceptsAny = false;
        RefusedResync = null;
        IsDatasetOfMaster = true;
        _state.IsMasterLinkUp = true;
        Rehearsal.Begin();
        LastIoSteadyMs = Clock.SteadyMs;
        _gate.Refresh();
        channel.Watch(reads: true, writes: false);
        // After a snapshot that ends with a mark the master waits for this; in any case it then knows how far we are.
        SendAck();
        if (_inputLength > 0)
        {
            int length = _inputLength;
            _inputLength = 0;
            _connections.Inject(client, _input.AsSpan(0, length));
        }
    }

    /// <summary>A client asks for our promotion: true when it must wait, until <see cref="CatchUp"/>, for what lies unread in the link's socket.</summary>
    public bool HoldUntilCaughtUp(ClientConnection client)
    {
        if (_client is null)
            return false;
        client.AwaitsMasterStream = true;
        _promoters.Add(client);
        return true;
    }

    /// <summary>At the end of a round: reads what the master has sent up to now, and lets those go on that wait for that.</summary>
    public void CatchUp()
    {
        if (_promoters.Count == 0)
            return;
        ReplicationOffset before = _service.Stream.Offset;
        if (_client is { } client)
            _connections.Drain(client, UnreadBytesMax);
        if (_service.Stream.Offset > before)
        {
            _log.Write(LogLevel.Notice, LogMessages.Id.Text,
                $"Before the promotion {_service.Stream.Offset.Value - before.Value} bytes were applied that the master had sent and that had not been read yet.");
        }
        foreach (ClientConnection waiting in _promoters)
        {
            if (waiting is { IsClosed: false, IsResuming: false })
                _connections.ResumeLater(waiting);
        }
        _promoters.Clear();
    }

    /// <summary>A command of the stream has been applied; these were its bytes.</summary>
    public void Applied(ReadOnlySpan<byte> bytes, bool isInsideTransaction)
    {
        if (isInsideTransaction)
        {
            _openTransaction.Raw(bytes);
            return;
        }
        if (_openTransaction.Length > 0)
        {
            _service.Stream.Append(_openTransaction.Written);
            _openTransaction.Clear();
        }
        _service.Stream.Append(bytes);
        if (_client is not null)
            StreamDatabase = _client.DatabaseIndex;
        if (_ackAfterCommand)
        {
            _ackAfterCommand = false;
            _diskAckOwed = _service.Stream.Offset + -bytes.Length;
            SendAck(_service.Stream.Offset + -bytes.Length);
        }
    }

    /// <summary>
    /// A command of the stream has a form that this server does not know. True when it can be left out without harm to the dataset;
    /// otherwise the link ends here.
    /// </summary>
    public bool MayLeaveOut(ReadOnlySpan<byte> name)
    {
        if (IsOfNoDataset(name))
            return true;
        _log.Write(LogLevel.Warning, LogMessages.Id.Text,
            $"== CRITICAL == The master sent the command '{Encoding.Latin1.GetString(name[..Math.Min(name.Length, 64)])}' in a form that this server does not have. "
            + "To go on without it would leave another dataset than the master's, so replication stops here. Remove the cause on the master, or follow another one.");
        if (_client is { } client)
            _connections.Close(client);
        return false;
    }

    private static bool IsOfNoDataset(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "publish"u8) || Ascii.EqualsIgnoreCase(name, "spublish"u8) || Ascii.EqualsIgnoreCase(name, "script"u8);

    /// <summary>A command of the stream was answered with an error, which it should not have been.</summary>
    public void Failed(string command, string error)
    {
        _log.Warn($"== CRITICAL == This replica is sending an error to its master: '{error}' after processing the command '{command}'");
        if (_config.Replication.PropagationErrorBehavior.Value != PropagationErrors.Ignore)
            throw new InvalidOperationException($"This replica panicked sending an error to its master after processing the command '{command}'");
    }

    /// <summary>REPLCONF GETACK in the stream: answered once it is applied, with the offset before it, as Redis does.</summary>
    public void AcknowledgeAfterCommand() => _ackAfterCommand = true;

    private void SendAck() => SendAck(_service.Stream.Offset);

    private void SendAck(ReplicationOffset applied)
    {
        if (_client is null)
            return;
        Span<byte> ack = stackalloc byte[ReplicaAck.LengthMax];
        ReplicationOffset? onDisk = DiskOffset();
        _connections.Push(_client, ack[..ReplicaAck.Write(ack, applied, onDisk)]);
        _lastAckMs = Clock.SteadyMs;
        if (onDisk >= _diskAckOwed)
            _diskAckOwed = null;
    }

    /// <summary>The disk has more than before: our master hears of it at once if it asked for what was not there yet.</summary>
    public void ReachedDisk()
    {
        if (_diskAckOwed is { } owed && DiskOffset() >= owed)
            SendAck();
    }

    private void StreamLost()
    {
        // Bytes that are no commands: from here the stream cannot be continued, only begun again.
        if (_client is { Parser.Error: not null })
            HasHistory = false;
        _client = null;
        _openTransaction.Clear();
        _state.IsMasterLinkUp = false;
        DownSinceSteadyMs = Clock.SteadyMs;
        _gate.Refresh();
        if (_handshake is not { } handshake)
            return;
        handshake.OnConnectionLost("");
        _log.Write(LogLevel.Notice, LogMessages.Id.CachingMaster, "Caching the disconnected master state.");
        Retry();
    }

    /// <summary>About every 100 ms.</summary>
    public void Timer(long nowSteadyMs)
    {
        if (_handshake is not { } handshake)
            return;
        RetryIfDue();
        if (_client is not null)
        {
            LastIoSteadyMs = Math.Max(LastIoSteadyMs, nowSteadyMs - (Clock.UnixMs - _client.LastInteractionMs));
            handshake.OnTraffic(LastIoSteadyMs);
            LookAtName(nowSteadyMs);
            if (nowSteadyMs - _lastAckMs >= 1000)
            {
                // A link that lived for a second deserves a quick second attempt; one that always breaks at once does not.
                _backoff.Reset();
                SendAck();
            }
        }
        else if (_receiver is { } receiver && _channel is not null)
        {
            if (receiver is { WantsBytes: true, IsComplete: false })
                _channel.Watch(reads: true, writes: false);
            KeepMasterPatient(nowSteadyMs, receiver);
        }
        if (handshake.OnTimer(nowSteadyMs))
            return;
        if (_client is { } client)
        {
            _connections.Close(client);
        }
        else
        {
            DropChannel();
            Retry();
            if (_handover)
                _service.Failover.OnConnectionLost(handshake.FailoverSent);
        }
    }

    /// <summary>While the snapshot is loaded, or we are behind with it, an empty line a second tells the master that we live.</summary>
    private void KeepMasterPatient(long nowSteadyMs, SnapshotReceiver receiver)
    {
        if ((!receiver.IsComplete && receiver.WantsBytes) || nowSteadyMs - _lastAckMs < 1000)
            return;
        _lastAckMs = nowSteadyMs;
        _ = _channel!.Send("\n"u8);
        _handshake!.OnTraffic(nowSteadyMs);
    }

    /// <summary>The helper has caught up: the socket may be read again.</summary>
    public void ResumeReading()
    {
        if (_receiver is { WantsBytes: true, IsComplete: false } && _channel is { } channel)
            channel.Watch(reads: true, writes: false);
    }
}
