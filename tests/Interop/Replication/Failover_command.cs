using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Failover_command(ITestOutputHelper output)
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Moves_the_role_under_writers_and_loses_no_acknowledged_write(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        master.WaitForReplicas(1);
        using NumberedWriters writers = NumberedWriters.Start(2, master, replica);
        writers.WaitFor(500);
        Assert.Equal("OK", master.Call("FAILOVER").Text);
        replica.WaitForRole("master");
        master.WaitForRole("slave");
        writers.WaitFor(500);
        writers.Stop();
        master.WaitUntilCaughtUp(replica);
        output.WriteLine($"{writers.Acknowledged} writes acknowledged, longest gap {writers.LongestGapMs} ms");
        Assert.Empty(writers.LostOn(replica));
        Nodes.AssertSame(replica, master);
        Assert.Equal("no-failover", master.Info("replication", "master_failover_state"));
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(replica));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void There_and_back_loses_no_acknowledged_write(ServerKind firstKind, ServerKind secondKind)
    {
        using ServerProcess first = Nodes.Start(firstKind);
        using ServerProcess second = Nodes.Start(secondKind);
        second.Follow(first);
        using NumberedWriters writers = NumberedWriters.Start(2, first, second);
        (ServerProcess master, ServerProcess replica) = (first, second);
        for (int round = 0; round < 4; round++)
        {
            writers.WaitFor(200);
            replica.WaitUntilLinked();
            master.WaitForReplicas(1);
            Wait.Until(() => master.Call("FAILOVER", "TO", "127.0.0.1", $"{replica.Port}", "TIMEOUT", "5000").Text == "OK", "FAILOVER to be accepted");
            replica.WaitForRole("master");
            master.WaitForRole("slave");
            (master, replica) = (replica, master);
        }

        writers.WaitFor(200);
        writers.Stop();
        replica.WaitUntilCaughtUp(master);
        Assert.Empty(writers.LostOn(master));
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Takes_the_other_replicas_along_when_they_are_told(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess target = Nodes.Start(replicaKind);
        using ServerProcess other = Nodes.Start(ServerKind.Redis);
        target.Follow(master);
        other.Follow(master);
        master.WaitForReplicas(2);
        WriteLoad.Fill(master, seed: 71, count: 300);
        Assert.Equal("OK", master.Call("FAILOVER", "TO", "127.0.0.1", $"{target.Port}").Text);
        target.WaitForRole("master");
        other.Follow(target);
        WriteLoad.Fill(target, seed: 72, count: 300);
        Nodes.AssertSame(target, master, other);
        Assert.Equal(0, SyncCounts.Of(target).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Aborted_while_the_replica_lags_leaves_the_master_in_office(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        master.WaitForReplicas(1);
        link.Stall();
        master.Call("SET", "unseen", "v").OrThrow();
        Assert.Equal("OK", master.Call("FAILOVER").Text);
        Assert.Equal("waiting-for-sync", master.Info("replication", "master_failover_state"));
        Assert.Equal("ERR FAILOVER already in progress.", master.Call("FAILOVER").Text);
        Assert.Equal("OK", master.Call("FAILOVER", "ABORT").Text);
        Assert.Equal("no-failover", master.Info("replication", "master_failover_state"));
        Assert.Equal("OK", master.Call("SET", "writes", "go on").Text);
        link.Resume();
        Nodes.AssertSame(master, replica);
        Assert.Equal("slave", replica.Role());
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Past_its_timeout_gives_up_and_lets_held_writes_go_on(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        master.WaitForReplicas(1);
        link.Stall();
        master.Call("SET", "unseen", "v").OrThrow();
        using RespConnection writer = master.Connect();
        Assert.Equal("OK", master.Call("FAILOVER", "TIMEOUT", "300").Text);
        writer.Send("SET", "held", "v");
        Assert.Empty(writer.ReadSome(waitMs: 100));
        Assert.Equal("OK", writer.ReadReply().Text);
        Assert.Equal("master", master.Role());
        link.Resume();
        Nodes.AssertSame(master, replica);
    }
}
