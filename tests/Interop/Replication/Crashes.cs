using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Crashes
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_the_master_lose_no_write_that_WAIT_has_confirmed(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        master.WaitForReplicas(1);
        using NumberedWriters noise = NumberedWriters.Start(2, master);
        int[] confirmed = [0];
        var writer = new Thread(() => WriteUntilTheEnd(master, confirmed));
        writer.Start();
        Wait.Until(() => Volatile.Read(ref confirmed[0]) >= 100, "writes to be confirmed");
        master.Kill();
        writer.Join();
        noise.Stop();
        replica.Promote();
        using RespConnection reader = replica.Connect();
        RespValue[] found = reader.Pipeline(Enumerable.Range(0, confirmed[0]).Select(number => new[] { "EXISTS", Key(number) }));
        Assert.All(found, reply => Assert.Equal(1, reply.Integer));

        // The old master comes back empty-handed and takes everything from the new one.
        master.Restart("--replicaof", $"127.0.0.1 {replica.Port}");
        WriteLoad.Fill(replica, seed: 82, count: 300);
        Nodes.AssertSame(replica, master);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_one_replica_do_not_disturb_the_snapshot_of_another(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--repl-diskless-sync-delay", "1", "--rdb-key-save-delay", "200");
        WriteLoad.Fill(master, seed: 83, count: 3_000);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using ServerProcess doomed = Nodes.Start(replicaKind);
        replica.StartFollowing(master.Port);
        doomed.StartFollowing(master.Port);
        Wait.Until(() => master.Info("replication").Values.Count(value => value.Contains("state=wait_bgsave", StringComparison.Ordinal)) == 2, "both to wait");
        Wait.Until(() => master.Info("persistence", "rdb_bgsave_in_progress") == "1", "the snapshot to begin");
        doomed.Kill();
        WriteLoad.Fill(master, seed: 84, count: 200);
        Nodes.AssertSame(master, replica);
    }

    private static void WriteUntilTheEnd(ServerProcess master, int[] confirmed)
    {
        using RespConnection connection = master.Connect();
        try
        {
            for (int number = 0; ; number++)
            {
                connection.Call("SET", Key(number), "v").OrThrow();
                Assert.Equal(1, connection.Call("WAIT", "1", "0").Integer);
                Volatile.Write(ref confirmed[0], number + 1);
            }
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // The master is gone.
        }
    }

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"confirmed:{number}");
}
