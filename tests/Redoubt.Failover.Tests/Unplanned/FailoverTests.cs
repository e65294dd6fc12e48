using Redoubt.Failover.Procedures;
using Redoubt.Failover.Tests.Procedures;
using Redoubt.Failover.Unplanned;
using Redoubt.Topology;

namespace Redoubt.Failover.Tests.Unplanned;

public class FailoverTests
{
    private static readonly FailoverRequest Request = new() { Rules = new SwitchoverRequest { Deadline = TimeSpan.FromSeconds(1) } };

    private static GroupObservation Dead(string reason, bool linkUp = false, int replicas = 2)
    {
        GroupObservation group = Groups.Healthy(replicas).With(1, _ => Groups.Silent(1) with { Failure = new NodeFailure(NodeFailureKind.Unreachable, reason) });
        for (int port = 2; port < replicas + 2; port++)
            group = group.With(port, node => node.WithLink(link => link with { IsUp = linkUp, DownSinceSeconds = linkUp ? null : 34 }));
        return group;
    }

    [Theory]
    [InlineData("connection refused (nothing listens there)", false, MasterVerdict.ProcessDown)]
    [InlineData("no reply within 1000 ms", false, MasterVerdict.Hung)]
    [InlineData("no route to host", false, MasterVerdict.HostDown)]
    [InlineData("no route to host", true, MasterVerdict.OnlyWeCannotSee)]
    [InlineData("BUSY Redis is busy running a script.", false, MasterVerdict.Busy)]
    public void The_verdict_rests_on_both_sides(string reason, bool linkUp, MasterVerdict verdict)
    {
        var diagnosis = MasterDiagnosis.Of(Dead(reason, linkUp), Groups.At(1));
        Assert.Equal(verdict, diagnosis.Verdict);
        Assert.Contains(reason, diagnosis.Evidence);
        Assert.Equal(diagnosis.IsGone, FailoverPlanner.Plan(Dead(reason, linkUp), Request).Refusal is null);
    }

    [Fact]
    public void A_master_that_lives_or_loads_is_not_failed_over()
    {
        Assert.Equal(MasterVerdict.Alive, MasterDiagnosis.Of(Groups.Healthy(), Groups.At(1)).Verdict);
        Assert.Contains("switchover", FailoverPlanner.Plan(Groups.Healthy(), Request).Refusal!.Remedy);
        GroupObservation loading = Groups.Healthy().With(1, node => node with { Vitals = node.Vitals with { Loading = true } });
        Assert.Contains("--wait-recovery", FailoverPlanner.Plan(loading, Request).Refusal!.Remedy);
    }

    [Fact]
    public void The_replica_that_has_most_is_taken_and_another_one_only_when_the_loss_is_accepted()
    {
        GroupObservation group = Dead("no route to host").With(3, node => node.WithLink(link => link with { AppliedOffset = new ReplicationOffset(1100), IsUp = false }));
        FailoverPlan plan = FailoverPlanner.Plan(group, Request);
        Assert.Equal(3, plan.Target!.Address.Port);
        Assert.Equal([2], plan.Siblings.Select(node => node.Address.Port));
        Assert.Equal(["pre_hooks", "fence", "evidence", "promote", "tail", "probe", "siblings", "persist", "post_hooks"], plan.Steps.Select(step => step.Name));
        FailoverPlan named = FailoverPlanner.Plan(group, Request with { Target = Groups.At(2) });
        Assert.Equal("data_loss", named.Refusal!.Rule);
        Assert.Contains("100 bytes", named.Refusal.Evidence);
        Assert.Null(FailoverPlanner.Plan(group, Request with { Target = Groups.At(2), AcceptDataLoss = true }).Refusal);
        var rules = new SwitchoverRequest { Promote = new Dictionary<NodeAddress, PromoteRule> { [Groups.At(3)] = PromoteRule.Never } };
        Assert.Equal("data_loss", FailoverPlanner.Plan(group, Request with { Rules = rules }).Refusal!.Rule);
    }

    [Fact]
    public void Without_a_verified_fence_nothing_is_promoted_unless_that_is_accepted()
    {
        var cluster = DeadCluster(seed: 1);
        ProcedureEnd end = Run(cluster, new FakeJournal(cluster), [new FakeFence(cluster, works: false)], accept: false);
        Assert.Equal(ProcedureOutcome.RolledBack, end.Outcome);
        Assert.Contains("--accept-unfenced", end.Summary);
        Assert.False(cluster.Target.IsMaster);
        // Dead for good, which the operator knows and the tool does not: otherwise the cluster would rightly find two masters.
        cluster.Old.Fenced = true;
        end = Run(cluster, new FakeJournal(cluster), [new FakeFence(cluster, works: false)], accept: true);
        Assert.Equal(ProcedureOutcome.DoneWithFollowUps, end.Outcome);
        Assert.True(cluster.Target.IsMaster);
        Assert.Contains(end.FollowUps, sentence => sentence.Contains("quarantine"));
    }

