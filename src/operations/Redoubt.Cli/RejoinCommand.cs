using System.CommandLine;
using System.Globalization;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Procedures;
using Redoubt.Operations.Rejoining;

namespace Redoubt.Cli;

/// <summary><c>redoubt rejoin</c>: bring a node back as a replica of the present master.</summary>
internal static class RejoinCommand
{
    public static Command Create()
    {
        var choice = new GroupChoice();
        var node = new Argument<string>("node") { Description = "The node that comes back: its name or host:port" };
        var discard = new Option<bool>("--discard-missed-writes") { Description = "Give up, unseen, what only this node has" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check, and change nothing" };
        Option<TimeSpan?> wait = SwitchoverOptions.TimeOption("--wait", "How long the node may take until it has everything (10m)");
        var command = new Command("rejoin", "Bring a node back as a replica of the present master, once nothing that only it has would be lost.") { node, discard, dryRun, wait };
        choice.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            using var interruption = new Interruption();
            var terminal = new Terminal();
            StateFolder state = await group.StateAsync(interruption.Token).ConfigureAwait(false);
            var usual = new RejoinOptions();
            var options = new RejoinOptions
            {
                DiscardMissedWrites = arguments.GetValue(discard),
                DryRun = arguments.GetValue(dryRun),
                Limit = arguments.GetValue(wait) ?? usual.Limit,
                Report = (step, seen) => terminal.Write(new Line("  " + DateTime.Now.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), Tone.Faint).Add($"  {step,-11} ").Add(seen)),
            };
            if (options is { DiscardMissedWrites: true, DryRun: false } && !IsAgreed(state.Group, terminal))
                return ExitCode.Refused;
            ProcedureEnd end = await new Rejoin(group.Probe, group.Definition, state, options).RunAsync(group.Find(arguments.GetValue(node)!), interruption.Token).ConfigureAwait(false);
            terminal.Write(new Line(end.Summary, end.Outcome == ProcedureOutcome.Done ? Tone.Good : Tone.Bad));
            terminal.Write(end.FollowUps.Select(sentence => new Line("- ", Tone.Warning).Add(sentence)));
            return ExitCode.Of(end.Outcome);
        });
        return command;
    }

    private static bool IsAgreed(string name, Terminal terminal)
    {
        if (Environment.GetEnvironmentVariable("REDOUBT_ASSUME") == name)
            return true;
        if (terminal.CanAsk)
            return terminal.AskFor($"Type the group's name to give up what only this node has ({name}):") == name;
        Console.Error.WriteLine($"redoubt: nobody is there to agree; set REDOUBT_ASSUME={name}");
        return false;
    }
}
