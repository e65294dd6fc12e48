using Redoubt.Topology;

namespace Redoubt.Failover;

/// <summary>How much a finding, and with the worst of them the group, needs someone.</summary>
public enum Severity
{
    /// <summary>Fine.</summary>
    Healthy,

    /// <summary>Serves, but with less than it should.</summary>
    Degraded,

    /// <summary>Does not serve, or must not be trusted.</summary>
    Broken,
}

/// <summary>One thing found out: which rule fired, about which node, in a sentence, with what to do about it.</summary>
public sealed record Finding(Severity Severity, string Rule, NodeAddress? Node, string Sentence, string Remedy);

/// <summary>What the observations mean.</summary>
public sealed record GroupAnalysis(Severity Severity, string Summary, IReadOnlyList<Finding> Findings)
{
    /// <summary>Applies every rule below to the observations.</summary>
    public static GroupAnalysis Of(GroupObservation group)
    {
        var findings = new List<Finding>();
        JudgeMasters(group, findings);
        foreach (NodeObservation node in group.Nodes)
        {
            if (node.Failure is { } failure)
                findings.Add(Failed(node, failure));
            else if (node.IsReplica)
                JudgeReplica(group, node, findings);
            else
                JudgeMaster(node, findings);
        }

        Severity worst = findings.Count == 0 ? Severity.Healthy : findings.Max(finding => finding.Severity);
        findings.Sort((left, right) => right.Severity.CompareTo(left.Severity));
        return new GroupAnalysis(worst, Summarise(group, worst), findings);
    }

    private static string Summarise(GroupObservation group, Severity worst)
    {
        int replicas = group.Nodes.Count(node => node.IsReplica);
        int online = group.Nodes.Count(node => node.Replication?.Master is { IsUp: true });
        string who = group.Master is { } master ? $"{master.Address} is the master" : $"{group.Masters.Count()} masters";
        string state = worst switch { Severity.Healthy => "HEALTHY", Severity.Degraded => "DEGRADED", _ => "BROKEN" };
        int silent = group.Nodes.Count(node => node.Failure is not null);
        string lost = silent > 0 ? $", {silent} not observed" : "";
        return $"{state}: {who}, {online} of {replicas} {(replicas == 1 ? "replica" : "replicas")} linked{lost}";
    }

    private static void JudgeMasters(GroupObservation group, List<Finding> findings)
    {
        NodeObservation[] masters = [.. group.Masters];
        if (masters.Length == 0)
        {
            findings.Add(new Finding(Severity.Broken, "no_master", null, "No node that can be reached is a master: nobody accepts writes.",
                "Bring the master back, or promote the replica with the highest offset: REPLICAOF NO ONE."));
        }
        else if (masters.Length > 1)
        {
            findings.Add(new Finding(Severity.Broken, "several_masters", null,
                $"{string.Join(" and ", masters.Select(node => node.Address))} are all masters: writes go to different datasets.",
                "Decide which one has the data clients rely on, keep clients off the others, then REPLICAOF it (that discards the others' writes)."));
        }
        else if (group.Nodes.Count == 1)
        {
            findings.Add(new Finding(Severity.Degraded, "no_replica", masters[0].Address, "The master has no replica: losing it loses the data.",
                "Start another server with replicaof pointing here."));
        }
    }

    private static Finding Failed(NodeObservation node, NodeFailure failure) => failure.Kind switch
    {
        NodeFailureKind.AccessDenied => new Finding(Severity.Degraded, "access_denied", node.Address,
            $"{node.Address} refuses to answer: {failure.Message}", "Give the password with auth in the group file, --password-file or REDISCLI_AUTH."),
        NodeFailureKind.NotRedis => new Finding(Severity.Broken, "not_redis", node.Address,
            $"{node.Address} does not answer like a Redis server: {failure.Message}", "Check the address; a TLS port cannot be used here."),
        _ => new Finding(Severity.Degraded, "unreachable", node.Address,
            $"{node.Address} cannot be reached: {failure.Message}", "Check that the process runs and that nothing blocks the way."),
    };

    private static void JudgeMaster(NodeObservation node, List<Finding> findings)
    {
        if (node.Vitals.Loading)
        {
            findings.Add(new Finding(Severity.Broken, "loading", node.Address, $"{node.Address} is loading its dataset and serves nobody yet.", "Wait."));
        }

        if (node.Replication!.FailoverState != FailoverState.NoFailover)
        {
            findings.Add(new Finding(Severity.Degraded, "failover_running", node.Address,
                $"{node.Address} is in the middle of a FAILOVER ({State(node)}): writes are held.", "Wait; FAILOVER ABORT on that node ends it."));
        }
    }

    private static void JudgeReplica(GroupObservation group, NodeObservation node, List<Finding> findings)
    {
        MasterLink link = node.Replication!.Master!;
        if (node.Replication.FailoverState != FailoverState.NoFailover)
        {
            findings.Add(new Finding(Severity.Broken, "failover_stuck", node.Address,
                $"{node.Address} has stepped down in a FAILOVER ({State(node)}) and its successor has not taken over.",
                "If the successor cannot take over: FAILOVER ABORT on that node makes it the master again."));
        }

        if (link.Sync is { } sync)
        {
            string progress = sync.TotalBytes > 0 ? $", {sync.Percent:0} % received" : $", {sync.ReadBytes} bytes received";
            findings.Add(new Finding(Severity.Degraded, "full_resync", node.Address, $"{node.Address} receives a full resync{progress}.", "Wait."));
        }
        else if (!link.IsUp)
        {
            string since = link.DownSinceSeconds is > 0 and { } seconds ? $" for {seconds} s" : "";
            findings.Add(new Finding(Severity.Degraded, "link_down", node.Address, $"{node.Address} has lost its link to {link.Address}{since}.",
                "Look into the replica's log; masterauth, the network and the master's own state are the usual causes."));
        }

        if (group.Master is not { } master || group.MasterOf(node) is not { } above || above == node)
            return;
        if (link.IsUp && above == master && GroupObservation.LineFor(master, node) is null)
        {
            findings.Add(new Finding(Severity.Degraded, "unknown_to_master", node.Address,
                $"{master.Address} does not list {node.Address}, though that node says it is linked: a FAILOVER to it would be refused.",
                "Set replica-announce-ip and replica-announce-port on the replica to the address others use."));
        }
    }

    private static string State(NodeObservation node) => System.Text.Encoding.ASCII.GetString(node.Replication!.FailoverState.ToWire());
}
