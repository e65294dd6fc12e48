// Prometheus's text format, from INFO's fields, under the names that redis_exporter has given them, so that the dashboards people have go on working.

using System.Globalization;
using System.Text;
using Redoubt.Topology;

namespace Redoubt.Server.Http;

internal static class Metrics
{
    private const string Gauge = "gauge";
    private const string Counter = "counter";

    private static readonly (string Field, string Name, string Type)[] Known =
    [
        ("uptime_in_seconds", "redis_uptime_in_seconds", Gauge),
        ("connected_clients", "redis_connected_clients", Gauge), ("blocked_clients", "redis_blocked_clients", Gauge),
        ("maxclients", "redis_config_maxclients", Gauge), ("tracking_clients", "redis_tracking_clients", Gauge),
        ("used_memory", "redis_memory_used_bytes", Gauge), ("used_memory_rss", "redis_memory_used_rss_bytes", Gauge),
        ("used_memory_peak", "redis_memory_used_peak_bytes", Gauge), ("used_memory_dataset", "redis_memory_used_dataset_bytes", Gauge),
        ("maxmemory", "redis_memory_max_bytes", Gauge), ("mem_fragmentation_ratio", "redis_mem_fragmentation_ratio", Gauge),
        ("mem_clients_normal", "redis_mem_clients_normal", Gauge), ("mem_clients_slaves", "redis_mem_clients_slaves", Gauge),
        ("mem_total_replication_buffers", "redis_mem_total_replication_buffers_bytes", Gauge),
        ("loading", "redis_loading_dump_file", Gauge), ("rdb_changes_since_last_save", "redis_rdb_changes_since_last_save", Gauge),
        ("rdb_bgsave_in_progress", "redis_rdb_bgsave_in_progress", Gauge), ("rdb_last_save_time", "redis_rdb_last_save_timestamp_seconds", Gauge),
        ("aof_enabled", "redis_aof_enabled", Gauge), ("aof_rewrite_in_progress", "redis_aof_rewrite_in_progress", Gauge),
        ("aof_current_size", "redis_aof_current_size_bytes", Gauge), ("aof_delayed_fsync", "redis_aof_delayed_fsync", Counter),
        ("total_connections_received", "redis_connections_received_total", Counter), ("rejected_connections", "redis_rejected_connections_total", Counter),
        ("total_commands_processed", "redis_commands_processed_total", Counter), ("instantaneous_ops_per_sec", "redis_instantaneous_ops_per_sec", Gauge),
        ("total_net_input_bytes", "redis_net_input_bytes_total", Counter), ("total_net_output_bytes", "redis_net_output_bytes_total", Counter),
        ("expired_keys", "redis_expired_keys_total", Counter), ("evicted_keys", "redis_evicted_keys_total", Counter),
        ("evicted_clients", "redis_evicted_clients_total", Counter),
        ("keyspace_hits", "redis_keyspace_hits_total", Counter), ("keyspace_misses", "redis_keyspace_misses_total", Counter),
        ("pubsub_channels", "redis_pubsub_channels", Gauge), ("pubsub_patterns", "redis_pubsub_patterns", Gauge),
        ("sync_full", "redis_replica_resyncs_full", Counter), ("sync_partial_ok", "redis_replica_partial_resync_accepted", Counter),
        ("sync_partial_err", "redis_replica_partial_resync_denied", Counter), ("total_error_replies", "redis_total_error_replies", Counter),
        ("connected_slaves", "redis_connected_slaves", Gauge), ("master_repl_offset", "redis_master_repl_offset", Gauge),
        ("second_repl_offset", "redis_second_repl_offset", Gauge), ("slave_repl_offset", "redis_slave_repl_offset", Gauge),
        ("master_last_io_seconds_ago", "redis_master_last_io_seconds_ago", Gauge), ("master_sync_in_progress", "redis_master_sync_in_progress", Gauge),
        ("repl_backlog_active", "redis_repl_backlog_is_active", Gauge), ("repl_backlog_size", "redis_replication_backlog_bytes", Gauge),
        ("repl_backlog_histlen", "redis_repl_backlog_history_bytes", Gauge), ("replica_data_age_ms", "redoubt_replica_data_age_milliseconds", Gauge),
        ("used_cpu_sys", "redis_cpu_sys_seconds_total", Counter), ("used_cpu_user", "redis_cpu_user_seconds_total", Counter),
    ];

    private static readonly Dictionary<string, (string Name, string Type)> ByField = Known.ToDictionary(static row => row.Field, static row => (row.Name, row.Type));

    /// <param name="isStalled">The keyspace thread has not been heard of for a while: redis_up is 0, and the rest is of then.</param>
    public static string Of(ServerStatus status, bool isStalled)
    {
        StringBuilder text = new(8192);
        Sample(text, "redis_up", Gauge, "", isStalled ? "0" : "1");
        Sample(text, "redis_instance_is_primary", Gauge, "", status.Role == Role.Master ? "1" : "0");
        if (status.Role == Role.Replica)
            Sample(text, "redis_master_link_up", Gauge, "", status.IsLinkUp ? "1" : "0");
        Families families = new();
        foreach (string line in status.Info.Split("\r\n"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                continue;
            string field = line[..colon];
            string value = line[(colon + 1)..];
            if (ByField.TryGetValue(field, out (string Name, string Type) known))
                Number(text, known.Name, known.Type, value);
            else
                families.Add(field, value);
        }
        families.Write(text);
        return text.ToString();
    }

    private static void Number(StringBuilder text, string name, string type, string value)
    {
        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            Sample(text, name, type, "", value);
    }

    private static void Sample(StringBuilder text, string name, string type, string labels, string value)
    {
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        text.Append(name).Append(labels).Append(' ').Append(value).Append('\n');
    }

    /// <summary>Samples with labels: all of one name must stand together.</summary>
    private sealed class Families
    {
        private readonly SortedDictionary<string, List<string>> _samples = new(StringComparer.Ordinal);

        public void Add(string field, string value)
        {
            if (field.StartsWith("db", StringComparison.Ordinal) && value.StartsWith("keys=", StringComparison.Ordinal))
            {
                string labels = $"{{db=\"{field}\"}}";
                Add("redis_db_keys", labels, Part(value, "keys"));
                Add("redis_db_keys_expiring", labels, Part(value, "expires"));
            }
            else if (field.StartsWith("replica_lag", StringComparison.Ordinal))
            {
                string labels = $"{{slave_ip=\"{Part(value, "ip")}\",slave_port=\"{Part(value, "port")}\"}}";
                Add("redoubt_connected_slave_behind_bytes", labels, Part(value, "bytes"));
                Add("redoubt_connected_slave_behind_milliseconds", labels, Part(value, "ms"));
            }
        }

        public void Write(StringBuilder text)
        {
            foreach ((string name, List<string> samples) in _samples)
            {
                text.Append("# TYPE ").Append(name).Append(" gauge\n");
                foreach (string sample in samples)
                    text.Append(sample).Append('\n');
            }
        }

        private void Add(string name, string labels, string value)
        {
            if (!_samples.TryGetValue(name, out List<string>? samples))
                _samples[name] = samples = [];
            samples.Add(name + labels + " " + value);
        }

        private static string Part(string value, string name)
        {
            foreach (string part in value.Split(','))
            {
                if (part.StartsWith(name + "=", StringComparison.Ordinal))
                    return part[(name.Length + 1)..];
            }
            return "0";
        }
    }
}
