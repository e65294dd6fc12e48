using System.Globalization;
using System.Text;
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

/// <summary>One step: what is done, what it waits for, and what a failure leaves behind.</summary>
public sealed record PlanStep(string Name, string Act, string Gate, string OnFailure);

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

    /// <summary>The plan as text: checks, then steps.</summary>
    public string ToText()
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
            text.Append(CultureInfo.InvariantCulture, $"        {"",-20} until: {step.Gate}; else: {step.OnFailure}\n");
        }

        return text.ToString();
    }
}
