namespace Redoubt.Failover.Doctor;

/// <summary>Whether a restart brings back what was there, in the role it had.</summary>
internal static class PersistenceChecks
{
    public static IReadOnlyList<Func<GroupFacts, DoctorFinding?>> All { get; } = [Restart, Health, StopWrites, Memory, ConfigurationFile, MinReplicas, FenceMethods, Open];

    private static bool SavesNothing(NodeFacts node) => node.Directive("save") is "" && node.Directive("appendonly") is "no";

    private static DoctorFinding? Restart(GroupFacts facts)
    {
        if (facts.Master is { } master && SavesNothing(master))
        {
            return new DoctorFinding("persist.autorestart", Diagnosis.Fail, $"{master.Name} is the master and saves nothing (save \"\", appendonly no): restarted it is empty, and its replicas copy the emptiness",
                "appendonly yes or save points, or make sure that nothing restarts it by itself");
        }

        return Checks.Over("persist.autorestart", facts.Nodes.Where(node => node.Node.IsReplica && SavesNothing(node)).Select(node => $"{node.Name} saves nothing"), Diagnosis.Warn,
            "every node has data to restart with", "harmless for a replica, fatal once it is the master: appendonly yes or save points");
    }

    private static DoctorFinding? Health(GroupFacts facts) => Checks.Over("persist.health",
        facts.Nodes.SelectMany(node => new[] { "rdb_last_bgsave_status", "aof_last_bgrewrite_status", "aof_last_write_status" }
            .Where(field => node.Info.GetValueOrDefault(field) is "err").Select(field => $"{node.Name}: {field}:err")), Diagnosis.Fail,
        "the last save of every node went well", "look into its log: disk, permissions, memory");

    private static DoctorFinding? StopWrites(GroupFacts facts) => Checks.Over("persist.stop_writes",
        facts.Nodes.Where(node => node.Directive("stop-writes-on-bgsave-error") is "no" && !SavesNothing(node)).Select(node => $"{node.Name} goes on when saving fails"), Diagnosis.Warn,
        "a node that cannot save says so", "stop-writes-on-bgsave-error yes, or watch rdb_last_bgsave_status");

    private static DoctorFinding? Memory(GroupFacts facts)
    {
        if (facts.Master?.InfoNumber("used_memory") is not { } used)
            return null;
        return Checks.Over("persist.memory",
            facts.Nodes.Where(node => node.Node.IsReplica && node.DirectiveNumber("maxmemory") is > 0 and { } limit && limit < used).Select(node => $"{node.Name}: maxmemory {Checks.Bytes(node.DirectiveNumber("maxmemory")!.Value)}, the master uses {Checks.Bytes(used)}"), Diagnosis.Fail,
            "no replica has less memory than the master uses", "once promoted it would evict or refuse writes: raise maxmemory");
    }

    private static DoctorFinding? ConfigurationFile(GroupFacts facts) => Checks.Over("persist.config_file",
        facts.Nodes.Where(node => node.Info.GetValueOrDefault("config_file") is "").Select(node => $"{node.Name} runs without a configuration file"), Diagnosis.Warn,
        "every node has a configuration file", "its role is forgotten at the next restart, since CONFIG REWRITE has nowhere to write it");

    private static DoctorFinding? MinReplicas(GroupFacts facts) => Checks.Over("fence.min_replicas",
        facts.Nodes.Where(node => node.DirectiveNumber("min-replicas-to-write") is 0).Select(node => node.Name).ToArray() is { Length: > 0 } none ? [$"{string.Join(", ", none)}: min-replicas-to-write 0"] : [], Diagnosis.Warn,
        "a master without replicas refuses writes", "an old master that comes back would accept writes; 1 on every node, if writes may stop while no replica is linked");

    private static DoctorFinding? FenceMethods(GroupFacts facts)
    {
        if (facts.FenceMethods.Count == 0)
            return null;
        bool outside = facts.FenceMethods.Any(method => method.StartsWith("hook:", StringComparison.Ordinal));
        if (!outside)
        {
            return new DoctorFinding("fence.methods", Diagnosis.Warn, "min-replicas is the only way to fence: it needs the node to answer",
                "a hook that closes the firewall or stops the unit, with a verify command");
        }

        return Checks.Over("fence.methods", facts.UnverifiedFences.Select(method => $"{method} has no verify command"), Diagnosis.Warn, $"{string.Join(", ", facts.FenceMethods)}, all verified",
            "a fence that nobody has verified does not count");
    }

    private static DoctorFinding? Open(GroupFacts facts) => Checks.Over("fence.protected",
        facts.Nodes.Where(node => node.Directive("protected-mode") is "no" && node.Directive("requirepass") is "" && node.Directive("bind") is { } bind && bind.Split(' ').Any(word => word is "*" or "-::*" or "0.0.0.0" or "::"))
            .Select(node => $"{node.Name} is open to everybody: bind {node.Directive("bind")}, no password, protected-mode no"), Diagnosis.Fail,
        "no node is open to everybody", "a password, a narrower bind, or protected-mode yes");
}
