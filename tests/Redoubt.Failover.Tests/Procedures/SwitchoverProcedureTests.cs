using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Failover.Tests.Procedures;

public class SwitchoverProcedureTests
{
    private static readonly NamePlan Name = new()
    {
        Name = "orders.",
        Values = new Dictionary<NodeAddress, string> { [Groups.At(1)] = "old", [Groups.At(2)] = "new", [Groups.At(3)] = "third" },
        TtlSeconds = 1,
    };

    private static readonly SwitchoverRequest Request = new()
    {
        Target = Groups.At(2), Timeout = TimeSpan.FromMilliseconds(500), Deadline = TimeSpan.FromSeconds(2), Name = Name,
    };

    private static readonly SwitchoverIntent Intent = new()
    {
        OldMaster = Groups.At(1), Target = Groups.At(2), Announced = Groups.At(2), History = Groups.History, OldName = "old", NewName = "new",
    };

    [Fact]
    public void Without_faults_the_role_and_the_name_move_and_it_is_proven()
    {
        var cluster = new FakeCluster(seed: 1, siblings: 1);
        var journal = new FakeJournal(cluster);
        ProcedureEnd end = Run(cluster, journal, Intent with { Siblings = [Groups.At(3)] });
        Assert.True(end.Outcome == ProcedureOutcome.Done, $"{end.Summary} {string.Join(' ', end.FollowUps)}");
        Assert.True(end.Proof!.Proven, end.Proof.Evidence);
        Assert.True(cluster.Target.IsMaster);
        Assert.Equal(Groups.At(2), cluster.Nodes[2].Follows);
        Assert.Equal("new", cluster.NameValue);
        // Every step that ended had begun, and the journal is closed.
        Assert.All(journal.Records.Where(record => record.Mark is JournalMark.Done or JournalMark.Failed),
            record => Assert.Contains(journal.Records, intent => intent.Mark == JournalMark.Intent && intent.Step == record.Step));
        Assert.Equal(JournalMark.End, journal.Records[^1].Mark);
    }

    [Fact]
    public void A_stop_before_the_hand_over_puts_the_name_back()
    {
        var cluster = new FakeCluster(seed: 1);
        var stop = new FakeOperator(cluster);
        var journal = new StoppingJournal(new FakeJournal(cluster), stop);
        var ports = new ProcedurePorts(cluster, journal, stop, cluster, new NoHooks(), null);
        ProcedureEnd end = Ended(new SwitchoverProcedure(ports, Intent, Request).RunAsync());
        Assert.Equal(ProcedureOutcome.RolledBack, end.Outcome);
        Assert.Equal("old", cluster.NameValue);
        Assert.True(cluster.Old.WouldWrite(cluster.Now));
    }

    [Fact]
    public void A_target_that_never_takes_over_is_aborted_with_writes_paused_until_it_is_seen_to_be_a_replica()
    {
        var cluster = new FakeCluster(seed: 3);
        var journal = new FakeJournal(cluster);
        ProcedureEnd end = Run(cluster, journal, Intent, whenStepBegins: ("hand_over", () => cluster.Target.TurnsSuccessionDown = true));
        Assert.Equal(ProcedureOutcome.RolledBack, end.Outcome);
        Assert.True(cluster.Old.WouldWrite(cluster.Now));
        Assert.Equal("old", cluster.NameValue);
    }

    [Fact]
    public void A_tool_that_dies_after_any_record_leaves_what_another_finishes_or_undoes()
    {
        int records = RecordsOf();
        Assert.InRange(records, 20, 60);
        for (int dies = 1; dies < records; dies++)
        {
            foreach (bool abort in new[] { false, true })
            {
                var cluster = new FakeCluster(seed: dies);
                var journal = new FakeJournal(cluster) { DiesAtRecord = dies };
                Assert.Throws<ToolDied>(() => Run(cluster, journal, Intent));
                cluster.Pass(TimeSpan.FromSeconds(2));
                ProcedureEnd end = Continue(cluster, journal, abort);
                AssertAgreement(cluster, end, $"record {dies}, {(abort ? "abort" : "resume")}");
                Assert.True(end.Outcome is ProcedureOutcome.Done || (abort && end.Outcome == ProcedureOutcome.RolledBack), $"record {dies}: {end.Outcome} {end.Summary}");
            }
        }
    }

