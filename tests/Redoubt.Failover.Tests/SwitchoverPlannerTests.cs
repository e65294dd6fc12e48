using Redoubt.Topology;

namespace Redoubt.Failover.Tests;

public class SwitchoverPlannerTests
{
    private static readonly SwitchoverRequest Any = new();

    [Fact]
    public void A_healthy_pair_yields_a_plan_without_refusals()
    {
        SwitchoverPlan plan = SwitchoverPlanner.Plan(Groups.Healthy(), Any);
        Assert.True(plan.IsAllowed, plan.ToText());
        Assert.Equal(Groups.At(1), plan.OldMaster!.Address);
        Assert.Equal(Groups.At(2), plan.TargetAsAnnounced);
        Assert.Equal(["pre_hooks", "roll_call", "catch_up", "recheck", "hand_over", "prove", "probe", "follow", "persist", "clients", "post_hooks"], plan.Steps.Select(step => step.Name));
        Assert.Contains("FAILOVER TO 10.0.0.1 2 TIMEOUT 5000", plan.ToText());
    }

    [Fact]
    public void FAILOVER_is_given_the_address_by_which_the_master_knows_the_target()
    {
        var announced = new NodeAddress("172.17.0.3", 6379);
        GroupObservation group = Groups.Healthy()
            .With(1, node => node.With(info => info with { Replicas = [info.Replicas[0] with { Address = announced }] }))
            .With(2, node => node with { Aliases = [announced] });
        SwitchoverPlan plan = SwitchoverPlanner.Plan(group, Any with { Target = Groups.At(2) });
        Assert.True(plan.IsAllowed, plan.ToText());
        Assert.Equal(announced, plan.TargetAsAnnounced);
    }

