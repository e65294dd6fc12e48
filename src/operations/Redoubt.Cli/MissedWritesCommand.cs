using System.CommandLine;
using System.IO.Enumeration;
using Redoubt.Failover;
using Redoubt.Failover.MissedWrites;
using Redoubt.Operations;
using Redoubt.Operations.Groups;
using Redoubt.Operations.MissedWrites;
using Redoubt.Topology;

namespace Redoubt.Cli;

// The two commands share all their options, since what may be applied has to be found first, and found anew: a list from yesterday says nothing of what the new
// master has touched since. Which node is the new master is seen, not said: it is the one master that is not named as the old one.

/// <summary><c>redoubt missed-writes</c>: what the old master had and the new one never got; and, by <c>apply</c>, what of it can be brought back.</summary>
internal sealed class MissedWritesCommand
{
    private readonly GroupChoice _choice = new();
    private readonly OutputChoice _output = new();

    private readonly Option<string?> _node = new("--node") { Description = "The old master, if its process still answers: name or host:port", HelpName = "node" };

    private readonly Option<string?> _data = new("--data") { Description = "The old master's data folder, or a copy of it; its process must not run", HelpName = "folder" };

    private readonly Option<bool> _cleanStop = new("--clean-stop") { Description = "With --data: the old master was shut down and saved; a crash is not that" };

    private readonly Option<long?> _lastSeen = new("--last-seen") { Description = "The replication offset at which the old master was seen last", HelpName = "offset" };

    private readonly Option<string?> _tail = new("--tail") { Description = "With --data: a saved piece of the stream that ends at the fork, once the new master has forgotten it", HelpName = "file" };

    private readonly Option<string?> _save = new("--save") { Description = "Write commands.aof, commands.jsonl, keys.csv and summary.json into this folder too; the group's folder of state always has them", HelpName = "folder" };

    public static Command Create()
    {
        var show = new MissedWritesCommand();
        var command = new Command("missed-writes", "Find the writes that the old master had and the new one never got. Changes nothing.");
        show.AddTo(command);
        command.SetAction((arguments, _) => show.ShowAsync(arguments));
        command.Add(CreateApply());
        return command;
    }

