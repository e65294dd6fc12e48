using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class The_stream
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    [Fact]
    public void From_Redis_may_hold_transactions()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        replica.Follow(master);
        using RespConnection client = master.Connect();
        for (int i = 0; i < 50; i++)
        {
            client.Pipeline(new[]
            {
                new[] { "MULTI" }, ["SET", $"tx{i}", "1"], ["INCR", $"tx{i}"], ["SELECT", $"{i % 4}"], ["SET", $"other{i}", "v", "EX", "1000"], ["GET", "nothing"], ["EXEC"],
            });
        }

        Nodes.AssertSame(master, replica);
    }

    [Fact]
    public void From_Redis_may_hold_scripts_effects()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        replica.Follow(master);
        master.Call("EVAL", "for i = 1, 100 do redis.call('SET', 'k' .. i, i); redis.call('INCR', 'sum') end return 1", "0").OrThrow();
        Nodes.AssertSame(master, replica);
    }

    [Fact]
    public void From_Redis_passes_through_Redoubt_byte_for_byte()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess relay = Nodes.Start(ServerKind.Redoubt);
        relay.Follow(master);
        using ReplicationStream upper = ReplicationStream.Open(master);
        using ReplicationStream lower = ReplicationStream.Open(relay);
        WriteLoad.Fill(master, seed: 61, count: 500);
        master.Call("SET", "marker", "v").OrThrow();
        List<byte[][]> sent = upper.Until("marker");
        List<byte[][]> relayed = lower.Until("marker");
        Assert.Equal(sent.Select(Wire.ShowCommand), relayed.Select(Wire.ShowCommand));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Alone_removes_keys_from_a_replica_though_it_hides_expired_ones(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        master.Call("SET", "brief", "v", "PX", "300").OrThrow();
        Wait.Until(() => replica.Call("GET", "brief").Text == "v", "the key on the replica");
        link.Stall();
        Wait.Until(() => master.Call("DBSIZE").Integer == 0, "the key to expire on the master");
        Assert.True(replica.Call("GET", "brief").IsNull);
        Assert.Equal(0, replica.Call("EXISTS", "brief").Integer);
        Assert.Equal(1, replica.Call("DBSIZE").Integer);
        link.Resume();
        Wait.Until(() => replica.Call("DBSIZE").Integer == 0, "the deletion to arrive");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void With_values_of_megabytes_and_long_pipelines_arrives_whole(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        using RespConnection client = master.Connect();
        byte[] noise = new byte[5_000_000];
        new Random(5).NextBytes(noise);
        client.Call([.. Wire.Arguments("SET", "noise"), noise]).OrThrow();
        client.Pipeline([.. Enumerable.Range(0, 20_000).Select(i => new[] { "SET", $"k{i % 3_000}", $"value {i}" })]);
        client.Call([.. Wire.Arguments("APPEND", "noise"), noise]).OrThrow();
        Nodes.AssertSame(master, replica);
    }

    /// <summary>The writers together are faster than any fixed number of bytes per turn of the loop; a replica that reads as fast must not lose its link to the output limit.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public void With_large_values_from_many_writers_at_full_speed_keeps_its_link(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--client-output-buffer-limit", "replica 500mb 0 0");
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        ToolRun load = ToolRun.Of("redis-benchmark", ["-p", $"{master.Port}", "-t", "set", "-d", "200000", "-c", "50", "-n", "5000", "-r", "50", "-q"]);
        load.Succeeded();
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Carries_flushes_and_database_changes(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        WriteLoad.Fill(master, seed: 62, count: 500);
        replica.Follow(master);
        using RespConnection client = master.Connect();
        client.Pipeline(new[] { new[] { "SELECT", "1" }, ["FLUSHDB"], ["SET", "one", "1"], ["SELECT", "15"], ["SET", "fifteen", "15"] });
        Nodes.AssertSame(master, replica);
        client.Pipeline(new[] { new[] { "FLUSHALL" }, ["SELECT", "2"], ["SET", "after", "v"] });
        Nodes.AssertSame(master, replica);
        Assert.Equal(0, replica.Call("DBSIZE").Integer);
    }
}
