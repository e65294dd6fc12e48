using Redoubt.Failover.Doctor;
using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Failover.Tests.Doctor;

public class ChecksTests
{
    private static readonly Dictionary<string, string> GoodConfiguration = new()
    {
        ["save"] = "3600 1", ["appendonly"] = "yes", ["min-replicas-to-write"] = "1", ["repl-backlog-size"] = "134217728", ["repl-backlog-ttl"] = "3600",
        ["client-output-buffer-limit"] = "normal 0 0 0 slave 268435456 67108864 60 pubsub 0 0 0", ["replica-read-only"] = "yes", ["requirepass"] = "x", ["masterauth"] = "x",
        ["repl-timeout"] = "60", ["repl-ping-replica-period"] = "10", ["stop-writes-on-bgsave-error"] = "yes", ["maxmemory"] = "0", ["protected-mode"] = "yes", ["bind"] = "* -::*",
    };

    private static readonly Dictionary<string, string> GoodInfo = new()
    {
        ["uptime_in_seconds"] = "1000", ["used_memory"] = "1000000", ["config_file"] = "/etc/redis.conf", ["cluster_enabled"] = "0", ["rdb_last_bgsave_status"] = "ok",
    };

    private static GroupFacts Well
    {
        get
        {
            GroupObservation group = Groups.Healthy(2);
            return new GroupFacts
            {
                Group = group,
                Nodes = [.. group.Nodes.Select(node => new NodeFacts { Node = node, Name = $"node-{node.Address.Port}", Info = GoodInfo, Configuration = GoodConfiguration, Clients = [] })],
                Written = [.. group.Nodes.Select(node => node.Address)],
                Name = new NamePlan { Name = "orders." },
                Answers = [new NameAnswer("ns1", true, ["10.0.0.1"], 5), new NameAnswer("ns2", true, ["10.0.0.1"], 5)],
                Rehearsal = new NameChange(NameChangeOutcome.Changed, "the key may"),
                FenceMethods = ["min-replicas", "hook:fw"],
            };
        }
    }

