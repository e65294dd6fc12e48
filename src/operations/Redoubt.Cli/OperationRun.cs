using System.Globalization;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Operations;

namespace Redoubt.Cli;

/// <summary>One procedure as the command line runs it: what is asked, told and printed.</summary>
internal sealed class OperationRun(ChosenGroup group, OutputFormat format)
{
    private readonly Terminal _terminal = new();

    /// <summary>A person is there to answer.</summary>
    public bool IsAttended => format == OutputFormat.Table && _terminal.CanAsk;

    public async Task<int> SwitchAsync(SwitchoverRequest request, string? probeKey, bool dryRun, bool explain, bool ask)
    {
        using var interruption = new Interruption();
        OperationOptions options = (await OptionsAsync(journal: !dryRun, interruption.Token).ConfigureAwait(false)) with
        {
            ProbeKey = probeKey,
            Accept = plan =>
            {
                if (format == OutputFormat.Table)
                    WritePlan(plan, dryRun, explain);
                return !dryRun && (!ask || !IsAttended || plan.Refusal is not null || _terminal.Ask("Proceed?"));
            },
        };
        SwitchoverResult result;
        try
        {
            result = await new Switchover(group.Probe, options).RunAsync(request, interruption.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("redoubt: interrupted; nothing was changed").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }

        bool planned = dryRun && result.Plan is { IsAllowed: true };
        Print(planned ? result with { Summary = "Dry run: every check passes, nothing was changed." } : result, planned);
        return planned ? ExitCode.Done : ExitCode.Of(result.Outcome);
    }

    public async Task<int> ContinueAsync(bool abort)
    {
        using var interruption = new Interruption();
        OperationOptions options = await OptionsAsync(journal: true, interruption.Token).ConfigureAwait(false);
        SwitchoverResult? result = await new Switchover(group.Probe, options).ContinueAsync(group.Request(IsAttended), abort, interruption.Token).ConfigureAwait(false);
        if (result is null)
        {
            _terminal.Write("No operation on this group is unfinished.");
            return ExitCode.Done;
        }

        Print(result, dryRun: false);
        return ExitCode.Of(result.Outcome);
    }

    /// <summary>How a procedure is carried out for this group and this terminal.</summary>
    public async Task<OperationOptions> OptionsAsync(bool journal, CancellationToken cancellation) => new()
    {
        Names = group.NameProvider,
        Hooks = group.Hooks,
        Definition = group.Definition,
        State = journal ? await group.StateAsync(cancellation).ConfigureAwait(false) : null,
        Report = Tell,
        Ask = question => IsAttended && _terminal.Ask(question),
    };

    private void Tell(string step, string seen)
    {
        if (format == OutputFormat.Table)
            _terminal.Write(new Line("  " + DateTime.Now.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), Tone.Faint).Add($"  {step,-11} ").Add(seen));
    }

    private void WritePlan(SwitchoverPlan plan, bool dryRun, bool explain)
    {
        string title = plan is { OldMaster: { } from, Target: { } target } ? $"Switchover {group.NameOf(from.Address)} -> {group.NameOf(target.Address)}" : "Switchover";
        _terminal.Write(new Line(title, Tone.Strong));
        // The steps are what a dry run is for; otherwise they are told as they happen.
        foreach (string line in (dryRun ? plan : plan with { Steps = [] }).ToText(explain).TrimEnd('\n').Split('\n'))
            _terminal.Write(new Line(line, line.StartsWith("  FAIL", StringComparison.Ordinal) ? Tone.Bad : line.StartsWith("  note", StringComparison.Ordinal) ? Tone.Warning : Tone.Plain));
    }

    private void Print(SwitchoverResult result, bool dryRun)
    {
        if (result.After is { } seen)
            group.Local?.NoteMaster(seen);
        if (format != OutputFormat.Table)
        {
            OutputChoice.Print(_terminal, format, result.ToJson(group.Probe, group.Names), dryRun ? "steps" : "checks");
            return;
        }

        bool done = dryRun || result.Outcome is ProcedureOutcome.Done or ProcedureOutcome.DoneWithFollowUps;
        _terminal.Write(new Line(result.Number > 0 && result.After is not null ? $"#{result.Number} {result.Summary}" : result.Summary, done ? Tone.Good : Tone.Bad));
        if (result.Pause is { } pause && done)
            _terminal.Write(new Line($"Write pause {pause.Time.TotalMilliseconds:0} ms ({pause.Source}).", Tone.Faint));
        foreach (string sentence in result.FollowUps)
            _terminal.Write(new Line("- ", Tone.Warning).Add(sentence));
        if (result.After is { } after)
        {
            _terminal.Write("");
            _terminal.Write(StatusTable.DrawNodes(StatusReport.Of(after, group.Probe, group.Names), _terminal.Width));
        }
    }
}
