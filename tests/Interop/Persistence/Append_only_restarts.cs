using Redoubt.Interop.Replication;
using Redoubt.Testing;

namespace Redoubt.Interop.Persistence;

/// <summary>A node that restarts from its append-only file knows its place in the history, after a crash too.</summary>
public sealed class Append_only_restarts
{
    private static readonly string[] Logged = ["--appendonly", "yes", "--appendfsync", "everysec"];

    [Theory]
    [InlineData(ServerKind.Redis, true)]
    [InlineData(ServerKind.Redis, false)]
    [InlineData(ServerKind.Redoubt, true)]
    public void Of_a_replica_continue_by_partial_resync(ServerKind masterKind, bool crashes)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt, Logged);
        WriteLoad.Fill(master, seed: 31, count: 300);
        replica.Follow(master);
        replica.WaitUntilLinked();
        // The full resync begins the file anew; the rest is in it.
        Wait.For("0", () => replica.Info("persistence", "aof_rewrite_in_progress"), "the first rewrite");
        WriteLoad.Fill(master, seed: 32, count: 300);
        master.Call("PUBLISH", "channel", "a message is in the stream and in no file").OrThrow();
        replica.WaitUntilCaughtUp(master);
        if (crashes)
            replica.Kill();
        else
            replica.Stop();
        WriteLoad.Fill(master, seed: 33, count: 300);
        SyncCounts before = SyncCounts.Of(master);

        replica.Restart([.. Logged, "--replicaof", $"127.0.0.1 {master.Port}"]);
        replica.WaitUntilLinked();

        Nodes.AssertSame(master, replica);
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(master) - before);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public void Of_a_master_that_crashed_let_its_replicas_continue(ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt, Logged);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        replica.WaitUntilLinked();
        WriteLoad.Fill(master, seed: 34, count: 300);
        master.Call("BGREWRITEAOF").OrThrow();
        WriteLoad.Fill(master, seed: 35, count: 300);
        replica.WaitUntilCaughtUp(master);

        master.Kill();
        master.Restart();
        replica.WaitUntilLinked();
        WriteLoad.Fill(master, seed: 36, count: 100);

        Nodes.AssertSame(master, replica);
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(master));
    }

    [Fact]
    public void After_commands_whose_place_is_not_known_make_a_full_resync()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt, Logged);
        replica.Follow(master);
        replica.WaitUntilLinked();
        Wait.For("0", () => replica.Info("persistence", "aof_rewrite_in_progress"), "the first rewrite");
        WriteLoad.Fill(master, seed: 37, count: 50);
        replica.WaitUntilCaughtUp(master);
        replica.Kill();
        string file = Directory.GetFiles(Path.Combine(replica.Folder, "appendonlydir"), "*.incr.aof").Single();
        File.AppendAllText(file, "*3\r\n$3\r\nSET\r\n$5\r\nalien\r\n$1\r\n1\r\n");
        SyncCounts before = SyncCounts.Of(master);

        replica.Restart([.. Logged, "--replicaof", $"127.0.0.1 {master.Port}"]);
        replica.WaitUntilLinked();

        Nodes.AssertSame(master, replica);
        Assert.Equal(1, (SyncCounts.Of(master) - before).Full);
    }
}
