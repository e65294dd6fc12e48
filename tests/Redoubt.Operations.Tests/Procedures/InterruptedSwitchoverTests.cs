using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests.Procedures;

public sealed class InterruptedSwitchoverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-state-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task After_any_record_another_process_finishes_and_no_two_nodes_ever_accept_writes(ServerKind kind)
    {
        using LiveGroup group = LiveGroup.Start(1, kind, kind);
        ServerProcess[] roles = [group.Master, group.Replicas[0]];
        int records = int.MaxValue;
        for (int dies = 1; dies < records; dies++)
        {
            var state = new StateFolder(_folder, $"dies-{dies}");
            using MasterSampler sampler = MasterSampler.Start(roles);
            int written = await DieAsync(roles, state, dies);
            SwitchoverResult? result = await ContinueAsync(roles, state);
            IReadOnlyList<int> accepted = sampler.Stop();
            Assert.True(accepted.Count <= 2, $"record {dies}: {string.Join(' ', accepted)}");
            if (result is null)
            {
                // It came to its end before it could die.
                records = written;
                Assert.InRange(dies, 15, 60);
            }
            else
            {
                Assert.True(result.Outcome == ProcedureOutcome.Done, $"record {dies}: {result.Outcome} {result.Summary} {string.Join(' ', result.FollowUps)}");
                Assert.Null(state.Unfinished());
                Assert.Null(state.Read(1)!.BrokenAt);
            }

            Array.Reverse(roles);
            Assert.Contains("role:master", roles[0].Ask("INFO", "replication"));
            Assert.Contains($"master_port:{roles[0].Port}", roles[1].Ask("INFO", "replication"));
            await WaitUntilPlannableAsync(roles);
        }
    }

    [Fact]
    public async Task What_was_begun_and_not_handed_over_can_be_undone_and_blocks_others_until_then()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        ServerProcess[] roles = [group.Master, group.Replicas[0]];
        var state = new StateFolder(_folder, "undone");
        await DieAsync(roles, state, 5);
        using var probe = ProbeOf(roles);
        var switchover = new Switchover(probe, new OperationOptions { State = state });
        await Assert.ThrowsAsync<GroupBusyException>(() => switchover.RunAsync(new SwitchoverRequest()));
        SwitchoverResult? undone = await switchover.ContinueAsync(new SwitchoverRequest(), abort: true);
        Assert.Equal(ProcedureOutcome.RolledBack, undone!.Outcome);
        Assert.Contains("role:master", group.Master.Ask("INFO", "replication"));
        Assert.Null(await switchover.ContinueAsync(new SwitchoverRequest(), abort: true));
        SwitchoverResult done = await switchover.RunAsync(new SwitchoverRequest());
        Assert.True(done.Outcome == ProcedureOutcome.Done, done.Summary);
        Assert.Equal(2, done.Number);
    }

    [Fact]
    public async Task Two_at_once_on_one_group_exclude_each_other_on_this_machine_and_across_machines()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        ServerProcess[] roles = [group.Master, group.Replicas[0]];
        using var probe = ProbeOf(roles);
        var here = new StateFolder(_folder, "same");
        using (here.Lock())
            await Assert.ThrowsAsync<GroupBusyException>(() => new Switchover(probe, new OperationOptions { State = here }).RunAsync(new SwitchoverRequest()));
        using RespConnection other = group.Replicas[0].Connect();
        other.Call("CLIENT", "SETNAME", "redoubt-op:7:elsewhere-1").OrThrow();
        var error = await Assert.ThrowsAsync<GroupBusyException>(() => new Switchover(probe, new OperationOptions { State = here }).RunAsync(new SwitchoverRequest()));
        Assert.Contains("redoubt-op:7:elsewhere-1", error.Message);
    }

    [Fact]
    public async Task Clients_that_stay_are_cut_off_unless_they_are_allowed_to_stay()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        using RespConnection subscriber = group.Master.Connect();
        subscriber.Call("CLIENT", "SETNAME", "worker-7").OrThrow();
        subscriber.Call("SUBSCRIBE", "news").OrThrow();
        using RespConnection report = group.Master.Connect();
        report.Call("CLIENT", "SETNAME", "report-nightly").OrThrow();
        using var probe = ProbeOf([group.Master, group.Replicas[0]]);
        var request = new SwitchoverRequest { Stragglers = StragglerRule.Ask, AllowedOnReplica = new ClientRules(["name:report-*", "name:"]) };
        List<string> asked = [];
        SwitchoverResult result = await new Switchover(probe, new OperationOptions
        {
            Ask = question =>
            {
                asked.Add(question);
                return true;
            },
        }).RunAsync(request);
        Assert.True(result.Outcome == ProcedureOutcome.Done, $"{result.Summary} {string.Join(' ', result.FollowUps)}");
        Assert.Contains("worker-7", Assert.Single(asked));
        string left = group.Master.Ask("CLIENT", "LIST");
        Assert.DoesNotContain("worker-7", left);
        Assert.Contains("report-nightly", left);
    }

    [Fact]
    public async Task A_hook_that_says_no_ends_it_before_anything_is_changed()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        using var probe = ProbeOf([group.Master, group.Replicas[0]]);
        var settings = new HookSettings
        {
            Commands = new Dictionary<string, IReadOnlyList<IReadOnlyList<string>>> { ["pre_switchover"] = [["/bin/sh", "-c", "cat; echo not today $REDOUBT_OLD_MASTER; exit 3"]] },
        };
        SwitchoverResult result = await new Switchover(probe, new OperationOptions { Hooks = new ProcedureHooks("orders", settings) }).RunAsync(new SwitchoverRequest());
        Assert.Equal(ProcedureOutcome.Refused, result.Outcome);
        Assert.Contains($"not today 127.0.0.1:{group.Master.Port}", result.Summary);
        Assert.Contains("\"moment\":\"pre_switchover\"", result.Summary);
        Assert.DoesNotContain("cmdstat_failover", group.Master.Ask("INFO", "commandstats"));
    }

    [Fact]
    public void A_journal_that_was_changed_is_found_out_and_a_torn_last_line_is_not_held_against_it()
    {
        var state = new StateFolder(_folder, "chain");
        using (Operation operation = Operation.Begin(state))
        {
            operation.Journal.Write(JournalMark.Begin, "switchover", ("old_master", "a:1"));
            operation.Journal.Write(JournalMark.Intent, "catch_up");
        }

        File.AppendAllText(state.PathOf(1), "{\"n\":3,\"at\":");
        Assert.True(state.Read(1) is { BrokenAt: null, IsOpen: true, Records.Count: 2 });
        (Operation again, JournalFile _) = Operation.Continue(state)!.Value;
        using (again)
            again.Journal.Write(JournalMark.Done, "catch_up");
        Assert.True(state.Read(1) is { BrokenAt: null, Records.Count: 3 });
        File.WriteAllText(state.PathOf(1), File.ReadAllText(state.PathOf(1)).Replace("a:1", "b:1"));
        Assert.Equal(2, state.Read(1)!.BrokenAt);
    }

    private static GroupProbe ProbeOf(ServerProcess[] servers) => new(servers.Select(LiveGroup.AddressOf), new ProbeOptions());

    /// <summary>A switchover that dies; the number of records it has written.</summary>
    private static async Task<int> DieAsync(ServerProcess[] roles, StateFolder state, int after)
    {
        Directory.CreateDirectory(state.Folder);
        using (var writer = new JournalWriter(state.PathOf(1)))
        {
            using var probe = ProbeOf(roles);
            try
            {
                await new Switchover(probe, new OperationOptions { Journal = new DyingJournal(writer, after) }).RunAsync(new SwitchoverRequest { Target = LiveGroup.AddressOf(roles[1]) });
            }
            catch (ProcessDied)
            {
                // As it should.
            }
        }

        return state.Read(1)!.Records.Count;
    }

    private static async Task<SwitchoverResult?> ContinueAsync(ServerProcess[] roles, StateFolder state)
    {
        using var probe = ProbeOf(roles);
        return await new Switchover(probe, new OperationOptions { State = state }).ContinueAsync(new SwitchoverRequest(), abort: false);
    }

    private static async Task WaitUntilPlannableAsync(ServerProcess[] roles)
    {
        using var probe = ProbeOf(roles);
        SwitchoverPlan plan = SwitchoverPlanner.Plan(await probe.ObserveAsync(), new SwitchoverRequest());
        for (int i = 0; i < 2000 && !plan.IsAllowed; i++)
        {
            await Task.Delay(10);
            plan = SwitchoverPlanner.Plan(await probe.ObserveAsync(), new SwitchoverRequest());
        }

        Assert.True(plan.IsAllowed, plan.ToText());
    }
}
