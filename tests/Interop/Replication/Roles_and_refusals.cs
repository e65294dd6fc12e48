using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Roles_and_refusals
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_replica_refuses_writes_unless_told_otherwise(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        Assert.Equal("READONLY You can't write against a read only replica.", replica.Call("SET", "k", "v").Text);
        replica.Call("CONFIG", "SET", "replica-read-only", "no").OrThrow();
        Assert.Equal("OK", replica.Call("SET", "local", "v").Text);
        Assert.Equal(0, master.Call("EXISTS", "local").Integer);
        replica.Call("CONFIG", "SET", "slave-read-only", "yes").OrThrow();
        Assert.StartsWith("READONLY", replica.Call("SET", "k", "v").Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_replica_without_its_master_answers_stale_or_not_at_all_as_configured(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        master.Call("SET", "k", "v").OrThrow();
        replica.Follow(master);
        replica.WaitUntilCaughtUp(master);
        master.Kill();
        replica.WaitUntilUnlinked();
        Assert.Equal("v", replica.Call("GET", "k").Text);
        replica.Call("CONFIG", "SET", "replica-serve-stale-data", "no").OrThrow();
        Assert.Equal("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", replica.Call("GET", "k").Text);
        Assert.Contains("role:slave", replica.Call("INFO", "replication").Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_master_with_too_few_replicas_refuses_writes(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--min-replicas-to-write", "1");
        using ServerProcess replica = Nodes.Start(replicaKind);
        Assert.Equal("NOREPLICAS Not enough good replicas to write.", master.Call("SET", "k", "v").Text);
        Assert.True(master.Call("GET", "k").IsNull);
        replica.Follow(master);
        Wait.Until(() => master.Call("SET", "k", "v").Text == "OK", "the replica to count");
        Assert.Equal("1", master.Info("replication", "min_slaves_good_slaves"));
        replica.Kill();
        Wait.Until(() => master.Call("SET", "k", "v").Text.StartsWith("NOREPLICAS", StringComparison.Ordinal), "the replica not to count");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_replica_gives_the_masters_password(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--requirepass", "secret");
        using ServerProcess replica = Nodes.Start(replicaKind, "--requirepass", "other", "--masterauth", "wrong");
        master.Call("SET", "k", "v").OrThrow();
        replica.StartFollowing(master.Port);
        Wait.Until(() => replica.Log.Contains("WRONGPASS", StringComparison.Ordinal), "the log to tell of the wrong password", seen: () => replica.Log);
        Assert.False(replica.IsLinked());
        replica.Call("CONFIG", "SET", "masterauth", "secret").OrThrow();
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_replica_is_listed_under_the_address_it_announces(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess plain = Nodes.Start(replicaKind);
        using ServerProcess announcing = Nodes.Start(replicaKind, "--replica-announce-ip", "10.11.12.13", "--replica-announce-port", "7007");
        plain.Follow(master);
        announcing.Follow(master);
        master.WaitForReplicas(2);
        Assert.Contains($"ip=127.0.0.1,port={plain.Port},state=online,offset=", master.Info("replication", "slave0"), StringComparison.Ordinal);
        Assert.Contains("ip=10.11.12.13,port=7007,state=online,offset=", master.Info("replication", "slave1"), StringComparison.Ordinal);
        RespValue role = master.Call("ROLE");
        Assert.Equal(["127.0.0.1", "10.11.12.13"], role[2].Items.Select(r => r[0].Text));
        Assert.Equal([$"{plain.Port}", "7007"], role[2].Items.Select(r => r[1].Text));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void ROLE_and_INFO_tell_both_sides_of_the_link(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind, "--replica-priority", "42");
        replica.Follow(master);
        master.Call("SET", "k", "v").OrThrow();
        replica.WaitUntilCaughtUp(master);

        RespValue role = replica.Call("ROLE");
        Assert.Equal(["slave", "127.0.0.1", $"{master.Port}", "connected"], role.Items.Take(4).Select(i => i.Text));
        Assert.True(role[4].Integer > 0);
        Assert.Equal("master", master.Call("ROLE")[0].Text);

        IReadOnlyDictionary<string, string> info = replica.Info("replication");
        Assert.Equal("slave", info["role"]);
        Assert.Equal("127.0.0.1", info["master_host"]);
        Assert.Equal($"{master.Port}", info["master_port"]);
        Assert.Equal("0", info["master_sync_in_progress"]);
        Assert.Equal("42", info["slave_priority"]);
        Assert.Equal("1", info["slave_read_only"]);
        Assert.Equal(master.Info("replication", "master_replid"), info["master_replid"]);

        // A replica reports what it has applied within a second.
        Wait.Until(() => master.Info("replication", "slave0").Contains($"offset={master.Position().Offset},", StringComparison.Ordinal), "the replica's report");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void INFO_replication_has_the_fields_of_Redis_in_their_order(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess model = Nodes.Start(ServerKind.Redis);
        using ServerProcess modelReplica = Nodes.Start(ServerKind.Redis);
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        modelReplica.Follow(model);
        replica.Follow(master);
        model.WaitForReplicas(1);
        master.WaitForReplicas(1);
        AssertFieldsOf(model, master);
        AssertFieldsOf(modelReplica, replica);
    }

    /// <summary>Fields beyond Redis's may come between.</summary>
    private static void AssertFieldsOf(ServerProcess model, ServerProcess server)
    {
        string[] fields = [.. model.Info("replication").Keys];
        Assert.Equal(fields, server.Info("replication").Keys.Where(fields.Contains));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void WAIT_counts_the_replicas_that_have_acknowledged(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess first = Nodes.Start(replicaKind);
        using ServerProcess second = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        first.Follow(master);
        second.Follow(link);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "1").OrThrow();
        Assert.Equal(2, client.Call("WAIT", "2", "5000").Integer);
        link.Stall();
        client.Call("SET", "k", "2").OrThrow();
        Assert.Equal(1, client.Call("WAIT", "2", "300").Integer);
        link.Resume();
        Assert.Equal(2, client.Call("WAIT", "2", "5000").Integer);
        Assert.StartsWith("ERR WAIT cannot be used with replica instances", first.Call("WAIT", "1", "1").Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_hung_replica_is_dropped_after_the_timeout_and_returns(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--repl-timeout", "2", "--repl-ping-replica-period", "1");
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        replica.Freeze();
        try
        {
            Wait.For("0", () => master.Info("replication", "connected_slaves"), "connected_slaves");
        }
        finally
        {
            replica.Thaw();
        }

        master.Call("SET", "k", "v").OrThrow();
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).PartialOk);
    }
}
