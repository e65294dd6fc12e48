using System.Globalization;
using Redoubt.Failover.Procedures;
using Redoubt.Failover.Unplanned;
using Redoubt.Operations.Groups;
using Redoubt.Operations.MissedWrites;
using Redoubt.Topology;

namespace Redoubt.Operations.Unplanned;

/// <summary>Keeps what a promotion would wash away: the candidate's INFO, the last stretch of the stream both histories share, and a snapshot
/// whose position is the fork, since the candidate's link is dead and nobody writes to it.</summary>
internal sealed class EvidenceFolder(string folder, IGroupActs acts, ProbeOptions options, EvidenceSettings settings) : IEvidence
{
    private const long SnapshotMemoryMax = 2L * 1024 * 1024 * 1024;
    private static readonly TimeSpan SnapshotLimit = TimeSpan.FromSeconds(60);

    public async Task<string> KeepAsync(NodeAddress candidate, ReplicationInfo frozen)
    {
        List<string> kept = [];
        try
        {
            Directory.CreateDirectory(folder);
            NodeAnswer info = await acts.SendAsync(candidate, "INFO", "everything").ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(folder, "info.txt"), info.Text).ConfigureAwait(false);
            kept.Add($"offset {frozen.Master!.AppliedOffset}");
            kept.Add(await SnapshotAsync(candidate, info.Text).ConfigureAwait(false));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            kept.Add($"the folder of evidence cannot be written: {error.Message}");
        }

        return string.Join(", ", kept);
    }

    public async Task<string> KeepTailAsync(NodeAddress promoted, ReplicationInfo now)
    {
        long fork = now.SecondOffset.Value;
        if (!now.BacklogActive || now.Backlog.FirstByte.Value >= fork)
            return "the stream before the fork is not there any more";
        long from = Math.Max(now.Backlog.FirstByte.Value, fork - settings.TailBytes);
        try
        {
            byte[] tail = await StreamPiece.FetchAsync(promoted, options, now.SecondReplicationId, new StreamPosition(from), new ReplicationOffset(fork - 1), default).ConfigureAwait(false);
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, "tail.bin"), tail).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(folder, "tail.txt"), string.Create(CultureInfo.InvariantCulture, $"{now.SecondReplicationId}\n{from}\n{fork - 1}\n")).ConfigureAwait(false);
            return string.Create(CultureInfo.InvariantCulture, $"{tail.Length} bytes of stream before the fork kept");
        }
        catch (Exception error) when (error is StreamUnavailableException or IOException or UnauthorizedAccessException)
        {
            return $"no tail of the stream ({error.Message})";
        }
    }

    private async Task<string> SnapshotAsync(NodeAddress candidate, string info)
    {
        long used = Number(info, "used_memory:") ?? 0;
        if (settings.Snapshot == SnapshotRule.Never || (settings.Snapshot == SnapshotRule.Auto && used > SnapshotMemoryMax))
            return "no snapshot";
        NodeAnswer began = await acts.SendAsync(candidate, "BGSAVE").ConfigureAwait(false);
        if (!began.IsDone)
            return $"no snapshot ({began.Text})";
        TimeSpan until = acts.Now + SnapshotLimit;
        while (acts.Now < until)
        {
            NodeAnswer state = await acts.SendAsync(candidate, "INFO", "persistence").ConfigureAwait(false);
            if (state.IsDone && Number(state.Text, "rdb_bgsave_in_progress:") == 0)
                return state.Text.Contains("rdb_last_bgsave_status:ok", StringComparison.Ordinal) ? "a snapshot on the candidate" : "no snapshot (BGSAVE failed)";
            await acts.WaitAsync(TimeSpan.FromMilliseconds(20)).ConfigureAwait(false);
        }

        return "a snapshot that is still being written";
    }

    private static long? Number(string info, string field)
    {
        int at = info.IndexOf(field, StringComparison.Ordinal);
        return at >= 0 && long.TryParse(string.Concat(info[(at + field.Length)..].TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}

/// <summary>For operations without a folder of state.</summary>
internal sealed class NoEvidence : IEvidence
{
    public Task<string> KeepAsync(NodeAddress candidate, ReplicationInfo frozen) => Task.FromResult("");

    public Task<string> KeepTailAsync(NodeAddress promoted, ReplicationInfo now) => Task.FromResult("");
}
