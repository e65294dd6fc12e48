// This server's place in a group: its role, its history, its replicas, its link to a master. Commands and the other parts of
// the server meet replication here; the parts that do the work are
//
//   ReplicaHost     our replicas: PSYNC, snapshots for them, the stream, acknowledgements, WAIT
//   MasterLink      our master: connecting, handshake, full resync, the stream
//   FailoverDriver  FAILOVER: carries out what the machine in Redoubt.Replication decides
//
// Changes of role happen only here (`Follow`, `Promote`), so that what depends on the role is told in one place.

using System.Security.Cryptography;
using System.Text;
using Redoubt.Commands;
using Redoubt.Persistence.Rdb;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

internal sealed class ReplicationService : IReplicationPort, IReplicationLog
{
    private readonly ServerState _state;
    private readonly ServerConfig _config;
    private readonly ServerLog _log;
    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly Gate _gate;
    private bool _isAdopted;

    public ReplicationService(
        ServerState state, ServerConfig config, ServerLog log, Redoubt.Keyspace.Keyspace keyspace, Gate gate,
        ReplicationStream stream, StreamEncoder encoder)
    {
        _state = state;
        _config = config;
        _log = log;
        _keyspace = keyspace;
        _gate = gate;
        Stream = stream;
        Encoder = encoder;
        History = new ReplicationState(NewId());
    }

    public ReplicationStream Stream { get; }

    public StreamEncoder Encoder { get; }

    /// <summary>The replication IDs.</summary>
    public ReplicationState History { get; }

    public ReplicaHost Replicas { get; set; } = null!;

    public MasterLink Master { get; set; } = null!;

    public FailoverDriver Failover { get; set; } = null!;

    public Role Role => _state.IsReplica ? Role.Replica : Role.Master;

    bool IReplicationPort.HasMaster => _state.IsReplica;

    public static ReplicationId NewId() => ReplicationId.Random(RandomNumberGenerator.Fill);

    // ---- the role ---------------------------------------------------------------------------------------------------

    /// <summary>Becomes a replica of this master, or changes the master.</summary>
    /// <param name="handover">This is the old master of a FAILOVER.</param>
    /// <param name="accepts">Its dataset is taken whatever it holds.</param>
    public void Follow(MasterAddress master, bool handover = false, bool accepts = false)
    {
        bool wasMaster = !_state.IsReplica;
        // What a transaction has done before it came to REPLICAOF is part of the history that we continue from.
        if (Encoder.IsUnitOpen)
            Encoder.EndUnit();
        _config.ReplicaOf = master;
        _state.IsReplica = true;
        _state.IsMasterLinkUp = false;
        Replicas.Waits.Blocked.DisconnectAll();
        if (wasMaster)
        {
            // Our own history is the point to resume from: the new master may be a replica of ours that knows all of it.
            if (!Stream.IsActive)
                Stream.Create(Stream.Offset);
            Master.BeginAsOldMaster();
            _log.Write(LogLevel.Notice, LogMessages.Id.SynthesizedMaster,
                "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.");
        }
        RoleChanged();
        Master.Start(master, handover, accepts);
    }

    /// <summary>Becomes a master: REPLICAOF NO ONE, or a FAILOVER that reaches us.</summary>
    public void Promote()
    {
        if (!_state.IsReplica)
            return;
        Master.Stop();
        Master.IsDatasetOfMaster = false;
        _config.ReplicaOf = null;
        _state.IsReplica = false;
        _state.IsMasterLinkUp = false;
        if (!Stream.IsActive)
            Stream.Create(Stream.Offset);
        ReplicationOffset offset = Stream.Offset;
        History.ShiftId(NewId(), offset);
        _log.Write(LogLevel.Warning, LogMessages.Id.SecondaryId,
            $"Setting secondary replication ID to {History.SecondId}, valid up to offset: {History.SecondOffset}. New replication ID is {History.Id}");
        // Replicas of ours must learn the new ID, which they do by asking again; their history continues.
        Replicas.DisconnectAll();
        // From now on the backlog's time without replicas counts.
        Replicas.Registry.LastLeftMs = Clock.UnixMs;
        Encoder.ForceSelect();
        RoleChanged();
    }

