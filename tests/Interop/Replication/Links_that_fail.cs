using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Links_that_fail
{
    private const int Cuts = 4;

    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    public static TheoryData<ServerKind, ServerKind, ServerKind> Chains => Nodes.Chains;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Are_mended_by_partial_resyncs_after_each_cut(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        using WriteLoad load = WriteLoad.Start(master, seed: 11);
        for (int cut = 0; cut < Cuts; cut++)
        {
            load.WaitFor(200 + (cut * 100));
            link.Cut();
            load.WaitFor(100);
            WaitForPartialResyncs(master, cut + 1);
        }

        load.Stop();
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Are_mended_when_either_side_kills_the_others_connection(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        using WriteLoad load = WriteLoad.Start(master, seed: 12);
        load.WaitFor(200);
        Assert.Equal(1, master.Call("CLIENT", "KILL", "TYPE", "replica").Integer);
        WaitForPartialResyncs(master, 1);
        load.WaitFor(200);
        Assert.Equal(1, replica.Call("CLIENT", "KILL", "TYPE", "master").Integer);
        WaitForPartialResyncs(master, 2);
        load.Stop();
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Are_mended_by_a_full_resync_when_the_backlog_is_too_short(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--repl-backlog-size", "16kb");
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        link.Break();
        for (int i = 0; i < 40; i++)
        {
            master.Call("SET", $"big{i}", new string('x', 10_000)).OrThrow();
        }

        link.Mend();
        Nodes.AssertSame(master, replica);
        Assert.Equal(2, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void That_stall_and_crawl_lose_nothing(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        using WriteLoad load = WriteLoad.Start(master, seed: 13);
        for (int round = 0; round < 3; round++)
        {
            link.Stall();
            load.WaitFor(1_000);
            link.Resume();
            link.Delay = TimeSpan.FromMilliseconds(5);
            load.WaitFor(500);
            link.Delay = TimeSpan.Zero;
        }

        load.Stop();
        Nodes.AssertSame(master, replica);
        Assert.Equal(new SyncCounts(1, 0, 0), SyncCounts.Of(master) with { PartialErr = 0 });
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void Of_a_chain_are_mended_and_all_three_datasets_are_the_same(ServerKind top, ServerKind middle, ServerKind bottom)
    {
        using ServerProcess master = Nodes.Start(top);
        using ServerProcess relay = Nodes.Start(middle);
        using ServerProcess leaf = Nodes.Start(bottom);
        using var upper = new CuttingProxy(master.Port);
        using var lower = new CuttingProxy(relay.Port);
        WriteLoad.Fill(master, seed: 14, count: 1_000);
        relay.Follow(upper);
        leaf.Follow(lower);
        using WriteLoad load = WriteLoad.Start(master, seed: 15);
        load.WaitFor(300);
        upper.Cut();
        WaitForPartialResyncs(master, 1);
        load.WaitFor(300);
        lower.Cut();
        WaitForPartialResyncs(relay, 1);
        load.WaitFor(300);
        upper.Cut();
        lower.Cut();
        WaitForPartialResyncs(master, 2);
        WaitForPartialResyncs(relay, 2);
        load.Stop();
        Nodes.AssertSame(master, relay, leaf);
        Assert.Equal(1, SyncCounts.Of(master).Full);
        Assert.Equal(1, SyncCounts.Of(relay).Full);
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void To_another_master_do_not_force_a_full_resync_on_the_replicas_below(ServerKind top, ServerKind middle, ServerKind bottom)
    {
        using ServerProcess master = Nodes.Start(top);
        using ServerProcess relay = Nodes.Start(middle);
        using ServerProcess leaf = Nodes.Start(bottom);
        WriteLoad.Fill(master, seed: 16, count: 500);
        relay.Follow(master);
        leaf.Follow(relay);
        WriteLoad.Fill(master, seed: 17, count: 500);
        Nodes.AssertSame(master, relay, leaf);

        // The leaf goes on from the top: same history, so no snapshot is needed.
        leaf.StartFollowing(master.Port);
        WaitForPartialResyncs(master, 1);
        WriteLoad.Fill(master, seed: 18, count: 200);
        Nodes.AssertSame(master, relay, leaf);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Come_back_after_the_replica_was_killed(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind, "--replicaof", $"127.0.0.1 {master.Port}");
        using WriteLoad load = WriteLoad.Start(master, seed: 19);
        replica.WaitUntilLinked();
        load.WaitFor(300);
        replica.Kill();
        load.WaitFor(300);
        replica.Restart("--replicaof", "127.0.0.1", $"{master.Port}");
        replica.WaitUntilLinked();
        load.Stop();
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Are_retried_until_the_master_comes_up(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        master.Stop();
        using ServerProcess replica = Nodes.Start(replicaKind, "--replicaof", $"127.0.0.1 {master.Port}");
        Assert.Equal("down", replica.Info("replication", "master_link_status"));
        master.Restart();
        WriteLoad.Fill(master, seed: 20, count: 100);
        Nodes.AssertSame(master, replica);
    }

    private static void WaitForPartialResyncs(ServerProcess master, int count) =>
        Wait.Until(() => SyncCounts.Of(master).PartialOk >= count, $"{count} partial resyncs", seen: () => SyncCounts.Of(master) + "\n" + Testing.Replication.Describe(master));
}
