using System.CommandLine;
using System.CommandLine.Parsing;
using Redoubt.Operations;
using Redoubt.Operations.Local;
using Redoubt.Topology;

namespace Redoubt.Cli;

/// <summary>The options by which a command is told which group it is about: some nodes of any group, or the local group of a folder.</summary>
internal sealed class GroupChoice
{
    private readonly Option<NodeAddress[]> _nodes = new("--nodes")
    {
        Description = "Nodes of a group, host:port,…; any one of them is enough, the others are found. Without it: the local group",
        HelpName = "host:port,…",
        CustomParser = ParseNodes,
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<string> _folder = FolderOption();

    private readonly Option<string?> _user = new("--user") { Description = "ACL user", HelpName = "name" };

    private readonly Option<string?> _password = new("--password", "-a")
    {
        Description = "Password of the nodes; the variable REDISCLI_AUTH keeps it out of the process list",
        HelpName = "password",
    };

    public static Option<string> FolderOption() => new("--dir")
    {
        Description = "Folder of the local group",
        HelpName = "folder",
        DefaultValueFactory = _ => LocalGroup.DefaultFolder,
    };

    public void AddTo(Command command)
    {
        command.Add(_nodes);
        command.Add(_folder);
        command.Add(_user);
        command.Add(_password);
    }

    /// <summary>The group to work on.</summary>
    /// <exception cref="LocalGroupException">No nodes were named, and no local group runs.</exception>
    public ChosenGroup Open(ParseResult arguments)
    {
        var options = new ProbeOptions
        {
            User = arguments.GetValue(_user),
            Password = arguments.GetValue(_password) ?? (Environment.GetEnvironmentVariable("REDISCLI_AUTH") is { Length: > 0 } variable ? variable : null),
        };
        if (arguments.GetValue(_nodes) is { Length: > 0 } nodes)
            return new ChosenGroup(new GroupProbe(nodes, options), null);
        string folder = Path.GetFullPath(arguments.GetValue(_folder)!);
        LocalGroup local = LocalGroup.Find(folder) ?? throw new NoGroupException(
            $"No local group runs (looked in {folder}). Start one with 'redoubt up', or name the nodes of another group: --nodes host:port");
        return new ChosenGroup(new GroupProbe(local.Nodes.Select(node => node.Address), options), local);
    }

    public static NodeAddress[] ParseNodes(ArgumentResult result)
    {
        List<NodeAddress> nodes = [];
        foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (NodeAddress.TryParse(text, out NodeAddress address, defaultPort: 6379))
                nodes.Add(address);
            else
                result.AddError($"'{text}' is not an address; expected host:port or [ipv6]:port.");
        }

        return [.. nodes];
    }
}

/// <summary>There is no group to work on.</summary>
internal sealed class NoGroupException(string message) : Exception(message);

/// <summary>A group to work on; the local part is null for a foreign one.</summary>
internal sealed record ChosenGroup(GroupProbe Probe, LocalGroup? Local) : IDisposable
{
    public IReadOnlyDictionary<NodeAddress, string> Names { get; } = Local?.Names ?? new Dictionary<NodeAddress, string>();

    public void Dispose()
    {
        Probe.Dispose();
        Local?.Dispose();
    }
}