    private static Command CreateApply()
    {
        var apply = new MissedWritesCommand();
        var keys = new Option<string>("--keys") { Description = "Only groups all of whose keys match, such as order:*", HelpName = "pattern", DefaultValueFactory = _ => "*" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be applied, and stop" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("apply", "Apply missed writes whose keys are unchanged on the new master since the fork; everything else is left alone.") { keys, dryRun, yes };
        apply.AddTo(command);
        command.SetAction((arguments, _) => apply.ApplyAsync(arguments, arguments.GetValue(keys)!, arguments.GetValue(dryRun), arguments.GetValue(yes)));
        return command;
    }

    private void AddTo(Command command)
    {
        _choice.AddTo(command);
        foreach (Option option in new Option[] { _node, _data, _cleanStop, _lastSeen, _tail, _save })
            command.Add(option);
        _output.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_node) is not null && result.GetValue(_data) is not null)
                result.AddError("--node and --data exclude each other.");
        });
    }

    private async Task<int> ShowAsync(ParseResult arguments)
    {
        using ChosenGroup group = _choice.Open(arguments);
        using var interruption = new Interruption();
        var terminal = new Terminal();
        if (await TakeAsync(arguments, group, interruption.Token).ConfigureAwait(false) is not var (report, _, _))
            return ExitCode.Refused;
        Show(arguments, terminal, report);
        return CodeOf(report.Findings.Verdict);
    }

    private async Task<int> ApplyAsync(ParseResult arguments, string pattern, bool dryRun, bool yes)
    {
        using ChosenGroup group = _choice.Open(arguments);
        using var interruption = new Interruption();
        var terminal = new Terminal();
        if (await TakeAsync(arguments, group, interruption.Token).ConfigureAwait(false) is not var (report, changes, newMaster))
            return ExitCode.Refused;
        MissedItem[] chosen = [.. report.Items.Where(item => item.Advice == WriteAdvice.Apply && item.Group.Keys.All(key => FileSystemName.MatchesSimpleExpression(pattern, key.Latin1, ignoreCase: false)))];
        Show(arguments, terminal, report);
        terminal.Write(new Line($"{chosen.Length} of {report.Items.Count} groups can be applied to {newMaster.Address}.", Tone.Strong));
        if (dryRun || chosen.Length == 0)
            return report.Items.Count == 0 ? ExitCode.Done : dryRun ? ExitCode.Done : ExitCode.Refused;
        if (!yes && !terminal.Ask("Apply them?"))
            return ExitCode.Refused;
        string folder = arguments.GetValue(_save) ?? MissedWritesAudit.FolderOf(await group.StateAsync(default).ConfigureAwait(false), report.Fork);
        IReadOnlyList<ApplyOutcome> outcomes = await new MissedWritesApply(newMaster, changes, report.Findings, folder).RunAsync(chosen, interruption.Token).ConfigureAwait(false);
        terminal.Write(outcomes.Select(outcome => new Line(outcome.Applied switch { true => "  ok  ", false => "  --  ", null => "  !!  " }, outcome.Applied == true ? Tone.Good : Tone.Warning)
            .Add($"{string.Join(' ', outcome.Item.Group.Keys)}: {outcome.Reason}")));
        terminal.Write($"Undo: redis-cli -h {newMaster.Address.Host} -p {newMaster.Address.Port} --pipe < {Path.Combine(folder, "undo.resp")}");
        if (outcomes.Any(outcome => outcome.Applied is null))
            return ExitCode.Unknown;
        return outcomes.Count(outcome => outcome.Applied == true) == report.Items.Count ? ExitCode.Done : ExitCode.DoneWithFollowUps;
    }

    private async Task<(MissedWritesReport Report, ChangesSinceFork Changes, NodeProbe NewMaster)?> TakeAsync(ParseResult arguments, ChosenGroup group, CancellationToken cancellation)
    {
        GroupObservation seen = await group.Probe.ObserveAsync(cancellation).ConfigureAwait(false);
        NodeAddress? old = arguments.GetValue(_node) is { } text ? AddressOf(group, text) : null;
        // An old master that lives is a master as well: the new one is the other.
        NodeObservation[] masters = [.. seen.Nodes.Where(node => node.IsMaster && node.Address != old)];
        if (masters.Length != 1)
        {
            Console.Error.WriteLine(masters.Length == 0 ? "redoubt: no new master is to be seen" : $"redoubt: there are {masters.Length} masters; --node says which is the old one");
            return null;
        }

        NodeProbe newMaster = group.Probe.ProbeOf(masters[0].Address);
        var search = new MissedWritesSearch(newMaster, group.Probe.Options);
        try
        {
            ForkPoint fork = await search.ForkAsync(cancellation).ConfigureAwait(false);
            LossFindings findings = await SearchAsync(arguments, group, search, fork, old, cancellation).ConfigureAwait(false);
            var changes = new ChangesSinceFork(newMaster, group.Probe.Options, fork);
            MissedWritesReport report = await MissedWritesReport.TakeAsync(newMaster, fork, findings, changes, cancellation).ConfigureAwait(false);
            if (arguments.GetValue(_save) is { } folder)
                report.Save(folder);
            // Without a look at the old master nothing was audited.
            if (old is not null || arguments.GetValue(_data) is not null)
                report.Save(MissedWritesAudit.FolderOf(await group.StateAsync(cancellation).ConfigureAwait(false), fork));
            return (report, changes, newMaster);
        }
        catch (Exception error) when (error is StreamUnavailableException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"redoubt: {error.Message}");
            return null;
        }
    }

    private async Task<LossFindings> SearchAsync(ParseResult arguments, ChosenGroup group, MissedWritesSearch search, ForkPoint fork, NodeAddress? old, CancellationToken cancellation)
    {
        ReplicationOffset? lastSeen = arguments.GetValue(_lastSeen) is { } offset ? new ReplicationOffset(offset) : null;
        if (old is { } address)
            return await search.OfLiveAsync(fork, group.Probe.ProbeOf(address), cancellation).ConfigureAwait(false);
        if (arguments.GetValue(_data) is not { } folder)
            return LossJudgement.OfNothing(fork, lastSeen);
        byte[]? tail = arguments.GetValue(_tail) is { } file
            ? await File.ReadAllBytesAsync(file, cancellation).ConfigureAwait(false)
            : MissedWritesAudit.FindTail(await group.StateAsync(cancellation).ConfigureAwait(false), fork);
        var facts = new OldMasterFacts(arguments.GetValue(_cleanStop), lastSeen, tail, group.Definition.Evidence.TailBytes);
        return await search.OfDataAsync(fork, OldData.Open(folder), facts, cancellation).ConfigureAwait(false);
    }

    private void Show(ParseResult arguments, Terminal terminal, MissedWritesReport report)
    {
        if (_output.Of(arguments) != OutputFormat.Table)
        {
            OutputChoice.Print(terminal, _output.Of(arguments), report.ToJson(), "items");
            return;
        }

        string head = report.Findings.Verdict switch
        {
            LossVerdict.None => "No writes are missing (proven)",
            LossVerdict.Found => $"{report.Findings.Commands.Count} writes are missing (exact)",
            LossVerdict.Possible => $"Writes may be missing{(report.Findings.BytesMax is { } bytes ? $": at most {bytes} bytes of stream" : "")}",
            _ => "Nobody can tell whether writes are missing",
        };
        terminal.Write(new Line(head, report.Findings.Verdict == LossVerdict.None ? Tone.Good : Tone.Bad), new Line($"  {report.Findings.Evidence}", Tone.Faint));
        terminal.Write(report.Items.Select(item => new Line($"  {MissedWritesReport.Word(item.Advice),-9}", item.Advice == WriteAdvice.Apply ? Tone.Good : Tone.Warning)
            .Add($"{string.Join(' ', item.Group.Keys),-24}  {item.Group.Commands.Count} × {item.Group.Commands[0].Command.ToText(40)}").Add($"  now {string.Join(' ', item.NewValues)}; {item.Reason}", Tone.Faint)));
    }

    private static NodeAddress AddressOf(ChosenGroup group, string text)
    {
        if (group.Definition.Find(text) is { } node)
            return node.Address;
        return NodeAddress.TryParse(text, out NodeAddress address, defaultPort: 6379) ? address : throw new GroupDefinitionException($"the group has no node '{text}'");
    }

    private static int CodeOf(LossVerdict verdict) => verdict switch
    {
        LossVerdict.None => ExitCode.Done,
        LossVerdict.Found => ExitCode.WritesMissing,
        _ => ExitCode.NotDetermined,
    };
}
