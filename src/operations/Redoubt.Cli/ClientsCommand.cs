using System.CommandLine;
using Redoubt.Failover.Procedures;
using Redoubt.Operations;
using Redoubt.Topology;

namespace Redoubt.Cli;

/// <summary><c>redoubt clients</c>: who is connected where, and who has stayed behind on a replica.</summary>
internal static class ClientsCommand
{
    public static Command Create()
    {
        var choice = new GroupChoice();
        var on = new Option<string?>("--on") { Description = "Only the clients of this node", HelpName = "node" };
        var kill = new Option<bool>("--kill-stragglers") { Description = "Cut off clients that are on a replica and not allowed there" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask per client" };
        var output = new OutputChoice();
        var command = new Command("clients", "List the clients of every node; those on a replica that are not allowed there are stragglers.");
        choice.AddTo(command);
        command.Add(on);
        command.Add(kill);
        command.Add(yes);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            using var interruption = new Interruption();
            using var roll = new ClientRoll(group.Probe, new ClientRules(group.Definition.Clients.AllowedOnReplica));
            NodeAddress? only = arguments.GetValue(on) is { } name ? group.Find(name) : null;
            ClientRow[] rows = [.. (await roll.CallAsync(interruption.Token).ConfigureAwait(false)).Where(row => only is null || row.Node == only)];
            var terminal = new Terminal();
            if (output.Of(arguments) == OutputFormat.Table)
                terminal.Write(rows.Length == 0 ? [new Line("No clients.")] : rows.Select(row => new Line($"{group.NameOf(row.Node),-12} ").Add(row.IsStraggler ? "straggler " : "          ", Tone.Warning).Add(row.Client.ToString())));
            else
                OutputChoice.Print(terminal, output.Of(arguments), ClientRoll.ToJson(rows), "clients");
            if (!arguments.GetValue(kill))
                return ExitCode.Done;
            return await KillAsync(roll, [.. rows.Where(row => row.IsStraggler)], arguments.GetValue(yes), terminal).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> KillAsync(ClientRoll roll, ClientRow[] stragglers, bool yes, Terminal terminal)
    {
        bool all = true;
        foreach (ClientRow row in stragglers)
        {
            bool agreed = yes || (terminal.CanAsk && terminal.Ask($"Cut off {row.Client}?"));
            string? trouble = agreed ? await roll.KillAsync(row).ConfigureAwait(false) : "left";
            all &= trouble is null;
            if (trouble is not null)
                await Console.Error.WriteLineAsync($"redoubt: {row.Client}: {trouble}").ConfigureAwait(false);
        }

        return all ? ExitCode.Done : ExitCode.NotDone;
    }
}
