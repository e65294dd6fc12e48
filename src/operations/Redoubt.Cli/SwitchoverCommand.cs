using System.CommandLine;
using System.Globalization;
using Redoubt.Failover;
using Redoubt.Operations;
using Redoubt.Topology;

namespace Redoubt.Cli;

/// <summary><c>redoubt switchover</c>: hand the master's role over, as planned and without losing a write.</summary>
internal static class SwitchoverCommand
{
    private static readonly SwitchoverRequest Defaults = new();

    public static Command Create()
    {
        var choice = new GroupChoice();
        var to = new Option<NodeAddress[]>("--to")
        {
            Description = "The replica to promote; without it the best one is chosen",
            HelpName = "host:port",
            CustomParser = GroupChoice.ParseNodes,
            Arity = ArgumentArity.ExactlyOne,
        };
        Option<long> timeout = NumberOption.Create("--timeout",
            "How long writes may be held until the replica has everything, in ms; the hand-over itself may add as much, at least 5 s",
            "ms", usual: (long)Defaults.Timeout.TotalMilliseconds, from: 1, to: 3_600_000);
        Option<long> maxLag = NumberOption.Create("--max-lag", "Refuse when the replica is further behind than this", "bytes",
            usual: Defaults.LagBytesMax, from: 0, to: long.MaxValue);
        var probeKey = new Option<string?>("--probe-key") { Description = "Measure the write pause by setting this key all the while (it expires after a minute)", HelpName = "key" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only make the checks and print the plan" };
        var output = new OutputChoice();
        var command = new Command("switchover", "Make a replica the master, without losing a write.");
        choice.AddTo(command);
        foreach (Option option in new Option[] { to, timeout, maxLag, probeKey, dryRun })
            command.Add(option);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            TimeSpan limit = TimeSpan.FromMilliseconds(arguments.GetValue(timeout));
            var request = new SwitchoverRequest
            {
                Target = arguments.GetValue(to) is [var target, ..] ? target : null,
                LagBytesMax = arguments.GetValue(maxLag),
                Timeout = limit,
                Deadline = limit + (limit > TimeSpan.FromSeconds(5) ? limit : TimeSpan.FromSeconds(5)),
            };
            using ChosenGroup group = choice.Open(arguments);
            return await RunAsync(group, request, arguments.GetValue(probeKey), arguments.GetValue(dryRun), output.Of(arguments)).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(ChosenGroup group, SwitchoverRequest request, string? probeKey, bool dryRun, OutputFormat format)
    {
        var terminal = new Terminal();
        using var interruption = new Interruption();
        var switchover = new Switchover(group.Probe, new SwitchoverOptions
        {
            ProbeKey = probeKey,
            // A local group's configuration is written at every start, from the group file that remembers the master.
            RewriteConfiguration = group.Local is null,
            Report = (step, seen) =>
            {
                if (format == OutputFormat.Table)
                    terminal.Write(new Line("  " + DateTime.Now.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), Tone.Faint).Add($"  {step,-10} ").Add(seen));
            },
            Accept = plan =>
            {
                if (format == OutputFormat.Table)
                    WritePlan(terminal, plan, dryRun);
                return !dryRun;
            },
        });
        SwitchoverResult result;
        try
        {
            result = await switchover.RunAsync(request, interruption.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("redoubt: interrupted; nothing was changed").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }

        if (result.After is { } after)
            group.Local?.NoteMaster(after);
        if (format == OutputFormat.Table)
            WriteResult(terminal, group, result, dryRun);
        else
            OutputChoice.Print(terminal, format, result.ToJson(group.Probe, group.Names), "checks");
        return dryRun && result.Plan.IsAllowed ? ExitCode.Done : ExitCode.Of(result.Outcome);
    }

    private static void WritePlan(Terminal terminal, SwitchoverPlan plan, bool dryRun)
    {
        string title = plan is { OldMaster: { } from, Target: { } target } ? $"Switchover {from.Address} -> {target.Address}" : "Switchover";
        terminal.Write(new Line(title, Tone.Strong));
        // The steps are what a dry run is for; otherwise they are told as they happen.
        foreach (string line in (dryRun ? plan : plan with { Steps = [] }).ToText().TrimEnd('\n').Split('\n'))
            terminal.Write(new Line(line, line.StartsWith("  FAIL", StringComparison.Ordinal) ? Tone.Bad : line.StartsWith("  note", StringComparison.Ordinal) ? Tone.Warning : Tone.Plain));
    }

    private static void WriteResult(Terminal terminal, ChosenGroup group, SwitchoverResult result, bool dryRun)
    {
        bool done = result.Outcome is SwitchoverOutcome.Done or SwitchoverOutcome.DoneWithFollowUps;
        if (dryRun && result.Plan.IsAllowed)
        {
            terminal.Write(new Line("Dry run: every check passes, nothing was changed.", Tone.Good));
            return;
        }

        terminal.Write(new Line(result.Summary, done ? Tone.Good : Tone.Bad));
        if (result.Pause is { } pause && done)
            terminal.Write(new Line($"Write pause {pause.Time.TotalMilliseconds:0} ms ({pause.Source}).", Tone.Faint));
        foreach (string sentence in result.FollowUps)
            terminal.Write(new Line("- ", Tone.Warning).Add(sentence));
        if (result.After is { } after)
        {
            terminal.Write("");
            terminal.Write(StatusTable.DrawNodes(StatusReport.Of(after, group.Probe, group.Names), terminal.Width));
        }
    }
}
