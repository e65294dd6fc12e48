using Redoubt.Topology;

namespace Redoubt.Failover;

// Everything this project decides, it decides from what is written down here: what each node said, or why it said nothing, at a
// moment that comes in as an argument. No clock, no socket: the same observations always give the same analysis and
// the same plan, which is what makes them testable and what makes a printed plan worth reading.

/// <summary>Why a node said nothing useful.</summary>
public enum NodeFailureKind
{
    /// <summary>No connection, or it broke, or no answer in time.</summary>
    Unreachable,

    /// <summary>A password is missing or wrong, or the user lacks a right.</summary>
    AccessDenied,

    /// <summary>It answers, but not as a Redis-compatible server.</summary>
    NotRedis,
}

/// <summary>Why a node said nothing useful, and in whose words.</summary>
public sealed record NodeFailure(NodeFailureKind Kind, string Message);

/// <summary>What a node said at one moment.</summary>
public sealed record NodeObservation
{
    /// <summary>The address it was asked at.</summary>
    public required NodeAddress Address { get; init; }

    /// <summary>Other addresses that lead to the same process (a name and an IP, or what its master calls it).</summary>
    public IReadOnlyList<NodeAddress> Aliases { get; init; } = [];

    /// <summary>When, on any clock that only runs forward.</summary>
    public TimeSpan At { get; init; }

    /// <summary>Set exactly when it could not be observed.</summary>
    public NodeFailure? Failure { get; init; }

    /// <summary>INFO's replication section; null exactly when <see cref="Failure"/> is set.</summary>
    public ReplicationInfo? Replication { get; init; }

    /// <summary>The rest of INFO that matters here.</summary>
    public NodeVitals Vitals { get; init; } = NodeVitals.Unknown;

    /// <summary>Whether that address leads to this node.</summary>
    public bool IsAt(NodeAddress address) => Address == address || Aliases.Contains(address);

    /// <summary>Observed, and a master.</summary>
    public bool IsMaster => Replication is { Role: Role.Master };

    /// <summary>Observed, and a replica.</summary>
    public bool IsReplica => Replication is { Role: Role.Replica };

    /// <summary>How far this node's dataset is along the stream: produced on a master, applied on a replica.</summary>
    public ReplicationOffset? Offset => Replication is null ? null : Replication.Master?.AppliedOffset ?? Replication.Offset;
}

/// <summary>A node's own figures from INFO; negative or empty where it did not say.</summary>
public sealed record NodeVitals
{
    /// <summary>Nothing known.</summary>
    public static NodeVitals Unknown { get; } = new();

    /// <summary><c>redis_version</c>, or the implementation's own when it gives one.</summary>
    public string Version { get; init; } = "";

    /// <summary>Random per process start: tells two addresses of one process from two processes.</summary>
    public string RunId { get; init; } = "";

    /// <summary>The server's process id on its machine.</summary>
    public long ProcessId { get; init; } = -1;

    /// <summary>Client connections, replicas not counted.</summary>
    public long Clients { get; init; } = -1;

    /// <summary>What the server's allocator has handed out; its resident size may be larger.</summary>
    public long UsedMemoryBytes { get; init; } = -1;

    /// <summary>Commands per second, by the server's own estimate.</summary>
    public long OpsPerSecond { get; init; } = -1;

    /// <summary>Since the process started.</summary>
    public long UptimeSeconds { get; init; } = -1;

    /// <summary><c>aof</c> where it keeps one, else <c>rdb</c>, with <c>failed</c> behind it when the last save did; empty when it did not say.</summary>
    public string Persistence { get; init; } = "";

    /// <summary>It is reading its dataset from disk and serves nobody yet.</summary>
    public bool Loading { get; init; }
}

/// <summary>All nodes of a group as far as they could be found, observed at about the same time.</summary>
public sealed record GroupObservation(IReadOnlyList<NodeObservation> Nodes)
{
    /// <summary>The node that the address leads to, or null.</summary>
    public NodeObservation? Find(NodeAddress address) => Nodes.FirstOrDefault(node => node.IsAt(address));

    /// <summary>The nodes that say they are masters; a healthy group has one.</summary>
    public IEnumerable<NodeObservation> Masters => Nodes.Where(node => node.IsMaster);

    /// <summary>The only master, or null when there is none or more than one.</summary>
    public NodeObservation? Master => Masters.Take(2).Count() == 1 ? Masters.First() : null;

    /// <summary>The node that a replica follows, or null when it is not among these.</summary>
    public NodeObservation? MasterOf(NodeObservation replica) =>
        replica.Replication?.Master is { } link ? Find(link.Address) : null;

    /// <summary>The line by which a master knows that replica, or null.</summary>
    public static ConnectedReplica? LineFor(NodeObservation master, NodeObservation replica) =>
        master.Replication?.Replicas.FirstOrDefault(line => replica.IsAt(line.Address));

    /// <summary>How many bytes a replica lacks to the top of its group, or null when that cannot be known. The two nodes are
    /// asked a moment apart, so a replica may seem to be ahead; that counts as nothing behind.</summary>
    public long? BytesBehind(NodeObservation replica)
    {
        if (!replica.IsReplica || Master is not { } master || replica.Offset is not { } offset || !SameHistory(master, replica))
            return null;
        return Math.Max(0, offset.BytesBehind(master.Replication!.Offset));
    }

    /// <summary>Offsets can be compared only along one history. A replica that never synced has none.</summary>
    private static bool SameHistory(NodeObservation master, NodeObservation replica) =>
        master.Replication!.ReplicationId == replica.Replication!.ReplicationId;
}
