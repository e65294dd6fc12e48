using System.Text.Json;
using Redoubt.Failover;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests;

public class GroupProbeTests
{
    private static readonly Dictionary<NodeAddress, string> NoNames = [];

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task From_any_one_node_the_whole_group_is_found(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(2, master, replica);
        foreach (ServerProcess start in group.All)
        {
            using var probe = new GroupProbe([LiveGroup.AddressOf(start)], new ProbeOptions());
            GroupObservation seen = await probe.ObserveAsync();
            Assert.Equal(group.All.Select(LiveGroup.AddressOf).ToHashSet(), seen.Nodes.Select(node => node.Address).ToHashSet());
            Assert.Equal(LiveGroup.AddressOf(group.Master), seen.Master!.Address);
            GroupAnalysis analysis = GroupAnalysis.Of(seen);
            Assert.True(analysis.Severity == Severity.Healthy, $"{analysis.Summary} {string.Join(' ', analysis.Findings)}");
        }
    }

    [Fact]
    public async Task Two_addresses_of_one_process_are_one_node()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        var byName = new NodeAddress("localhost", group.Master.Port);
        using var probe = new GroupProbe([byName, LiveGroup.AddressOf(group.Replicas[0])], new ProbeOptions());
        for (int round = 0; round < 2; round++)
        {
            GroupObservation seen = await probe.ObserveAsync();
            Assert.Equal(2, seen.Nodes.Count);
            Assert.Equal(byName, seen.Master!.Address);
            Assert.Equal([LiveGroup.AddressOf(group.Master)], seen.Master.Aliases);
            Assert.Same(seen.Master, seen.MasterOf(seen.Nodes.Single(node => node.IsReplica)));
        }
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_node_that_dies_stays_on_the_list_with_the_reason(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(1, master, replica);
        using var probe = new GroupProbe([LiveGroup.AddressOf(group.Master)], new ProbeOptions());
        await probe.ObserveAsync();
        group.Replicas[0].Signal("KILL");
        group.Master.AskUntil(info => info.Contains("connected_slaves:0"), "INFO", "replication");
        StatusReport report = await StatusReport.TakeAsync(probe, NoNames);
        StatusRow dead = Assert.Single(report.Rows, row => row.Link == "unreachable");
        Assert.Equal(group.Replicas[0].Port, dead.Node.Address.Port);
        Assert.Equal(Severity.Degraded, report.Analysis.Severity);
    }

    [Fact]
    public async Task A_missing_password_is_told_apart_from_a_dead_node()
    {
        using ServerProcess server = RedisServers.Redis("--requirepass", "secret");
        using (var without = new GroupProbe([LiveGroup.AddressOf(server)], new ProbeOptions()))
            Assert.Equal(NodeFailureKind.AccessDenied, (await without.ObserveAsync()).Nodes[0].Failure!.Kind);
        using var with = new GroupProbe([LiveGroup.AddressOf(server)], new ProbeOptions { Password = "secret" });
        Assert.True((await with.ObserveAsync()).Nodes[0].IsMaster);
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_frozen_node_costs_its_timeout_once_and_the_others_are_still_seen(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(2, master, replica);
        using var probe = new GroupProbe(group.All.Select(LiveGroup.AddressOf), new ProbeOptions { Timeout = TimeSpan.FromMilliseconds(1500) });
        group.Replicas[0].Signal("STOP");
        GroupObservation seen = await probe.ObserveAsync();
        group.Replicas[0].Signal("CONT");
        Assert.Equal(NodeFailureKind.Unreachable, seen.Find(LiveGroup.AddressOf(group.Replicas[0]))!.Failure!.Kind);
        Assert.Equal(2, seen.Nodes.Count(node => node.Failure is null));
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task The_report_shows_what_the_servers_say(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(1, master, replica);
        group.Master.Ask("SET", "key", new string('x', 10_000));
        group.WaitUntilCaughtUp();
        using var probe = new GroupProbe([LiveGroup.AddressOf(group.Master)], new ProbeOptions());
        StatusReport report = await StatusReport.TakeAsync(probe, new Dictionary<NodeAddress, string> { [LiveGroup.AddressOf(group.Master)] = "node-1" });
        Assert.Equal("node-1", report.Rows[0].Name);
        Assert.Equal("master", report.Rows[0].Role);
        Assert.Equal(("replica", "up", 0L, Lag.None), (report.Rows[1].Role, report.Rows[1].Link, report.Rows[1].BehindBytes!.Value, report.Rows[1].Behind));
        Assert.True(report.Rows[0].Node.Offset!.Value.Value > 10_000);
        Assert.All(report.Rows, row => Assert.StartsWith("7.", row.Node.Vitals.Version));
        Assert.All(report.Rows, row => Assert.True(row.Node.Vitals is { Clients: > 0, UsedMemoryBytes: > 10_000, OpsPerSecond: >= 0, ProcessId: > 0 }));

        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        Assert.Equal("healthy", json.RootElement.GetProperty("severity").GetString());
        Assert.Equal(0, json.RootElement.GetProperty("nodes")[1].GetProperty("behind_bytes").GetInt64());
    }
}
