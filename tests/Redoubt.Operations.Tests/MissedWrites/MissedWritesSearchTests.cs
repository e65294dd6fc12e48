using Redoubt.Failover.MissedWrites;
using Redoubt.Operations.MissedWrites;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests.MissedWrites;

// The situations an old master can be in, and in each the strongest thing that may be said.
public class MissedWritesSearchTests
{
    public static TheoryData<ServerKind> Kinds => [ServerKind.Redis, ServerKind.Redoubt];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_master_that_was_cut_off_and_lives_gives_out_exactly_what_is_missing(ServerKind kind)
    {
        using var pair = new PartedPair(kind);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        pair.New.Ask("SET", "new", "life");
        MissedWritesSearch search = pair.Search();
        ForkPoint fork = await search.ForkAsync(default);
        long full = pair.Old.InfoNumber("stats", "sync_full");
        LossFindings findings = await search.OfLiveAsync(fork, PartedPair.Probe(pair.Old), default);
        Assert.True(findings.Verdict == LossVerdict.Found, findings.Evidence);
        Assert.Equal(pair.Truth, PartedPair.TextOf(findings));
        Assert.Equal(full, pair.Old.InfoNumber("stats", "sync_full"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_master_that_took_nothing_after_the_cut_is_proven_to_miss_nothing(ServerKind kind)
    {
        using var pair = new PartedPair(kind);
        pair.Promote();
        MissedWritesSearch search = pair.Search();
        LossFindings findings = await search.OfLiveAsync(await search.ForkAsync(default), PartedPair.Probe(pair.Old), default);
        Assert.True(findings.Verdict == LossVerdict.None, findings.Evidence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_crashed_master_with_an_append_only_file_has_exactly_what_is_missing_in_it(ServerKind kind)
    {
        using var pair = new PartedPair(kind, "--appendonly", "yes", "--appendfsync", "always");
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        pair.Old.Kill();
        MissedWritesSearch search = pair.Search();
        LossFindings findings = await search.OfDataAsync(await search.ForkAsync(default), OldData.Open(pair.Old.Folder), new OldMasterFacts(), default);
        Assert.True(findings.Verdict == LossVerdict.Found, findings.Evidence);
        Assert.Equal(pair.Truth, PartedPair.TextOf(findings));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_append_only_file_without_more_than_the_new_master_has_proves_that_nothing_is_missing(ServerKind kind)
    {
        using var pair = new PartedPair(kind, "--appendonly", "yes", "--appendfsync", "always");
        pair.Promote();
        pair.Old.Kill();
        MissedWritesSearch search = pair.Search();
        LossFindings findings = await search.OfDataAsync(await search.ForkAsync(default), OldData.Open(pair.Old.Folder), new OldMasterFacts(), default);
        Assert.True(findings.Verdict == LossVerdict.None, findings.Evidence);
    }

    [Fact]
    public async Task Once_the_new_master_has_forgotten_the_fork_a_saved_tail_does_the_same()
    {
        using var pair = new PartedPair(ServerKind.Redis, "--appendonly", "yes", "--appendfsync", "always");
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        pair.Old.Kill();
        MissedWritesSearch search = pair.Search();
        ForkPoint fork = await search.ForkAsync(default);
        NodeAddress address = new(pair.New.Host, pair.New.Port);
        byte[] tail = await StreamPiece.FetchAsync(address, new ProbeOptions(), fork.ReplicationId, new StreamPosition(fork.Offset.Value - 500), fork.Offset, default);
        pair.New.Ask("CONFIG", "SET", "repl-backlog-size", "16384");
        pair.New.Ask("SET", "large", new string('x', 60_000));
        OldData data = OldData.Open(pair.Old.Folder);
        LossFindings forgotten = await search.OfDataAsync(fork, data, new OldMasterFacts(), default);
        Assert.Equal(LossVerdict.Unknown, forgotten.Verdict);
        LossFindings findings = await search.OfDataAsync(fork, data, new OldMasterFacts(SavedTail: tail), default);
        Assert.True(findings.Verdict == LossVerdict.Found, findings.Evidence);
        Assert.Equal(pair.Truth, PartedPair.TextOf(findings));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task After_a_clean_stop_the_snapshot_proves_that_nothing_is_missing_or_bounds_it(ServerKind kind)
    {
        string[] saving = ["--save", "3600 1"];
        using (var pair = new PartedPair(kind, saving))
        {
            pair.Promote();
            pair.Old.Stop();
            MissedWritesSearch search = pair.Search();
            ForkPoint fork = await search.ForkAsync(default);
            LossFindings findings = await search.OfDataAsync(fork, OldData.Open(pair.Old.Folder), new OldMasterFacts(StoppedCleanly: true), default);
            Assert.True(findings.Verdict == LossVerdict.None, findings.Evidence);
            // The same snapshot after a crash proves nothing.
            LossFindings crashed = await search.OfDataAsync(fork, OldData.Open(pair.Old.Folder), new OldMasterFacts(), default);
            Assert.Equal(LossVerdict.Unknown, crashed.Verdict);
        }

        using var parted = new PartedPair(kind, saving);
        parted.WriteWhatWillBeMissed();
        long end = parted.Old.InfoNumber("replication", "master_repl_offset");
        parted.Promote();
        parted.Old.Stop();
        MissedWritesSearch other = parted.Search();
        ForkPoint at = await other.ForkAsync(default);
        LossFindings bounded = await other.OfDataAsync(at, OldData.Open(parted.Old.Folder), new OldMasterFacts(StoppedCleanly: true), default);
        Assert.True(bounded.Verdict == LossVerdict.Possible, bounded.Evidence);
        Assert.InRange(bounded.BytesMax!.Value, end - at.Offset.Value, end - at.Offset.Value + 200);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_crash_without_an_append_only_file_is_bounded_by_where_the_master_was_seen_last_or_by_nothing(ServerKind kind)
    {
        using var pair = new PartedPair(kind);
        pair.Old.Ask("SAVE");
        pair.WriteWhatWillBeMissed();
        var seen = new ReplicationOffset(pair.Old.InfoNumber("replication", "master_repl_offset"));
        pair.Promote();
        pair.Old.Kill();
        MissedWritesSearch search = pair.Search();
        ForkPoint fork = await search.ForkAsync(default);
        OldData data = OldData.Open(pair.Old.Folder);
        Assert.Equal(LossVerdict.Unknown, (await search.OfDataAsync(fork, data, new OldMasterFacts(), default)).Verdict);
        LossFindings bounded = await search.OfDataAsync(fork, data, new OldMasterFacts(LastSeen: seen), default);
        Assert.Equal(LossVerdict.Possible, bounded.Verdict);
        Assert.Equal(seen - fork.Offset, bounded.BytesMax);
        // And with the disk gone too.
        Assert.Equal(LossVerdict.Unknown, LossJudgement.OfNothing(fork, null).Verdict);
        Assert.Equal(seen - fork.Offset, LossJudgement.OfNothing(fork, seen).BytesMax);
    }

    [Fact]
    public async Task A_master_that_was_restarted_is_not_believed_by_its_offset()
    {
        using var pair = new PartedPair(ServerKind.Redis, "--appendonly", "yes", "--appendfsync", "always");
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        pair.Old.Kill();
        pair.Old.Restart();
        MissedWritesSearch search = pair.Search();
        LossFindings findings = await search.OfLiveAsync(await search.ForkAsync(default), PartedPair.Probe(pair.Old), default);
        Assert.Equal(LossVerdict.Unknown, findings.Verdict);
        Assert.Contains("data folder", findings.Evidence);
    }
}
