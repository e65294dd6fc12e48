using System.CommandLine;
using System.CommandLine.Parsing;
using Redoubt.Failover;
using Redoubt.Failover.Names;
using Redoubt.Operations;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Local;
using Redoubt.Operations.Names;
using Redoubt.Operations.Procedures;
using Redoubt.Topology;

namespace Redoubt.Cli;

// Three ways to say which group: a group file (--group), some nodes of any group (--nodes), or nothing, which is the group that
// REDOUBT_GROUP names or else the local one that `up` has started. All three end as a group definition, so that no command has to know
// which it was; what the file would say is then at its usual value.

/// <summary>The options by which a command is told which group it is about.</summary>
internal sealed class GroupChoice
{
    private readonly Option<string?> _group = new("--group", "-g")
    {
        Description = "The group file: a path, or a name to look up in ~/.config/redoubt/groups and /etc/redoubt/groups. Also REDOUBT_GROUP",
        HelpName = "name|file",
    };

    private readonly Option<NodeAddress[]> _nodes = new("--nodes")
    {
        Description = "Nodes of a group without a file, host:port,…; any one of them is enough, the others are found",
        HelpName = "host:port,…",
        CustomParser = ParseNodes,
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<string> _folder = FolderOption();

    private readonly Option<string?> _user = UserOption();

    private readonly Option<string?> _passwordFile = PasswordFileOption();

    public static Option<string> FolderOption() => new("--dir")
    {
        Description = "Folder of the local group",
        HelpName = "folder",
        DefaultValueFactory = _ => LocalGroup.DefaultFolder,
    };

    public static Option<string?> UserOption() => new("--user") { Description = "ACL user, with --nodes", HelpName = "name" };

    public static Option<string?> PasswordFileOption() => new("--password-file")
    {
        Description = "File whose first line is the password, with --nodes; without it the variable REDISCLI_AUTH has it",
        HelpName = "file",
    };

    public void AddTo(Command command)
    {
        command.Add(_group);
        command.Add(_nodes);
        command.Add(_folder);
        command.Add(_user);
        command.Add(_passwordFile);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_group) is not null && result.GetValue(_nodes) is { Length: > 0 })
                result.AddError("--group and --nodes exclude each other.");
        });
    }

    /// <summary>The group to work on.</summary>
    /// <exception cref="NoGroupException">No group was named, and no local one runs.</exception>
    /// <exception cref="GroupDefinitionException">The group file has an error.</exception>
    public ChosenGroup Open(ParseResult arguments)
    {
        var login = new Login { User = arguments.GetValue(_user), PasswordFile = arguments.GetValue(_passwordFile) };
        if (arguments.GetValue(_nodes) is { Length: > 0 } nodes)
            return ChosenGroup.Of(Definition("", nodes.Select(address => (address.ToString(), address)), login), null);
        string? named = arguments.GetValue(_group) ?? (Environment.GetEnvironmentVariable("REDOUBT_GROUP") is { Length: > 0 } variable ? variable : null);
        if (named is not null)
            return ChosenGroup.Of(GroupDefinitionReader.Load(GroupLocator.Find(named)), null) with { HasFile = true };
        string folder = Path.GetFullPath(arguments.GetValue(_folder)!);
        LocalGroup local = LocalGroup.Find(folder) ?? throw new NoGroupException(
            $"No local group runs (looked in {folder}). Start one with 'redoubt up', or name another group: --group name, or --nodes host:port");
        GroupDefinition definition = Definition("local", local.Nodes.Select(node => (node.Name, node.Address)), login);
        return ChosenGroup.Of(definition with { StateFolder = Path.Combine(folder, "state") }, local);
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

    private static GroupDefinition Definition(string name, IEnumerable<(string Name, NodeAddress Address)> nodes, Login login) => new()
    {
        Name = name,
        Nodes = [.. nodes.Select(node => new NodeDefinition { Name = node.Name, Address = node.Address })],
        Login = login,
    };
}

/// <summary>There is no group to work on.</summary>
internal sealed class NoGroupException(string message) : Exception(message);

/// <summary>A group to work on; the local part is null for one that this tool did not start.</summary>
internal sealed record ChosenGroup(GroupDefinition Definition, GroupProbe Probe, INameProvider NameProvider, LocalGroup? Local) : IDisposable
{
    /// <summary>Its operator has written it down.</summary>
    public bool HasFile { get; init; }

    /// <summary>The nodes' names; empty for a group that was given by addresses, whose nodes have none.</summary>
    public IReadOnlyDictionary<NodeAddress, string> Names { get; } =
        Definition.Name.Length == 0 ? new Dictionary<NodeAddress, string>() : Definition.Nodes.ToDictionary(node => node.Address, node => node.Name);

    /// <summary>The group file's hooks.</summary>
    public ProcedureHooks Hooks => new(Definition.Name, Definition.Hooks);

    /// <summary>Where journals are. A group given by addresses is known by its lowest one, whichever of them was typed, so it is looked at first.</summary>
    public async Task<StateFolder> StateAsync(CancellationToken cancellation) =>
        StateOf(Definition.Name.Length > 0 ? new GroupObservation([]) : await Probe.ObserveAsync(cancellation).ConfigureAwait(false));

    /// <summary>The same, for a group that was observed already.</summary>
    public StateFolder StateOf(GroupObservation seen)
    {
        string name = Definition.Name;
        if (name.Length == 0)
        {
            string first = seen.Nodes.Select(node => node.Address.ToString()).Order(StringComparer.Ordinal).First();
            name = "nodes-" + string.Concat(first.Select(character => char.IsAsciiLetterOrDigit(character) || character == '.' ? character : '-'));
        }

        return new StateFolder(Definition.StateFolder ?? StateFolder.DefaultFolder, name);
    }

    /// <summary>The group's own request. For a group without a file nobody has said how clients are to be treated: they are asked about where
    /// somebody is there to answer, and left alone otherwise.</summary>
    public SwitchoverRequest Request(bool attended)
    {
        SwitchoverRequest request = Definition.ToSwitchover();
        if (!HasFile)
            request = request with { Stragglers = attended ? StragglerRule.Ask : StragglerRule.Never, Drain = attended ? TimeSpan.FromSeconds(2) : TimeSpan.Zero };
        // A local group's configuration is written at every start, from the group file that remembers the master.
        return Local is null ? request : request with { RewriteConfiguration = false };
    }

    /// <summary>A node by its name or address.</summary>
    public NodeAddress Find(string nameOrAddress) => Definition.Find(nameOrAddress)?.Address
        ?? ((!HasFile || nameOrAddress.Contains(':')) && NodeAddress.TryParse(nameOrAddress, out NodeAddress address, defaultPort: 6379)
            ? address
            : throw new GroupDefinitionException($"'{nameOrAddress}' is neither a node's name nor an address"));

    /// <summary>A node as people call it.</summary>
    public string NameOf(NodeAddress address) => Names.TryGetValue(address, out string? name) ? name : address.ToString();

    public static ChosenGroup Of(GroupDefinition definition, LocalGroup? local)
    {
        var options = new ProbeOptions { User = definition.Login.User, Password = definition.Login.ReadPassword() };
        return new ChosenGroup(definition, new GroupProbe(definition.Nodes.Select(node => node.Address), options), NameProviders.Create(definition.Dns), local);
    }

    public void Dispose()
    {
        Probe.Dispose();
        Local?.Dispose();
    }
}
