using Redoubt.Topology;

namespace Redoubt.Failover;

// Each rule answers one question an operator would ask before handing over: is there exactly one master, can it hand over at all, to whom, is
// that node ready, and how long would writers wait? A rule that refuses names its evidence and a remedy; rules that need
// an answer another one could not give (no master, no target) are not asked. What a rule cannot know it notes rather than assumes.

/// <summary>Lays out a switchover from observations. The rules are the methods below, one each, in the order they are tried.</summary>
public static class SwitchoverPlanner
{
    private static readonly Version FailoverSince = new(6, 2);

    /// <summary>Checks and steps for the request; the plan is allowed only when no check refused.</summary>
    public static SwitchoverPlan Plan(GroupObservation group, SwitchoverRequest request)
    {
        var checks = new List<Check>();
        SwitchoverPlan Refused(NodeObservation? master = null, NodeObservation? target = null) =>
            new() { Request = request, Checks = checks, Steps = [], OldMaster = master, Target = target };

        NodeObservation[] masters = [.. group.Masters];
        checks.Add(SingleMaster(group, masters));
        if (masters.Length != 1)
            return Refused();
        NodeObservation master = masters[0];
        checks.Add(MasterIsFree(master));
        checks.Add(FailoverSupported(master));
        NodeObservation? target = request.Target is { } wanted ? Named(group, master, wanted, checks) : Chosen(group, master, request, checks);
        if (target is null)
            return Refused(master);
        ConnectedReplica? line = GroupObservation.LineFor(master, target);
        CheckTarget(group, master, target, line, request, checks);
        NoteOthers(group, master, target, checks);
        if (line is null || checks.Any(check => check.Outcome == CheckOutcome.Refused))
            return Refused(master, target);
        NodeObservation[] siblings = [.. group.Nodes.Where(node => node != target && group.MasterOf(node) == master)];
        return new SwitchoverPlan
        {
            Request = request,
            Checks = checks,
            Steps = Steps(master, target, line.Address, siblings, request),
            OldMaster = master,
            Target = target,
            TargetAsAnnounced = line.Address,
            Siblings = siblings,
        };
    }

    private static Check SingleMaster(GroupObservation group, NodeObservation[] masters)
    {
        if (masters.Length == 1)
            return new Check("single_master", CheckOutcome.Passed, $"{masters[0].Address} is the only master");
        if (masters.Length > 1)
        {
            return new Check("single_master", CheckOutcome.Refused, $"{string.Join(", ", masters.Select(node => node.Address))} are all masters",
                "first decide whose data counts and make the others its replicas");
        }

        string silent = string.Join(", ", group.Nodes.Where(node => node.Failure is not null).Select(node => $"{node.Address} ({node.Failure!.Message})"));
        return new Check("single_master", CheckOutcome.Refused, silent.Length > 0 ? $"no master among the nodes that answer; silent: {silent}" : "no node is a master",
            "a switchover needs a living master to hand over; if it is gone for good, promote a replica with REPLICAOF NO ONE");
    }

    private static Check MasterIsFree(NodeObservation master)
    {
        if (master.Vitals.Loading)
            return new Check("master_ready", CheckOutcome.Refused, $"{master.Address} is loading its dataset", "wait until it has loaded");
        return master.Replication!.FailoverState == FailoverState.NoFailover
            ? new Check("master_ready", CheckOutcome.Passed, "serves, and no FAILOVER is running")
            : new Check("master_ready", CheckOutcome.Refused, "a FAILOVER is already running there", $"wait for it, or end it with FAILOVER ABORT on {master.Address}");
    }

    private static Check FailoverSupported(NodeObservation master)
    {
        if (!Version.TryParse(master.Vitals.Version, out Version? version))
            return new Check("failover_supported", CheckOutcome.Noted, $"the master's version '{master.Vitals.Version}' is not known here", "FAILOVER is tried all the same");
        return version >= FailoverSince
            ? new Check("failover_supported", CheckOutcome.Passed, $"the master has version {version}")
            : new Check("failover_supported", CheckOutcome.Refused, $"the master has version {version}; FAILOVER exists since 6.2", "upgrade, or hand over by hand with CLIENT PAUSE and REPLICAOF");
    }

    private static NodeObservation? Named(GroupObservation group, NodeObservation master, NodeAddress wanted, List<Check> checks)
    {
        NodeObservation? target = group.Find(wanted);
        if (target is null)
        {
            checks.Add(new Check("target", CheckOutcome.Refused, $"{wanted} is not in this group", $"known nodes: {string.Join(", ", group.Nodes.Select(node => node.Address))}"));
            return null;
        }

        if (target == master)
        {
            checks.Add(new Check("target", CheckOutcome.Refused, $"{wanted} is the master already", "nothing to do"));
            return null;
        }

        if (target.Failure is { } failure)
        {
            checks.Add(new Check("target", CheckOutcome.Refused, $"{wanted} cannot be observed: {failure.Message}", "bring it back, or choose another replica"));
            return null;
        }

        return target;
    }