    [Fact]
    public void A_group_that_is_well_passes_every_check_and_each_has_an_id_of_its_own()
    {
        IReadOnlyList<DoctorFinding> findings = Checks.Run(Well);
        Assert.All(findings, finding => Assert.True(finding.Diagnosis == Diagnosis.Pass, $"{finding.Id}: {finding.Evidence}"));
        Assert.InRange(findings.Count, 35, 60);
        Assert.Equal(findings.Count, findings.Select(finding => finding.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("persist.autorestart", Diagnosis.Fail, 1, "save=;appendonly=no")]
    [InlineData("persist.autorestart", Diagnosis.Warn, 2, "save=;appendonly=no")]
    [InlineData("persist.stop_writes", Diagnosis.Warn, 2, "stop-writes-on-bgsave-error=no")]
    [InlineData("persist.memory", Diagnosis.Fail, 2, "maxmemory=500000")]
    [InlineData("fence.min_replicas", Diagnosis.Warn, 1, "min-replicas-to-write=0")]
    [InlineData("fence.protected", Diagnosis.Fail, 3, "protected-mode=no;requirepass=")]
    [InlineData("repl.backlog_ttl", Diagnosis.Warn, 1, "repl-backlog-ttl=10")]
    [InlineData("repl.output_buffer_limit", Diagnosis.Warn, 1, "client-output-buffer-limit=slave 1048576 0 0")]
    [InlineData("repl.masterauth", Diagnosis.Fail, 1, "masterauth=")]
    [InlineData("repl.timeout", Diagnosis.Fail, 2, "repl-timeout=10")]
    [InlineData("repl.writable_replica", Diagnosis.Fail, 2, "replica-read-only=no")]
    public void A_directive_that_harms_is_found(string id, Diagnosis grade, int port, string directives)
    {
        var configuration = new Dictionary<string, string>(GoodConfiguration);
        foreach (string[] pair in directives.Split(';').Select(text => text.Split('=')))
            configuration[pair[0]] = pair[1];
        AssertFound(id, grade, With(port, node => node with { Configuration = configuration }));
    }

    [Theory]
    [InlineData("persist.health", Diagnosis.Fail, "rdb_last_bgsave_status", "err")]
    [InlineData("persist.config_file", Diagnosis.Warn, "config_file", "")]
    [InlineData("topology.cluster_mode", Diagnosis.Fail, "cluster_enabled", "1")]
    public void A_field_of_INFO_that_tells_of_harm_is_found(string id, Diagnosis grade, string field, string value) =>
        AssertFound(id, grade, With(1, node => node with { Info = new Dictionary<string, string>(GoodInfo) { [field] = value } }));

    [Fact]
    public void Clients_names_and_this_machine_are_looked_at_too()
    {
        ClientLine subscriber = new(7, "", "default", "10.0.2.9:5000", "redis-py", 1, 4, "P");
        AssertFound("clients.subscribers", Diagnosis.Warn, With(1, node => node with { Clients = [subscriber] }));
        AssertFound("clients.nameless", Diagnosis.Warn, With(1, node => node with { Clients = [subscriber] }));
        GroupFacts stray = With(2, node => node with { Clients = [subscriber] });
        AssertFound("clients.wrong_node", Diagnosis.Warn, stray);
        Assert.Equal(Diagnosis.Pass, Find("clients.wrong_node", stray with { AllowedOnReplica = new ClientRules(["cidr:10.0.2.0/24"]) }).Diagnosis);
        AssertFound("topology.sentinel_present", Diagnosis.Warn, With(1, node => node with { Clients = [subscriber with { Name = "sentinel-4ba1-cmd" }] }));
        AssertFound("dns.answer", Diagnosis.Fail, Well with { Answers = [new NameAnswer("ns1", true, ["10.0.0.9"], 5)] });
        AssertFound("dns.agree", Diagnosis.Fail, Well with { Answers = [new NameAnswer("ns1", true, ["10.0.0.9"], 5), new NameAnswer("ns2", true, ["10.0.0.1"], 5)] });
        AssertFound("dns.ttl", Diagnosis.Warn, Well with { Answers = [new NameAnswer("ns1", true, ["10.0.0.1"], 300)] });
        AssertFound("dns.cas", Diagnosis.Fail, Well with { Rehearsal = new NameChange(NameChangeOutcome.Refused, "REFUSED") });
        AssertFound("tool.state_dir", Diagnosis.Fail, Well with { StateTrouble = "read-only" });
        AssertFound("tool.secrets", Diagnosis.Fail, Well with { OpenSecrets = ["/etc/pw"] });
        AssertFound("tool.rights", Diagnosis.Fail, With(1, node => node with { Denied = ["FAILOVER"] }));
        AssertFound("tool.clock_skew", Diagnosis.Warn, With(1, node => node with { ClockAhead = TimeSpan.FromSeconds(-5) }));
        AssertFound("fence.methods", Diagnosis.Warn, Well with { UnverifiedFences = ["fw"] });
        AssertFound("topology.group_file", Diagnosis.Warn, Well with { Written = [Groups.At(1), Groups.At(2)] });
    }

    [Fact]
    public void What_is_wrong_with_roles_and_links_is_found()
    {
        AssertFound("topology.reachable", Diagnosis.Fail, Observing(Groups.Healthy(2).With(3, _ => Groups.Silent(3))));
        AssertFound("topology.single_master", Diagnosis.Fail, Observing(Groups.Healthy(2).With(2, _ => Groups.Master(2))));
        AssertFound("topology.same_replid", Diagnosis.Fail, Observing(Groups.Healthy(2).With(2, node => node.With(info => info with { ReplicationId = ReplicationId.None }))));
        AssertFound("topology.chain_depth", Diagnosis.Warn, Observing(Groups.Healthy(2).With(3, node => node.WithLink(link => link with { Address = Groups.At(2) }))));
        AssertFound("topology.versions", Diagnosis.Fail, Observing(Groups.Healthy(2).With(3, node => node with { Vitals = node.Vitals with { Version = "6.2.0" } })));
        AssertFound("topology.replica_count", Diagnosis.Fail, Observing(new GroupObservation([Groups.Master(1)])));
        AssertFound("repl.failover_supported", Diagnosis.Fail, Observing(Groups.Healthy(2).With(1, node => node with { Vitals = node.Vitals with { Version = "6.0.16" } })));
        AssertFound("repl.failover_running", Diagnosis.Fail, Observing(Groups.Healthy(2).With(1, node => node.With(info => info with { FailoverState = FailoverState.WaitingForSync }))));
        AssertFound("repl.link_up", Diagnosis.Fail, Observing(Groups.Healthy(2).With(3, node => node.WithLink(link => link with { IsUp = false }))));
        AssertFound("repl.lag", Diagnosis.Warn, Observing(Groups.Healthy(2, offset: 100_000_000).With(3, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(0) }))));
        AssertFound("repl.ack_age", Diagnosis.Warn, Observing(Groups.Healthy(2).With(1, node => node.With(info => info with { Replicas = [info.Replicas[0] with { LagSeconds = 9 }] }))));
        AssertFound("repl.failover_addr", Diagnosis.Warn, Observing(Groups.Healthy(2).With(1, node => node.With(info => info with { Replicas = [info.Replicas[0]] }))));
        AssertFound("repl.replicaof_by_name", Diagnosis.Warn, Observing(Groups.Healthy(2).With(3, node => node.WithLink(link => link with { Address = new NodeAddress("db1", 1) }))));
        AssertFound("repl.backlog", Diagnosis.Warn, Observing(Groups.Healthy(2, offset: 1_000_000_000).With(1, node => node.With(info => info with { BacklogSizeBytes = 1_000_000 }))));
    }

    private static GroupFacts Observing(GroupObservation group) => Well with
    {
        Group = group,
        Nodes = [.. group.Nodes.Select(node => new NodeFacts { Node = node, Name = $"node-{node.Address.Port}", Info = GoodInfo, Configuration = GoodConfiguration, Clients = [] })],
    };

    private static GroupFacts With(int port, Func<NodeFacts, NodeFacts> change) =>
        Well with { Nodes = [.. Well.Nodes.Select(node => node.Node.Address.Port == port ? change(node) : node)] };

    private static DoctorFinding Find(string id, GroupFacts facts) => Assert.Single(Checks.Run(facts), finding => finding.Id == id);

    private static void AssertFound(string id, Diagnosis grade, GroupFacts facts)
    {
        DoctorFinding finding = Find(id, facts);
        Assert.True(finding.Diagnosis == grade, $"{id}: {finding.Diagnosis} {finding.Evidence}");
        Assert.NotEmpty(finding.Evidence);
        Assert.NotEmpty(finding.Remedy);
    }
}
