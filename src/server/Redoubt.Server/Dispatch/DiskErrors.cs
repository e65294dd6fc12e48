// What follows when the dataset cannot be brought to the disk.
//
// A server that goes on accepting writes while no snapshot succeeds loses them all when it ends, and nobody has noticed. So where
// there are save points, a failed save stops writes (`stop-writes-on-bgsave-error`), and PING says so to whoever watches, until a save
// succeeds. A log of writes that cannot take them down stops them likewise. What a master sends cannot be refused: a replica ends
// instead, unless `replica-ignore-disk-write-errors` lets it go on.

using System.Text;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Dispatch;

internal sealed class DiskErrors(ServerConfig config, ServerLog log)
{
    private const long QuietMs = 10_000;

    private long _lastToldMs = -QuietMs;

    /// <summary>The last save failed, and none has succeeded since.</summary>
    public bool IsSaveFailing { get; set; }

    /// <summary>The log that takes writes down; set by the composition root.</summary>
    public AofWriter? Log { get; set; }

    /// <summary>Writes are to be refused.</summary>
    public bool StopsWrites => IsSaveStopping || Log is { Error: not null };

    private bool IsSaveStopping => IsSaveFailing && config.Persistence.StopWritesOnBgsaveError.Value && config.SavePoints.Count > 0;

    /// <summary>What a client is told.</summary>
    public ReadOnlySpan<byte> Refusal => IsSaveStopping
        ? "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."u8
        : Encoding.UTF8.GetBytes("MISCONF Errors writing to the AOF file: " + Log?.Error);

    /// <summary>The master sends something that would be refused to others.</summary>
    public void MasterWrites(bool isPing)
    {
        if (!isPing && !config.Replication.IgnoreDiskWriteErrors.Value)
            throw new InvalidOperationException("Replica was unable to write command to disk.");
        long now = Clock.SteadyMs;
        if (now - _lastToldMs <= QuietMs)
            return;
        _lastToldMs = now;
        log.Warn("Replica is applying a command even though it is unable to write to disk.");
    }
}