    private static PromoteRule RuleOf(SwitchoverRequest request, NodeObservation node) => request.Promote.GetValueOrDefault(node.Address, PromoteRule.Neutral);

    /// <summary>The replica that is online, may be promoted, is preferred by the operator's rule and then by priority (lower first, as Sentinel
    /// reads it), and among equals the one with the most data.</summary>
    private static NodeObservation? Chosen(GroupObservation group, NodeObservation master, SwitchoverRequest request, List<Check> checks)
    {
        NodeObservation? best = group.Nodes
            .Where(node => node.Replication?.Master is { IsUp: true, Priority: > 0 } && group.MasterOf(node) == master)
            .Where(node => GroupObservation.LineFor(master, node) is { State: ReplicaState.Online })
            .Where(node => RuleOf(request, node) != PromoteRule.Never)
            .OrderBy(node => RuleOf(request, node))
            .ThenBy(node => node.Replication!.Master!.Priority)
            .ThenByDescending(node => node.Offset!.Value.Value)
            .FirstOrDefault();
        if (best is null)
        {
            checks.Add(new Check("target", CheckOutcome.Refused, "no online replica that may be promoted",
                "look at redoubt status; a replica with replica-priority 0 must be named with --to, and one with promote: never is none"));
        }

        return best;
    }

    private static void CheckTarget(GroupObservation group, NodeObservation master, NodeObservation target, ConnectedReplica? line, SwitchoverRequest request, List<Check> checks)
    {
        MasterLink link = target.Replication!.Master!;
        if (line is { State: ReplicaState.Online })
        {
            checks.Add(new Check("target", CheckOutcome.Passed, $"{target.Address} is an online replica of {master.Address}"));
        }
        else if (line is not null)
        {
            checks.Add(new Check("target", CheckOutcome.Refused, $"{target.Address} is still synchronising", "wait until it is online"));
        }
        else
        {
            checks.Add(new Check("target", CheckOutcome.Refused, $"{master.Address} does not list {target.Address} among its replicas (it follows {link.Address})",
                "point it at the master, or set replica-announce-ip/-port on it to the address others use"));
        }

        checks.Add(link.IsUp && link.Sync is null && !target.Vitals.Loading
            ? new Check("link_up", CheckOutcome.Passed, $"its link is up, heard {Math.Max(0, link.LastIoSecondsAgo)} s ago")
            : new Check("link_up", CheckOutcome.Refused, $"its link to {link.Address} is down or synchronising", "wait, or look into the replica's log"));
        if (RuleOf(request, target) == PromoteRule.Never)
            checks.Add(new Check("promote", CheckOutcome.Refused, $"the group file says promote: never for {target.Address}", "choose another replica, or change the rule"));
        checks.Add(LagCheck(group.BytesBehind(target), request.LagBytesMax));
        if (line is { State: ReplicaState.Online })
        {
            checks.Add(line.LagSeconds <= request.AcknowledgementAgeMax.TotalSeconds
                ? new Check("ack_age", CheckOutcome.Passed, $"its last acknowledgement is {Math.Max(0, line.LagSeconds)} s old")
                : new Check("ack_age", CheckOutcome.Refused, $"its last acknowledgement is {line.LagSeconds} s old, limit {request.AcknowledgementAgeMax.TotalSeconds:0.#} s", "see whether it hangs"));
        }

        checks.Add(VersionCheck(master, target));
        if (link.Priority == 0)
            checks.Add(new Check("priority", CheckOutcome.Noted, $"{target.Address} has replica-priority 0 (never promote), but was named explicitly"));
        if (!link.ReadOnly)
        {
            checks.Add(new Check("read_only", CheckOutcome.Refused, $"{target.Address} accepts writes of its own (replica-read-only no), so its data may differ",
                $"CONFIG SET replica-read-only yes on {target.Address}, and resync it"));
        }
    }

    private static Check LagCheck(long? behind, long limit)
    {
        if (behind is not { } bytes)
            return new Check("lag", CheckOutcome.Refused, "how far it is behind cannot be told: it reports another replication ID than the master", "wait until it has synchronised");
        return bytes <= limit
            ? new Check("lag", CheckOutcome.Passed, $"{bytes} bytes behind, limit {limit}")
            : new Check("lag", CheckOutcome.Refused, $"{bytes} bytes behind, limit {limit}", "wait until it has caught up, or raise --max-lag; writers are held until it has");
    }

