using System.Buffers.Text;
using System.Text;

namespace Redoubt.Topology;

// Reads the replication section of INFO, from Redoubt and from every Redis a group may still run. The answer comes from
// another machine: lines may be missing, unknown, doubled or in any order, so each is read by itself into a draft, and only
// what the role requires makes the whole unreadable.

internal static class ReplicationInfoReader
{
    /// <summary>What has been read so far. The record is immutable and its lines come in any order, hence this draft.</summary>
    private sealed class Draft
    {
        public Role? Role;
        public string? MasterHost;
        public int MasterPort;
        public bool LinkUp;
        public long LastIo = -1;
        public bool SyncInProgress;
        public long SyncTotal, SyncRead, SyncLastIo = -1;
        public long? SyncLeft;
        public long? ReadOffset;
        public long AppliedOffset, DownSince = -1;
        public bool HasDownSince;
        public int Priority = 100;
        public bool ReadOnly = true, Announced = true;
        public int Connected;
        public int? Good;
        public readonly List<ConnectedReplica> Replicas = [];
        public FailoverState Failover;
        public ReplicationId Id, SecondId;
        public long Offset, SecondOffset = -1;
        public bool BacklogActive;
        public long BacklogSize, BacklogFirst, BacklogLength;
    }

    public static bool TryRead(ReadOnlySpan<byte> info, out ReplicationInfo result)
    {
        var draft = new Draft();
        foreach (InfoLine line in new InfoLines(info))
        {
            if (!ReadOwnLine(draft, line.Field, line.Value) && !ReadLinkLine(draft, line.Field, line.Value))
                ReadReplicaLine(draft, line.Field, line.Value);
        }

        result = null!;
        if (draft.Role is not { } role)
            return false;
        result = new ReplicationInfo
        {
            Role = role,
            Master = role == Role.Replica ? Link(draft) : null,
            ConnectedReplicas = draft.Connected,
            GoodReplicas = draft.Good,
            Replicas = draft.Replicas,
            FailoverState = draft.Failover,
            ReplicationId = draft.Id,
            SecondReplicationId = draft.SecondId,
            Offset = new ReplicationOffset(draft.Offset),
            SecondOffset = new StreamPosition(draft.SecondOffset),
            BacklogActive = draft.BacklogActive,
            BacklogSizeBytes = draft.BacklogSize,
            Backlog = new BacklogWindow(new StreamPosition(draft.BacklogFirst), draft.BacklogLength),
        };
        return result.Master is not null || role == Role.Master;
    }

    private static MasterLink? Link(Draft draft)
    {
        if (string.IsNullOrWhiteSpace(draft.MasterHost) || draft.MasterPort is <= 0 or > 65535)
            return null;
        // Servers before 6.2 say how much is left but not the total.
        long total = draft.SyncTotal == 0 && draft.SyncLeft > 0 ? draft.SyncRead + draft.SyncLeft.Value : draft.SyncTotal;
        return new MasterLink
        {
            Address = new NodeAddress(draft.MasterHost, draft.MasterPort),
            IsUp = draft.LinkUp,
            LastIoSecondsAgo = draft.LastIo,
            Sync = draft.SyncInProgress ? new SyncProgress(total, draft.SyncRead, draft.SyncLastIo) : null,
            ReadOffset = draft.ReadOffset is { } read ? new ReplicationOffset(read) : null,
            AppliedOffset = new ReplicationOffset(draft.AppliedOffset),
            DownSinceSeconds = draft.HasDownSince ? draft.DownSince : null,
            Priority = draft.Priority,
            ReadOnly = draft.ReadOnly,
            Announced = draft.Announced,
        };
    }