    [Fact]
    public void Whatever_fails_and_whenever_the_tool_dies_there_are_never_two_masters_and_the_end_agrees_with_the_state()
    {
        // The same walks every time, so that a build is judged by its change; with REDOUBT_FUZZ_SECONDS, walks that nobody has walked before.
        bool fuzz = int.TryParse(Environment.GetEnvironmentVariable("REDOUBT_FUZZ_SECONDS"), out int seconds);
        long until = Environment.TickCount64 + (seconds * 1000L);
        var outcomes = new Dictionary<ProcedureOutcome, int>();
        int seed = fuzz ? Environment.TickCount : 1;
        int walks = 0;
        for (; fuzz ? Environment.TickCount64 < until : walks < 3000; seed++, walks++)
        {
            ProcedureOutcome outcome = Walk(seed);
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        Assert.True(walks > 100, $"only {walks} walks");
        Assert.True(outcomes.ContainsKey(ProcedureOutcome.Done) && outcomes.ContainsKey(ProcedureOutcome.RolledBack), string.Join(' ', outcomes));
        TestContext.Current.TestOutputHelper?.WriteLine($"{walks} walks: {string.Join(' ', outcomes)}");
    }

    [Theory]
    [InlineData(1)]
    // The old master froze between the pause and the abort that a tool sent, and thawed after another tool had finished without it.
    [InlineData(18298914)]
    public void A_walk_is_replayed_by_its_seed(int seed) => Assert.Equal(Walk(seed), Walk(seed));

    private static ProcedureOutcome Walk(int seed)
    {
        try
        {
            var random = new Random(seed);
            var cluster = new FakeCluster(seed, siblings: random.Next(2), faults: random.NextDouble() * 0.1) { DiesAfter = random.Next(3) == 0 ? -1 : random.Next(200) };
            var journal = new FakeJournal(cluster);
            SwitchoverIntent intent = cluster.Nodes.Length > 2 ? Intent with { Siblings = [Groups.At(3)] } : Intent;
            ProcedureEnd? end = null;
            try
            {
                end = Run(cluster, journal, intent);
            }
            catch (ToolDied)
            {
                // Somebody goes on soon: while a guard lasts.
            }

            for (int attempt = 0; attempt < 4 && (end is null || end.Outcome == ProcedureOutcome.Unknown); attempt++)
            {
                cluster.DiesAfter = -1;
                cluster.Pass(TimeSpan.FromSeconds(random.Next(10)));
                cluster.DiesAfter = attempt < 2 && random.Next(2) == 0 ? random.Next(100) : -1;
                if (attempt == 3)
                    cluster.Heal();
                try
                {
                    end = Continue(cluster, journal, abort: random.Next(3) == 0, intent);
                }
                catch (ToolDied)
                {
                    end = null;
                }
            }

            cluster.Heal();
            AssertAgreement(cluster, end!, "the end");
            return end!.Outcome;
        }
        catch (Exception error) when (error is not ToolDied)
        {
            throw new InvalidOperationException($"seed {seed}: {error.Message}", error);
        }
    }

    /// <summary>What the outcome says is how things are.</summary>
    private static void AssertAgreement(FakeCluster cluster, ProcedureEnd end, string when)
    {
        string story = $"{when}: {end.Outcome} {end.Summary} {string.Join(' ', end.FollowUps)}; name {cluster.NameValue}\n{string.Join('\n', cluster.Told)}";
        Assert.True(cluster.Nodes.Count(node => node.IsMaster) <= 1 || end.Outcome == ProcedureOutcome.Unknown, story);
        switch (end.Outcome)
        {
            case ProcedureOutcome.Done:
                Assert.True(cluster.Target.IsMaster && cluster.Target.WouldWrite(cluster.Now) && !cluster.Old.IsMaster && cluster.NameValue == "new", story);
                break;
            case ProcedureOutcome.DoneWithFollowUps:
                Assert.True(cluster.Target.IsMaster && end.FollowUps.Count > 0, story);
                break;
            case ProcedureOutcome.RolledBack or ProcedureOutcome.Refused:
                Assert.True(cluster.Old.IsMaster && cluster.NameValue == "old", story);
                break;
            default:
                Assert.Equal(ProcedureOutcome.Unknown, end.Outcome);
                break;
        }
    }

    private static int RecordsOf()
    {
        var cluster = new FakeCluster(seed: 1);
        var journal = new FakeJournal(cluster);
        Run(cluster, journal, Intent);
        return journal.Records.Count;
    }

    private static ProcedureEnd Run(FakeCluster cluster, FakeJournal journal, SwitchoverIntent intent, (string Step, Action Act)? whenStepBegins = null)
    {
        IProcedureJournal writing = whenStepBegins is { } when ? new ActingJournal(journal, when.Step, when.Act) : journal;
        var ports = new ProcedurePorts(cluster, writing, new FakeOperator(cluster), cluster, new NoHooks(), null);
        return Ended(new SwitchoverProcedure(ports, intent, Request).RunAsync());
    }

    private static ProcedureEnd Continue(FakeCluster cluster, FakeJournal journal, bool abort, SwitchoverIntent? intent = null)
    {
        var past = new JournalPast([.. journal.Records]);
        journal.DiesAtRecord = -1;
        var ports = new ProcedurePorts(cluster, journal, new FakeOperator(cluster), cluster, new NoHooks(), null);
        var procedure = new SwitchoverProcedure(ports, intent ?? Intent, Request);
        return Ended(abort ? procedure.AbortAsync(past) : procedure.ResumeAsync(past));
    }

    /// <summary>Nothing in memory waits for anything, so it has ended.</summary>
    private static ProcedureEnd Ended(Task<ProcedureEnd> procedure)
    {
        Assert.True(procedure.IsCompleted);
        return procedure.GetAwaiter().GetResult();
    }

    private sealed class ActingJournal(IProcedureJournal inner, string step, Action act) : IProcedureJournal
    {
        public void Write(JournalMark mark, string written, params ReadOnlySpan<(string Name, string Value)> facts)
        {
            inner.Write(mark, written, facts);
            if (mark == JournalMark.Intent && written == step)
                act();
        }
    }

    private sealed class StoppingJournal(IProcedureJournal inner, FakeOperator stop) : IProcedureJournal
    {
        public void Write(JournalMark mark, string step, params ReadOnlySpan<(string Name, string Value)> facts)
        {
            inner.Write(mark, step, facts);
            stop.WantsToStop |= step == "recheck";
        }
    }
}
