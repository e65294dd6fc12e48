using Redoubt.Topology;

namespace Redoubt.Failover.MissedWrites;

/// <summary>Where two histories part: what the promoted node had when it was promoted.</summary>
/// <param name="ReplicationId">The history they share.</param>
/// <param name="Offset">The last byte they share.</param>
public sealed record ForkPoint(ReplicationId ReplicationId, ReplicationOffset Offset)
{
    /// <summary>As the promoted node states it, which it does until it is promoted or made a replica again; null when it does not.</summary>
    public static ForkPoint? Of(ReplicationInfo promoted) =>
        promoted.Role == Role.Master && !promoted.SecondReplicationId.IsNone && !promoted.SecondOffset.IsNone
            ? new ForkPoint(promoted.SecondReplicationId, promoted.SecondOffset.OffsetBefore)
            : null;
}

/// <summary>How much is known of the writes that the old master had and the new one never got.</summary>
public enum LossVerdict
{
    /// <summary>Proven: there are none.</summary>
    None,

    /// <summary>There are some, and the list of them is complete and exact.</summary>
    Found,

    /// <summary>There may be some; how many bytes of stream at most is known.</summary>
    Possible,

    /// <summary>Nothing bounds them.</summary>
    Unknown,
}

/// <summary>What a search found.</summary>
/// <param name="Verdict">How much is known.</param>
/// <param name="Evidence">From what it follows, in a sentence.</param>
public sealed record LossFindings(LossVerdict Verdict, string Evidence)
{
    /// <summary>The missed commands in order. Complete and exact with <see cref="LossVerdict.Found"/> alone.</summary>
    public IReadOnlyList<StreamCommand> Commands { get; init; } = [];

    /// <summary>With <see cref="LossVerdict.Possible"/>: no more bytes of stream than this.</summary>
    public long? BytesMax { get; init; }
}

// The rules by which evidence becomes a verdict. An offset alone is weak evidence: a crash between two snapshots makes the old offset look
// equal though acknowledged writes are gone, and the heartbeats of a clean stop make it look greater though none is. So NONE and FOUND are said
// only of decoded bytes, or of a place in the history that was written down together with the data.

/// <summary>From evidence to a verdict.</summary>
public static class LossJudgement
{
    /// <summary>The old process lives and gave out its stream, from before the fork or right behind it, up to its end.</summary>
    public static LossFindings OfStream(ForkPoint fork, ReplicationOffset oldEnd, CommandStream stream)
    {
        if (oldEnd <= fork.Offset)
            return new LossFindings(LossVerdict.None, $"the old master's stream ends at {oldEnd}, and the new master has everything up to {fork.Offset}");
        StreamCommand[] behind = [.. stream.Commands.Where(command => command.Start > fork.Offset.Value)];
        long complete = behind.LastOrDefault()?.End ?? fork.Offset.Value;
        if (complete != oldEnd.Value || behind.FirstOrDefault()?.Start != fork.Offset.NextByte.Value)
        {
            return new LossFindings(LossVerdict.Possible, $"the bytes {fork.Offset.NextByte} to {oldEnd} could not be read as commands")
            {
                BytesMax = oldEnd - fork.Offset,
            };
        }

        StreamCommand[] missed = [.. behind.Where(command => !command.IsNoise)];
        string bytes = $"the old master's own stream from {fork.Offset.NextByte} to {oldEnd}, decoded";
        return missed.Length == 0
            ? new LossFindings(LossVerdict.None, $"{bytes}: heartbeats only")
            : new LossFindings(LossVerdict.Found, bytes) { Commands = missed };
    }

