using System.Globalization;
using System.Text;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Failover;

// A planned switchover: the master hands its role to one of its replicas, and no acknowledged write is lost.
//
// The plan is a table that a person can read before anything happens: checks with the evidence each one rests on, then steps with
// the exact commands, what each waits for and what a failure leaves behind. Up to the point of no return, which is the moment the target
// says `role:master`, every failure leads back to the state before; after it every failure leaves a new master and something
// to follow up. Whoever carries the plan out adds no rules of its own.
//
// Sources: observed behaviour of redis-server 7.0's FAILOVER. Its TIMEOUT bounds only the wait for the replica to catch up, not the
// hand-over itself, hence the deadline; and it persists nothing, hence the last step.

/// <summary>What is asked for.</summary>
public sealed record SwitchoverRequest
{
    /// <summary>The replica to promote; null lets the plan choose.</summary>
    public NodeAddress? Target { get; init; }

    /// <summary>A target further behind than this is refused, because writes would be held until it has caught up.</summary>
    public long LagBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>FAILOVER's own limit for the wait until the target has everything.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Limit for the whole hand-over, from FAILOVER to the target's <c>role:master</c>.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A target whose last acknowledgement is older is refused. Redis counts in whole seconds.</summary>
    public TimeSpan AcknowledgementAgeMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the operator says about nodes as masters; a node that is not here is neutral.</summary>
    public IReadOnlyDictionary<NodeAddress, PromoteRule> Promote { get; init; } = new Dictionary<NodeAddress, PromoteRule>();

    /// <summary>The name by which clients find the master; null without one.</summary>
    public NamePlan? Name { get; init; }

    /// <summary>Whether the new roles are written into the nodes' configuration files.</summary>
    public bool RewriteConfiguration { get; init; } = true;

    /// <summary>How long clients have to leave the old master by themselves.</summary>
    public TimeSpan Drain { get; init; }

    /// <summary>What is done with those that stay.</summary>
    public StragglerRule Stragglers { get; init; } = StragglerRule.Never;

    /// <summary>Who may stay.</summary>
    public ClientRules AllowedOnReplica { get; init; } = ClientRules.None;
}

/// <summary>Whether a node may become the master.</summary>
public enum PromoteRule
{
    /// <summary>First choice.</summary>
    Prefer,

    /// <summary>The usual.</summary>
    Neutral,

    /// <summary>Only when no other can.</summary>
    Avoid,

    /// <summary>Not even when named.</summary>
    Never,
}

/// <summary>What happens between setting the name and moving the role.</summary>
public enum NameWait
{
    /// <summary>Go on at once.</summary>
    None,

    /// <summary>Wait until the authoritative servers agree.</summary>
    Authoritative,

    /// <summary>And then until what others remember has run out, so that clients that are turned away resolve the new address.</summary>
    Ttl,
}

/// <summary>What is done with clients that stay on the old master.</summary>
public enum StragglerRule
{
    /// <summary>Ask per client; without an operator, leave it and report it.</summary>
    Ask,

    /// <summary>Cut it off.</summary>
    Always,

    /// <summary>Leave it.</summary>
    Never,
}

/// <summary>How the name moves with the role.</summary>
public sealed record NamePlan
{
    /// <summary>As people know it.</summary>
    public required string Name { get; init; }

    /// <summary>What the name has as its value while that node is the master; by default the node's host.</summary>
    public IReadOnlyDictionary<NodeAddress, string> Values { get; init; } = new Dictionary<NodeAddress, string>();

    /// <summary>What is waited for before the role moves.</summary>
    public NameWait Wait { get; init; } = NameWait.Ttl;

    /// <summary>How long others may remember an answer.</summary>
    public int TtlSeconds { get; init; } = 5;

    /// <summary>How long the servers have to agree.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The role moves even if the name cannot be; it is a follow-up then.</summary>
    public bool GoOnWithout { get; init; }

    /// <summary>What the name should be for that master.</summary>
    public string ValueOf(NodeAddress node) => Values.TryGetValue(node, out string? value) ? value : node.Host;
}

/// <summary>How a check ended.</summary>
public enum CheckOutcome
{
    /// <summary>As it should be.</summary>
    Passed,

    /// <summary>Does not stop the switchover, but whoever runs it should know.</summary>
    Noted,

    /// <summary>The switchover is refused.</summary>
    Refused,
}

/// <summary>One check: its rule, how it ended, what it rests on, and what would help.</summary>
public sealed record Check(string Rule, CheckOutcome Outcome, string Evidence, string Remedy = "");

/// <summary>One step: what is done, what it waits for, what a failure leaves behind, and how it is undone while that can be.</summary>
public sealed record PlanStep(string Name, string Act, string Gate, string OnFailure, string Undo = "");

/// <summary>A switchover, checked and laid out; it can be carried out only when no check refused.</summary>
public sealed record SwitchoverPlan
{
    /// <summary>What was asked for.</summary>
    public required SwitchoverRequest Request { get; init; }

    /// <summary>In the order they were made. A check that another one makes pointless is left out.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>Empty when a check refused.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>Who hands over; null when that is not clear.</summary>
    public NodeObservation? OldMaster { get; init; }

    /// <summary>Who takes over; null when there is nobody.</summary>
    public NodeObservation? Target { get; init; }

    /// <summary>The address by which the master knows the target; FAILOVER accepts no other.</summary>
    public NodeAddress? TargetAsAnnounced { get; init; }

    /// <summary>The other replicas that follow the old master and will be pointed at the new one.</summary>
    public IReadOnlyList<NodeObservation> Siblings { get; init; } = [];

    /// <summary>No check refused.</summary>
    public bool IsAllowed => Checks.All(check => check.Outcome != CheckOutcome.Refused);

    /// <summary>The first check that refused, or null.</summary>
    public Check? Refusal => Checks.FirstOrDefault(check => check.Outcome == CheckOutcome.Refused);

    /// <summary>The plan as text: checks, then steps; each step with its gate, its undo and its failure when it is to be explained.</summary>
    public string ToText(bool explain = true)
    {
        var text = new StringBuilder();
        foreach (Check check in Checks)
        {
            string mark = check.Outcome switch { CheckOutcome.Passed => "pass", CheckOutcome.Noted => "note", _ => "FAIL" };
            text.Append(CultureInfo.InvariantCulture, $"  {mark}  {check.Rule,-20} {check.Evidence}\n");
            if (check.Outcome != CheckOutcome.Passed && check.Remedy.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"        {"",-20} remedy: {check.Remedy}\n");
        }

        for (int i = 0; i < Steps.Count; i++)
        {
            PlanStep step = Steps[i];
            text.Append(CultureInfo.InvariantCulture, $"  {i + 1,4}  {step.Name,-20} {step.Act}\n");
            if (!explain)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"        {"",-20} until: {step.Gate}; else: {step.OnFailure}\n");
            if (step.Undo.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"        {"",-20} undo: {step.Undo}\n");
        }

        return text.ToString();
    }
}
