// What CONFIG SET changes at once, beyond values that are read whenever they are needed.

using Redoubt.Commands;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Replicas;
using Redoubt.Structures.Values;

namespace Redoubt.Server.Hosting;

internal sealed class ConfigurationEffects(
    ServerConfig config, CommandSettings settings, CallObservers observers, Redoubt.Keyspace.Keyspace keyspace, Gate gate, ConnectionTable connections,
    ReplicationStream stream, ReplicationService replication, ServerLog log)
{
    public void Install()
    {
        config.WhenSet(
            ApplySettings, "proto-max-bulk-len", "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush", "lazyfree-lazy-server-del",
            "lazyfree-lazy-expire", "notify-keyspace-events");
        config.WhenSet(
            ApplyLimits, "hash-max-listpack-entries", "hash-max-listpack-value", "list-max-listpack-size", "list-compress-depth", "set-max-intset-entries",
            "zset-max-listpack-entries", "zset-max-listpack-value", "hll-sparse-max-bytes", "stream-node-max-bytes", "stream-node-max-entries");
        config.WhenSet(ApplyAccess, "requirepass");
        config.WhenSet(ApplyReplication, "repl-backlog-size", "repl-sync-spill-size", "min-replicas-to-write", "min-replicas-max-lag", "replica-read-only", "replica-serve-stale-data");
        config.WhenSet(ApplyLogLevel, "loglevel");
        config.WhenSet(observers.Configure, "slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold");
        _ = ApplySettings();
        _ = ApplyLimits();
        _ = ApplyAccess();
        _ = observers.Configure();
    }

    private string? ApplySettings()
    {
        settings.StringLengthMax = config.ProtoMaxBulkLen;
        settings.IsUserDeletionLazy = config.LazyFreeUserDel;
        settings.IsUserFlushLazy = config.LazyFreeUserFlush;
        settings.IsExpiryLazy = config.LazyFreeExpire;
        keyspace.FreesExpiredLazily = config.LazyFreeExpire;
        keyspace.FreesOverwrittenLazily = config.LazyFreeServerDel;
        settings.KeyspaceEvents = config.Monitoring.NotifyKeyspaceEvents.Value;
        keyspace.ReportsMisses = (settings.KeyspaceEvents & KeyspaceEvents.KeyMiss) != 0;
        keyspace.ReportsNewStrings = (settings.KeyspaceEvents & KeyspaceEvents.New) != 0;
        return null;
    }

    private string? ApplyLimits()
    {
        EncodingDirectives encoding = config.Encoding;
        CollectionLimits limits = keyspace.Limits;
        limits.HashMaxListpackEntries = encoding.HashMaxListpackEntries.Value;
        limits.HashMaxListpackValue = encoding.HashMaxListpackValue.Value;
        limits.ListMaxListpackSize = encoding.ListMaxListpackSize.Int;
        limits.ListCompressDepth = encoding.ListCompressDepth.Int;
        limits.SetMaxIntSetEntries = encoding.SetMaxIntsetEntries.Value;
        limits.SortedSetMaxListpackEntries = encoding.ZsetMaxListpackEntries.Value;
        limits.SortedSetMaxListpackValue = encoding.ZsetMaxListpackValue.Value;
        limits.HllSparseMaxBytes = encoding.HllSparseMaxBytes.Value;
        limits.StreamNodeMaxBytes = encoding.StreamNodeMaxBytes.Value;
        limits.StreamNodeMaxEntries = encoding.StreamNodeMaxEntries.Value;
        return null;
    }

    private string? ApplyAccess()
    {
        connections.AuthenticatesNewClients = config.RequirePass is not { Length: > 0 };
        gate.Refresh();
        return null;
    }

    private string? ApplyReplication()
    {
        stream.SetBacklogSize(config.ReplBacklogSize);
        stream.SpillBytes = config.Replication.SyncSpillSize.Value;
        replication.Replicas.RefreshGoodReplicas();
        gate.Refresh();
        return null;
    }

    private string? ApplyLogLevel()
    {
        log.Level = config.LogLevel;
        return null;
    }
}
