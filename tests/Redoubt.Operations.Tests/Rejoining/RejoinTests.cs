using Redoubt.Failover.MissedWrites;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Groups;
using Redoubt.Operations.MissedWrites;
using Redoubt.Operations.Procedures;
using Redoubt.Operations.Rejoining;
using Redoubt.Operations.Tests.MissedWrites;
using Redoubt.Operations.Unplanned;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests.Rejoining;

public sealed class RejoinTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-rejoin-").FullName;

    public static TheoryData<ServerKind> Kinds => [ServerKind.Redis, ServerKind.Redoubt];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_node_with_writes_of_its_own_comes_back_only_after_they_were_kept(ServerKind kind)
    {
        using var pair = new PartedPair(kind);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        using var group = new GroupProbe([AddressOf(pair.Old), AddressOf(pair.New)], new ProbeOptions());
        StateFolder state = new(_folder, "pair");
        Assert.Contains(await new NodeFence(group, Definition(pair), state).RaiseAsync(AddressOf(pair.Old), null), fence => fence.State.Verified);
        ProcedureEnd refused = await RejoinAsync(pair, group, state, new RejoinOptions());
        Assert.Equal(ProcedureOutcome.Refused, refused.Outcome);
        Assert.Contains($"{pair.Truth.Count} writes", refused.Summary);
        Assert.Equal("master", pair.Old.Role());

        using NodeProbe probe = PartedPair.Probe(pair.New);
        MissedWritesSearch search = pair.Search();
        ForkPoint fork = await search.ForkAsync(default);
        LossFindings findings = await search.OfLiveAsync(fork, group.ProbeOf(AddressOf(pair.Old)), default);
        (await MissedWritesReport.TakeAsync(probe, fork, findings, new ChangesSinceFork(probe, new ProbeOptions(), fork), default)).Save(MissedWritesAudit.FolderOf(state, fork));
        ProcedureEnd end = await RejoinAsync(pair, group, state, new RejoinOptions());
        Assert.True(end.Outcome == ProcedureOutcome.Done, end.Summary + string.Join(' ', end.FollowUps));
        Assert.Equal("slave", pair.Old.Role());
        Assert.Equal("$-1", pair.Old.Ask("GET", "lost1"));
        Assert.Contains("0", pair.Old.Ask("CONFIG", "GET", "min-replicas-to-write").Split("\r\n"));
    }

    [Fact]
    public async Task A_node_that_has_nothing_of_its_own_comes_back_at_once_and_a_dry_run_says_so_before()
    {
        using var pair = new PartedPair(ServerKind.Redis);
        pair.Promote();
        using var group = new GroupProbe([AddressOf(pair.Old), AddressOf(pair.New)], new ProbeOptions());
        StateFolder state = new(_folder, "pair");
        Assert.Equal(ProcedureOutcome.Done, (await RejoinAsync(pair, group, state, new RejoinOptions { DryRun = true })).Outcome);
        Assert.Equal("master", pair.Old.Role());
        List<string> steps = [];
        ProcedureEnd end = await RejoinAsync(pair, group, state, new RejoinOptions { Report = (step, seen) => steps.Add($"{step}: {seen}") });
        Assert.True(end.Outcome == ProcedureOutcome.Done, end.Summary + string.Join(' ', end.FollowUps));
        Assert.Contains(steps, step => step.StartsWith("missed: nothing is missing", StringComparison.Ordinal));
        Assert.Contains(steps, step => step.StartsWith("link: up", StringComparison.Ordinal));
        // Once more is harmless.
        Assert.Equal(ProcedureOutcome.Done, (await RejoinAsync(pair, group, state, new RejoinOptions())).Outcome);
    }

    [Fact]
    public async Task What_only_that_node_has_can_be_given_up_and_a_node_that_is_down_is_refused()
    {
        using var pair = new PartedPair(ServerKind.Redis);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        using var group = new GroupProbe([AddressOf(pair.Old), AddressOf(pair.New)], new ProbeOptions());
        StateFolder state = new(_folder, "pair");
        ProcedureEnd end = await RejoinAsync(pair, group, state, new RejoinOptions { DiscardMissedWrites = true });
        Assert.True(end.Outcome == ProcedureOutcome.Done, end.Summary + string.Join(' ', end.FollowUps));
        Assert.Equal("$-1", pair.Old.Ask("GET", "lost1"));
        pair.Old.Kill();
        Assert.Equal(ProcedureOutcome.Refused, (await RejoinAsync(pair, group, state, new RejoinOptions())).Outcome);
    }

    [Fact]
    public void The_tail_that_a_failover_has_kept_is_found_by_its_fork()
    {
        var id = ReplicationId.Parse("0123456789abcdef0123456789abcdef01234567");
        StateFolder state = new(_folder, "pair");
        string evidence = Directory.CreateDirectory(state.EvidenceOf(7)).FullName;
        File.WriteAllBytes(Path.Combine(evidence, "tail.bin"), [1, 2, 3]);
        File.WriteAllText(Path.Combine(evidence, "tail.txt"), $"{id}\n98\n100\n");
        Assert.Equal([1, 2, 3], MissedWritesAudit.FindTail(state, new ForkPoint(id, new ReplicationOffset(100))));
        Assert.Null(MissedWritesAudit.FindTail(state, new ForkPoint(id, new ReplicationOffset(101))));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<ProcedureEnd> RejoinAsync(PartedPair pair, GroupProbe group, StateFolder state, RejoinOptions options) =>
        new Rejoin(group, Definition(pair), state, options).RunAsync(AddressOf(pair.Old), default);

    private static GroupDefinition Definition(PartedPair pair) => new()
    {
        Name = "pair",
        Nodes = [new NodeDefinition { Name = "old", Address = AddressOf(pair.Old) }, new NodeDefinition { Name = "new", Address = AddressOf(pair.New) }],
    };

    private static NodeAddress AddressOf(ServerProcess server) => new(server.Host, server.Port);
}
