using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>The replicas connected to this node, in the order in which they came (INFO numbers them so).</summary>
public sealed class ReplicaRegistry
{
    private readonly List<ReplicaSession> _sessions = [];

    /// <summary>How many there are, in any state: <c>connected_slaves</c>.</summary>
    public int Count => _sessions.Count;

    /// <summary>The replica at a place, for loops that do not allocate.</summary>
    public ReplicaSession this[int index] => _sessions[index];

    /// <summary>When the last one left; for <see cref="BacklogLifetime"/>.</summary>
    public long LastLeftMs { get; set; }

    /// <summary>The connection became a replica.</summary>
    public void Add(ReplicaSession session)
    {
        if (!_sessions.Contains(session))
            _sessions.Add(session);
    }

    /// <summary>The connection is gone; its cursor is released. False when it was no replica.</summary>
    public bool Remove(ReplicaSession session, long nowMs)
    {
        session.Release();
        if (!_sessions.Remove(session))
            return false;
        if (_sessions.Count == 0)
            LastLeftMs = nowMs;
        return true;
    }

    /// <summary>WAIT: how many online replicas have acknowledged everything up to the offset.</summary>
    public int CountAcknowledged(ReplicationOffset offset)
    {
        int count = 0;
        foreach (ReplicaSession session in _sessions)
        {
            if (session.State == SessionState.Online && session.AckedOffset >= offset)
                count++;
        }

        return count;
    }

    /// <summary>How many online replicas have up to this offset on their disks.</summary>
    public int CountOnDisk(ReplicationOffset offset)
    {
        int count = 0;
        foreach (ReplicaSession session in _sessions)
        {
            if (session.State == SessionState.Online && session.DiskOffset >= offset)
                count++;
        }

        return count;
    }

    /// <summary><c>min_slaves_good_slaves</c>: online, and heard from within <c>min-replicas-max-lag</c> seconds.</summary>
    public int CountGood(long maxLagSeconds, long nowMs)
    {
        int count = 0;
        foreach (ReplicaSession session in _sessions)
        {
            if (session.State == SessionState.Online && session.LagSeconds(nowMs) <= maxLagSeconds)
                count++;
        }

        return count;
    }

    /// <summary>Whether writes are accepted; if not, the reply is NOREPLICAS. Either directive at 0 switches the rule off, and a
    /// replica is not asked: what it applies was accepted by its master.</summary>
    public bool MayWrite(int minReplicasToWrite, long maxLagSeconds, Role role, long nowMs) =>
        role == Role.Replica || minReplicasToWrite == 0 || maxLagSeconds == 0 || CountGood(maxLagSeconds, nowMs) >= minReplicasToWrite;

    /// <summary>Whether an online replica has been silent for longer than <c>repl-timeout</c> and should be disconnected.</summary>
    public static bool IsTimedOut(ReplicaSession session, int timeoutSeconds, long nowMs) => session.LagSeconds(nowMs) > timeoutSeconds;

    /// <summary>The replica that announces this address, or null. Hosts are compared as text without regard to case.</summary>
    public ReplicaSession? Find(ReadOnlySpan<char> host, long port)
    {
        foreach (ReplicaSession session in _sessions)
        {
            if (session.ListeningPort == port && host.Equals(session.Host, StringComparison.OrdinalIgnoreCase))
                return session;
        }

        return null;
    }

    /// <summary>The online replica that acknowledged the most, for a failover that names no target, or null.</summary>
    public ReplicaSession? MostAdvanced()
    {
        ReplicaSession? best = null;
        foreach (ReplicaSession session in _sessions)
        {
            if (session.State == SessionState.Online && (best is null || session.AckedOffset > best.AckedOffset))
                best = session;
        }

        return best;
    }
}