    [Fact]
    public void Whatever_fails_and_whenever_the_tool_dies_a_fenced_failover_never_makes_two_masters()
    {
        bool fuzz = int.TryParse(Environment.GetEnvironmentVariable("REDOUBT_FUZZ_SECONDS"), out int seconds);
        long until = Environment.TickCount64 + (seconds * 1000L);
        var outcomes = new Dictionary<ProcedureOutcome, int>();
        int walks = 0;
        for (int seed = fuzz ? Environment.TickCount : 1; fuzz ? Environment.TickCount64 < until : walks < 3000; seed++, walks++)
        {
            ProcedureOutcome outcome = Walk(seed);
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        Assert.True(outcomes.ContainsKey(ProcedureOutcome.DoneWithFollowUps) && outcomes.ContainsKey(ProcedureOutcome.RolledBack), string.Join(' ', outcomes));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(' ', outcomes));
    }

    private static ProcedureOutcome Walk(int seed)
    {
        try
        {
            var random = new Random(seed);
            FakeCluster cluster = DeadCluster(seed, faults: random.NextDouble() * 0.1);
            cluster.DiesAfter = random.Next(3) == 0 ? -1 : random.Next(40);
            var journal = new FakeJournal(cluster);
            IFence[] fences = [new FakeFence(cluster, works: random.Next(2) == 0), new FakeFence(cluster, works: random.Next(4) > 0)];
            ProcedureEnd? end = Live(() => Run(cluster, journal, fences, accept: false));
            for (int attempt = 0; attempt < 4 && (end is null || end.Outcome == ProcedureOutcome.Unknown); attempt++)
            {
                cluster.DiesAfter = -1;
                cluster.Pass(TimeSpan.FromSeconds(random.Next(10)));
                cluster.DiesAfter = attempt < 2 && random.Next(2) == 0 ? random.Next(30) : -1;
                if (attempt == 3)
                    cluster.Heal();
                end = Live(() => Continue(cluster, journal, fences, abort: random.Next(3) == 0));
            }

            cluster.Heal();
            string story = $"{end!.Outcome} {end.Summary} {string.Join(' ', end.FollowUps)}\n{string.Join('\n', cluster.Told)}";
            if (end.Outcome == ProcedureOutcome.DoneWithFollowUps)
                Assert.True(cluster.Target.IsMaster && (cluster.Old.Fenced || !cluster.Old.IsMaster), story);
            else if (end.Outcome != ProcedureOutcome.Unknown)
                Assert.True(!cluster.Target.IsMaster && !cluster.Old.Fenced, story);
            return end.Outcome;
        }
        catch (Exception error) when (error is not ToolDied)
        {
            throw new InvalidOperationException($"seed {seed}: {error.Message}", error);
        }
    }

    private static ProcedureEnd? Live(Func<ProcedureEnd> life)
    {
        try
        {
            return life();
        }
        catch (ToolDied)
        {
            return null;
        }
    }

    private static FakeCluster DeadCluster(int seed, double faults = 0)
    {
        var cluster = new FakeCluster(seed, faults: faults);
        (cluster.Old.Frozen, cluster.Old.CutFromPeers) = (true, true);
        return cluster;
    }

    private static ProcedureEnd Run(FakeCluster cluster, FakeJournal journal, IFence[] fences, bool accept) =>
        Procedure(cluster, journal, fences, accept).RunAsync().GetAwaiter().GetResult();

    private static ProcedureEnd Continue(FakeCluster cluster, FakeJournal journal, IFence[] fences, bool abort) =>
        Procedure(cluster, journal, fences, accept: false).ContinueAsync(new JournalPast([.. journal.Records]), abort).GetAwaiter().GetResult();

    private static FailoverProcedure Procedure(FakeCluster cluster, FakeJournal journal, IFence[] fences, bool accept)
    {
        var intent = new SwitchoverIntent { OldMaster = Groups.At(1), Target = Groups.At(2), Announced = Groups.At(2), History = Groups.History };
        var ports = new ProcedurePorts(cluster, journal, new FakeOperator(cluster), cluster, new NoHooks(), null);
        return new FailoverProcedure(ports, intent, Request with { AcceptUnfenced = accept }, fences, new NothingKept());
    }

    /// <summary>Somebody else's: it works whether the node answers or not.</summary>
    private sealed class FakeFence(FakeCluster cluster, bool works) : IFence
    {
        public string Method => "hook:fake";

        public async Task<FenceState> RaiseAsync(NodeAddress node)
        {
            await cluster.WaitAsync(TimeSpan.FromMilliseconds(1));
            cluster.Old.Fenced |= works;
            return new FenceState(works, works, works ? "verified" : "broken");
        }

        public async Task<string?> LowerAsync(NodeAddress node)
        {
            await cluster.WaitAsync(TimeSpan.FromMilliseconds(1));
            if (works)
                cluster.Old.Fenced = false;
            return null;
        }
    }

    private sealed class NothingKept : IEvidence
    {
        public Task<string> KeepAsync(NodeAddress candidate, ReplicationInfo frozen) => Task.FromResult("");

        public Task<string> KeepTailAsync(NodeAddress promoted, ReplicationInfo now) => Task.FromResult("");
    }
}
