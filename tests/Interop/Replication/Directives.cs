using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>Directives whose effect shows between nodes; each with either server, as the judge.</summary>
public sealed class Directives
{
    public static TheoryData<ServerKind> Kinds => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void So_many_replicas_that_wait_end_the_delay_of_a_snapshot_and_share_it(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind, "--repl-diskless-sync-delay", "1000", "--repl-diskless-sync-max-replicas", "3");
        WriteLoad.Fill(master, seed: 601, count: 300);
        using ServerProcess first = Nodes.Start(ServerKind.Redis);
        using ServerProcess second = Nodes.Start(ServerKind.Redoubt);
        using ServerProcess third = Nodes.Start(ServerKind.Redis);
        first.StartFollowing(master.Port);
        second.StartFollowing(master.Port);
        Wait.Until(() => Waiting(master) == 2, "two replicas to wait");
        Assert.DoesNotContain("Starting BGSAVE for SYNC", master.Log, StringComparison.Ordinal);
        third.StartFollowing(master.Port);
        Nodes.AssertSame(master, first, second, third);
        Assert.Equal(3, SyncCounts.Of(master).Full);
        Wait.Until(() => Snapshots(master) == 1, "one snapshot in the log", seen: () => master.Log);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_replica_evicts_only_when_it_is_told_not_to_leave_that_to_its_master(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(kind, "--maxmemory", "1", "--maxmemory-policy", "allkeys-random");
        replica.Follow(master);
        for (int i = 0; i < 200; i++)
            master.Call("SET", $"key:{i}", new string('v', 1000)).OrThrow();
        replica.WaitUntilCaughtUp(master);
        Assert.Equal(200, replica.Call("DBSIZE").Integer);

        replica.Call("CONFIG", "SET", "replica-ignore-maxmemory", "no").OrThrow();
        master.Call("SET", "one", "more").OrThrow();
        Wait.Until(() => replica.Call("DBSIZE").Integer < 200, "the replica to evict", seen: () => replica.Call("DBSIZE").Text);
    }

    private static int Waiting(ServerProcess master) =>
        master.Info("replication").Count(static line => line.Key.StartsWith("slave", StringComparison.Ordinal) && line.Value.Contains("state=wait_bgsave", StringComparison.Ordinal));

    private static int Snapshots(ServerProcess master) => master.Log.Split("Starting BGSAVE for SYNC").Length - 1;
}
