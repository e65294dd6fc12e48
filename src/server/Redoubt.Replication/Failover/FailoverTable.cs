using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

// FAILOVER as a table: state, event, guard, actions, next state, name. FailoverMachine keeps the state and asks the table; the
// server carries the actions out. So the whole procedure can be read on one page (`FailoverTable.Print`), and a line of the log that
// names a rule says which row was taken and, by the rows above it, why no other was.
//
// What must stay true: whatever ends a failover resumes the writes that its start held; only an answer of the target or an
// operator's ABORT makes the old master a master again once the handover has begun, never a clock and never a broken connection,
// for the target may have taken over unheard.

/// <summary>What can happen to a failover.</summary>
public enum FailoverEvent
{
    /// <summary>FAILOVER without ABORT.</summary>
    Requested,

    /// <summary>FAILOVER ABORT.</summary>
    AbortRequested,

    /// <summary>A replica acknowledged an offset.</summary>
    Acknowledged,

    /// <summary>Time passed.</summary>
    Timer,

    /// <summary>The target answered PSYNC FAILOVER with +CONTINUE or +FULLRESYNC.</summary>
    Accepted,

    /// <summary>The target answered with an error.</summary>
    Rejected,

    /// <summary>The target answered that it is a master.</summary>
    TargetIsMaster,

    /// <summary>The connection to the target could not be made or broke before an answer came.</summary>
    ConnectionLost,
}

/// <summary>What the server is to do, in the order in which a rule lists it.</summary>
public enum FailoverAction
{
    /// <summary>Hold the clients' writes, and anything else that would put bytes into the stream: PING, expiries, eviction.</summary>
    PauseWrites,

    /// <summary>Send REPLCONF GETACK to the replicas at once.</summary>
    RequestAcks,

    /// <summary>Follow <see cref="FailoverMachine.Target"/>, with our own ID and offset as the point to resume from and FAILOVER in the PSYNC.</summary>
    FollowTarget,

    /// <summary>Connect to the target again, with FAILOVER.</summary>
    ReconnectWithFailover,

    /// <summary>Connect to the target again, as any replica does.</summary>
    ReconnectPlainly,

    /// <summary>Be a master again, under a new replication ID.</summary>
    BecomeMasterAgain,

    /// <summary>Let the clients go on; they find a master or a replica.</summary>
    ResumeWrites,
}

/// <summary>What the guards look at.</summary>
internal readonly record struct FailoverFacts(
    Role Role, int Replicas, FailoverCommand? Command, bool TargetKnown, bool TargetOnline, bool Synced, bool DeadlinePassed, bool Force, bool AnswerWasLost);

/// <summary>One row of the table.</summary>
/// <param name="Name">The rule's name, as the log gives it.</param>
/// <param name="From">The states in which it holds; null for every state but <see cref="FailoverState.NoFailover"/>.</param>
/// <param name="On">The event.</param>
/// <param name="Guard">The condition in words.</param>
/// <param name="Actions">What to do.</param>
/// <param name="Next">The state after it; null to stay.</param>
/// <param name="Error">The error text, if the rule is a refusal.</param>
/// <param name="AbortReason">What the log says after "aborted:", if the rule ends a failover without success.</param>
public sealed record FailoverRule(
    string Name,
    FailoverState? From,
    FailoverEvent On,
    string Guard,
    IReadOnlyList<FailoverAction> Actions,
    FailoverState? Next,
    string Error = "",
    string AbortReason = "")
{
    internal Func<FailoverFacts, bool> Holds { get; init; } = static _ => true;
}

