using Redoubt.Failover;
using Redoubt.Operations.Names;
using Redoubt.Topology;

namespace Redoubt.Operations.Groups;

// What an operator may say about a group, as values. The records follow the sections of the file one to one, and their initial values are what
// holds when the file is silent, so that a group named on the command line by addresses alone is an ordinary group with every value at
// its usual one. Secrets are named here (a file, a variable), never held.

/// <summary>Something in a group file that its author has to put right; the message begins with <c>file:line:column</c> where there is such a place.</summary>
public sealed class GroupDefinitionException(string message) : Exception(message);

/// <summary>One server of the group.</summary>
public sealed record NodeDefinition
{
    /// <summary>Short; unique within the group.</summary>
    public required string Name { get; init; }

    /// <summary>Where redoubt reaches it.</summary>
    public required NodeAddress Address { get; init; }

    /// <summary><c>site</c>: shown, never interpreted.</summary>
    public string? Site { get; init; }

    /// <summary><c>promote</c>.</summary>
    public PromoteRule Promote { get; init; } = PromoteRule.Neutral;

    /// <summary><c>dns</c>: what the group's name has as its value while this node is the master; by default the host of its address.</summary>
    public string? NameValue { get; init; }
}

/// <summary>How redoubt logs in. The password itself is never in the file.</summary>
public sealed record Login
{
    /// <summary>ACL user; null for the default user.</summary>
    public string? User { get; init; }

    /// <summary>File whose first line is the password.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Variable of the environment that has it; without either, <c>REDISCLI_AUTH</c> is looked at.</summary>
    public string? PasswordVariable { get; init; }

    /// <summary>The password, or null when none is configured.</summary>
    /// <exception cref="GroupDefinitionException">The file cannot be read, or the variable is not set.</exception>
    public string? ReadPassword()
    {
        if (PasswordFile is { } file)
        {
            try
            {
                return File.ReadLines(file).FirstOrDefault() ?? throw new GroupDefinitionException($"{file} is empty; its first line has to be the password");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new GroupDefinitionException($"the password cannot be read: {error.Message}");
            }
        }

        if (PasswordVariable is { } variable)
            return Environment.GetEnvironmentVariable(variable) ?? throw new GroupDefinitionException($"the variable {variable}, which has the password, is not set");
        return Environment.GetEnvironmentVariable("REDISCLI_AUTH") is { Length: > 0 } usual ? usual : null;
    }
}

/// <summary>Limits that a switchover keeps.</summary>
public sealed record GateSettings
{
    /// <summary>A candidate further behind is refused.</summary>
    public long LagBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>A candidate whose last acknowledgement is older is refused.</summary>
    public TimeSpan AcknowledgementAgeMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long writes may be held until the candidate has everything.</summary>
    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Limit for the whole hand-over.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>dns_wait</c>.</summary>
    public NameWait NameWait { get; init; } = NameWait.Ttl;
}

/// <summary>How clients are treated after the role has moved.</summary>
public sealed record ClientSettings
{
    /// <summary>How long they have to come over by themselves.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who may stay on a replica: <c>name:PATTERN</c>, <c>user:PATTERN</c> or <c>cidr:NETWORK</c>.</summary>
    public IReadOnlyList<string> AllowedOnReplica { get; init; } = [];

    /// <summary><c>kill_stragglers</c>.</summary>
    public StragglerRule Stragglers { get; init; } = StragglerRule.Ask;
}

/// <summary>A program that fences, lifts the fence, and says whether it holds. Program and arguments, no shell; <c>{node}</c>, <c>{host}</c> and
/// <c>{port}</c> stand for the node.</summary>
public sealed record FenceHook(IReadOnlyList<string> On, IReadOnlyList<string> Off, IReadOnlyList<string> Verify);

/// <summary>How a node is kept from accepting writes.</summary>
public sealed record FenceSettings
{
    /// <summary>In this order: <c>min-replicas</c>, <c>hook:NAME</c>. At least one has to be verified.</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["min-replicas"];

    /// <summary>The hooks by name.</summary>
    public IReadOnlyDictionary<string, FenceHook> Hooks { get; init; } = new Dictionary<string, FenceHook>();
}

/// <summary>Whether a snapshot is taken before a promotion.</summary>
public enum SnapshotRule
{
    /// <summary>When there is room for it.</summary>
    Auto,

    /// <summary>A promotion without one is refused.</summary>
    Always,

    /// <summary>None.</summary>
    Never,
}

/// <summary>What an unplanned failover keeps for the search for missed writes.</summary>
public sealed record EvidenceSettings
{
    /// <summary>How much of the stream before the fork is kept.</summary>
    public long TailBytes { get; init; } = 1024 * 1024;

    /// <summary><c>snapshot</c>.</summary>
    public SnapshotRule Snapshot { get; init; } = SnapshotRule.Auto;
}

/// <summary>Programs that run at fixed moments: program and arguments, JSON on their standard input. A failing one of <c>pre_*</c> ends the procedure.</summary>
public sealed record HookSettings
{
    /// <summary>By moment: <c>pre_switchover</c>, <c>post_switchover</c>, <c>pre_failover</c>, <c>post_failover</c>, <c>on_failed</c>, <c>notify</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<IReadOnlyList<string>>> Commands { get; init; } = new Dictionary<string, IReadOnlyList<IReadOnlyList<string>>>();

    /// <summary>How long each may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>A group as its operator has written it down.</summary>
public sealed record GroupDefinition
{
    /// <summary>Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; also the name of its folder of state.</summary>
    public required string Name { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<NodeDefinition> Nodes { get; init; }

    /// <summary><c>auth</c>.</summary>
    public Login Login { get; init; } = new();

    /// <summary><c>dns</c>.</summary>
    public NameSettings Dns { get; init; } = new();

    /// <summary><c>gates</c>.</summary>
    public GateSettings Gates { get; init; } = new();

    /// <summary><c>clients</c>.</summary>
    public ClientSettings Clients { get; init; } = new();

    /// <summary><c>fence</c>.</summary>
    public FenceSettings Fence { get; init; } = new();

    /// <summary><c>evidence</c>.</summary>
    public EvidenceSettings Evidence { get; init; } = new();

    /// <summary><c>hooks</c>.</summary>
    public HookSettings Hooks { get; init; } = new();

    /// <summary><c>state_dir</c>: journals and evidence; null for the usual place.</summary>
    public string? StateFolder { get; init; }

    /// <summary>The node of that name or address, or null.</summary>
    public NodeDefinition? Find(string nameOrAddress) =>
        Nodes.FirstOrDefault(node => string.Equals(node.Name, nameOrAddress, StringComparison.OrdinalIgnoreCase))
        ?? (NodeAddress.TryParse(nameOrAddress, out NodeAddress address, defaultPort: 6379) ? Find(address) : null);

    /// <summary>The node at that address, or null.</summary>
    public NodeDefinition? Find(NodeAddress address) => Nodes.FirstOrDefault(node => node.Address == address);
}
