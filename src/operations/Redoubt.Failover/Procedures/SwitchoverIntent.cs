using System.Globalization;
using Redoubt.Topology;

namespace Redoubt.Failover.Procedures;

/// <summary>What a switchover wants, as its first record keeps it: enough for another process to go on with it. Only wishes are kept here; what is, is
/// always looked at anew.</summary>
public sealed record SwitchoverIntent
{
    /// <summary>Who hands over.</summary>
    public required NodeAddress OldMaster { get; init; }

    /// <summary>Who takes over.</summary>
    public required NodeAddress Target { get; init; }

    /// <summary>The target's address as the old master knows it.</summary>
    public required NodeAddress Announced { get; init; }

    /// <summary>The history that both share before.</summary>
    public required ReplicationId History { get; init; }

    /// <summary>Replicas that are pointed at the new master.</summary>
    public IReadOnlyList<NodeAddress> Siblings { get; init; } = [];

    /// <summary>The name's value before; empty without a name.</summary>
    public string OldName { get; init; } = "";

    /// <summary>The name's value after.</summary>
    public string NewName { get; init; } = "";

    /// <summary>A failover goes on even if no fence was verified.</summary>
    public bool AcceptUnfenced { get; init; }

    /// <summary>Whether there is a name to move.</summary>
    public bool HasName => NewName.Length > 0 && OldName != NewName;

    /// <summary>All nodes it touches.</summary>
    public IEnumerable<NodeAddress> Nodes => Siblings.Prepend(Target).Prepend(OldMaster);

    /// <summary>As facts of a record.</summary>
    public (string Name, string Value)[] ToFacts() =>
    [
        ("old_master", OldMaster.ToString()), ("target", Target.ToString()), ("announced", Announced.ToString()), ("history", History.ToString()),
        ("siblings", string.Join(',', Siblings)), ("old_name", OldName), ("new_name", NewName),
        ("accept_unfenced", AcceptUnfenced ? "yes" : "no"),
    ];

    /// <summary>From a record's facts; <see cref="FormatException"/> or <see cref="KeyNotFoundException"/> when they are not of this kind.</summary>
    public static SwitchoverIntent Of(IReadOnlyDictionary<string, string> facts) => new()
    {
        OldMaster = NodeAddress.Parse(facts["old_master"]),
        Target = NodeAddress.Parse(facts["target"]),
        Announced = NodeAddress.Parse(facts["announced"]),
        History = ReplicationId.Parse(facts["history"]),
        Siblings = [.. facts["siblings"].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => NodeAddress.Parse(text))],
        OldName = facts["old_name"],
        NewName = facts["new_name"],
        AcceptUnfenced = facts.GetValueOrDefault("accept_unfenced") == "yes",
    };

    /// <summary>What an allowed plan wants.</summary>
    public static SwitchoverIntent Of(SwitchoverPlan plan) => new()
    {
        OldMaster = plan.OldMaster!.Address,
        Target = plan.Target!.Address,
        Announced = plan.TargetAsAnnounced!.Value,
        History = plan.OldMaster.Replication!.ReplicationId,
        Siblings = [.. plan.Siblings.Select(node => node.Address)],
        OldName = plan.Request.Name?.ValueOf(plan.OldMaster.Address) ?? "",
        NewName = plan.Request.Name?.ValueOf(plan.Target.Address) ?? "",
    };
}

/// <summary>What the records of an interrupted operation say about how far it may have come. Intents only: whether a step that was begun had its
/// effect is for the nodes to tell.</summary>
public sealed record JournalPast(IReadOnlyList<JournalRecord> Records)
{
    /// <summary>A guarded abort keeps the old master's writers paused for this long, so that a tool that dies in the middle leaves time for another to go on.</summary>
    public static readonly TimeSpan GuardTime = TimeSpan.FromMinutes(5);

    /// <summary>A fresh operation.</summary>
    public static JournalPast None { get; } = new([]);

    /// <summary>Whether that step was begun.</summary>
    public bool Begun(string step) => Records.Any(record => record.Mark == JournalMark.Intent && record.Step == step);

    /// <summary>Until when the writers of the old master are paused by a guarded abort; null when none was begun.</summary>
    public DateTimeOffset? GuardedUntil =>
        Records.LastOrDefault(record => record.Mark == JournalMark.Intent && record.Step == "guard") is { } guard ? guard.At + GuardTime : null;

    /// <summary>The offset or other fact that a step noted when it was done, or null.</summary>
    public string? Noted(string step, string fact) =>
        Records.LastOrDefault(record => record.Mark == JournalMark.Done && record.Step == step && record.Facts.ContainsKey(fact))?.Facts[fact];

    /// <summary>A number that a step noted, or null.</summary>
    public long? NumberNoted(string step, string fact) =>
        long.TryParse(Noted(step, fact), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
}