/// <summary>The rules of FAILOVER. The first that holds for state and event fires; an event without a rule changes nothing.</summary>
public static class FailoverTable
{
    /// <summary>The rules, in order.</summary>
    public static IReadOnlyList<FailoverRule> Rules { get; } =
    [
        Refusal("already-in-progress", null, "", "ERR FAILOVER already in progress.", static _ => true),
        Refusal("not-on-a-replica", FailoverState.NoFailover, "this node is a replica",
            "ERR FAILOVER is not valid when server is a replica.", static f => f.Role == Role.Replica),
        Refusal("needs-replicas", FailoverState.NoFailover, "no replica is connected",
            "ERR FAILOVER requires connected replicas.", static f => f.Replicas == 0),
        Refusal("force-needs-both", FailoverState.NoFailover, "FORCE without TO or without TIMEOUT",
            "ERR FAILOVER with force option requires both a timeout and target HOST and IP.",
            static f => f.Command is { Force: true } c && (c.Host is null || c.TimeoutMs == 0)),
        Refusal("unknown-target", FailoverState.NoFailover, "no replica has that address",
            "ERR FAILOVER target HOST and PORT is not a replica.", static f => f.Command is { Host: not null } && !f.TargetKnown),
        Refusal("target-not-online", FailoverState.NoFailover, "the target still synchronises",
            "ERR FAILOVER target replica is not online.", static f => f.Command is { Host: not null } && !f.TargetOnline),
        new("start-synced", FailoverState.NoFailover, FailoverEvent.Requested, "the target has acknowledged everything",
            [FailoverAction.PauseWrites, FailoverAction.FollowTarget], FailoverState.FailoverInProgress) { Holds = static f => f.Synced },
        new("start", FailoverState.NoFailover, FailoverEvent.Requested, "",
            [FailoverAction.PauseWrites, FailoverAction.RequestAcks], FailoverState.WaitingForSync),
        new("nothing-to-abort", FailoverState.NoFailover, FailoverEvent.AbortRequested, "", [], null, "ERR No failover in progress."),
        new("abort-waiting", FailoverState.WaitingForSync, FailoverEvent.AbortRequested, "",
            [FailoverAction.ResumeWrites], FailoverState.NoFailover, AbortReason: "Failover manually aborted"),
        new("abort-handover", FailoverState.FailoverInProgress, FailoverEvent.AbortRequested, "",
            [FailoverAction.BecomeMasterAgain, FailoverAction.ResumeWrites], FailoverState.NoFailover, AbortReason: "Failover manually aborted"),
        new("target-synced", FailoverState.WaitingForSync, FailoverEvent.Acknowledged, "the target has acknowledged everything",
            [FailoverAction.FollowTarget], FailoverState.FailoverInProgress) { Holds = static f => f.Synced },
        new("forced-by-timeout", FailoverState.WaitingForSync, FailoverEvent.Timer, "the timeout passed, with FORCE",
            [FailoverAction.FollowTarget], FailoverState.FailoverInProgress) { Holds = static f => f.DeadlinePassed && f.Force },
        new("gave-up", FailoverState.WaitingForSync, FailoverEvent.Timer, "the timeout passed",
            [FailoverAction.ResumeWrites], FailoverState.NoFailover, AbortReason: "Replica never caught up before timeout") { Holds = static f => f.DeadlinePassed },
        new("handed-over", FailoverState.FailoverInProgress, FailoverEvent.Accepted, "",
            [FailoverAction.ResumeWrites], FailoverState.NoFailover),
        new("took-over-unheard", FailoverState.FailoverInProgress, FailoverEvent.TargetIsMaster, "an earlier PSYNC FAILOVER got no answer",
            [FailoverAction.ReconnectPlainly, FailoverAction.ResumeWrites], FailoverState.NoFailover) { Holds = static f => f.AnswerWasLost },
        new("target-was-master", FailoverState.FailoverInProgress, FailoverEvent.TargetIsMaster, "",
            [FailoverAction.BecomeMasterAgain, FailoverAction.ResumeWrites], FailoverState.NoFailover, AbortReason: "Failover target rejected psync request"),
        new("target-refused", FailoverState.FailoverInProgress, FailoverEvent.Rejected, "",
            [FailoverAction.BecomeMasterAgain, FailoverAction.ResumeWrites], FailoverState.NoFailover, AbortReason: "Failover target rejected psync request"),
        new("try-again", FailoverState.FailoverInProgress, FailoverEvent.ConnectionLost, "",
            [FailoverAction.ReconnectWithFailover], null),
    ];

    /// <summary>The table as text, a row per rule.</summary>
    public static string Print()
    {
        var rows = new List<string[]> { new[] { "state", "event", "guard", "actions", "next", "rule" } };
        foreach (FailoverRule rule in Rules)
        {
            string actions = rule.Error.Length > 0 ? $"reply -{rule.Error}" : string.Join(", ", rule.Actions);
            rows.Add([Word(rule.From, "any failover"), rule.On.ToString(), rule.Guard, actions, Word(rule.Next, "(same)"), rule.Name]);
        }

        int[] widths = [.. Enumerable.Range(0, 6).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < 5; column++)
                text.Append(row[column].PadRight(widths[column] + 2));
            text.Append(row[5]).Append('\n');
        }

        return text.ToString();
    }

    internal static FailoverRule? Find(FailoverState state, FailoverEvent on, FailoverFacts facts)
    {
        foreach (FailoverRule rule in Rules)
        {
            bool inState = rule.From is { } from ? from == state : state != FailoverState.NoFailover;
            if (inState && rule.On == on && rule.Holds(facts))
                return rule;
        }

        return null;
    }

    private static FailoverRule Refusal(string name, FailoverState? from, string guard, string error, Func<FailoverFacts, bool> holds) =>
        new(name, from, FailoverEvent.Requested, guard, [], null, error) { Holds = holds };

    private static string Word(FailoverState? state, string none) =>
        state is { } known ? Encoding.ASCII.GetString(known.ToWire()) : none;
}
