using Redoubt.Topology;

namespace Redoubt.Replication;

// The two replication IDs of a node.
//
// An ID names a history of writes, an offset a place in it. A promoted replica begins a history of its own, for from now on
// its writes may differ from those of the old master, so it needs a new ID. But up to the moment of the promotion both
// histories are the same bytes, and a replica of the old master must not copy the whole dataset for a difference of nothing.
// So the old ID is kept as the second, "valid up to" a byte.
//
// Why plus one. A node that has everything up to offset N asks for byte N+1, and PSYNC carries that number. A replica that had
// all the old master's bytes we have will ask for N+1 under the old ID: nothing of ours is different yet, so this request must be
// granted. One that asks for N+2 has seen a byte N+1 that we never had: it must not be granted. The bound is therefore on
// the *request*, `request <= N+1`, and `second_repl_offset` is N+1, the first byte that is not common to both.

/// <summary>Which histories this node can answer for: the current one and the one it forked from.</summary>
public sealed class ReplicationState(ReplicationId id)
{
    /// <summary>The current history: <c>master_replid</c>.</summary>
    public ReplicationId Id { get; private set; } = id;

    /// <summary>The history this one forked from, or none: <c>master_replid2</c>.</summary>
    public ReplicationId SecondId { get; private set; }

    /// <summary>The first byte that is not common to both, or none: <c>second_repl_offset</c>.</summary>
    public StreamPosition SecondOffset { get; private set; } = StreamPosition.None;

    /// <summary>Promotion: the present history becomes the second, valid up to here, and a new one begins.</summary>
    /// <param name="fresh">A new random ID.</param>
    /// <param name="offset">The offset at which the histories part.</param>
    public void ShiftId(ReplicationId fresh, ReplicationOffset offset)
    {
        SecondId = Id;
        SecondOffset = offset.NextByte;
        Id = fresh;
    }

    /// <summary>Nobody can continue from the past any more: a backlog was created or freed, so bytes went uncounted.</summary>
    public void StartAnew(ReplicationId fresh)
    {
        Id = fresh;
        ClearSecond();
    }

    /// <summary>Forgets the second history.</summary>
    public void ClearSecond()
    {
        SecondId = ReplicationId.None;
        SecondOffset = StreamPosition.None;
    }

    /// <summary>After a full resync: this node's history is its master's, and none before it.</summary>
    public void AdoptMaster(ReplicationId masterId)
    {
        Id = masterId;
        ClearSecond();
    }

    /// <summary>After a partial resync: when the master answers with another ID (it was promoted meanwhile), the history goes
    /// on under that name, and the former name stays valid up to here, for our own replicas. True when the ID changed; they
    /// must then be disconnected, so that they learn of it.</summary>
    public bool ContinueUnder(ReplicationId masterId, ReplicationOffset offset)
    {
        if (masterId == Id)
            return false;
        ShiftId(masterId, offset);
        return true;
    }
}