    private void RoleChanged()
    {
        _log.Role = _state.IsReplica ? 'S' : 'M';
        bool hide = _state.IsReplica || _state.Pause != PauseKind.None;
        _keyspace.ExpiryMode = hide ? Redoubt.Keyspace.ExpiryMode.Hide : Redoubt.Keyspace.ExpiryMode.Delete;
        Replicas.RefreshGoodReplicas();
        _gate.Refresh();
        HasChangedRole?.Invoke();
    }

    /// <summary>After a change of role.</summary>
    public Action? HasChangedRole { get; set; }

    // ---- commands ---------------------------------------------------------------------------------------------------

    void IReplicationPort.ReplicaOf(CommandContext c)
    {
        if (Failover.State != FailoverState.NoFailover)
        {
            c.Error("ERR REPLICAOF not allowed while failing over."u8);
            return;
        }
        ClientConnection client = (ClientConnection)c.Session;
        bool accepts = c.Count == 4;
        if (accepts && !c.Is(3, "accept"u8))
        {
            c.Error("ERR syntax error"u8);
            return;
        }
        if (c.Is(1, "no"u8) && c.Is(2, "one"u8))
        {
            if (_state.IsReplica)
            {
                Promote();
                _log.Write(LogLevel.Notice, LogMessages.Id.MasterMode, $"MASTER MODE enabled (user request from '{client.Address}')");
            }
            c.Reply.Ok();
            return;
        }
        if (client.IsReplica)
        {
            c.Error("ERR Command is not valid when client is a replica."u8);
            return;
        }
        if (!Redoubt.Structures.IntegerText.TryParse(c[2], out long port))
        {
            c.Error("ERR Invalid master port"u8);
            return;
        }
        if (port is < 0 or > 65535)
        {
            c.Error("ERR Invalid master port"u8);
            return;
        }
        string host = Encoding.UTF8.GetString(c[1]);
        if (!accepts && _config.ReplicaOf is { } present && present.Port == port && string.Equals(present.Host, host, StringComparison.OrdinalIgnoreCase))
        {
            _log.Write(LogLevel.Notice, LogMessages.Id.ReplicaOfSame, "REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.");
            c.Reply.SimpleString("OK Already connected to specified master"u8);
            return;
        }
        Follow(new MasterAddress(host, (int)port), accepts: accepts);
        _log.Write(LogLevel.Notice, LogMessages.Id.ReplicaOfEnabled, $"REPLICAOF {host}:{port} enabled (user request from '{client.Address}')");
        c.Reply.Ok();
    }

    void IReplicationPort.Role(CommandContext c)
    {
        if (_state.IsReplica)
        {
            MasterAddress master = _config.ReplicaOf!.Value;
            c.Reply.Array(5);
            c.Reply.Bulk("slave"u8);
            c.Reply.Bulk(master.Host);
            c.Reply.Integer(master.Port);
            c.Reply.Bulk(Master.State.ToWire());
            c.Reply.Integer(Master.State == LinkState.Connected ? Stream.Offset.Value : -1);
            return;
        }
        c.Reply.Array(3);
        c.Reply.Bulk("master"u8);
        c.Reply.Integer(Stream.Offset.Value);
        int mark = c.Reply.BeginArray();
        int count = 0;
        for (int i = 0; i < Replicas.Registry.Count; i++)
        {
            ReplicaSession session = Replicas.Registry[i];
            if (session.State != SessionState.Online)
                continue;
            count++;
            c.Reply.Array(3);
            c.Reply.Bulk(session.Host);
            c.Reply.BulkInteger(session.ListeningPort);
            c.Reply.BulkInteger(session.AckedOffset.Value);
        }
        c.Reply.EndArray(mark, count);
    }

    void IReplicationPort.Wait(CommandContext c) => Replicas.Waits.Wait(c);

    void IReplicationPort.WaitAof(CommandContext c) => Replicas.Waits.WaitAof(c);

    void IReplicationPort.Failover(CommandContext c) => Failover.Command(c);

    void IReplicationPort.Sync(CommandContext c) => Replicas.Sync(c);

    void IReplicationPort.ReplicationConfiguration(CommandContext c) => Replicas.Configure(c);

