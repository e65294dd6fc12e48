using Redoubt.Commands;
using Redoubt.Server.Dispatch;
using Redoubt.Server.PubSub;
using Redoubt.Server.Replicas;
using Redoubt.Server.Tracking;

namespace Redoubt.Server.Information;

/// <summary>What was done since the start or since CONFIG RESETSTAT. "Forks" are snapshots: what they are to Redis's users.</summary>
internal sealed class StatsSection(ServerState state, Redoubt.Keyspace.Keyspace keyspace, ReplicationService replication, ErrorStatistics errors, Subscriptions subscriptions, KeyTracking tracking, OwnExpiries ownExpiries)
{
    private readonly RateMeter _commands = new();
    private readonly RateMeter _input = new();
    private readonly RateMeter _output = new();
    private readonly RateMeter _replicationInput = new();
    private readonly RateMeter _replicationOutput = new();

    // The totals contain what replication sent and received.
    private long Input => state.BytesReceived + state.ReplicationBytesReceived;

    private long Output => state.BytesSent + state.ReplicationBytesSent;

    /// <summary>About every 100 ms.</summary>
    public void Sample(long nowMs)
    {
        _commands.Sample(state.CommandsProcessed, nowMs);
        _input.Sample(Input, nowMs);
        _output.Sample(Output, nowMs);
        _replicationInput.Sample(state.ReplicationBytesReceived, nowMs);
        _replicationOutput.Sample(state.ReplicationBytesSent, nowMs);
    }

    public void Write(InfoText text)
    {
        text.Section("Stats");
        WriteTraffic(text);
        text.Line("rejected_connections", state.ConnectionsRejected);
        text.Line("sync_full", replication.Replicas.FullSyncs);
        text.Line("sync_partial_ok", replication.Replicas.PartialSyncs);
        text.Line("sync_partial_err", replication.Replicas.PartialSyncErrors);
        WriteKeys(text);
        text.Line("pubsub_channels", subscriptions.NamesOf(SubscriptionKind.Channel).Count);
        text.Line("pubsub_patterns", subscriptions.NamesOf(SubscriptionKind.Pattern).Count);
        text.Line("pubsubshard_channels", subscriptions.NamesOf(SubscriptionKind.ShardChannel).Count);
        text.Line("latest_fork_usec", 0);
        text.Line("total_forks", state.TotalForks);
        text.Line("migrate_cached_sockets", state.MigrationLinks);
        text.Line("slave_expires_tracked_keys", ownExpiries.Count);
        WriteDefragmentationAndTracking(text);
        text.Line("unexpected_error_replies", state.UnexpectedErrorReplies);
        text.Line("total_error_replies", errors.Total);
        text.Line("dump_payload_sanitizations", state.PayloadSanitizations);
        text.Line("total_reads_processed", state.ReadsProcessed);
        text.Line("total_writes_processed", state.WritesProcessed);
        text.Line("io_threaded_reads_processed", state.SharedReads);
        text.Line("io_threaded_writes_processed", state.SharedWrites);
        text.Line("reply_buffer_shrinks", state.ReplyBufferShrinks);
        text.Line("reply_buffer_expands", state.ReplyBufferExpands);
    }

    private void WriteTraffic(InfoText text)
    {
        text.Line("total_connections_received", state.ConnectionsReceived);
        text.Line("total_commands_processed", state.CommandsProcessed);
        text.Line("instantaneous_ops_per_sec", _commands.PerSecond);
        text.Line("total_net_input_bytes", Input);
        text.Line("total_net_output_bytes", Output);
        text.Line("total_net_repl_input_bytes", state.ReplicationBytesReceived);
        text.Line("total_net_repl_output_bytes", state.ReplicationBytesSent);
        text.Decimal("instantaneous_input_kbps", _input.KilobytesPerSecond);
        text.Decimal("instantaneous_output_kbps", _output.KilobytesPerSecond);
        text.Decimal("instantaneous_input_repl_kbps", _replicationInput.KilobytesPerSecond);
        text.Decimal("instantaneous_output_repl_kbps", _replicationOutput.KilobytesPerSecond);
    }

    private void WriteKeys(InfoText text)
    {
        text.Line("expired_keys", keyspace.Statistics.ExpiredKeys);
        text.Decimal("expired_stale_perc", state.ExpiredShare * 100);
        text.Line("expired_time_cap_reached_count", state.ExpiryTimeCaps);
        text.Line("expire_cycle_cpu_milliseconds", state.ExpiryMicroseconds / 1000);
        text.Line("evicted_keys", keyspace.Statistics.EvictedKeys);
        text.Line("evicted_clients", state.EvictedClients);
        long exceeded = state.EvictionExceededSince == 0 ? 0 : Loop.Clock.SteadyMicroseconds - state.EvictionExceededSince;
        text.Line("total_eviction_exceeded_time", (state.EvictionExceededMicroseconds + exceeded) / 1000);
        text.Line("current_eviction_exceeded_time", exceeded / 1000);
        text.Line("keyspace_hits", keyspace.Statistics.Hits);
        text.Line("keyspace_misses", keyspace.Statistics.Misses);
    }

    /// <summary>Active defragmentation, which this heap does without, and client-side caching.</summary>
    private void WriteDefragmentationAndTracking(InfoText text)
    {
        text.Line("active_defrag_hits", 0);
        text.Line("active_defrag_misses", 0);
        text.Line("active_defrag_key_hits", 0);
        text.Line("active_defrag_key_misses", 0);
        text.Line("total_active_defrag_time", 0);
        text.Line("current_active_defrag_time", 0);
        text.Line("tracking_total_keys", tracking.KeyCount);
        text.Line("tracking_total_items", tracking.ReaderCount);
        text.Line("tracking_total_prefixes", tracking.PrefixCount);
    }
}
