using System.CommandLine;
using Redoubt.Failover;
using Redoubt.Operations;
using Redoubt.Operations.Groups;
using Redoubt.Topology;

namespace Redoubt.Cli;

/// <summary><c>redoubt init</c>: write a group file by looking at live servers.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var nodes = new Argument<NodeAddress[]>("host:port")
        {
            Description = "Nodes of the group; any one of them is enough, the others are found",
            CustomParser = GroupChoice.ParseNodes,
            Arity = ArgumentArity.OneOrMore,
        };
        var name = new Option<string>("--name") { Description = "The group's name", HelpName = "name", DefaultValueFactory = _ => "main" };
        var file = new Option<string?>("--file", "-f") { Description = "Where to write it; - prints it. Without it: the group's name in ~/.config/redoubt/groups", HelpName = "file" };
        Option<string?> user = GroupChoice.UserOption();
        Option<string?> passwordFile = GroupChoice.PasswordFileOption();
        var command = new Command("init", "Write a group file by looking at live servers.") { nodes, name, file, user, passwordFile };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is { } text && !GroupDefinitionReader.IsName(text))
                result.AddError($"'{text}' is no name of a group: letters, digits, '-', '_' and '.', not at the start.");
        });
        command.SetAction(async (arguments, _) =>
        {
            var login = new Login { User = arguments.GetValue(user), PasswordFile = arguments.GetValue(passwordFile) is { } path ? Path.GetFullPath(path) : null };
            using var interruption = new Interruption();
            using var probe = new GroupProbe(arguments.GetValue(nodes)!, new ProbeOptions { User = login.User, Password = login.ReadPassword() });
            GroupObservation group = await probe.ObserveAsync(interruption.Token).ConfigureAwait(false);
            return Finish(arguments.GetValue(name)!, arguments.GetValue(file), login, group);
        });
        return command;
    }

    private static int Finish(string name, string? file, Login login, GroupObservation group)
    {
        var terminal = new Terminal();
        if (group.Nodes.All(node => node.Failure is not null))
        {
            foreach (NodeObservation node in group.Nodes)
                Console.Error.WriteLine($"redoubt: {node.Address}: {node.Failure!.Message}");
            return ExitCode.Refused;
        }

        string text = GroupSurvey.Write(name, group, login);
        if (file == "-")
        {
            terminal.Write(text.TrimEnd('\n'));
            return ExitCode.Done;
        }

        string path = file ?? Path.Combine(GroupLocator.Folders[0], name + ".yaml");
        GroupSurvey.Save(path, text);
        terminal.Write($"Wrote {path} with {group.Nodes.Count} {(group.Nodes.Count == 1 ? "node" : "nodes")}. See it: redoubt status --group {(file is null ? name : path)}");
        return ExitCode.Done;
    }
}
