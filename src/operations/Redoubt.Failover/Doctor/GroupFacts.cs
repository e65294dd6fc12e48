using System.Globalization;
using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Failover.Doctor;

/// <summary>Everything a node was asked for a thorough check.</summary>
public sealed record NodeFacts
{
    /// <summary>Role, link, offsets.</summary>
    public required NodeObservation Node { get; init; }

    /// <summary>As people call it.</summary>
    public required string Name { get; init; }

    /// <summary>INFO, field by field.</summary>
    public IReadOnlyDictionary<string, string> Info { get; init; } = new Dictionary<string, string>();

    /// <summary>The configuration, directive by directive; empty when it may not be read.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();

    /// <summary>Its clients; null when they may not be listed.</summary>
    public IReadOnlyList<ClientLine>? Clients { get; init; }

    /// <summary>How far its clock is ahead of this machine's; null when it did not say.</summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>Commands that a procedure needs and this login was refused.</summary>
    public IReadOnlyList<string> Denied { get; init; } = [];

    /// <summary>Observed.</summary>
    public bool Answers => Node.Failure is null;

    /// <summary>A number of INFO; null when it is not there.</summary>
    public long? InfoNumber(string field) => Info.TryGetValue(field, out string? text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>A directive; null when it is not known.</summary>
    public string? Directive(string name) => Configuration.GetValueOrDefault(name);

    /// <summary>A directive that is a number; null when it is not known.</summary>
    public long? DirectiveNumber(string name) =>
        Configuration.TryGetValue(name, out string? text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
}

/// <summary>Everything a thorough check knows: the nodes, the name, and this machine.</summary>
public sealed record GroupFacts
{
    /// <summary>Who was observed.</summary>
    public required GroupObservation Group { get; init; }

    /// <summary>What each node said.</summary>
    public required IReadOnlyList<NodeFacts> Nodes { get; init; }

    /// <summary>The addresses that the group file gives; empty without one.</summary>
    public IReadOnlyList<NodeAddress> Written { get; init; } = [];

    /// <summary>How the group's name moves; null without one.</summary>
    public NamePlan? Name { get; init; }

    /// <summary>What each server answers for it.</summary>
    public IReadOnlyList<NameAnswer> Answers { get; init; } = [];

    /// <summary>Whether a change of it would be allowed; null when that cannot be told.</summary>
    public NameChange? Rehearsal { get; init; }

    /// <summary>How a node would be fenced, in order.</summary>
    public IReadOnlyList<string> FenceMethods { get; init; } = [];

    /// <summary>Those of them that have no way to say whether they hold.</summary>
    public IReadOnlyList<string> UnverifiedFences { get; init; } = [];

    /// <summary>Who may be on a replica.</summary>
    public ClientRules AllowedOnReplica { get; init; } = ClientRules.None;

    /// <summary>Why nothing can be written into the folder of state; null when it can.</summary>
    public string? StateTrouble { get; init; }

    /// <summary>Files with secrets that others may read.</summary>
    public IReadOnlyList<string> OpenSecrets { get; init; } = [];

    /// <summary>The only master's facts, or null.</summary>
    public NodeFacts? Master => Group.Master is { } master ? Nodes.FirstOrDefault(node => node.Node.Address == master.Address) : null;
}

/// <summary>How a check of the doctor ended.</summary>
public enum Diagnosis
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>Works, and will hurt some day.</summary>
    Warn,

    /// <summary>A change of master, or a restart, would go wrong.</summary>
    Fail,
}

/// <summary>One check: its id, how it ended, what it rests on, and what would help.</summary>
public sealed record DoctorFinding(string Id, Diagnosis Diagnosis, string Evidence, string Remedy = "");
