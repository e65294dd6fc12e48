using Redoubt.Topology;

namespace Redoubt.Failover.Doctor;

/// <summary>Who is who.</summary>
internal static class TopologyChecks
{
    public static IReadOnlyList<Func<GroupFacts, DoctorFinding?>> All { get; } =
        [Reachable, SingleMaster, SameHistory, ReplicaCount, ChainDepth, Versions, Written, Sentinel, ClusterMode];

    private static DoctorFinding? Reachable(GroupFacts facts) => Checks.Over("topology.reachable",
        facts.Nodes.Where(node => !node.Answers).Select(node => $"{node.Name}: {node.Node.Failure!.Message}"), Diagnosis.Fail,
        $"all {facts.Nodes.Count} nodes answer", "bring it back, or take it out of the group file");

    private static DoctorFinding? SingleMaster(GroupFacts facts)
    {
        string[] masters = [.. facts.Nodes.Where(node => node.Node.IsMaster).Select(node => node.Name)];
        return masters.Length == 1
            ? new DoctorFinding("topology.single_master", Diagnosis.Pass, $"{masters[0]} is the only master")
            : new DoctorFinding("topology.single_master", Diagnosis.Fail, masters.Length == 0 ? "no node is a master" : $"{string.Join(", ", masters)} are all masters",
                masters.Length == 0 ? "bring the master back, or redoubt failover" : "decide whose data counts, fence the others, and make them its replicas");
    }

    private static DoctorFinding? SameHistory(GroupFacts facts)
    {
        if (facts.Group.Master?.Replication is not { } master)
            return null;
        return Checks.Over("topology.same_replid",
            facts.Nodes.Where(node => node.Node.IsReplica && node.Node.Replication!.ReplicationId != master.ReplicationId).Select(node => $"{node.Name} is on another history"), Diagnosis.Fail,
            "every replica is on the master's history", "wait until it has synchronised; REPLICAOF it to the master if it does not");
    }

    private static DoctorFinding? ReplicaCount(GroupFacts facts)
    {
        int online = facts.Nodes.Count(node => node.Node.Replication?.Master is { IsUp: true });
        return online > 0
            ? new DoctorFinding("topology.replica_count", Diagnosis.Pass, $"{online} replicas linked")
            : new DoctorFinding("topology.replica_count", Diagnosis.Fail, "no replica is linked: losing the master loses the data", "start another server with replicaof pointing at the master");
    }

    private static DoctorFinding? ChainDepth(GroupFacts facts)
    {
        if (facts.Group.Master is not { } master)
            return null;
        return Checks.Over("topology.chain_depth",
            facts.Nodes.Where(node => node.Node.IsReplica && facts.Group.MasterOf(node.Node) != master).Select(node => $"{node.Name} follows {node.Node.Replication!.Master!.Address}, not the master"), Diagnosis.Warn,
            "every replica follows the master directly", "a switchover re-points only those that follow the master; REPLICAOF it to the master");
    }

    private static DoctorFinding? Versions(GroupFacts facts)
    {
        if (facts.Group.Master is not { } master || !Version.TryParse(master.Vitals.Version, out Version? newest))
            return null;
        return Checks.Over("topology.versions",
            facts.Nodes.Where(node => node.Node.IsReplica && Version.TryParse(node.Node.Vitals.Version, out Version? version) && (version.Major, version.Minor).CompareTo((newest.Major, newest.Minor)) < 0)
                .Select(node => $"{node.Name} has {node.Node.Vitals.Version}, the master {newest}"), Diagnosis.Fail,
            "no replica is older than the master", "upgrade replicas first: a newer master's snapshot may not load on an older replica");
    }

    private static DoctorFinding? Written(GroupFacts facts)
    {
        if (facts.Written.Count == 0)
            return null;
        return Checks.Over("topology.group_file",
            facts.Group.Nodes.Where(node => !facts.Written.Any(node.IsAt)).Select(node => $"{node.Address} is in the group and not in the file"), Diagnosis.Warn,
            "every node of the group is in the file", "add it to the file, or end its replication");
    }

    private static DoctorFinding? Sentinel(GroupFacts facts) => Checks.Over("topology.sentinel_present",
        facts.Nodes.Where(node => node.Clients?.Any(client => client.Name.StartsWith("sentinel-", StringComparison.Ordinal)) == true).Select(node => $"a Sentinel watches {node.Name}"), Diagnosis.Warn,
        "no Sentinel watches the group", "it would act at the same time: let only one of both change masters (SENTINEL REMOVE, or SENTINEL FAILOVER instead of this tool)");

    private static DoctorFinding? ClusterMode(GroupFacts facts) => Checks.Over("topology.cluster_mode",
        facts.Nodes.Where(node => node.Info.GetValueOrDefault("cluster_enabled") == "1").Select(node => $"{node.Name} runs in cluster mode"), Diagnosis.Fail,
        "no node runs in cluster mode", "in a cluster use CLUSTER FAILOVER; REPLICAOF is refused there");
}
