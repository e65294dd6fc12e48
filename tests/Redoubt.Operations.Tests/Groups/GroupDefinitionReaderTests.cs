using Redoubt.Failover;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Names;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests.Groups;

public class GroupDefinitionReaderTests
{
    private const string Least = "group: orders\nnodes:\n  - { name: a, addr: 10.0.0.1:6379 }\n";

    [Fact]
    public void A_group_and_its_nodes_are_enough_and_the_rest_is_the_usual()
    {
        GroupDefinition group = GroupDefinitionReader.Parse(Least, "orders.yaml");
        Assert.Equal("orders", group.Name);
        Assert.Equal(new NodeAddress("10.0.0.1", 6379), Assert.Single(group.Nodes).Address);
        Assert.Equal("none", group.Dns.Provider);
        Assert.Equal(TimeSpan.FromSeconds(15), group.Gates.Deadline);
        Assert.Equal(["min-replicas"], group.Fence.Methods);
    }

    [Fact]
    public void Everything_that_can_be_said_is_read()
    {
        GroupDefinition group = GroupDefinitionReader.Parse("""
            group: orders
            nodes:
              - { name: redis-a, addr: "10.0.1.11:6379", site: fra1 }
              - name: redis-b
                addr: "[::1]:6380"
                promote: prefer
                dns: 10.0.9.9
            auth: { user: redoubt, password_file: /etc/redoubt/orders.pw }
            dns:
              provider: none
              name: orders.example.net.
              type: CNAME
              ttl: 30
              server: ns1.example.net
              zone: example.net.
              tsig: { name: redoubt, secret_file: /etc/redoubt/tsig.key }
              command: [/bin/true, set]
              verify: { authoritative: none, resolvers: [10.0.0.2], timeout: 1.5s }
              on_failure: { switchover: continue, failover: rollback }
            gates: { max_lag_bytes: 1mb, max_ack_age: 2s, max_pause: 500ms, deadline: 1m, dns_wait: authoritative }
            clients: { drain: 3s, allow_on_replica: ["name:report-*", "cidr:10.0.9.0/24"], kill_stragglers: always }
            fence:
              methods: [min-replicas, hook:firewall]
              hooks:
                firewall: { on: [/fw, deny], off: [/fw, allow], verify: [/fw, check] }
            evidence: { tail_bytes: 2kb, snapshot: never }
            hooks: { pre_switchover: [[/bin/true, a]], timeout: 5s }
            state_dir: /var/lib/redoubt
            """, "orders.yaml");
        Assert.Equal(new NodeAddress("::1", 6380), group.Find("redis-B")!.Address);
        Assert.Equal(PromoteRule.Prefer, group.Nodes[1].Promote);
        Assert.Equal("10.0.9.9", group.Nodes[1].NameValue);
        Assert.Equal(NameRecordType.Cname, group.Dns.Type);
        Assert.Equal(new NodeAddress("ns1.example.net", 53), group.Dns.Server);
        Assert.Equal(TimeSpan.FromSeconds(1.5), group.Dns.Verification.Timeout);
        Assert.False(group.Dns.Verification.AllAuthoritative);
        Assert.Equal(NameFailureRule.Rollback, group.Dns.OnFailoverFailure);
        Assert.Equal(1024 * 1024, group.Gates.LagBytesMax);
        Assert.Equal(NameWait.Authoritative, group.Gates.NameWait);
        Assert.Equal(["/fw", "check"], group.Fence.Hooks["firewall"].Verify);
        Assert.Equal(["/bin/true", "a"], Assert.Single(group.Hooks.Commands["pre_switchover"]));
        Assert.Equal("/var/lib/redoubt", group.StateFolder);
    }

    [Theory]
    [InlineData("gates: { deadlin: 5s }", "g.yaml:4:10: unknown key 'deadlin'; did you mean 'deadline'?")]
    [InlineData("gates:\n  max_pause: 5", "g.yaml:5:14: 'max_pause' is a time such as 500ms, 10s, 5m or 1h, not '5'")]
    [InlineData("gates: { max_pause: 20s, deadline: 10s }", "g.yaml:4:36: 'deadline' covers the whole hand-over")]
    [InlineData("gates: 5", "g.yaml:4:8: 'gates' has to be a mapping")]
    [InlineData("whatever: 1", "g.yaml:4:1: unknown key 'whatever'; known here: auth, clients, dns, evidence,")]
    [InlineData("auth: { password: x }", "g.yaml:4:19: a password is never written into the group file")]
    [InlineData("dns: { provider: bind, name: a. }", "g.yaml:4:18: 'provider' is one of ")]
    [InlineData("clients: { allow_on_replica: [report] }", "g.yaml:4:30: 'report' is no rule for clients")]
    [InlineData("fence: { methods: [hook:none] }", "g.yaml:4:19: 'hook:none' is no method of fencing")]
    [InlineData("hooks: { pre_switchover: [/bin/true] }", "g.yaml:4:27: 'pre_switchover' is a list of commands")]
    [InlineData("nodes: []", "g.yaml:4:1: ")]
    [InlineData("evidence: { snapshot: [a", "g.yaml:5:1: ")]
    public void What_may_not_be_said_is_an_error_with_its_place(string more, string expected)
    {
        var error = Assert.Throws<GroupDefinitionException>(() => GroupDefinitionReader.Parse(Least + more + "\n", "g.yaml"));
        Assert.StartsWith(expected, error.Message);
    }

    [Theory]
    [InlineData("group: or/ders\nnodes: [{ addr: a:1 }]", "g.yaml:1:8: 'or/ders' is no name of a group")]
    [InlineData("group: a\nnodes: [{ addr: a:99999 }]", "g.yaml:2:17: 'a:99999' is not an address")]
    [InlineData("group: a\nnodes: [{ addr: a:1 }, { addr: a:1, name: x }]", "g.yaml:2:32: two nodes have the address a:1")]
    [InlineData("group: a\nnodes: []", "g.yaml:2:8: 'nodes' has to name at least one node")]
    [InlineData("", "g.yaml:1:1: a group file is one YAML document")]
    public void Nodes_and_names_are_checked(string text, string expected)
    {
        var error = Assert.Throws<GroupDefinitionException>(() => GroupDefinitionReader.Parse(text, "g.yaml"));
        Assert.StartsWith(expected, error.Message);
    }

    [Fact]
    public void The_password_is_read_from_the_file_or_the_named_variable_only()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "secret\n");
            Assert.Equal("secret", new Login { PasswordFile = file }.ReadPassword());
            Assert.Throws<GroupDefinitionException>(() => new Login { PasswordVariable = "REDOUBT_TEST_NO_SUCH_VARIABLE" }.ReadPassword());
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Throws<GroupDefinitionException>(() => new Login { PasswordFile = file }.ReadPassword());
    }
}
