using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>Replication between hosts (network namespaces) whose links and names a test can change.</summary>
public sealed class Hosts_of_their_own
{
    private static readonly string Port = NetworkHosts.Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Nothing enters a history by itself.</summary>
    private static readonly string[] Still = ["--enable-debug-command", "yes", "--repl-ping-replica-period", "50", "--repl-backlog-size", "64mb"];

    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    /// <summary>For what takes long.</summary>
    public static TheoryData<ServerKind, ServerKind> SomePairs => Nodes.RunsAll ? Nodes.Pairs : new() { { ServerKind.Redoubt, ServerKind.Redoubt } };

    public static TheoryData<ServerKind, bool> SlowMasters => Nodes.RunsAll
        ? new() { { ServerKind.Redis, false }, { ServerKind.Redoubt, true } } : new() { { ServerKind.Redoubt, true } };

    [Fact]
    public void A_name_is_followed_while_the_link_is_up_to_where_a_master_answers()
    {
        using NetworkHosts hosts = Make(3);
        hosts.SetNames(2, ("the-master", hosts.AddressOf(0)));
        using ServerProcess first = hosts.Start(0, ServerKind.Redoubt, Still);
        using ServerProcess second = hosts.Start(1, ServerKind.Redis, Still);
        using ServerProcess replica = hosts.Start(2, ServerKind.Redoubt, [.. Still, "--replica-follow-dns", "yes"]);
        Follow(second, hosts.AddressOf(0));
        Follow(replica, "the-master");
        first.Call("SET", "by", "first").OrThrow();
        second.WaitUntilCaughtUp(first);
        replica.WaitUntilCaughtUp(first);

        // The place is a replica's: nobody moves there, however often it is asked.
        long asked = second.InfoNumber("stats", "total_connections_received");
        hosts.SetNames(2, ("the-master", hosts.AddressOf(1)));
        Wait.Until(() => second.InfoNumber("stats", "total_connections_received") >= asked + 2, "the replica to ask whether the second one is a master");
        Assert.Equal((2, 0), (first.OnlineReplicas(), second.OnlineReplicas()));

        second.Promote();
        second.Call("SET", "by", "second").OrThrow();
        second.WaitForReplicas(1);
        replica.WaitUntilCaughtUp(second);
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(second));
        Assert.Equal("the-master", replica.Info("replication", "master_host"));
    }

    [Fact]
    public void A_name_that_leads_elsewhere_is_asked_again_at_every_attempt()
    {
        using NetworkHosts hosts = Make(3);
        hosts.SetNames(2, ("the-master", hosts.AddressOf(0)));
        using ServerProcess first = hosts.Start(0, ServerKind.Redoubt, Still);
        using ServerProcess second = hosts.Start(1, ServerKind.Redoubt, Still);
        using ServerProcess replica = hosts.Start(2, ServerKind.Redoubt, Still);
        Follow(second, hosts.AddressOf(0));
        Follow(replica, "the-master");
        second.Promote();
        hosts.SetNames(2, ("the-master", hosts.AddressOf(1)));
        first.Kill();
        second.WaitForReplicas(1);
        replica.WaitUntilCaughtUp(second);
    }

    [Fact]
    public void Of_several_candidates_the_one_is_followed_that_answers_as_a_master()
    {
        using NetworkHosts hosts = Make(3);
        string candidates = string.Join(' ', Enumerable.Range(0, 3).Select(host => $"{hosts.AddressOf(host)}:{Port}"));
        ServerProcess[] nodes = [.. Enumerable.Range(0, 3).Select(host => hosts.Start(host, ServerKind.Redoubt, [.. Still, "--replica-candidates", candidates]))];
        Assert.Equal(candidates, nodes[0].Call("CONFIG", "GET", "replica-candidates")[1].Text);
        try
        {
            Follow(nodes[1], hosts.AddressOf(0));
            Follow(nodes[2], hosts.AddressOf(0));
            nodes[0].Call("SET", "key", "value").OrThrow();
            nodes[1].WaitUntilCaughtUp(nodes[0]);
            nodes[2].WaitUntilCaughtUp(nodes[0]);
            nodes[0].Kill();
            nodes[1].Promote();
            nodes[2].WaitUntilCaughtUp(nodes[1]);
            Assert.Equal(hosts.AddressOf(1), nodes[2].Info("replication", "master_host"));
            Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(nodes[1]));
        }
        finally
        {
            foreach (ServerProcess node in nodes)
                node.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(SlowMasters))]
    public void Writes_faster_than_the_link_let_a_full_resync_finish_here_and_begin_again_and_again_in_Redis(ServerKind masterKind, bool finishes)
    {
        using NetworkHosts hosts = Make(2);
        using ServerProcess master = hosts.Start(
            0, masterKind, "--enable-debug-command", "yes", "--rdbcompression", "no", "--repl-backlog-size", "1mb", "--client-output-buffer-limit", "replica 4mb 0 0");
        if (finishes)
            master.Call("CONFIG", "SET", "repl-sync-spill-size", "1mb").OrThrow();
        using ServerProcess replica = hosts.Start(1, ServerKind.Redis);
        hosts.ShapeIncoming(1, "tbf rate 40mbit burst 64kb limit 200kb");
        master.Call("DEBUG", "POPULATE", "10000", "key", "1000").OrThrow();
        using (NumberedLoad load = new(master))
        {
            replica.Call("REPLICAOF", hosts.AddressOf(0), Port).OrThrow();
            if (finishes)
                Wait.Until(() => master.OnlineReplicas() == 1, "the sync to finish", seen: () => master.Log);
            else
                Wait.Until(() => SyncCounts.Of(master).Full >= 3, "the third beginning");
        }
        if (!finishes)
            return;
        hosts.ShapeIncoming(1, "");
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(SomePairs))]
    public void A_cut_between_hosts_ends_in_a_partial_resync(ServerKind masterKind, ServerKind replicaKind)
    {
        using NetworkHosts hosts = Make(2);
        string[] impatient = ["--repl-timeout", "3", "--repl-ping-replica-period", "1", "--repl-backlog-size", "64mb"];
        using ServerProcess master = hosts.Start(0, masterKind, impatient);
        using ServerProcess replica = hosts.Start(1, replicaKind, impatient);
        Follow(replica, hosts.AddressOf(0));
        WriteLoad.Fill(master, seed: 401, count: 200);
        // Both directions, then that of the data alone, then that of the acknowledgements alone.
        foreach ((Action cut, Action mend) in new (Action, Action)[]
        {
            (() => hosts.Unplug(1), () => hosts.Plug(1)),
            (() => hosts.LoseOutgoing(0, 1), () => hosts.FindOutgoing(0, 1)),
            (() => hosts.LoseOutgoing(1, 0), () => hosts.FindOutgoing(1, 0)),
        })
        {
            replica.WaitUntilCaughtUp(master);
            long partial = SyncCounts.Of(master).PartialOk;
            cut();
            Wait.Until(() => master.OnlineReplicas() == 0, "the master to miss its replica");
            mend();
            WriteLoad.Fill(master, seed: 402, count: 200);
            Wait.Until(() => SyncCounts.Of(master).PartialOk > partial, "a partial resync");
            Nodes.AssertSame(master, replica);
        }
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(SomePairs))]
    public void A_late_and_lossy_link_carries_load_and_a_failover(ServerKind masterKind, ServerKind replicaKind)
    {
        Assert.SkipUnless(NetworkHosts.WhyNotLossy is null, NetworkHosts.WhyNotLossy ?? "");
        using NetworkHosts hosts = Make(2);
        using ServerProcess master = hosts.Start(0, masterKind, Still);
        using ServerProcess replica = hosts.Start(1, replicaKind, Still);
        hosts.ShapeIncoming(1, "netem delay 20ms 5ms loss 1%");
        using (WriteLoad load = WriteLoad.Start(master, seed: 411, pauseMs: 5))
        {
            Follow(replica, hosts.AddressOf(0));
            load.WaitFor(500);
            load.Stop();
        }
        Nodes.AssertSame(master, replica);
        Wait.Until(() => master.Call("FAILOVER", "TO", hosts.AddressOf(1), Port).Text == "OK", "FAILOVER to be accepted");
        Wait.For("master", replica.Role, "the hand-over");
        Nodes.AssertSame(replica, master);
        Assert.Equal((1L, 0L), (SyncCounts.Of(master).Full, SyncCounts.Of(replica).Full));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_replica_is_known_by_the_address_that_it_announces(ServerKind masterKind, ServerKind replicaKind)
    {
        using NetworkHosts hosts = Make(2);
        using ServerProcess master = hosts.Start(0, masterKind, Still);
        using ServerProcess replica = hosts.Start(1, replicaKind, [.. Still, "--bind", $"{hosts.AddressOf(1)} {hosts.SecondAddressOf(1)}", "--replica-announce-ip", hosts.SecondAddressOf(1)]);
        Follow(replica, hosts.AddressOf(0));
        master.WaitForReplicas(1);
        Assert.Contains($"ip={hosts.SecondAddressOf(1)},port={Port},", master.Info("replication", "slave0"), StringComparison.Ordinal);
        Assert.Equal(hosts.SecondAddressOf(1), master.Call("ROLE")[2][0][0].Text);
        Wait.Until(() => master.Call("FAILOVER", "TO", hosts.SecondAddressOf(1), Port).Text == "OK", "FAILOVER to be accepted");
        Wait.For("master", replica.Role, "the hand-over");
        master.WaitUntilCaughtUp(replica);
        Assert.Equal(hosts.SecondAddressOf(1), master.Info("replication", "master_host"));
    }

    private static NetworkHosts Make(int count)
    {
        Assert.SkipUnless(NetworkHosts.WhyNot is null, NetworkHosts.WhyNot ?? "");
        return new NetworkHosts(count);
    }

    private static void Follow(ServerProcess replica, string host)
    {
        replica.Call("REPLICAOF", host, Port).OrThrow();
        replica.WaitUntilLinked();
    }

    /// <summary>Some 10 MB of writes a second.</summary>
    private sealed class NumberedLoad : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _stopping;

        public NumberedLoad(ServerProcess server)
        {
            RespConnection connection = server.Connect();
            string value = new('v', 10_000);
            _thread = new Thread(() =>
            {
                for (int i = 0; !_stopping; i++)
                {
                    connection.Pipeline([.. Enumerable.Range(0, 50).Select(n => new[] { "SET", $"key:{(i * 50 + n) % 10_000}", value })]);
                    Thread.Sleep(40); // the load's rate, not a wait
                }
                connection.Dispose();
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _stopping = true;
            _thread.Join();
        }
    }
}