    [Fact]
    public void Every_refusal_names_its_rule_and_a_remedy_and_lays_out_no_steps()
    {
        GroupObservation well = Groups.Healthy(2);
        AssertRefused("single_master", well.With(1, _ => Groups.Silent(1)));
        AssertRefused("single_master", well.With(2, _ => Groups.Master(2)));
        AssertRefused("master_ready", well.With(1, node => node.With(info => info with { FailoverState = FailoverState.WaitingForSync })));
        AssertRefused("master_ready", well.With(1, node => node with { Vitals = node.Vitals with { Loading = true } }));
        AssertRefused("failover_supported", well.With(1, node => node with { Vitals = node.Vitals with { Version = "6.0.16" } }));
        AssertRefused("target", well, Groups.At(9));
        AssertRefused("target", well, Groups.At(1));
        AssertRefused("target", well.With(2, _ => Groups.Silent(2)), Groups.At(2));
        AssertRefused("target", well.With(1, node => node.With(info => info with { Replicas = [] })), Groups.At(2));
        AssertRefused("target", new GroupObservation([Groups.Master(1)]));
        AssertRefused("link_up", well.With(2, node => node.WithLink(link => link with { IsUp = false })), Groups.At(2));
        AssertRefused("lag", well.With(2, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(0) })), Groups.At(2), 999);
        AssertRefused("lag", well.With(2, node => node.With(info => info with { ReplicationId = ReplicationId.None })), Groups.At(2));
        AssertRefused("ack_age", well.With(1, node => node.With(info => info with { Replicas = [info.Replicas[0] with { LagSeconds = 11 }] })), Groups.At(2));
        AssertRefused("version", well.With(2, node => node with { Vitals = node.Vitals with { Version = "6.2.7" } }), Groups.At(2));
        AssertRefused("read_only", well.With(2, node => node.WithLink(link => link with { ReadOnly = false })), Groups.At(2));
    }

    [Fact]
    public void Lag_up_to_the_limit_is_allowed()
    {
        GroupObservation group = Groups.Healthy().With(2, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(0) }));
        Assert.True(SwitchoverPlanner.Plan(group, Any with { LagBytesMax = 1000 }).IsAllowed);
    }

    [Fact]
    public void Without_a_name_the_preferred_and_then_the_most_advanced_replica_is_chosen()
    {
        GroupObservation group = Groups.Healthy(3).With(3, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(1001) }));
        Assert.Equal(3, SwitchoverPlanner.Plan(group, Any).Target!.Address.Port);
        group = group.With(4, node => node.WithLink(link => link with { Priority = 10 }));
        Assert.Equal(4, SwitchoverPlanner.Plan(group, Any).Target!.Address.Port);
        group = group.With(4, node => node.WithLink(link => link with { Priority = 0 }));
        Assert.Equal(3, SwitchoverPlanner.Plan(group, Any).Target!.Address.Port);
    }

    [Fact]
    public void A_replica_that_must_never_be_promoted_can_still_be_named()
    {
        GroupObservation group = Groups.Healthy().With(2, node => node.WithLink(link => link with { Priority = 0 }));
        Assert.False(SwitchoverPlanner.Plan(group, Any).IsAllowed);
        SwitchoverPlan named = SwitchoverPlanner.Plan(group, Any with { Target = Groups.At(2) });
        Assert.True(named.IsAllowed);
        Assert.Contains(named.Checks, check => check is { Rule: "priority", Outcome: CheckOutcome.Noted });
    }

    [Fact]
    public void The_operator_s_rule_goes_before_priority_and_never_is_never()
    {
        GroupObservation group = Groups.Healthy(3).With(2, node => node.WithLink(link => link with { Priority = 1 }));
        var rules = new Dictionary<NodeAddress, PromoteRule> { [Groups.At(2)] = PromoteRule.Avoid, [Groups.At(3)] = PromoteRule.Never, [Groups.At(4)] = PromoteRule.Prefer };
        Assert.Equal(4, SwitchoverPlanner.Plan(group, Any with { Promote = rules }).Target!.Address.Port);
        SwitchoverPlan never = SwitchoverPlanner.Plan(group, Any with { Promote = rules, Target = Groups.At(3) });
        Assert.Equal("promote", never.Refusal!.Rule);
    }

    [Fact]
    public void A_name_moves_before_the_role_and_every_step_until_then_can_be_undone()
    {
        var name = new NamePlan { Name = "orders.", Values = new Dictionary<NodeAddress, string> { [Groups.At(1)] = "10.9.9.1", [Groups.At(2)] = "10.9.9.2" } };
        SwitchoverPlan plan = SwitchoverPlanner.Plan(Groups.Healthy(), Any with { Name = name });
        string[] names = [.. plan.Steps.Select(step => step.Name)];
        Assert.Equal(["name_change", "name_verify", "recheck", "hand_over"], names[3..7]);
        Assert.Contains("orders.: 10.9.9.1 -> 10.9.9.2", plan.ToText());
        Assert.Contains("undo: orders.: 10.9.9.2 -> 10.9.9.1", plan.ToText());
        Assert.DoesNotContain("undo:", plan.ToText(explain: false));
    }

    [Fact]
    public void Siblings_are_pointed_at_the_new_master_and_chained_replicas_are_left_alone()
    {
        GroupObservation group = Groups.Healthy(3).With(4, node => node.WithLink(link => link with { Address = Groups.At(3) }));
        SwitchoverPlan plan = SwitchoverPlanner.Plan(group, Any with { Target = Groups.At(2) });
        Assert.Equal([3], plan.Siblings.Select(node => node.Address.Port));
        Assert.Contains(plan.Steps, step => step.Name == "siblings" && step.Act.Contains("REPLICAOF 10.0.0.1 2"));
    }

    private static void AssertRefused(string rule, GroupObservation group, NodeAddress? target = null, long limit = long.MaxValue)
    {
        SwitchoverPlan plan = SwitchoverPlanner.Plan(group, Any with { Target = target, LagBytesMax = limit });
        Assert.False(plan.IsAllowed);
        Assert.Empty(plan.Steps);
        Check check = Assert.Single(plan.Checks, check => check.Outcome == CheckOutcome.Refused && check.Rule == rule);
        Assert.NotEmpty(check.Remedy);
    }
}
