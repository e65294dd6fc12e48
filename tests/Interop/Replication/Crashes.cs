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
        int confirmed = 0;
        var writer = new Thread(() => confirmed = WriteUntilTheEnd(master));
        writer.Start();
        noise.WaitFor(400);
        master.Kill();
        writer.Join();
        noise.Stop();
        replica.Promote();
        Assert.True(confirmed > 10, $"only {confirmed} writes were confirmed");
        using RespConnection reader = replica.Connect();
        RespValue[] found = reader.Pipeline(Enumerable.Range(0, confirmed).Select(number => new[] { "EXISTS", Key(number) }));
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

    private static int WriteUntilTheEnd(ServerProcess master)
    {
        using RespConnection connection = master.Connect();
        for (int number = 0; ; number++)
        {
            try
            {
                connection.Call("SET", Key(number), "v").OrThrow();
                if (connection.Call("WAIT", "1", "0").Integer < 1)
                {
                    return number;
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                return number;
            }
        }
    }

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"confirmed:{number}");
}
