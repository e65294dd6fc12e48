using Redoubt.Topology;

namespace Redoubt.Failover.Unplanned;

// Who takes over from a master that is gone? Offsets can be compared only along one history, so the candidates are the replicas that are on the
// history most of them are on, and the one that has applied most of it is the best, whatever its priority: every byte less is a write more
// that is lost. A rule or a name may choose another one, and then what that costs is said in bytes and has to be accepted.

/// <summary>What is asked for.</summary>
public sealed record FailoverRequest
{
    /// <summary>The replica to promote; null takes the one that has most.</summary>
    public NodeAddress? Target { get; init; }

    /// <summary>Promote even if another replica has more.</summary>
    public bool AcceptDataLoss { get; init; }

    /// <summary>Promote even if no fence was verified.</summary>
    public bool AcceptUnfenced { get; init; }

    /// <summary>How long a master that may recover is waited for.</summary>
    public TimeSpan WaitRecovery { get; init; }

    /// <summary>Rules, name, clients and limits that a switchover has too.</summary>
    public SwitchoverRequest Rules { get; init; } = new();
}

/// <summary>A failover, checked and laid out.</summary>
public sealed record FailoverPlan
{
    /// <summary>In the order they were made.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>Empty when a check refused.</summary>
    public IReadOnlyList<PlanStep> Steps { get; init; } = [];

    /// <summary>Who is gone; null when that is not clear.</summary>
    public NodeAddress? OldMaster { get; init; }

    /// <summary>What is the matter with it.</summary>
    public MasterDiagnosis? Diagnosis { get; init; }

    /// <summary>Who takes over; null when nobody can.</summary>
    public NodeObservation? Target { get; init; }

    /// <summary>The other replicas of the old master.</summary>
    public IReadOnlyList<NodeObservation> Siblings { get; init; } = [];

    /// <summary>The first check that refused, or null.</summary>
    public Check? Refusal => Checks.FirstOrDefault(check => check.Outcome == CheckOutcome.Refused);
}

/// <summary>Lays out a failover from observations.</summary>
public static class FailoverPlanner
{
    /// <summary>Checks and steps for the request; the plan is allowed only when no check refused.</summary>
    public static FailoverPlan Plan(GroupObservation group, FailoverRequest request)
    {
        List<Check> checks = [];
        if (MasterOf(group, checks) is not { } master)
            return new FailoverPlan { Checks = checks };
        var diagnosis = MasterDiagnosis.Of(group, master);
        checks.Add(diagnosis.IsGone
            ? new Check("master_gone", CheckOutcome.Passed, diagnosis.Evidence)
            : new Check("master_gone", CheckOutcome.Refused, diagnosis.Evidence, RemedyFor(diagnosis.Verdict)));
        NodeObservation[] replicas = [.. group.Nodes.Where(node => node.Replication?.Master?.Address is { } above && SameNode(group, above, master))];
        NodeObservation? target = Choose(replicas, request, checks);
        var plan = new FailoverPlan { Checks = checks, OldMaster = master, Diagnosis = diagnosis, Target = target };
        if (target is null || plan.Refusal is not null)
            return plan;
        NodeObservation[] siblings = [.. replicas.Where(node => node != target)];
        return plan with { Siblings = siblings, Steps = Steps(master, target, siblings, request) };
    }

    /// <summary>The node that the replicas call their master: it is gone, so nobody else can be asked.</summary>
    private static NodeAddress? MasterOf(GroupObservation group, List<Check> checks)
    {
        NodeObservation[] masters = [.. group.Masters];
        if (masters.Length > 1)
        {
            checks.Add(new Check("single_master", CheckOutcome.Refused, $"{string.Join(", ", masters.Select(node => node.Address))} are all masters", "first decide whose data counts, and fence the others"));
            return null;
        }

        NodeAddress[] named = [.. group.Nodes.Where(node => node.IsReplica).Select(node => group.MasterOf(node)?.Address ?? node.Replication!.Master!.Address).Where(address => group.Find(address) is not { IsReplica: true }).Distinct()];
        if (masters is [var only])
            named = [only.Address];
        if (named.Length == 1)
            return named[0];
        checks.Add(new Check("single_master", CheckOutcome.Refused,
            named.Length == 0 ? "no replica answers that could say who the master was" : $"replicas follow different masters: {string.Join(", ", named)}", "redoubt status; bring a replica back, or name the nodes of one group"));
        return null;
    }

    private static bool SameNode(GroupObservation group, NodeAddress left, NodeAddress right) => left == right || group.Find(left)?.IsAt(right) == true;

    private static string RemedyFor(MasterVerdict verdict) => verdict switch
    {
        MasterVerdict.Alive => "redoubt switchover loses nothing",
        MasterVerdict.Loading => "wait; --wait-recovery waits for it",
        MasterVerdict.Busy => "SCRIPT KILL, or wait",
        MasterVerdict.Denied => "log in with the right password",
        _ => "run redoubt where the master can be reached: promoting now would make two masters",
    };

