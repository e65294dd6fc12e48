using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Promotion
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    public static TheoryData<ServerKind, ServerKind, ServerKind> Chains => Nodes.Chains;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Lets_the_old_master_rejoin_by_partial_resync_on_the_second_replication_id(ServerKind oldKind, ServerKind newKind)
    {
        using ServerProcess old = Nodes.StartStill(oldKind);
        using ServerProcess promoted = Nodes.Start(newKind);
        WriteLoad.Fill(old, seed: 21, count: 500);
        promoted.Follow(old);
        WriteLoad.Fill(old, seed: 22, count: 500);
        promoted.WaitUntilCaughtUp(old);
        string history = old.Position().ReplicationId;

        promoted.Promote();
        Assert.Equal("master", promoted.Role());
        Assert.NotEqual(history, promoted.Position().ReplicationId);
        Assert.Equal(history, promoted.Info("replication", "master_replid2"));
        WriteLoad.Fill(promoted, seed: 23, count: 300);
        old.Follow(promoted);
        WriteLoad.Fill(promoted, seed: 24, count: 300);
        Nodes.AssertSame(promoted, old);
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(promoted));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Makes_an_old_master_with_writes_of_its_own_take_a_full_resync(ServerKind oldKind, ServerKind newKind)
    {
        using ServerProcess old = Nodes.Start(oldKind);
        using ServerProcess promoted = Nodes.Start(newKind);
        promoted.Follow(old);
        WriteLoad.Fill(old, seed: 25, count: 200);
        promoted.WaitUntilCaughtUp(old);
        promoted.Promote();
        old.Call("SET", "unreplicated", "lost").OrThrow();
        WriteLoad.Fill(promoted, seed: 26, count: 200);
        old.Follow(promoted);
        Nodes.AssertSame(promoted, old);
        Assert.Equal(0, old.Call("EXISTS", "unreplicated").Integer);
        Assert.Equal(1, SyncCounts.Of(promoted).Full);
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void Of_one_replica_lets_the_other_follow_it_without_a_full_resync(ServerKind masterKind, ServerKind promotedKind, ServerKind otherKind)
    {
        using ServerProcess master = Nodes.StartStill(masterKind);
        using ServerProcess promoted = Nodes.Start(promotedKind);
        using ServerProcess other = Nodes.Start(otherKind);
        promoted.Follow(master);
        other.Follow(master);
        WriteLoad.Fill(master, seed: 27, count: 500);
        promoted.WaitUntilCaughtUp(master);
        other.WaitUntilCaughtUp(master);
        master.Kill();

        promoted.Promote();
        WriteLoad.Fill(promoted, seed: 28, count: 300);
        other.Follow(promoted);
        Nodes.AssertSame(promoted, other);
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(promoted));
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void In_the_middle_of_a_chain_keeps_the_link_below(ServerKind top, ServerKind middle, ServerKind bottom)
    {
        using ServerProcess master = Nodes.Start(top);
        using ServerProcess promoted = Nodes.Start(middle);
        using ServerProcess leaf = Nodes.Start(bottom);
        promoted.Follow(master);
        leaf.Follow(promoted);
        WriteLoad.Fill(master, seed: 29, count: 300);
        leaf.WaitUntilCaughtUp(master);
        promoted.Promote();
        WriteLoad.Fill(promoted, seed: 30, count: 300);
        Nodes.AssertSame(promoted, leaf);
        Assert.Equal(1, SyncCounts.Of(promoted).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void There_and_back_again_needs_no_full_resync(ServerKind firstKind, ServerKind secondKind)
    {
        using ServerProcess first = Nodes.StartStill(firstKind);
        using ServerProcess second = Nodes.StartStill(secondKind);
        second.Follow(first);
        WriteLoad.Fill(first, seed: 31, count: 200);
        for (int round = 0; round < 2; round++)
        {
            second.WaitUntilCaughtUp(first);
            second.Promote();
            first.Follow(second);
            WriteLoad.Fill(second, seed: 32 + round, count: 200);
            first.WaitUntilCaughtUp(second);
            first.Promote();
            second.Follow(first);
            WriteLoad.Fill(first, seed: 42 + round, count: 200);
        }

        Nodes.AssertSame(first, second);
        Assert.Equal(1, SyncCounts.Of(first).Full);
        Assert.Equal(0, SyncCounts.Of(second).Full);
    }

    /// <summary>Redis 7.0 as the master does not send its replicas what such a transaction wrote.</summary>
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public void And_its_opposite_inside_transactions_keep_the_history_whole(ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt, "--replica-read-only", "no");
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        master.WaitForReplicas(1);
        using RespConnection client = master.Connect();
        RespValue[] replies = client.Pipeline([["MULTI"], ["SET", "a", "1"], ["SET", "b", "1"], ["REPLICAOF", "127.0.0.1", "1"], ["EXEC"]]);
        Assert.Equal("OK", replies[^1][2].Text);
        Assert.Equal("slave", master.Role());
        replies = client.Pipeline([["MULTI"], ["REPLICAOF", "NO", "ONE"], ["SET", "c", "1"], ["SET", "d", "1"], ["EXEC"]]);
        Assert.Equal("OK", replies[^1][2].Text);
        client.Pipeline([["MULTI"], ["SET", "e", "1"], ["SET", "f", "1"], ["EXEC"]]);
        Nodes.AssertSame(master, replica);
        Assert.Equal(6, replica.Call("DBSIZE").Integer);
    }

    /// <summary>Redis throws the unread bytes away with the link.</summary>
    [Theory]
    [InlineData("REPLICAOF")]
    [InlineData("EXEC")]
    public void Applies_first_what_the_master_has_sent_and_the_replica_has_not_read(string by)
    {
        using ScriptedMaster master = new();
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt, "--enable-debug-command", "yes");
        replica.StartFollowing(master.Port);
        master.Handshake();
        using (ServerProcess empty = Nodes.Start(ServerKind.Redis, "--repl-diskless-sync", "no"))
            master.SendSnapshot(ScriptedMaster.SnapshotOf(empty), 100);
        replica.WaitUntilLinked();
        long offset = 100 + master.Stream(["SELECT", "0"], ["SET", "first", "1"]);
        Wait.For(offset, () => replica.Position().Offset, "the offset");

        using RespConnection sleeper = replica.Connect();
        using RespConnection promoter = replica.Connect();
        promoter.Call("PING").OrThrow();
        sleeper.Send("DEBUG", "SLEEP", "2");
        Thread.Sleep(300); // the server must be inside DEBUG SLEEP, which nothing shows from outside
        // The promotion becomes ready before the stream does, so it is also served before.
        if (by == "REPLICAOF")
        {
            promoter.Send("REPLICAOF", "NO", "ONE");
        }
        else
        {
            promoter.Send("MULTI");
            promoter.Send("SLAVEOF", "NO", "ONE");
            promoter.Send("EXEC");
        }
        for (int i = 0; i < 200; i++)
            offset += master.Stream(["SET", $"late:{i}", new string('v', 100)]);
        offset += master.Stream(["MULTI"], ["SET", "both", "1"], ["SET", "of them", "1"], ["EXEC"]);
        master.Stream(["MULTI"], ["SET", "half", "1"]);
        for (int i = by == "EXEC" ? 3 : 1; i > 0; i--)
            promoter.Read().OrThrow();
        sleeper.Read().OrThrow();
        Assert.Equal("master", replica.Role());
        Assert.Equal(203, replica.Call("DBSIZE").Integer);
        Assert.Equal(0, replica.Call("EXISTS", "half").Integer);
        Assert.Equal(offset, replica.Position().Offset);
        Assert.Equal((offset + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), replica.Info("replication", "second_repl_offset"));
    }
}