    private static bool ReadOwnLine(Draft draft, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (field.SequenceEqual("role"u8))
            draft.Role = ReplicationWords.TryParseRole(value, out Role role) ? role : null;
        else if (field.SequenceEqual("connected_slaves"u8))
            draft.Connected = (int)Number(value);
        else if (field.SequenceEqual("min_slaves_good_slaves"u8))
            draft.Good = (int)Number(value);
        else if (field.SequenceEqual("master_failover_state"u8))
            ReplicationWords.TryParseFailoverState(value, out draft.Failover);
        else if (field.SequenceEqual("master_replid"u8))
            ReplicationId.TryParse(value, out draft.Id);
        else if (field.SequenceEqual("master_replid2"u8))
            ReplicationId.TryParse(value, out draft.SecondId);
        else if (field.SequenceEqual("master_repl_offset"u8))
            draft.Offset = Number(value);
        else if (field.SequenceEqual("second_repl_offset"u8))
            draft.SecondOffset = Number(value);
        else if (field.SequenceEqual("repl_backlog_active"u8))
            draft.BacklogActive = Number(value) != 0;
        else if (field.SequenceEqual("repl_backlog_size"u8))
            draft.BacklogSize = Number(value);
        else if (field.SequenceEqual("repl_backlog_first_byte_offset"u8))
            draft.BacklogFirst = Number(value);
        else if (field.SequenceEqual("repl_backlog_histlen"u8))
            draft.BacklogLength = Number(value);
        else
            return false;
        return true;
    }

    private static bool ReadLinkLine(Draft draft, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (field.SequenceEqual("master_host"u8))
            draft.MasterHost = Encoding.UTF8.GetString(value);
        else if (field.SequenceEqual("master_port"u8))
            draft.MasterPort = (int)Number(value);
        else if (field.SequenceEqual("master_link_status"u8))
            draft.LinkUp = value.SequenceEqual("up"u8);
        else if (field.SequenceEqual("master_last_io_seconds_ago"u8))
            draft.LastIo = Number(value);
        else if (field.SequenceEqual("master_sync_in_progress"u8))
            draft.SyncInProgress = Number(value) != 0;
        else if (field.SequenceEqual("master_sync_total_bytes"u8))
            draft.SyncTotal = Number(value);
        else if (field.SequenceEqual("master_sync_read_bytes"u8))
            draft.SyncRead = Number(value);
        else if (field.SequenceEqual("master_sync_left_bytes"u8))
            draft.SyncLeft = Number(value);
        else if (field.SequenceEqual("master_sync_last_io_seconds_ago"u8))
            draft.SyncLastIo = Number(value);
        else if (field.SequenceEqual("slave_read_repl_offset"u8))
            draft.ReadOffset = Number(value);
        else if (field.SequenceEqual("slave_repl_offset"u8))
            draft.AppliedOffset = Number(value);
        else if (field.SequenceEqual("master_link_down_since_seconds"u8))
            (draft.HasDownSince, draft.DownSince) = (true, Number(value));
        else if (field.SequenceEqual("slave_priority"u8))
            draft.Priority = (int)Number(value);
        else if (field.SequenceEqual("slave_read_only"u8))
            draft.ReadOnly = Number(value) != 0;
        else if (field.SequenceEqual("replica_announced"u8))
            draft.Announced = Number(value) != 0;
        else
            return false;
        return true;
    }

    /// <summary><c>slave0:ip=10.0.0.2,port=6379,state=online,offset=812,lag=0</c>, in any order, with fields of later
    /// versions ignored. A line without a usable address is dropped: there is nothing one could do with it.</summary>
    private static void ReadReplicaLine(Draft draft, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (!field.StartsWith("slave"u8) || field.Length <= 5 || field[5..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return;
        string host = "";
        long port = 0, offset = 0, lag = -1;
        ReplicaState state = ReplicaState.Unknown;
        foreach (Range part in value.Split((byte)','))
        {
            ReadOnlySpan<byte> pair = value[part];
            int equals = pair.IndexOf((byte)'=');
            if (equals < 0)
                continue;
            ReadOnlySpan<byte> name = pair[..equals];
            ReadOnlySpan<byte> text = pair[(equals + 1)..];
            if (name.SequenceEqual("ip"u8))
                host = Encoding.UTF8.GetString(text);
            else if (name.SequenceEqual("port"u8))
                port = Number(text);
            else if (name.SequenceEqual("state"u8))
                state = ReplicationWords.ParseReplicaState(text);
            else if (name.SequenceEqual("offset"u8))
                offset = Number(text);
            else if (name.SequenceEqual("lag"u8))
                lag = Number(text);
        }

        if (!string.IsNullOrWhiteSpace(host) && port is > 0 and <= 65535)
            draft.Replicas.Add(new ConnectedReplica(new NodeAddress(host, (int)port), state, new ReplicationOffset(offset), lag));
    }

    /// <summary>A whole decimal number; anything else counts as 0, as INFO of a foreign server may hold anything.</summary>
    private static long Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out int used) && used == text.Length ? value : 0;
}
