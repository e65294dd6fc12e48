using System.Globalization;
using System.Net;
using Redoubt.Topology;

namespace Redoubt.Failover.Doctor;

/// <summary>Whether a hand-over, and the way back, would work.</summary>
internal static class ReplicationChecks
{
    private const double BacklogSecondsMin = 60;

    public static IReadOnlyList<Func<GroupFacts, DoctorFinding?>> All { get; } =
        [LinkUp, Lag, AckAge, FailoverAddress, FailoverSupported, FailoverRunning, Backlog, BacklogTtl, OutputBuffer, WritableReplica, MasterAuth, Timeout, ByName];

    private static IEnumerable<NodeFacts> Replicas(GroupFacts facts) => facts.Nodes.Where(node => node.Node.IsReplica);

    private static DoctorFinding? LinkUp(GroupFacts facts) => Checks.Over("repl.link_up",
        Replicas(facts).Where(node => node.Node.Replication!.Master is { IsUp: false }).Select(node => $"{node.Name} has no link to {node.Node.Replication!.Master!.Address}"), Diagnosis.Fail,
        "every replica's link is up", "look into the replica's log: masterauth, the network, the master's state");

    private static DoctorFinding? Lag(GroupFacts facts) => Checks.Over("repl.lag",
        Replicas(facts).Where(node => facts.Group.BytesBehind(node.Node) > 16 * 1024 * 1024).Select(node => $"{node.Name} is {Checks.Bytes(facts.Group.BytesBehind(node.Node)!.Value)} behind"), Diagnosis.Warn,
        "no replica is more than 16 MB behind", "writes would be held until it has caught up");

    private static DoctorFinding? AckAge(GroupFacts facts)
    {
        if (facts.Group.Master?.Replication is not { } master)
            return null;
        return Checks.Over("repl.ack_age", master.Replicas.Where(line => line.State == ReplicaState.Online && line.LagSeconds > 5).Select(line => $"{line.Address} last acknowledged {line.LagSeconds} s ago"), Diagnosis.Warn,
            "every replica acknowledges every second or so", "see whether it hangs, or the network does");
    }

    private static DoctorFinding? FailoverAddress(GroupFacts facts)
    {
        if (facts.Group.Master?.Replication is not { } master)
            return null;
        IEnumerable<string> faults = Replicas(facts).Where(node => node.Node.Replication!.Master!.IsUp && facts.Group.MasterOf(node.Node) == facts.Group.Master)
            .Where(node => !master.Replicas.Any(line => line.Address == node.Node.Address))
            .Select(node => master.Replicas.FirstOrDefault(line => node.Node.IsAt(line.Address)) is { } line
                ? $"the master knows {node.Name} as {line.Address}, redoubt as {node.Node.Address}"
                : $"the master does not list {node.Name} under any address it is known by here");
        return Checks.Over("repl.failover_addr", faults, Diagnosis.Warn, "the master knows every replica by the address used here",
            "set replica-announce-ip and replica-announce-port on it: FAILOVER and clients that ask the master get that address");
    }

    private static DoctorFinding? FailoverSupported(GroupFacts facts) => Checks.Over("repl.failover_supported",
        facts.Nodes.Where(node => Version.TryParse(node.Node.Vitals.Version, out Version? version) && version < new Version(6, 2)).Select(node => $"{node.Name} has {node.Node.Vitals.Version}"), Diagnosis.Fail,
        "every node has FAILOVER (6.2 or later)", "upgrade; FAILOVER exists since 6.2");

    private static DoctorFinding? FailoverRunning(GroupFacts facts) => Checks.Over("repl.failover_running",
        facts.Nodes.Where(node => node.Node.Replication is { FailoverState: not FailoverState.NoFailover }).Select(node => $"{node.Name} is in the middle of a FAILOVER"), Diagnosis.Fail,
        "no FAILOVER is under way", "redoubt resume if it is an operation of ours; FAILOVER ABORT on that node ends it");

