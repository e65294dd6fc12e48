namespace Redoubt.Server.Tests.Information;

/// <summary>Fields whose values may differ between two servers that did the same, each with its reason. Their names, order and shapes may not.</summary>
internal static class InfoDifferences
{
    /// <summary>Fields of ours, after all of Redis's in their section.</summary>
    public static bool IsOwn(InfoField field) => field.Section == "Replication"
        && (field.Name is "replica_data_age_ms" or "master_resync_refused" || field.Name.StartsWith("replica_lag", StringComparison.Ordinal)
            || field.Name.StartsWith("missed_writes_", StringComparison.Ordinal));

    /// <summary>What a server says of its own process, its clock or its random numbers.</summary>
    public static readonly HashSet<string> OfTheProcess =
    [
        "redis_build_id", "process_id", "run_id", "tcp_port", "server_time_usec", "uptime_in_seconds", "lru_clock", "executable",
        "rdb_last_save_time", "rdb_last_bgsave_time_sec", "rdb_current_bgsave_time_sec", "loading_start_time", "loading_eta_seconds",
        "master_port", "master_replid", "master_last_io_seconds_ago", "slave0", "total_reads_processed", "total_writes_processed",
        "expire_cycle_cpu_milliseconds", "instantaneous_ops_per_sec", "instantaneous_input_kbps", "instantaneous_output_kbps",
        "instantaneous_input_repl_kbps", "instantaneous_output_repl_kbps", "master_sync_last_io_seconds_ago",
    ];

    /// <summary>Deliberate differences.</summary>
    public static readonly Dictionary<string, string> Reasons = new()
    {
        ["gcc_version"] = "The server is not built by a C compiler: 0.0.0 is what Redis says then.",
        ["atomicvar_api"] = "Atomic variables are .NET's.",
        ["mem_allocator"] = "The heap is Redoubt's own.",
        ["used_memory_lua"] = "There is no scripting engine, so it takes no memory.",
        ["used_memory_lua_human"] = "There is no scripting engine.",
        ["used_memory_vm_eval"] = "There is no scripting engine.",
        ["used_memory_vm_functions"] = "There is no scripting engine.",
        ["used_memory_vm_total"] = "There is no scripting engine.",
        ["used_memory_vm_total_human"] = "There is no scripting engine.",
        ["used_memory_functions"] = "There is no scripting engine.",
        ["used_memory_scripts"] = "There is no scripting engine.",
        ["used_memory_scripts_human"] = "There is no scripting engine.",
        ["client_recent_max_input_buffer"] = "Query buffers come in other sizes.",
        ["client_recent_max_output_buffer"] = "Reply buffers begin small, and replies that a socket takes at once never come there.",
        ["latest_fork_usec"] = "Snapshots do not fork, so no fork took any time.",
        ["rdb_last_cow_size"] = "Snapshots do not fork, so nothing was copied on write.",
        ["reply_buffer_shrinks"] = "Reply buffers begin small instead of large.",
        ["reply_buffer_expands"] = "Reply buffers begin small instead of large.",
        ["expired_stale_perc"] = "Keys to look at are chosen by chance.",
    };

    /// <summary>Sections whose values are measured throughout.</summary>
    public static bool IsMeasured(InfoField field) =>
        field.Section is "Memory" or "CPU" or "Commandstats" or "Latencystats" && !field.Name.StartsWith("maxmemory", StringComparison.Ordinal)
            || field.Name.StartsWith("total_net_", StringComparison.Ordinal);
}
