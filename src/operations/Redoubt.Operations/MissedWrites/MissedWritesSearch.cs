using Redoubt.Failover;
using Redoubt.Failover.MissedWrites;
using Redoubt.Topology;

namespace Redoubt.Operations.MissedWrites;

/// <summary>What is known of the old master besides its data.</summary>
/// <param name="StoppedCleanly">It was shut down and saved; a crash is not that.</param>
/// <param name="LastSeen">The offset at which it was seen last; null when nobody looked.</param>
/// <param name="SavedTail">A piece of the shared stream, kept when the new master was promoted; null to ask the new master for one.</param>
/// <param name="TailBytes">How much of the shared stream before the fork is asked for.</param>
public sealed record OldMasterFacts(bool StoppedCleanly = false, ReplicationOffset? LastSeen = null, byte[]? SavedTail = null, long TailBytes = 1024 * 1024);

/// <summary>Looks for the writes that the old master had and the new one never got. Changes nothing anywhere.</summary>
public sealed class MissedWritesSearch(NodeProbe newMaster, ProbeOptions options)
{
    /// <summary>Where the new master left the old history.</summary>
    /// <exception cref="StreamUnavailableException">It does not say.</exception>
    public async Task<ForkPoint> ForkAsync(CancellationToken cancellation)
    {
        NodeObservation look = await newMaster.ObserveReplicationAsync(cancellation).ConfigureAwait(false);
        if (look.Replication is not { } info)
            throw new StreamUnavailableException($"{newMaster.Address}: {look.Failure!.Message}");
        return ForkPoint.Of(info) ?? throw new StreamUnavailableException(
            info.Role == Role.Master ? $"{newMaster.Address} was not promoted, or has been restarted since: it names no fork" : $"{newMaster.Address} is no master");
    }

    /// <summary>Asks the old master's process, fenced or cut off but alive, for its own stream.</summary>
    public async Task<LossFindings> OfLiveAsync(ForkPoint fork, NodeProbe old, CancellationToken cancellation)
    {
        NodeObservation look = await old.ObserveReplicationAsync(cancellation).ConfigureAwait(false);
        if (look.Replication is not { } info)
            return new LossFindings(LossVerdict.Unknown, $"{old.Address} does not answer: {look.Failure!.Message}");
        if (info.ReplicationId != fork.ReplicationId)
            return new LossFindings(LossVerdict.Unknown, $"{old.Address} has a history of its own since ({info.ReplicationId}): it was restarted or promoted, so its stream tells nothing; look at its data folder");
        if (info.Offset <= fork.Offset)
            return LossJudgement.OfStream(fork, info.Offset, CommandStream.Read([], 0));
        if (!info.BacklogActive || info.Backlog.FirstByte > fork.Offset.NextByte)
            return LossJudgement.OfStream(fork, info.Offset, CommandStream.Read([], 0));
        // From before the fork where there is something: it tells which database is selected there.
        long from = Math.Max(info.Backlog.FirstByte.Value, fork.Offset.NextByte.Value - (1024 * 1024));
        try
        {
            byte[] bytes = await StreamPiece.FetchAsync(old.Address, options, fork.ReplicationId, new StreamPosition(from), info.Offset, cancellation).ConfigureAwait(false);
            CommandStream stream = from == fork.Offset.NextByte.Value || from == 1
                ? CommandStream.Read(bytes, from)
                : CommandStream.ReadFromMiddle(bytes, from, fork.Offset.Value);
            return LossJudgement.OfStream(fork, info.Offset, stream);
        }
        catch (StreamUnavailableException error)
        {
            return new LossFindings(LossVerdict.Possible, error.Message) { BytesMax = info.Offset - fork.Offset };
        }
    }

    /// <summary>Looks at what the old master left on its disk.</summary>
    public async Task<LossFindings> OfDataAsync(ForkPoint fork, OldData data, OldMasterFacts facts, CancellationToken cancellation)
    {
        LossFindings? findings = null;
        if (data.Increments.Count > 0)
        {
            findings = LossJudgement.OfAppendOnlyFile(fork, data.ReadCommands(), await SharedTailAsync(fork, facts, cancellation).ConfigureAwait(false));
            if (findings.Verdict != LossVerdict.Unknown)
                return findings;
        }

        if (data.ReadPlace() is not { } place)
            return findings ?? LossJudgement.OfNothing(fork, facts.LastSeen);
        LossFindings bySnapshot = LossJudgement.OfDataset(fork, place.Id, place.Offset, facts.StoppedCleanly, facts.LastSeen);
        return findings is null ? bySnapshot : bySnapshot with { Evidence = $"{findings.Evidence}; {bySnapshot.Evidence}" };
    }

    /// <summary>The commands of the history up to the fork, or null where nobody has them any more.</summary>
    private async Task<CommandStream?> SharedTailAsync(ForkPoint fork, OldMasterFacts facts, CancellationToken cancellation)
    {
        if (facts.SavedTail is { } saved)
            return ReadTail(saved, fork.Offset.NextByte.Value - saved.Length);
        NodeObservation look = await newMaster.ObserveReplicationAsync(cancellation).ConfigureAwait(false);
        if (look.Replication is not { BacklogActive: true } info || info.Backlog.FirstByte > new StreamPosition(fork.Offset.Value))
            return null;
        long from = Math.Max(info.Backlog.FirstByte.Value, fork.Offset.NextByte.Value - facts.TailBytes);
        try
        {
            byte[] bytes = await StreamPiece.FetchAsync(newMaster.Address, options, fork.ReplicationId, new StreamPosition(from), fork.Offset, cancellation).ConfigureAwait(false);
            return ReadTail(bytes, from);
        }
        catch (StreamUnavailableException)
        {
            return null;
        }
    }

    private static CommandStream ReadTail(byte[] bytes, long from) => from == 1 ? CommandStream.Read(bytes, 1) : CommandStream.ReadFromMiddle(bytes, from);
}
