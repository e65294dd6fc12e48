using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

internal enum DisklessLoad
{
    Disabled,
    OnEmptyDatabase,
    SwapDatabase,
}

internal enum PropagationErrors
{
    Ignore,
    Panic,
    PanicOnReplicas,
}

internal sealed class ReplicationDirectives(DirectiveTable table)
{
    public ReplicaOfDirective ReplicaOf { get; } = table.Add(new ReplicaOfDirective { Alias = "slaveof" });

    public TextDirective MasterUser { get; } = table.Text("masteruser", Sensitive);

    public TextDirective MasterAuth { get; } = table.Text("masterauth", Sensitive);

    public SwitchDirective ReadOnly { get; } = table.Switch("replica-read-only", true, alias: "slave-read-only");

    public SwitchDirective ServeStaleData { get; } = table.Switch("replica-serve-stale-data", true, alias: "slave-serve-stale-data");

    public NumberDirective Priority { get; } = table.Number("replica-priority", 100, 0, int.MaxValue, alias: "slave-priority");

    public SwitchDirective Announced { get; } = table.Switch("replica-announced", true);

    public TextDirective AnnounceIp { get; } = table.Text("replica-announce-ip", alias: "slave-announce-ip");

    public NumberDirective AnnouncePort { get; } = table.Number("replica-announce-port", 0, 0, 65535, alias: "slave-announce-port");

    /// <summary>A replica in sync does not give up its dataset for an almost empty one of unknown history; in no Redis.</summary>
    public SwitchDirective Guard { get; } = table.Switch("replica-guard", true, Own);

    /// <summary>The name of the master is looked at again while the link is up, and followed to where a master answers; in no Redis.</summary>
    public SwitchDirective FollowDns { get; } = table.Switch("replica-follow-dns", false, Own);

    public CandidatesDirective Candidates { get; } = table.Add(new CandidatesDirective());

    public SwitchDirective LazyFlush { get; } = table.Switch("replica-lazy-flush", false, NotInEffect, "slave-lazy-flush");

    public SwitchDirective IgnoreMaxMemory { get; } =
        table.Switch("replica-ignore-maxmemory", true, None, "slave-ignore-maxmemory");

    public SwitchDirective IgnoreDiskWriteErrors { get; } = table.Switch("replica-ignore-disk-write-errors", false);

    public NumberDirective TimeoutSeconds { get; } = table.Number("repl-timeout", 60, 1, int.MaxValue);

    public NumberDirective PingPeriodSeconds { get; } =
        table.Number("repl-ping-replica-period", 10, 1, int.MaxValue, alias: "repl-ping-slave-period");

    /// <summary>Smaller values are raised to 16 KB, as Redis does.</summary>
    public NumberDirective BacklogSize { get; } = table.Memory("repl-backlog-size", 1 << 20, 1, long.MaxValue, capTo: (16 << 10, long.MaxValue));

    /// <summary>How much of the stream stays in memory for replicas that are being synchronised; the rest goes to the disk. In no Redis.</summary>
    public NumberDirective SyncSpillSize { get; } = table.Memory("repl-sync-spill-size", 64 << 20, 0, 1L << 50, Own);

    public NumberDirective BacklogTtlSeconds { get; } = table.Number("repl-backlog-ttl", 3600, 0, long.MaxValue);

    public SwitchDirective DisklessSync { get; } = table.Switch("repl-diskless-sync", true);

    public NumberDirective DisklessSyncDelaySeconds { get; } = table.Number("repl-diskless-sync-delay", 5, 0, int.MaxValue);

    public NumberDirective DisklessSyncMaxReplicas { get; } = table.Number("repl-diskless-sync-max-replicas", 0, 0, int.MaxValue);

    public ChoiceDirective<DisklessLoad> DisklessLoad { get; } = table.Choice("repl-diskless-load", Configuration.DisklessLoad.Disabled,
    [
        ("disabled", Configuration.DisklessLoad.Disabled), ("on-empty-db", Configuration.DisklessLoad.OnEmptyDatabase),
        ("swapdb", Configuration.DisklessLoad.SwapDatabase),
    ], NotWhileLoading);

    public SwitchDirective DisableTcpNoDelay { get; } = table.Switch("repl-disable-tcp-nodelay", false);

    public NumberDirective MinReplicasToWrite { get; } =
        table.Number("min-replicas-to-write", 0, 0, int.MaxValue, alias: "min-slaves-to-write");

    public NumberDirective MinReplicasMaxLagSeconds { get; } =
        table.Number("min-replicas-max-lag", 10, 0, int.MaxValue, alias: "min-slaves-max-lag");

    public ChoiceDirective<PropagationErrors> PropagationErrorBehavior { get; } = table.Choice("propagation-error-behavior", PropagationErrors.Ignore,
    [
        ("ignore", PropagationErrors.Ignore), ("panic", PropagationErrors.Panic), ("panic-on-replicas", PropagationErrors.PanicOnReplicas),
    ]);
}