    private static Check VersionCheck(NodeObservation master, NodeObservation target)
    {
        if (!Version.TryParse(master.Vitals.Version, out Version? from) || !Version.TryParse(target.Vitals.Version, out Version? to))
            return new Check("version", CheckOutcome.Noted, $"versions cannot be compared: '{master.Vitals.Version}' and '{target.Vitals.Version}'");
        return to.Major > from.Major || (to.Major == from.Major && to.Minor >= from.Minor)
            ? new Check("version", CheckOutcome.Passed, $"{to}, master {from}")
            : new Check("version", CheckOutcome.Refused, $"the target runs {to}, older than the master's {from}: the demoted master could not follow it",
                "upgrade the target first");
    }

    private static void NoteOthers(GroupObservation group, NodeObservation master, NodeObservation target, List<Check> checks)
    {
        foreach (NodeObservation node in group.Nodes)
        {
            if (node.Failure is { } failure)
                checks.Add(new Check("others", CheckOutcome.Noted, $"{node.Address} is not observed ({failure.Message}) and will not be re-pointed"));
            else if (node != master && node != target && group.MasterOf(node) != master)
                checks.Add(new Check("others", CheckOutcome.Noted, $"{node.Address} follows {node.Replication!.Master!.Address}, not the master, and is left so"));
        }
    }

    private static PlanStep[] Steps(NodeObservation master, NodeObservation target, NodeAddress announced, NodeObservation[] siblings, SwitchoverRequest request)
    {
        string host = announced.Host;
        const string Unchanged = "refused, nothing changed";
        List<PlanStep> steps =
        [
            new("pre_hooks", "run the hooks pre_switchover, if there are any", "each ends with 0", Unchanged),
            new("roll_call", $"CLIENT LIST on {master.Address}", "read", Unchanged),
            new("catch_up", $"read {master.Address}'s offset",
                $"{target.Address} has applied it, within {request.Timeout.TotalMilliseconds:0} ms", Unchanged),
        ];
        if (request.Name is { } name && name.ValueOf(master.Address) != name.ValueOf(target.Address))
        {
            string back = $"{name.Name}: {name.ValueOf(target.Address)} -> {name.ValueOf(master.Address)}";
            steps.Add(new("name_change", $"{name.Name}: {name.ValueOf(master.Address)} -> {name.ValueOf(target.Address)}", "it still was the old value", Unchanged, back));
            steps.Add(new("name_verify", $"ask for {name.Name} {Waiting(name)}", $"all agree, within {name.Timeout.TotalSeconds:0.#} s", "the name is put back, rolled back", back));
        }

        steps.Add(new("recheck", "look at roles, history, link and lag again", "as planned", "the name is put back; nothing else was changed"));
        steps.Add(new("hand_over", $"{master.Address}: FAILOVER TO {host} {announced.Port} TIMEOUT {request.Timeout.TotalMilliseconds:0}",
            $"{target.Address} says role:master, within {request.Deadline.TotalMilliseconds:0} ms (point of no return)",
            "back to before by itself, or by a guarded FAILOVER ABORT; unknown if the target is silent", "FAILOVER ABORT, with writes paused until the target was seen to be a replica"));
        steps.AddRange(AfterwardsSteps(master, target, announced, siblings, request));
        return [.. steps];
    }

    private static string Waiting(NamePlan name) => name.Wait switch
    {
        NameWait.None => "once",
        NameWait.Authoritative => "at every authoritative server",
        _ => $"at every authoritative server, and wait {name.TtlSeconds} s more for remembered answers",
    };

    private static IEnumerable<PlanStep> AfterwardsSteps(
        NodeObservation master, NodeObservation target, NodeAddress announced, NodeObservation[] siblings, SwitchoverRequest request)
    {
        const string FollowUp = "done, with a follow-up";
        yield return new("prove", "compare master_replid2 and second_repl_offset of both nodes", "equal: both histories are the same up to the fork", "done, but not proven");
        yield return new("probe", $"{target.Address}: DEL of a key that is not there", "answered, so it takes writes", FollowUp);
        yield return new("follow", $"watch {master.Address}", "it follows the new master, link up", FollowUp);
        if (siblings.Length > 0)
        {
            yield return new("siblings", $"{string.Join(", ", siblings.Select(node => node.Address))}: REPLICAOF {announced.Host} {announced.Port}",
                "link up, by partial resync", "done, with a follow-up (they still get the data through the old master)");
        }

        if (request.RewriteConfiguration)
            yield return new("persist", "CONFIG REWRITE on every node", "answered and read back, or the node has no configuration file", FollowUp);
        string rule = request.Stragglers switch { StragglerRule.Ask => "asked about", StragglerRule.Always => "cut off", _ => "left" };
        yield return new("clients", $"CLIENT LIST on {master.Address}", $"nobody who may not stay, within {request.Drain.TotalSeconds:0.#} s; those who stay are {rule}", FollowUp);
        if (request.Name is { } name)
            yield return new("name_final", $"ask for {name.Name} once more", "all agree", FollowUp);
        yield return new("post_hooks", "run the hooks post_switchover and notify, if there are any", "each ends with 0", FollowUp);
    }
}
