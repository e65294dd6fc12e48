using Redoubt.Server.AppendOnly;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.Information;

/// <summary>Saving and loading. Snapshots do not fork, so nothing is copied on write and the cow fields are 0.</summary>
internal sealed class PersistenceSection(ServerState state, SnapshotKeeper snapshots, DatasetLoader loader, AofKeeper aof)
{
    public void Write(InfoText text)
    {
        text.Section("Persistence");
        text.Line("loading", state.IsLoading);
        text.Line("async_loading", state.IsLoadingBeside);
        text.Line("current_cow_peak", 0);
        text.Line("current_cow_size", 0);
        text.Line("current_cow_size_age", 0);
        WriteSnapshot(text);
        WriteAppendOnlyFile(text);
        text.Line("module_fork_in_progress", false);
        text.Line("module_fork_last_cow_size", 0);
        if (aof.State != AofState.Off)
            WriteSizes(text);
        if (!state.IsLoadingAny)
            return;
        if (aof.Loading is { } load)
            WriteLoad(text, load.TotalBytes, load.LoadedBytes, load.StartedMs, loader.Current?.Aux.UsedMemoryBytes ?? 0);
        else if (loader.Current is { } job)
            WriteLoad(text, job.TotalBytes, job.LoadedBytes, job.StartedMs, job.Aux.UsedMemoryBytes ?? 0);
    }

    private void WriteSnapshot(InfoText text)
    {
        SnapshotJob? job = snapshots.Current;
        text.Decimal("current_fork_perc", job is null ? 0 : 100.0 * job.KeysDone / job.KeysTotal);
        text.Line("current_save_keys_processed", job?.KeysDone ?? 0);
        text.Line("current_save_keys_total", job?.KeysTotal ?? 0);
        text.Line("rdb_changes_since_last_save", snapshots.ChangesSinceSave);
        bool isSaving = job is not null && !snapshots.IsRewritingLog;
        text.Line("rdb_bgsave_in_progress", isSaving);
        text.Line("rdb_last_save_time", snapshots.LastSaveSeconds);
        text.Line("rdb_last_bgsave_status", snapshots.LastSucceeded ? "ok" : "err");
        text.Line("rdb_last_bgsave_time_sec", snapshots.LastDurationSeconds);
        text.Line("rdb_current_bgsave_time_sec", job is null || !isSaving ? -1 : (Clock.SteadyMs - job.StartedMs) / 1000);
        text.Line("rdb_saves", snapshots.Saves);
        text.Line("rdb_last_cow_size", 0);
        text.Line("rdb_last_load_keys_expired", loader.LastKeys.Expired);
        text.Line("rdb_last_load_keys_loaded", loader.LastKeys.Loaded);
    }

    private void WriteAppendOnlyFile(InfoText text)
    {
        AofRewriter rewriter = aof.Rewriter;
        text.Line("aof_enabled", aof.State != AofState.Off);
        text.Line("aof_rewrite_in_progress", rewriter.IsRunning);
        text.Line("aof_rewrite_scheduled", rewriter.IsScheduled);
        text.Line("aof_last_rewrite_time_sec", rewriter.LastDurationSeconds);
        text.Line("aof_current_rewrite_time_sec", rewriter.CurrentDurationSeconds);
        text.Line("aof_last_bgrewrite_status", rewriter.LastSucceeded ? "ok" : "err");
        text.Line("aof_rewrites", rewriter.Rewrites);
        text.Line("aof_rewrites_consecutive_failures", rewriter.ConsecutiveFailures);
        text.Line("aof_last_write_status", aof.Writer.Error is null ? "ok" : "err");
        text.Line("aof_last_cow_size", 0);
    }

    private void WriteSizes(InfoText text)
    {
        text.Line("aof_current_size", aof.TotalBytes);
        text.Line("aof_base_size", aof.RewrittenBytes);
        text.Line("aof_pending_rewrite", false);
        text.Line("aof_buffer_length", aof.Writer.BufferedBytes);
        text.Line("aof_pending_bio_fsync", aof.Writer.IsSyncing);
        text.Line("aof_delayed_fsync", aof.Writer.DelayedSyncs);
    }

    private void WriteLoad(InfoText text, long total, long loaded, long startedMs, long usedMemory)
    {
        // Of a size that is not announced the rest cannot be told; Redis then says one second.
        double share = total > 0 ? (double)loaded / total : 0;
        long elapsed = (Clock.SteadyMs - startedMs) / 1000;
        long left = elapsed == 0 || loaded == 0 ? -1 : (long)(elapsed / (double)loaded * Math.Max(0, total - loaded));
        text.Line("loading_start_time", loader.StartedUnixMs / 1000);
        text.Line("loading_total_bytes", total);
        text.Line("loading_rdb_used_mem", usedMemory);
        text.Line("loading_loaded_bytes", loaded);
        text.Decimal("loading_loaded_perc", share * 100);
        text.Line("loading_eta_seconds", left < 0 ? 1 : left);
    }
}
