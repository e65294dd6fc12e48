namespace Redoubt.Topology;

// INFO's replication section is the one place where a node says who it is, whom it follows and how far it has come.
// The server writes it and every tool reads it, so both sides share this record: what the server writes is by
// construction what the tools understand, and the reader is checked against real redis-server in both roles.
//
// Reading is tolerant, because the other end may be older, newer or another implementation: unknown fields are skipped,
// missing ones keep the defaults below, and only the role is indispensable. Writing is exact: names, order and line ends
// are those of Redis 7.0 (see ReplicationInfoWriter).

/// <summary>The replication section of INFO as values.</summary>
public sealed record ReplicationInfo
{
    /// <summary>Master or replica. Being a replica is having a master configured, whatever its link does.</summary>
    public required Role Role { get; init; }

    /// <summary>The link to the master; null exactly when the role is master.</summary>
    public MasterLink? Master { get; init; }

    /// <summary>What <c>connected_slaves</c> says. May exceed the number of <see cref="Replicas"/> for a moment: a
    /// connection that asked to be a replica and has no printable address yet is counted but not listed.</summary>
    public int ConnectedReplicas { get; init; }

    /// <summary><c>min_slaves_good_slaves</c>; null when min-replicas-to-write or -max-lag is 0, which hides the line.</summary>
    public int? GoodReplicas { get; init; }

    /// <summary>The <c>slaveN</c> lines in order.</summary>
    public IReadOnlyList<ConnectedReplica> Replicas { get; init; } = [];

    /// <summary>How far a FAILOVER run by this node has come.</summary>
    public FailoverState FailoverState { get; init; }

    /// <summary>The current history.</summary>
    public ReplicationId ReplicationId { get; init; }

    /// <summary>The history this node forked from, or none.</summary>
    public ReplicationId SecondReplicationId { get; init; }

    /// <summary><c>master_repl_offset</c>: the end of this node's own stream, on a replica as well.</summary>
    public ReplicationOffset Offset { get; init; }

    /// <summary>The first byte that the second history does not share, or none.</summary>
    public StreamPosition SecondOffset { get; init; } = StreamPosition.None;

    /// <summary>Whether there is a backlog at all.</summary>
    public bool BacklogActive { get; init; }

    /// <summary>The configured size in bytes.</summary>
    public long BacklogSizeBytes { get; init; }

    /// <summary>What the backlog holds; its first byte is 0 while there is no backlog.</summary>
    public BacklogWindow Backlog { get; init; }

    /// <summary>Reads an INFO reply, the replication section alone or all of them. False when it names no role.</summary>
    public static bool TryParse(ReadOnlySpan<byte> info, out ReplicationInfo result) => ReplicationInfoReader.TryRead(info, out result);
}

/// <summary>A replica's view of the master it follows.</summary>
public sealed record MasterLink
{
    /// <summary>Whom it follows, as configured or as told.</summary>
    public required NodeAddress Address { get; init; }

    /// <summary><c>master_link_status</c> is up: the stream flows.</summary>
    public bool IsUp { get; init; }

    /// <summary>Seconds since the master was last heard; -1 while there is no connection.</summary>
    public long LastIoSecondsAgo { get; init; } = -1;

    /// <summary>A full resync is being received; null when none is.</summary>
    public SyncProgress? Sync { get; init; }

    /// <summary><c>slave_read_repl_offset</c>: how much has been read from the master; null on servers before 7.0.</summary>
    public ReplicationOffset? ReadOffset { get; init; }

    /// <summary><c>slave_repl_offset</c>: how much has been applied.</summary>
    public ReplicationOffset AppliedOffset { get; init; }

    /// <summary>Seconds since the link went down, -1 if it never was up; null while it is up, which hides the line.</summary>
    public long? DownSinceSeconds { get; init; }

    /// <summary><c>slave_priority</c>; 0 means "never promote me".</summary>
    public int Priority { get; init; } = 100;

    /// <summary><c>slave_read_only</c>.</summary>
    public bool ReadOnly { get; init; } = true;

    /// <summary><c>replica_announced</c>: shown to Sentinel.</summary>
    public bool Announced { get; init; } = true;
}

/// <summary>How far a full resync has come. Total and left are 0 or negative while the size is unknown, as it stays with
/// a snapshot sent straight from memory.</summary>
public sealed record SyncProgress(long TotalBytes, long ReadBytes, long LastIoSecondsAgo)
{
    /// <summary>Percent received; 0 while the size is unknown.</summary>
    public double Percent => TotalBytes > 0 ? ReadBytes * 100.0 / TotalBytes : 0;
}

/// <summary>A master's view of one replica: one <c>slaveN</c> line.</summary>
/// <param name="Address">Where it says it listens, or, if it says nothing, where it connected from.</param>
/// <param name="State">How far its synchronisation has come.</param>
/// <param name="Offset">What it last acknowledged, so the master's view is up to a second older than the truth.</param>
/// <param name="LagSeconds">Whole seconds since that acknowledgement.</param>
public sealed record ConnectedReplica(NodeAddress Address, ReplicaState State, ReplicationOffset Offset, long LagSeconds);
