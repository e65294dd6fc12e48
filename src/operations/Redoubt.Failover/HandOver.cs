using Redoubt.Topology;

namespace Redoubt.Failover;

// Between FAILOVER and the target's promotion two nodes are polled, and each pair of looks is judged here. The old master's INFO tells
// three situations apart; the target's role tells whether the point of no return has passed. Reading the target first matters:
// once it says master, nothing on the old one can take that back.
//
//   old master            target     verdict
//   any                   master     Promoted
//   master, no-failover   replica    RolledBack   the wait for the target ran out, and the old master serves again
//   master, waiting       any        Wait         writes are held
//   replica or in-progress, replica  Wait         the hand-over is under way
//   silent                replica    Wait         nothing can be said yet
//   any                   silent     Wait         the target may have been promoted
//
// A master that serves without a failover after one was started has given up waiting for a target it never told to take over, so once the
// deadline has passed even a silent target does not stand against RolledBack.
//
// When the deadline has passed, Wait turns into one of two ways out: abort under a write pause (the old master still waits, or it has stepped
// down and the target answers and is a replica), or stop and tell (the target does not answer: an abort could leave two masters).

/// <summary>What a pair of looks means.</summary>
public enum HandOverVerdict
{
    /// <summary>Look again.</summary>
    Wait,

    /// <summary>The target is master.</summary>
    Promoted,

    /// <summary>The old master serves again and the target follows it: as before.</summary>
    RolledBack,

    /// <summary>Time is up; the old master still waits, or it has stepped down and the target answers as a replica: abort with writes paused, and
    /// look at the target again before they go on.</summary>
    Abort,

    /// <summary>Time is up and the facts do not allow any act without the risk of two masters.</summary>
    Unknown,
}

/// <summary>Judges the hand-over step; see the table above.</summary>
public static class HandOver
{
    /// <summary>Judges one pair of looks; null is a node that did not answer.</summary>
    public static HandOverVerdict Judge(ReplicationInfo? oldMaster, ReplicationInfo? target, TimeSpan elapsed, TimeSpan deadline)
    {
        if (target is { Role: Role.Master })
            return HandOverVerdict.Promoted;
        if (target is not null && oldMaster is { Role: Role.Master, FailoverState: FailoverState.NoFailover })
            return HandOverVerdict.RolledBack;
        if (elapsed < deadline)
            return HandOverVerdict.Wait;
        if (oldMaster is { Role: Role.Master, FailoverState: FailoverState.NoFailover })
            return HandOverVerdict.RolledBack;
        if (oldMaster is { Role: Role.Master, FailoverState: FailoverState.WaitingForSync })
            return HandOverVerdict.Abort;
        return oldMaster is not null && target is not null ? HandOverVerdict.Abort : HandOverVerdict.Unknown;
    }
}

/// <summary>Whether a switchover lost nothing, by the nodes' own account.</summary>
public sealed record LossProof(bool Proven, string Evidence)
{
    /// <summary>Both nodes name the fork they came from. Equal means that the old master's stream ended exactly where the new one's
    /// history begins, so nothing that was written before is missing after.</summary>
    public static LossProof Of(ReplicationInfo? oldMaster, ReplicationInfo? newMaster, ReplicationId historyBefore)
    {
        if (oldMaster is null || newMaster is null)
            return new LossProof(false, "one of the two nodes does not answer");
        if (newMaster.SecondReplicationId != historyBefore)
            return new LossProof(false, $"the new master does not continue the history {historyBefore} but {newMaster.SecondReplicationId}");
        if (oldMaster.ReplicationId != newMaster.ReplicationId)
            return new LossProof(false, "the old master has not joined the new history yet");
        if (oldMaster.SecondReplicationId != newMaster.SecondReplicationId || oldMaster.SecondOffset != newMaster.SecondOffset)
        {
            return new LossProof(false,
                $"the nodes name different forks: {oldMaster.SecondReplicationId}:{oldMaster.SecondOffset} and {newMaster.SecondReplicationId}:{newMaster.SecondOffset}");
        }

        return new LossProof(true, $"both nodes left history {historyBefore.ToString()[..8]}… at byte {newMaster.SecondOffset}");
    }
}
