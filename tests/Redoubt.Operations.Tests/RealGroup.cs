using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests;

/// <summary>A real master and real replicas that are online.</summary>
internal sealed class RealGroup : IDisposable
{
    public required RealRedis Master { get; init; }

    public required RealRedis[] Replicas { get; init; }

    public IEnumerable<RealRedis> All => Replicas.Prepend(Master);

    public static RealGroup Start(int replicas, string[]? masterDirectives = null, string[]? replicaDirectives = null)
    {
        RealRedis master = RealRedis.Start(masterDirectives ?? []);
        var group = new RealGroup
        {
            Master = master,
            Replicas = [.. Enumerable.Range(0, replicas).Select(_ => RealRedis.StartReplicaOf(master, replicaDirectives ?? []))],
        };
        if (masterDirectives is null)
            group.WaitUntilCaughtUp();
        return group;
    }

    public static NodeAddress AddressOf(RealRedis server) => new(server.Host, server.Port);

    /// <summary>Until every replica is online and has acknowledged all there is.</summary>
    public void WaitUntilCaughtUp() => Master.AskUntil(
        text =>
        {
            ReplicationInfo.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out ReplicationInfo info);
            return info.Replicas.Count == Replicas.Length && info.Replicas.All(line => line.State == ReplicaState.Online && line.Offset == info.Offset);
        },
        "INFO", "replication");

    public void Dispose()
    {
        foreach (RealRedis server in All)
            server.Dispose();
    }
}
