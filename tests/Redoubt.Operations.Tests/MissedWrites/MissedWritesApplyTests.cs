using System.Text.Json;
using Redoubt.Failover.MissedWrites;
using Redoubt.Operations.MissedWrites;
using Redoubt.Testing;

namespace Redoubt.Operations.Tests.MissedWrites;

public sealed class MissedWritesApplyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-missed-").FullName;

    public static TheoryData<ServerKind> Kinds => [ServerKind.Redis, ServerKind.Redoubt];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_unchanged_since_the_fork_is_applied_once_and_can_be_undone(ServerKind kind)
    {
        using var pair = new PartedPair(kind);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        string[] before = Values(pair.New);
        using NodeProbe probe = PartedPair.Probe(pair.New);
        (MissedWritesReport report, ChangesSinceFork changes) = await ReportAsync(pair, probe);
        Assert.All(report.Items, item => Assert.Equal(WriteAdvice.Apply, item.Advice));
        IReadOnlyList<ApplyOutcome> outcomes = await new MissedWritesApply(probe, changes, report.Findings, _folder).RunAsync(report.Items, default);
        Assert.All(outcomes, outcome => Assert.True(outcome.Applied, outcome.Reason));
        Assert.Equal(Values(pair.Old), Values(pair.New));

        // A second time nothing is done: what was applied is now itself a change since the fork.
        (MissedWritesReport again, ChangesSinceFork later) = await ReportAsync(pair, probe);
        Assert.All(again.Items, item => Assert.Equal(WriteAdvice.Conflict, item.Advice));
        Assert.All(await new MissedWritesApply(probe, later, again.Findings, _folder).RunAsync(again.Items, default), outcome => Assert.False(outcome.Applied));
        Assert.Equal(Values(pair.Old), Values(pair.New));

        string said = ToolRun.Of("/usr/bin/redis-cli", ["-p", $"{pair.New.Port}", "--pipe"], await File.ReadAllBytesAsync(Path.Combine(_folder, "undo.resp"))).Succeeded();
        Assert.Contains("errors: 0", said);
        Assert.Equal(before, Values(pair.New));
        string[] journal = await File.ReadAllLinesAsync(Path.Combine(_folder, "apply.jsonl"));
        Assert.Equal(report.Items.Count, journal.Count(line => line.Contains("\"what\":\"intent\"")));
        Assert.Equal(report.Items.Count, journal.Count(line => line.Contains("\"what\":\"applied\"")));
    }

    [Fact]
    public async Task What_the_new_master_has_touched_is_a_conflict_with_all_that_hangs_together_with_it()
    {
        using var pair = new PartedPair(ServerKind.Redis);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        // There and back: the value is the same, the key is not unchanged.
        pair.New.Ask("INCR", "ctr");
        pair.New.Ask("DECR", "ctr");
        using NodeProbe probe = PartedPair.Probe(pair.New);
        (MissedWritesReport report, _) = await ReportAsync(pair, probe);
        MissedItem conflict = Assert.Single(report.Items, item => item.Advice == WriteAdvice.Conflict);
        // The transaction ties "in" to the counter.
        Assert.Equal(["ctr", "in"], conflict.Group.Keys.Select(key => key.ToString()).Order());
        Assert.Contains("ctr", conflict.Reason);
        Assert.Equal("absent", report.Items.Single(item => item.Group.Keys[0].ToString() == "lost1").NewValues[0]);
    }

    [Fact]
    public async Task A_key_that_changes_between_the_report_and_its_turn_is_left_alone()
    {
        using var pair = new PartedPair(ServerKind.Redis);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        using NodeProbe probe = PartedPair.Probe(pair.New);
        (MissedWritesReport report, ChangesSinceFork changes) = await ReportAsync(pair, probe);
        pair.New.Ask("SET", "lost1", "newer");
        IReadOnlyList<ApplyOutcome> outcomes = await new MissedWritesApply(probe, changes, report.Findings, _folder).RunAsync(report.Items, default);
        ApplyOutcome left = Assert.Single(outcomes, outcome => outcome.Applied == false);
        Assert.Equal("lost1", left.Item.Group.Keys.Single().ToString());
        Assert.Equal("newer", pair.New.Ask("GET", "lost1"));
    }

    [Fact]
    public async Task Commands_without_keys_are_left_to_people_and_a_forgotten_stream_leaves_everything_to_them()
    {
        using var pair = new PartedPair(ServerKind.Redis);
        pair.Old.Ask("SET", "a", "1");
        pair.Old.Ask("FLUSHALL");
        pair.Promote();
        using NodeProbe probe = PartedPair.Probe(pair.New);
        (MissedWritesReport report, _) = await ReportAsync(pair, probe);
        Assert.Equal([WriteAdvice.Apply, WriteAdvice.ByHand], report.Items.Select(item => item.Advice));
        pair.New.Ask("CONFIG", "SET", "repl-backlog-size", "16384");
        pair.New.Ask("SET", "large", new string('x', 60_000));
        (MissedWritesReport forgotten, _) = await ReportAsync(pair, probe);
        Assert.All(forgotten.Items, item => Assert.Equal(WriteAdvice.ByHand, item.Advice));
    }

    [Fact]
    public async Task What_was_found_is_saved_in_forms_for_people_and_programs()
    {
        using var pair = new PartedPair(ServerKind.Redis);
        pair.WriteWhatWillBeMissed();
        pair.Promote();
        using NodeProbe probe = PartedPair.Probe(pair.New);
        (MissedWritesReport report, _) = await ReportAsync(pair, probe);
        report.Save(_folder);
        CommandStream saved = CommandStream.Read(await File.ReadAllBytesAsync(Path.Combine(_folder, "commands.aof")), 0);
        Assert.Equal(pair.Truth, PartedPair.TextOf(new LossFindings(LossVerdict.Found, "") { Commands = [.. saved.Commands.Where(command => !command.IsNoise)] }));
        Assert.Equal(pair.Truth.Count, (await File.ReadAllLinesAsync(Path.Combine(_folder, "commands.jsonl"))).Length);
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "summary.json")));
        Assert.Equal("found", summary.RootElement.GetProperty("verdict").GetString());
        Assert.Contains("0,lost1,1,absent,apply,unchanged since the fork", await File.ReadAllLinesAsync(Path.Combine(_folder, "keys.csv")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(MissedWritesReport Report, ChangesSinceFork Changes)> ReportAsync(PartedPair pair, NodeProbe probe)
    {
        MissedWritesSearch search = pair.Search();
        ForkPoint fork = await search.ForkAsync(default);
        using NodeProbe old = PartedPair.Probe(pair.Old);
        LossFindings findings = await search.OfLiveAsync(fork, old, default);
        var changes = new ChangesSinceFork(probe, new ProbeOptions(), fork);
        return (await MissedWritesReport.TakeAsync(probe, fork, findings, changes, default), changes);
    }

    private static string[] Values(ServerProcess server) =>
    [
        server.Ask("GET", "lost1"), server.Ask("GET", "ctr"), server.Ask("PEXPIRETIME", "ctr"), server.Ask("LRANGE", "list", "0", "-1"), server.Ask("HGETALL", "binary\0key\r\n"),
        server.Ask("SMEMBERS", "set"), server.Ask("EXISTS", "shared:1"), server.Ask("GET", "in"), Elsewhere(server),
    ];

    private static string Elsewhere(ServerProcess server)
    {
        using RespConnection connection = server.Connect();
        connection.Call("SELECT", "3").OrThrow();
        return Convert.ToHexString(connection.Call("GET", "elsewhere").Raw);
    }
}