    /// <summary>The old master's append-only file, with its own notes of where it stands or, without them, beside the end of the stream that both shared.</summary>
    public static LossFindings OfAppendOnlyFile(ForkPoint fork, CommandStream file, CommandStream? sharedTail)
    {
        Stamp? last = file.Stamps.LastOrDefault(stamp => stamp.ReplicationId == fork.ReplicationId && stamp.Offset <= fork.Offset.Value);
        if (last is not null && last.Offset == fork.Offset.Value)
            return OfRest(file.Commands.Skip(last.Commands), $"the append-only file notes where offset {fork.Offset} is");
        if (sharedTail is null)
            return new LossFindings(LossVerdict.Unknown, "the new master's backlog does not reach back behind the fork any more, and no tail of it was saved");
        StreamCommand[] shared = [.. sharedTail.Commands.Where(command => command.End <= fork.Offset.Value && !command.IsNoise)];
        if (last is not null)
        {
            // Between two notes the commands are counted: so many lie between the note and the fork.
            StreamCommand[] between = [.. shared.Where(command => command.Start > last.Offset)];
            StreamCommand[] rest = [.. file.Commands.Skip(last.Commands).Where(command => !command.IsNoise)];
            bool covered = sharedTail.Commands.Count > 0 && sharedTail.Commands[0].Start <= last.Offset + 1;
            if (covered && between.Length <= rest.Length && between.Zip(rest).All(pair => pair.First.Matches(pair.Second)))
                return OfRest(rest.Skip(between.Length), $"the append-only file notes offset {last.Offset}, and {between.Length} commands of the shared stream follow up to the fork");
        }

        return OfAlignment(file, shared);
    }

    /// <summary>A dataset that notes its own place, such as a snapshot: what was written after it left no trace in it.</summary>
    public static LossFindings OfDataset(ForkPoint fork, ReplicationId id, ReplicationOffset offset, bool stoppedCleanly, ReplicationOffset? lastSeen)
    {
        if (id != fork.ReplicationId)
            return Bounded(fork, lastSeen, "the snapshot belongs to another history");
        if (stoppedCleanly && offset <= fork.Offset)
            return new LossFindings(LossVerdict.None, $"the old master stopped cleanly, and saved at offset {offset}; the new master has everything up to {fork.Offset}");
        if (stoppedCleanly)
        {
            return new LossFindings(LossVerdict.Possible, $"the old master stopped cleanly at {offset}; the {offset - fork.Offset} bytes behind the fork may be heartbeats or writes")
            {
                BytesMax = offset - fork.Offset,
            };
        }

        return Bounded(fork, lastSeen, $"the snapshot was taken at {offset}, and what was written after it left no trace");
    }

    /// <summary>Nothing is left of the old master but where it was seen last.</summary>
    public static LossFindings OfNothing(ForkPoint fork, ReplicationOffset? lastSeen) => Bounded(fork, lastSeen, "nothing is left of the old master's data");

    /// <summary>A beginning that agrees with fewer commands may do so by chance.</summary>
    private const int OverlapMin = 8;

    private static LossFindings OfAlignment(CommandStream file, StreamCommand[] shared)
    {
        StreamCommand[] commands = [.. file.Commands.Where(command => !command.IsNoise)];
        if (shared.Length == 0)
            return new LossFindings(LossVerdict.Unknown, "the shared stream before the fork has no writes by which a place in the file could be found");
        int[] ends = Alignment.EndsOf(shared, commands);
        bool certain = ends.Length == 1;
        if (ends.Length == 0)
        {
            ends = Alignment.OverlapsOf(shared, commands);
            certain = ends is [>= OverlapMin];
        }

        if (ends.Length == 0)
            return new LossFindings(LossVerdict.Unknown, "the end of the shared stream is not in the append-only file: it was rewritten since, or is another server's");
        string how = $"{shared.Length} commands before the fork, found in the append-only file";
        if (certain)
            return OfRest(commands.Skip(ends[0]), how);
        return new LossFindings(LossVerdict.Possible, $"{how} but not beyond doubt: between {commands.Length - ends[^1]} and {commands.Length - ends[0]} writes are missing")
        {
            Commands = [.. commands.Skip(ends[0])],
        };
    }

    private static LossFindings OfRest(IEnumerable<StreamCommand> rest, string evidence)
    {
        StreamCommand[] missed = [.. rest.Where(command => !command.IsNoise)];
        return missed.Length == 0
            ? new LossFindings(LossVerdict.None, $"{evidence}; no write follows")
            : new LossFindings(LossVerdict.Found, evidence) { Commands = missed };
    }

    private static LossFindings Bounded(ForkPoint fork, ReplicationOffset? lastSeen, string evidence)
    {
        if (lastSeen is not { } seen)
            return new LossFindings(LossVerdict.Unknown, evidence);
        long bytes = Math.Max(0, seen - fork.Offset);
        return new LossFindings(LossVerdict.Possible, $"{evidence}; it was last seen at offset {seen}, {bytes} bytes behind the fork, and what it wrote after that is not in the count")
        {
            BytesMax = bytes,
        };
    }
}