    private static DoctorFinding? Backlog(GroupFacts facts)
    {
        if (facts.Master is not { } master || master.Node.Replication is not { } replication || master.InfoNumber("uptime_in_seconds") is not { } uptime || uptime <= 0)
            return null;
        double rate = Math.Max(replication.Offset.Value / (double)uptime, (master.InfoNumber("instantaneous_output_repl_kbps") ?? 0) * 1024.0);
        long size = replication.BacklogSizeBytes > 0 ? replication.BacklogSizeBytes : master.DirectiveNumber("repl-backlog-size") ?? 0;
        double covers = rate > 0 ? size / rate : double.PositiveInfinity;
        string evidence = string.Create(CultureInfo.InvariantCulture, $"{Checks.Bytes(size)} backlog at {Checks.Bytes((long)rate)}/s covers {Math.Min(covers, 86_400):0.#} s");
        return covers >= BacklogSecondsMin
            ? new DoctorFinding("repl.backlog", Diagnosis.Pass, evidence)
            : new DoctorFinding("repl.backlog", Diagnosis.Warn, evidence, $"repl-backlog-size of at least {Checks.Bytes((long)(rate * BacklogSecondsMin))}: a replica away for longer needs a full resync");
    }

    private static DoctorFinding? BacklogTtl(GroupFacts facts) => Checks.Over("repl.backlog_ttl",
        facts.Nodes.Where(node => node.DirectiveNumber("repl-backlog-ttl") is > 0 and < 600).Select(node => $"{node.Name}: repl-backlog-ttl {node.Directive("repl-backlog-ttl")}"), Diagnosis.Warn,
        "a backlog outlives its last replica by ten minutes or more", "3600 or 0: the backlog is what missed writes are found in");

    private static DoctorFinding? OutputBuffer(GroupFacts facts)
    {
        List<string> faults = [];
        foreach (NodeFacts node in facts.Nodes)
        {
            string[] words = (node.Directive("client-output-buffer-limit") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int at = Array.FindIndex(words, word => word is "slave" or "replica");
            if (at < 0 || at + 1 >= words.Length || !long.TryParse(words[at + 1], out long hard) || hard == 0)
                continue;
            long backlog = node.DirectiveNumber("repl-backlog-size") ?? 0;
            long data = node.InfoNumber("used_memory") ?? 0;
            if (hard < backlog || (data > 4L * hard && data > 1024L * 1024 * 1024))
                faults.Add($"{node.Name}: a replica is dropped at {Checks.Bytes(hard)} (backlog {Checks.Bytes(backlog)}, data {Checks.Bytes(data)})");
        }

        return Checks.Over("repl.output_buffer_limit", faults, Diagnosis.Warn, "a replica may fall behind far enough for a full resync",
            "client-output-buffer-limit replica: larger than what is written during a full resync, or it is dropped and starts over for ever");
    }

    private static DoctorFinding? WritableReplica(GroupFacts facts) => Checks.Over("repl.writable_replica",
        facts.Nodes.Where(node => node.Node.Replication?.Master is { ReadOnly: false } || node.Directive("replica-read-only") == "no").Select(node => $"{node.Name} has replica-read-only no"), Diagnosis.Fail,
        "replicas are read-only", "CONFIG SET replica-read-only yes: writes of its own make its data differ, and no proof covers them");

    private static DoctorFinding? MasterAuth(GroupFacts facts)
    {
        bool guarded = facts.Nodes.Any(node => node.Directive("requirepass") is { Length: > 0 } || node.Directive("masterauth") is { Length: > 0 });
        if (!guarded)
            return null;
        return Checks.Over("repl.masterauth", facts.Nodes.Where(node => node.Directive("masterauth") is "").Select(node => $"{node.Name} has no masterauth"), Diagnosis.Fail,
            "every node has masterauth", "set it on every node, the master too: once demoted it could not follow");
    }

    private static DoctorFinding? Timeout(GroupFacts facts) => Checks.Over("repl.timeout",
        facts.Nodes.Where(node => node.DirectiveNumber("repl-timeout") is { } limit && node.DirectiveNumber("repl-ping-replica-period") is { } period && limit <= period)
            .Select(node => $"{node.Name}: repl-timeout {node.Directive("repl-timeout")}, repl-ping-replica-period {node.Directive("repl-ping-replica-period")}"), Diagnosis.Fail,
        "links outlive the pause between heartbeats", "repl-timeout has to be larger than repl-ping-replica-period, or quiet links are cut");

    private static DoctorFinding? ByName(GroupFacts facts) => Checks.Over("repl.replicaof_by_name",
        Replicas(facts).Where(node => !IPAddress.TryParse(node.Node.Replication!.Master!.Address.Host, out _)).Select(node => $"{node.Name} follows {node.Node.Replication!.Master!.Address} by name"), Diagnosis.Warn,
        "replicas follow by address", "an IP address: some servers block on a resolver that does not answer");
}
