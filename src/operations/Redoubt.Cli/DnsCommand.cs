using System.CommandLine;
using Redoubt.Failover;
using Redoubt.Failover.Names;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Names;

namespace Redoubt.Cli;

/// <summary><c>redoubt dns</c>: the name by which clients find the master, seen, checked and set by hand.</summary>
internal static class DnsCommand
{
    public static Command Create()
    {
        var node = new Argument<string>("node") { Description = "The node the name shall stand for: its name or host:port" };
        return new Command("dns", "Show, check and set the name by which clients find the master.")
        {
            Make("show", "Ask every server what the name is.", null, async (group, _, cancellation) =>
                (await NameMove.LookAsync(group.NameProvider, null, cancellation).ConfigureAwait(false), null)),
            Make("verify", "Check that every server answers with the present master.", null, async (group, _, cancellation) =>
                (await NameMove.LookAsync(group.NameProvider, await WantedAsync(group, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false), null)),
            Make("set", "Point the name to a node, in one step that fails when somebody else has changed it.", node, async (group, wanted, cancellation) =>
            {
                NodeDefinition chosen = group.Definition.Find(wanted!) ?? throw new GroupDefinitionException($"the group has no node '{wanted}'");
                NameMoveResult move = await new NameMove(group.NameProvider, group.Definition, await group.StateAsync(cancellation).ConfigureAwait(false)).SetAsync(chosen, cancellation).ConfigureAwait(false);
                return (new NameReport(group.NameProvider.Name, group.NameProvider.Kind, NameMove.ValueOf(chosen), move.Answers), move);
            }),
            Make("revert", "Take the last 'dns set' back.", null, async (group, _, cancellation) =>
            {
                NameMoveResult move = await new NameMove(group.NameProvider, group.Definition, await group.StateAsync(cancellation).ConfigureAwait(false)).RevertAsync(cancellation).ConfigureAwait(false);
                return (new NameReport(group.NameProvider.Name, group.NameProvider.Kind, null, move.Answers), move);
            }),
        };
    }

    private static Command Make(string word, string description, Argument<string>? node, Func<ChosenGroup, string?, CancellationToken, Task<(NameReport, NameMoveResult?)>> act)
    {
        var choice = new GroupChoice();
        var output = new OutputChoice();
        var command = new Command(word, description);
        if (node is not null)
            command.Add(node);
        choice.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            if (group.NameProvider.Name.Length == 0)
                throw new GroupDefinitionException("the group has no name: its file has no section 'dns', or the provider 'none'");
            using var interruption = new Interruption();
            (NameReport report, NameMoveResult? move) = await act(group, node is null ? null : arguments.GetValue(node), interruption.Token).ConfigureAwait(false);
            var terminal = new Terminal();
            if (output.Of(arguments) != OutputFormat.Table)
                OutputChoice.Print(terminal, output.Of(arguments), report.ToJson(move), "answers");
            else
                terminal.Write(Draw(report, move));
            return move is null ? (report.Agrees ? ExitCode.Done : ExitCode.NotDone) : CodeOf(move.Outcome);
        });
        return command;
    }

    private static async Task<string> WantedAsync(ChosenGroup group, CancellationToken cancellation)
    {
        GroupObservation seen = await group.Probe.ObserveAsync(cancellation).ConfigureAwait(false);
        NodeObservation master = seen.Master ?? throw new GroupDefinitionException("there is not one master, so nobody can say what the name should be");
        return group.Definition.Find(master.Address) is { } node ? NameMove.ValueOf(node) : master.Address.Host;
    }

    private static IEnumerable<Line> Draw(NameReport report, NameMoveResult? move)
    {
        if (move is not null)
            yield return new Line(move.Summary, move.Outcome == NameMoveOutcome.Done ? Tone.Good : Tone.Bad);
        else
            yield return new Line($"{report.Name}  {report.Provider}{(report.Wanted is null ? "" : $"  should be {report.Wanted}")}", Tone.Strong);
        foreach (NameAnswer answer in report.Answers)
        {
            string kind = answer.IsAuthoritative ? "authoritative" : "resolver";
            bool right = report.Wanted is null ? answer.Failure is null : answer.Is(report.Wanted);
            yield return new Line($"  {(right ? "ok" : "!!")}  ", right ? Tone.Good : Tone.Bad)
                .Add($"{answer.Server,-44} {kind,-13}  ").Add(answer.Failure ?? (answer.Values.Count == 0 ? "no such record" : $"{string.Join(' ', answer.Values)}{(answer.TtlSeconds is { } ttl ? $"  TTL {ttl}" : "")}"));
        }
    }

    private static int CodeOf(NameMoveOutcome outcome) => outcome switch
    {
        NameMoveOutcome.Done => ExitCode.Done,
        NameMoveOutcome.Unverified => ExitCode.DoneWithFollowUps,
        NameMoveOutcome.Refused => ExitCode.Refused,
        _ => ExitCode.Unknown,
    };
}
