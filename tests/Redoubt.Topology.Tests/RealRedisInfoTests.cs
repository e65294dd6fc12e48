using Redoubt.Testing;

namespace Redoubt.Topology.Tests;

/// <summary>The judge: what a real redis-server prints is read into the record and written again, byte for byte.</summary>
public class RealRedisInfoTests
{
    [Fact]
    public void A_lone_masters_section_is_reproduced_byte_for_byte()
    {
        using ServerProcess master = RedisServers.Redis();
        AssertReproduced(master.Ask("INFO", "replication"));
    }

    [Fact]
    public void Both_sides_of_a_live_link_are_reproduced_byte_for_byte()
    {
        using ServerProcess master = RedisServers.Redis("--min-replicas-to-write", "1");
        using ServerProcess replica = RedisServers.ReplicaOf(master);
        replica.WaitUntilLinked();
        string seen = master.AskUntil(info => info.Contains("state=online") && info.Contains("good_slaves:1"), "INFO", "replication");
        master.Ask("SET", "key", "value");
        AssertReproduced(seen);
        ReplicationInfo masterInfo = ReplicationInfoTests.Read(seen);
        Assert.Equal(replica.Port, Assert.Single(masterInfo.Replicas).Address.Port);

        string followed = replica.Ask("INFO", "replication");
        AssertReproduced(followed);
        ReplicationInfo replicaInfo = ReplicationInfoTests.Read(followed);
        Assert.True(replicaInfo.Master!.IsUp);
        Assert.Equal(new NodeAddress("127.0.0.1", master.Port), replicaInfo.Master.Address);
        Assert.Equal(masterInfo.ReplicationId, replicaInfo.ReplicationId);
    }

    [Fact]
    public void A_replica_that_cannot_reach_its_master_is_reproduced_byte_for_byte()
    {
        using ServerProcess replica = RedisServers.Redis("--replicaof", $"127.0.0.1 {PortLease.Free()}");
        string info = replica.Ask("INFO", "replication");
        AssertReproduced(info);
        Assert.Contains("master_link_down_since_seconds:", info);
    }

    [Fact]
    public void A_replica_in_the_middle_of_a_full_resync_is_reproduced_byte_for_byte()
    {
        using ServerProcess master = RedisServers.Redis("--rdb-key-save-delay", "20000", "--repl-diskless-sync", "no", "--rdbcompression", "no");
        for (int i = 0; i < 100; i++)
            master.Ask("SET", $"key{i}", new string('x', 1000));
        // The file is written slowly first; the transfer itself is slowed by a replica that sleeps while it loads.
        using ServerProcess replica = RedisServers.ReplicaOf(master, ServerKind.Redis, "--key-load-delay", "100000", "--loading-process-events-interval-bytes", "1024");
        string info = replica.AskUntil(text => text.Contains("role:slave") && text.Contains("master_sync_in_progress:1"), "INFO", "replication");
        AssertReproduced(info);
        Assert.NotNull(ReplicationInfoTests.Read(info).Master!.Sync);
    }

    [Fact]
    public void After_a_failover_both_nodes_name_the_same_fork()
    {
        using ServerProcess master = RedisServers.Redis();
        using ServerProcess replica = RedisServers.ReplicaOf(master);
        replica.WaitUntilLinked();
        master.AskUntil(info => info.Contains("state=online"), "INFO", "replication");
        Assert.Equal("+OK", master.Ask("FAILOVER"));
        replica.AskUntil(info => info.Contains("role:master"), "INFO", "replication");
        master.WaitUntilLinked();
        string oldText = master.Ask("INFO", "replication");
        string newText = replica.Ask("INFO", "replication");
        AssertReproduced(oldText);
        AssertReproduced(newText);
        ReplicationInfo oldMaster = ReplicationInfoTests.Read(oldText);
        ReplicationInfo newMaster = ReplicationInfoTests.Read(newText);
        Assert.False(newMaster.SecondOffset.IsNone);
        Assert.Equal((newMaster.SecondReplicationId, newMaster.SecondOffset), (oldMaster.SecondReplicationId, oldMaster.SecondOffset));
    }

    private static void AssertReproduced(string text) => Assert.Equal(text, ReplicationInfoTests.Write(ReplicationInfoTests.Read(text)));
}
