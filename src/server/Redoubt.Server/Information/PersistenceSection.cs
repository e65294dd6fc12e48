using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.Information;

/// <summary>Saving and loading. Snapshots do not fork, so nothing is copied on write and the cow fields are 0.</summary>
internal sealed class PersistenceSection(ServerState state, SnapshotKeeper snapshots, DatasetLoader loader)
{
    public void Write(InfoText text)
    {
        text.Section("Persistence");
        text.Line("loading", state.IsLoading);
        text.Line("async_loading", false);
        text.Line("current_cow_peak", 0);
        text.Line("current_cow_size", 0);
        text.Line("current_cow_size_age", 0);
        WriteSnapshot(text);
        WriteAppendOnlyFile(text);
        text.Line("module_fork_in_progress", false);
        text.Line("module_fork_last_cow_size", 0);
        if (state.IsLoading && loader.Current is { } job)
            WriteLoad(text, job);
    }

    private void WriteSnapshot(InfoText text)
    {
        SnapshotJob? job = snapshots.Current;
        text.Decimal("current_fork_perc", job is null ? 0 : 100.0 * job.KeysDone / job.KeysTotal);
        text.Line("current_save_keys_processed", job?.KeysDone ?? 0);
        text.Line("current_save_keys_total", job?.KeysTotal ?? 0);
        text.Line("rdb_changes_since_last_save", snapshots.ChangesSinceSave);
        text.Line("rdb_bgsave_in_progress", job is not null);
        text.Line("rdb_last_save_time", snapshots.LastSaveSeconds);
        text.Line("rdb_last_bgsave_status", snapshots.LastSucceeded ? "ok" : "err");
        text.Line("rdb_last_bgsave_time_sec", snapshots.LastDurationSeconds);
        text.Line("rdb_current_bgsave_time_sec", job is null ? -1 : (Clock.SteadyMs - job.StartedMs) / 1000);
        text.Line("rdb_saves", snapshots.Saves);
        text.Line("rdb_last_cow_size", 0);
        text.Line("rdb_last_load_keys_expired", loader.LastKeys.Expired);
        text.Line("rdb_last_load_keys_loaded", loader.LastKeys.Loaded);
    }

    private static void WriteAppendOnlyFile(InfoText text)
    {
        text.Line("aof_enabled", false);
        text.Line("aof_rewrite_in_progress", false);
        text.Line("aof_rewrite_scheduled", false);
        text.Line("aof_last_rewrite_time_sec", -1);
        text.Line("aof_current_rewrite_time_sec", -1);
        text.Line("aof_last_bgrewrite_status", "ok");
        text.Line("aof_rewrites", 0);
        text.Line("aof_rewrites_consecutive_failures", 0);
        text.Line("aof_last_write_status", "ok");
        text.Line("aof_last_cow_size", 0);
    }

    private void WriteLoad(InfoText text, LoadJob job)
    {
        long loaded = job.LoadedBytes;
        // Of a size that is not announced the rest cannot be told; Redis then says one second.
        double share = job.TotalBytes > 0 ? (double)loaded / job.TotalBytes : 0;
        long elapsed = (Clock.SteadyMs - job.StartedMs) / 1000;
        long left = elapsed == 0 || loaded == 0 ? -1 : (long)(elapsed / (double)loaded * Math.Max(0, job.TotalBytes - loaded));
        text.Line("loading_start_time", loader.StartedUnixMs / 1000);
        text.Line("loading_total_bytes", job.TotalBytes);
        text.Line("loading_rdb_used_mem", job.Aux.UsedMemoryBytes ?? 0);
        text.Line("loading_loaded_bytes", loaded);
        text.Decimal("loading_loaded_perc", share * 100);
        text.Line("loading_eta_seconds", left < 0 ? 1 : left);
    }
}
