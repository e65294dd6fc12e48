using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests;

/// <summary>A master and replicas that are online: real Redis, Redoubt, or some of each.</summary>
internal sealed class LiveGroup : IDisposable
{
    public required ServerProcess Master { get; init; }

    public required ServerProcess[] Replicas { get; init; }

    public IEnumerable<ServerProcess> All => Replicas.Prepend(Master);

    /// <summary>The kinds of master and replica that an operation has to work with.</summary>
    public static TheoryData<ServerKind, ServerKind> Pairs => new()
    {
        { ServerKind.Redis, ServerKind.Redis },
        { ServerKind.Redoubt, ServerKind.Redoubt },
        { ServerKind.Redis, ServerKind.Redoubt },
        { ServerKind.Redoubt, ServerKind.Redis },
    };

    public static LiveGroup Start(int replicas, ServerKind master = ServerKind.Redis, ServerKind replica = ServerKind.Redis)
    {
        // A heartbeat is part of the stream: one that comes while a test has frozen a replica would leave it behind.
        string[] noHeartbeats = ["--repl-ping-replica-period", $"{int.MaxValue}"];
        LiveGroup group = StartUnlinked(replicas, master, replica, noHeartbeats, noHeartbeats);
        // Before the first write, offset 0 would be acknowledged by a replica that has not loaded its dataset yet.
        group.Master.Ask("SET", "first", "write");
        group.WaitUntilCaughtUp();
        return group;
    }

    /// <summary>For groups whose nodes may never come together.</summary>
    public static LiveGroup StartUnlinked(int replicas, ServerKind masterKind, ServerKind replicaKind, string[] masterDirectives, string[] replicaDirectives)
    {
        ServerProcess master = RedisServers.Start(masterKind, masterDirectives);
        return new LiveGroup
        {
            Master = master,
            Replicas = [.. Enumerable.Range(0, replicas).Select(_ => RedisServers.ReplicaOf(master, replicaKind, replicaDirectives))],
        };
    }

    public static NodeAddress AddressOf(ServerProcess server) => new(server.Host, server.Port);

    /// <summary>Until every replica has its link and has acknowledged all there is.</summary>
    public void WaitUntilCaughtUp()
    {
        foreach (ServerProcess replica in Replicas)
            replica.WaitUntilLinked();
        Master.AskUntil(
            text =>
            {
                ReplicationInfo.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out ReplicationInfo info);
                return info.Replicas.Count == Replicas.Length && info.Replicas.All(line => line.State == ReplicaState.Online && line.Offset == info.Offset);
            },
            "INFO", "replication");
    }

    public void Dispose()
    {
        foreach (ServerProcess server in All)
            server.Dispose();
    }
}
