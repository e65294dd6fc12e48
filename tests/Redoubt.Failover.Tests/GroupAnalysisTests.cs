using Redoubt.Topology;

namespace Redoubt.Failover.Tests;

public class GroupAnalysisTests
{
    [Fact]
    public void A_group_that_is_well_has_no_findings()
    {
        GroupAnalysis analysis = GroupAnalysis.Of(Groups.Healthy(2));
        Assert.Equal(Severity.Healthy, analysis.Severity);
        Assert.Empty(analysis.Findings);
        Assert.Equal("HEALTHY: 10.0.0.1:1 is the master, 2 of 2 replicas linked", analysis.Summary);
    }

    [Fact]
    public void Each_trouble_is_named_by_its_rule()
    {
        GroupObservation well = Groups.Healthy(2);
        AssertFinding("no_master", Severity.Broken, well.With(1, _ => Groups.Silent(1)));
        AssertFinding("unreachable", Severity.Degraded, well.With(2, _ => Groups.Silent(2)));
        AssertFinding("several_masters", Severity.Broken, well.With(2, _ => Groups.Master(2)));
        AssertFinding("no_replica", Severity.Degraded, new GroupObservation([Groups.Master(1)]));
        AssertFinding("link_down", Severity.Degraded, well.With(2, node => node.WithLink(link => link with { IsUp = false, DownSinceSeconds = 7 })));
        AssertFinding("full_resync", Severity.Degraded, well.With(2, node => node.WithLink(link => link with { IsUp = false, Sync = new SyncProgress(10, 5, 0) })));
        AssertFinding("loading", Severity.Broken, well.With(1, node => node with { Vitals = node.Vitals with { Loading = true } }));
        AssertFinding("failover_running", Severity.Degraded, well.With(1, node => node.With(info => info with { FailoverState = FailoverState.WaitingForSync })));
        AssertFinding("failover_stuck", Severity.Broken, well.With(2, node => node.With(info => info with { FailoverState = FailoverState.FailoverInProgress })));
        AssertFinding("unknown_to_master", Severity.Degraded, Groups.Healthy().With(1, node => node.With(info => info with { Replicas = [] })));
    }

    [Fact]
    public void The_worst_comes_first_and_sets_the_whole()
    {
        GroupAnalysis analysis = GroupAnalysis.Of(Groups.Healthy(2).With(1, _ => Groups.Silent(1)));
        Assert.Equal(Severity.Broken, analysis.Severity);
        Assert.Equal("no_master", analysis.Findings[0].Rule);
        Assert.StartsWith("BROKEN: 0 masters", analysis.Summary);
    }

    [Fact]
    public void Bytes_behind_are_counted_only_along_one_history()
    {
        GroupObservation group = Groups.Healthy(3).With(2, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(900) }))
            .With(3, node => node.With(info => info with { ReplicationId = ReplicationId.None }))
            .With(4, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(1005) }));
        Assert.Equal(100, group.BytesBehind(group.Nodes[1]));
        Assert.Null(group.BytesBehind(group.Nodes[2]));
        Assert.Equal(0, group.BytesBehind(group.Nodes[3]));
        Assert.Null(group.BytesBehind(group.Nodes[0]));
    }

    [Fact]
    public void A_node_is_found_by_any_of_its_addresses()
    {
        NodeObservation node = Groups.Master(1) with { Aliases = [new NodeAddress("redis-a", 6379)] };
        Assert.Same(node, new GroupObservation([node]).Find(new NodeAddress("REDIS-A", 6379)));
    }

    private static void AssertFinding(string rule, Severity severity, GroupObservation group)
    {
        Finding finding = Assert.Single(GroupAnalysis.Of(group).Findings, finding => finding.Rule == rule);
        Assert.Equal(severity, finding.Severity);
        Assert.NotEmpty(finding.Remedy);
    }
}