    void IReplicationPort.ChangeId()
    {
        _log.Write(LogLevel.Warning, LogMessages.Id.Text, "Changing replication IDs after receiving DEBUG change-repl-id");
        History.StartAnew(NewId());
    }

    void IReplicationPort.SendToReplicas(CommandContext c, int firstWord)
    {
        if (!Stream.IsActive || _state.IsReplica)
            return;
        Encoder.BeginCommand(Math.Max(0, Encoder.SelectedDb), c.Count - firstWord);
        for (int i = firstWord; i < c.Count; i++)
            Encoder.Argument(c[i]);
    }

    // ---- log --------------------------------------------------------------------------------------------------------

    void IReplicationLog.Notice(string line) => _log.Write(LogLevel.Notice, LogMessages.Id.Text, line);

    void IReplicationLog.Warning(string line) => _log.Write(LogLevel.Warning, LogMessages.Id.Text, line);

    /// <summary>At start, from a file that is loaded, or whose first key is dropped: what its fields say about the history of the dataset.</summary>
    public void AdoptFromFile(RdbAux aux)
    {
        if (_isAdopted || aux.ReplicationId is not { } id || aux.ReplicationOffset is not (>= 0 and { } place) || !ReplicationId.TryParse(id, out ReplicationId history))
            return;
        _isAdopted = true;
        ReplicationOffset offset = new(place);
        Stream.SetOffset(offset);
        Stream.Create(offset);
        if (_config.ReplicaOf is not null)
        {
            History.AdoptMaster(history);
            Master.HasHistory = true;
            Master.IsDatasetOfMaster = true;
            Master.StreamDatabase = aux.ReplicationStreamDatabase ?? 0;
            return;
        }
        // A restarted master begins a history of its own, but its replicas may go on from the old one.
        ReplicationId own = History.Id;
        History.AdoptMaster(history);
        History.ShiftId(own, offset);
        Replicas.Registry.LastLeftMs = Clock.UnixMs;
    }

    /// <summary>At start, on a master: a key of the file has expired. Replicas that go on from the file's history are told so.</summary>
    public void DropAtStart(RdbAux aux, int database, ReadOnlySpan<byte> key)
    {
        AdoptFromFile(aux);
        if (!Stream.IsActive)
            return;
        Encoder.BeginCommand(database, 2);
        Encoder.Argument(_config.LazyFreeExpire ? "UNLINK"u8 : "DEL"u8);
        Encoder.Argument(key);
    }

    /// <summary>At start, before anything is loaded: the configuration names a master.</summary>
    public void BeginAsReplica()
    {
        _state.IsReplica = true;
        RoleChanged();
    }

    /// <summary>At start, once the dataset is loaded.</summary>
    public void FollowAtStart(MasterAddress master) => Master.Start(master, handover: false);

    /// <summary>Where the dataset of this moment stands in the history, for the append-only file; null when nobody could go on from there.</summary>
    public Redoubt.Persistence.AppendOnly.AofStamp? Stamp()
    {
        if (!Stream.IsActive)
            return null;
        if (_stampId != History.Id)
            (_stampId, _stampIdText) = (History.Id, History.Id.ToString());
        return new(_stampIdText, Stream.Offset.Value, _state.IsReplica ? Master.StreamDatabase : Math.Max(0, Encoder.SelectedDb));
    }

    /// <summary>The offset of a stamp that is of the present history.</summary>
    public ReplicationOffset? OffsetOf(Redoubt.Persistence.AppendOnly.AofStamp? stamp) =>
        stamp is { } known && _stampId == History.Id && known.ReplicationId == _stampIdText ? new ReplicationOffset(known.Offset) : null;

    private ReplicationId _stampId;
    private string _stampIdText = "";

    /// <summary>Adds the history of the dataset of this moment to a snapshot's fields.</summary>
    public RdbAux Describe(RdbAux aux) => !Stream.IsActive ? aux : aux with
    {
        ReplicationId = History.Id.ToString(),
        ReplicationOffset = Stream.Offset.Value,
        ReplicationStreamDatabase = _state.IsReplica ? Master.StreamDatabase : Math.Max(0, Encoder.SelectedDb),
    };
}
