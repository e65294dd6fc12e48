using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Failover.Unplanned;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;
using Redoubt.Operations.Tests.Procedures;
using Redoubt.Operations.Unplanned;
using Redoubt.Testing;

namespace Redoubt.Operations.Tests.Unplanned;

public sealed class UnplannedFailoverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-failover-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_killed_master_is_fenced_and_the_replica_that_has_most_takes_over_with_its_evidence_kept(ServerKind masterKind, ServerKind replicaKind)
    {
        using LiveGroup group = LiveGroup.Start(2, masterKind, replicaKind);
        GroupDefinition definition = Definition(group, verify: true);
        var state = new StateFolder(_folder, "orders");
        using GroupProbe probe = ProbeOf(group);
        var options = new OperationOptions { State = state, Definition = definition };
        FailoverResult alive = await new UnplannedFailover(probe, definition, options).RunAsync(Request(definition), _ => true, default);
        Assert.Equal(ProcedureOutcome.Refused, alive.Outcome);
        Assert.Contains("switchover", alive.Summary);

        group.Master.Kill();
        await WaitUntilGoneAsync(group);
        FailoverResult result = await new UnplannedFailover(probe, definition, options).RunAsync(Request(definition), _ => true, default);
        Assert.True(result.Outcome == ProcedureOutcome.DoneWithFollowUps, $"{result.Summary} {string.Join(' ', result.FollowUps)}");
        Assert.Contains("quarantine", Assert.Single(result.FollowUps));
        ServerProcess promoted = group.Replicas.Single(server => LiveGroup.AddressOf(server) == result.Plan.Target!.Address);
        ServerProcess sibling = group.Replicas.Single(server => server != promoted);
        Assert.Equal("master", promoted.Info("replication", "role"));
        Assert.Equal($"{promoted.Port}", sibling.Info("replication", "master_port"));
        Assert.Equal("write", promoted.Ask("GET", "first"));
        Assert.True(File.Exists(Path.Combine(_folder, "fenced")));
        string evidence = state.EvidenceOf(result.Number);
        Assert.Contains("role:slave", File.ReadAllText(Path.Combine(evidence, "info.txt")));
        Assert.Contains("first", File.ReadAllText(Path.Combine(evidence, "tail.bin")));
        Assert.Equal(LiveGroup.AddressOf(group.Master).ToString(), state.Read(result.Number)!.EndFact("quarantined"));
    }

    [Fact]
    public async Task Without_a_fence_that_holds_it_is_refused_and_the_fence_is_taken_down_again()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        GroupDefinition definition = Definition(group, verify: false);
        using GroupProbe probe = ProbeOf(group);
        group.Master.Kill();
        await WaitUntilGoneAsync(group);
        var failover = new UnplannedFailover(probe, definition, new OperationOptions { State = new StateFolder(_folder, "orders") });
        FailoverResult refused = await failover.RunAsync(Request(definition), _ => true, default);
        Assert.Equal(ProcedureOutcome.RolledBack, refused.Outcome);
        Assert.Equal("slave", group.Replicas[0].Info("replication", "role"));
        Assert.False(File.Exists(Path.Combine(_folder, "fenced")));
        FailoverResult accepted = await failover.RunAsync(Request(definition) with { AcceptUnfenced = true }, _ => true, default);
        Assert.Equal(ProcedureOutcome.DoneWithFollowUps, accepted.Outcome);
        Assert.Equal("master", group.Replicas[0].Info("replication", "role"));
    }

    [Fact]
    public async Task A_master_that_recovers_in_time_is_left_alone()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        GroupDefinition definition = Definition(group, verify: true);
        using GroupProbe probe = ProbeOf(group);
        group.Master.Freeze();
        group.Replicas[0].Call("CLIENT", "KILL", "TYPE", "master");
        await WaitUntilGoneAsync(group);
        int told = 0;
        var options = new OperationOptions
        {
            State = new StateFolder(_folder, "orders"),
            Report = (step, _) =>
            {
                if (step == "diagnosis" && told++ == 0)
                    group.Master.Thaw();
            },
        };
        FailoverResult result = await new UnplannedFailover(probe, definition, options).RunAsync(Request(definition) with { WaitRecovery = TimeSpan.FromSeconds(60) }, _ => true, default);
        Assert.Equal(ProcedureOutcome.Refused, result.Outcome);
        Assert.Equal(MasterVerdict.Alive, result.Plan.Diagnosis!.Verdict);
        Assert.True(told > 0);
    }

    [Fact]
    public async Task A_failover_that_dies_after_any_record_is_gone_on_with()
    {
        for (int dies = 1; ; dies++)
        {
            using LiveGroup group = LiveGroup.Start(replicas: 1);
            GroupDefinition definition = Definition(group, verify: true);
            var state = new StateFolder(_folder, $"dies-{dies}");
            Directory.CreateDirectory(state.Folder);
            group.Master.Kill();
            await WaitUntilGoneAsync(group);
            bool died = false;
            using (GroupProbe probe = ProbeOf(group))
            using (var writer = new JournalWriter(state.PathOf(1)))
            {
                try
                {
                    await new UnplannedFailover(probe, definition, new OperationOptions { Journal = new DyingJournal(writer, dies) }).RunAsync(Request(definition), _ => true, default);
                }
                catch (ProcessDied)
                {
                    died = true;
                }
            }

            using GroupProbe again = ProbeOf(group);
            var options = new OperationOptions { State = state, Definition = definition };
            SwitchoverResult? result = await new Switchover(again, options).ContinueAsync(new SwitchoverRequest(), abort: false);
            Assert.Equal("master", group.Replicas[0].Info("replication", "role"));
            if (!died || result is null)
            {
                Assert.InRange(dies, 10, 40);
                return;
            }

            Assert.True(result.Outcome == ProcedureOutcome.DoneWithFollowUps, $"record {dies}: {result.Outcome} {result.Summary}");
            Assert.Null(state.Unfinished());
        }
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task A_fenced_node_refuses_writes_cuts_its_clients_off_and_is_as_before_when_the_fence_is_lifted(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind, "--min-replicas-max-lag", "7");
        GroupDefinition definition = new() { Name = "orders", Nodes = [new NodeDefinition { Name = "a", Address = LiveGroup.AddressOf(server) }] };
        using var probe = new GroupProbe([LiveGroup.AddressOf(server)], new ProbeOptions());
        var fence = new NodeFence(probe, definition, new StateFolder(_folder, "orders"));
        using RespConnection writer = server.Connect();
        Assert.False(writer.Call("SET", "a", "1").IsError);
        (string method, FenceState state) = Assert.Single(await fence.RaiseAsync(LiveGroup.AddressOf(server), null));
        Assert.Equal("min-replicas", method);
        Assert.True(state.Verified, state.Evidence);
        Assert.ThrowsAny<Exception>(() => writer.Call("SET", "a", "2"));
        Assert.StartsWith("NOREPLICAS", server.Call("SET", "a", "3").Text);
        Assert.Empty(await fence.LowerAsync(LiveGroup.AddressOf(server)));
        Assert.False(server.Call("SET", "a", "4").IsError);
        Assert.Equal("7", server.Call("CONFIG", "GET", "min-replicas-max-lag").Items[1].Text);
    }

    private GroupDefinition Definition(LiveGroup group, bool verify)
    {
        string flag = Path.Combine(_folder, "fenced");
        var hook = new FenceHook(["/bin/sh", "-c", $"echo {{node}} > {flag}"], ["/bin/rm", "-f", flag], verify ? ["/bin/sh", "-c", $"grep -q {{port}} {flag}"] : ["/bin/false"]);
        return new GroupDefinition
        {
            Name = "orders",
            Nodes = [.. group.All.Select((server, index) => new NodeDefinition { Name = $"n{index}", Address = LiveGroup.AddressOf(server) })],
            Fence = new FenceSettings { Methods = ["min-replicas", "hook:flag"], Hooks = new Dictionary<string, FenceHook> { ["flag"] = hook } },
            Evidence = new EvidenceSettings { Snapshot = SnapshotRule.Auto },
        };
    }

    private static FailoverRequest Request(GroupDefinition definition) => new() { Rules = definition.ToSwitchover() };

    private static GroupProbe ProbeOf(LiveGroup group) => new(group.All.Select(LiveGroup.AddressOf), new ProbeOptions());

    private static async Task WaitUntilGoneAsync(LiveGroup group)
    {
        using GroupProbe probe = ProbeOf(group);
        for (int i = 0; i < 2000; i++)
        {
            GroupObservation seen = await probe.ObserveAsync();
            if (MasterDiagnosis.Of(seen, LiveGroup.AddressOf(group.Master)).IsGone)
                return;
            await Task.Delay(10);
        }

        Assert.Fail("The master does not go.");
    }
}
