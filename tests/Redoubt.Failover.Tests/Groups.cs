using Redoubt.Topology;

namespace Redoubt.Failover.Tests;

/// <summary>Observations to start from: a master on port 1 and replicas on ports 2, 3, … that are all well.</summary>
internal static class Groups
{
    public static readonly ReplicationId History = ReplicationId.Random(new Random(1).NextBytes);

    public static NodeAddress At(int port) => new("10.0.0.1", port);

    public static GroupObservation Healthy(int replicas = 1, long offset = 1000)
    {
        int[] ports = [.. Enumerable.Range(2, replicas)];
        return new GroupObservation([Master(1, offset, ports), .. ports.Select(port => Replica(port, offset))]);
    }

    public static NodeObservation Master(int port, long offset = 1000, params int[] replicas) => new()
    {
        Address = At(port),
        Vitals = new NodeVitals { Version = "7.0.15" },
        Replication = new ReplicationInfo
        {
            Role = Role.Master,
            ReplicationId = History,
            Offset = new ReplicationOffset(offset),
            ConnectedReplicas = replicas.Length,
            Replicas = [.. replicas.Select(replica => new ConnectedReplica(At(replica), ReplicaState.Online, new ReplicationOffset(offset), 0))],
        },
    };

    public static NodeObservation Replica(int port, long offset = 1000, int master = 1) => new()
    {
        Address = At(port),
        Vitals = new NodeVitals { Version = "7.0.15" },
        Replication = new ReplicationInfo
        {
            Role = Role.Replica,
            Master = new MasterLink { Address = At(master), IsUp = true, LastIoSecondsAgo = 0, AppliedOffset = new ReplicationOffset(offset) },
            ReplicationId = History,
            Offset = new ReplicationOffset(offset),
        },
    };

    public static NodeObservation Silent(int port) => new() { Address = At(port), Failure = new NodeFailure(NodeFailureKind.Unreachable, "connection refused") };

    public static NodeObservation With(this NodeObservation node, Func<ReplicationInfo, ReplicationInfo> change) =>
        node with { Replication = change(node.Replication!) };

    public static NodeObservation WithLink(this NodeObservation node, Func<MasterLink, MasterLink> change) =>
        node.With(info => info with { Master = change(info.Master!) });

    public static GroupObservation With(this GroupObservation group, int port, Func<NodeObservation, NodeObservation> change) =>
        new([.. group.Nodes.Select(node => node.Address.Port == port ? change(node) : node)]);
}