    private static NodeObservation? Choose(NodeObservation[] replicas, FailoverRequest request, List<Check> checks)
    {
        NodeObservation[] usable = [.. replicas.Where(node => !node.Vitals.Loading && node.Replication!.Master!.Sync is null && !node.Replication.ReplicationId.IsNone)];
        if (usable.GroupBy(node => node.Replication!.ReplicationId).OrderByDescending(history => history.Count()).FirstOrDefault() is not { } history)
        {
            checks.Add(new Check("candidate", CheckOutcome.Refused, "no replica has a whole dataset", "wait for one that loads, or restore from a backup"));
            return null;
        }

        NodeObservation[] same = [.. history.OrderByDescending(node => node.Offset!.Value.Value).ThenBy(node => RuleOf(request, node)).ThenBy(node => node.Replication!.Master!.Priority)];
        if (same.Length < usable.Length)
            checks.Add(new Check("history", CheckOutcome.Noted, $"{usable.Length - same.Length} replicas are on another history and are not compared"));
        NodeObservation? target = request.Target is { } wanted
            ? replicas.FirstOrDefault(node => node.IsAt(wanted))
            : same.FirstOrDefault(node => RuleOf(request, node) != PromoteRule.Never && node.Replication!.Master!.Priority > 0);
        if (target is null)
        {
            checks.Add(new Check("candidate", CheckOutcome.Refused, request.Target is { } named ? $"{named} is not a replica of the master that is gone, or does not answer" : "no replica may be promoted", "name one with --to"));
            return null;
        }

        if (RuleOf(request, target) == PromoteRule.Never)
            checks.Add(new Check("candidate", CheckOutcome.Refused, $"the group file says promote: never for {target.Address}", "choose another one"));
        CheckLoss(target, same, request, checks);
        if (!target.Replication!.Master!.ReadOnly)
            checks.Add(new Check("read_only", CheckOutcome.Noted, $"{target.Address} accepts writes of its own, so its data may differ from what the master had"));
        return target;
    }

    private static void CheckLoss(NodeObservation target, NodeObservation[] same, FailoverRequest request, List<Check> checks)
    {
        NodeObservation best = same[0];
        bool comparable = same.Contains(target);
        long less = comparable ? best.Offset!.Value - target.Offset!.Value : 0;
        if (comparable && less == 0)
        {
            checks.Add(new Check("candidate", CheckOutcome.Passed, $"{target.Address} has most, up to {target.Offset}; what the master had beyond that and never sent is not known"));
            return;
        }

        string evidence = comparable ? $"{best.Address} has {less} bytes more than {target.Address}" : $"{target.Address} is on another history than {best.Address}";
        checks.Add(request.AcceptDataLoss
            ? new Check("data_loss", CheckOutcome.Noted, evidence + ", which will be lost")
            : new Check("data_loss", CheckOutcome.Refused, evidence, $"promote {best.Address}, or accept the loss with --accept-data-loss"));
    }

    private static PromoteRule RuleOf(FailoverRequest request, NodeObservation node) => request.Rules.Promote.GetValueOrDefault(node.Address, PromoteRule.Neutral);

    private static PlanStep[] Steps(NodeAddress master, NodeObservation target, NodeObservation[] siblings, FailoverRequest request)
    {
        const string FollowUp = "done, with a follow-up";
        List<PlanStep> steps =
        [
            new("pre_hooks", "run the hooks pre_failover, if there are any", "each ends with 0", "refused, nothing changed"),
            new("fence", $"keep {master} from accepting writes, method after method", request.AcceptUnfenced ? "one is verified, or the risk is accepted" : "one is verified", "the fence is lifted, refused", $"lift the fence of {master}"),
        ];
        if (request.Rules.Name is { } name && name.ValueOf(master) != name.ValueOf(target.Address))
        {
            string back = $"{name.Name}: {name.ValueOf(target.Address)} -> {name.ValueOf(master)}";
            steps.Add(new("name_change", $"{name.Name}: {name.ValueOf(master)} -> {name.ValueOf(target.Address)}", "it still was the old value", "the fence is lifted, rolled back", back));
            steps.Add(new("name_verify", $"ask for {name.Name} everywhere", "all agree", "name and fence are put back, rolled back", back));
        }

        steps.Add(new("evidence", $"keep INFO and a snapshot of {target.Address}", "kept as far as it can be", "goes on without"));
        steps.Add(new("promote", $"{target.Address}: REPLICAOF NO ONE", $"master, forked from the old history behind {target.Offset} (point of no return)", "rolled back when it refused; unknown when it is silent"));
        steps.Add(new("tail", $"keep the last stretch of the stream that {target.Address} shares with {master}", "kept as far as it is there", "goes on without"));
        steps.Add(new("probe", $"{target.Address}: DEL of a key that is not there", "answered, so it takes writes", FollowUp));
        if (siblings.Length > 0)
            steps.Add(new("siblings", $"{string.Join(", ", siblings.Select(node => node.Address))}: REPLICAOF {target.Address.Host} {target.Address.Port}", "link up", FollowUp));
        steps.Add(new("persist", "CONFIG REWRITE on every node that answers", "answered", FollowUp));
        steps.Add(new("post_hooks", "run the hooks post_failover and notify, if there are any", "each ends with 0", FollowUp));
        return [.. steps];
    }
}
