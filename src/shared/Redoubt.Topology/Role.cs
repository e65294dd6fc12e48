namespace Redoubt.Topology;

/// <summary>What a node is in its group. On the wire a replica is called <c>slave</c>.</summary>
public enum Role
{
    /// <summary>Accepts writes and feeds replicas.</summary>
    Master,

    /// <summary>Follows a master.</summary>
    Replica,
}

/// <summary>How far a planned FAILOVER has come, seen from the master that runs it.</summary>
public enum FailoverState
{
    /// <summary>None is running.</summary>
    NoFailover,

    /// <summary>Writes are held until the target has acknowledged everything.</summary>
    WaitingForSync,

    /// <summary>The old master has demoted itself and waits for the target to take over.</summary>
    FailoverInProgress,
}

/// <summary>How far a replica's synchronisation has come, seen from its master.</summary>
public enum ReplicaState
{
    /// <summary>A state this version has no name for.</summary>
    Unknown,

    /// <summary>Waits for the snapshot.</summary>
    WaitBgsave,

    /// <summary>Receives the snapshot.</summary>
    SendBulk,

    /// <summary>Receives the stream.</summary>
    Online,
}

/// <summary>The wire's words for the states above.</summary>
public static class ReplicationWords
{
    /// <summary>The word of INFO and ROLE.</summary>
    public static ReadOnlySpan<byte> ToWire(this Role role) => role == Role.Master ? "master"u8 : "slave"u8;

    /// <summary>The word of <c>master_failover_state</c>.</summary>
    public static ReadOnlySpan<byte> ToWire(this FailoverState state) => state switch
    {
        FailoverState.WaitingForSync => "waiting-for-sync"u8,
        FailoverState.FailoverInProgress => "failover-in-progress"u8,
        _ => "no-failover"u8,
    };

    /// <summary>The word of a <c>slaveN</c> line.</summary>
    public static ReadOnlySpan<byte> ToWire(this ReplicaState state) => state switch
    {
        ReplicaState.WaitBgsave => "wait_bgsave"u8,
        ReplicaState.SendBulk => "send_bulk"u8,
        ReplicaState.Online => "online"u8,
        _ => "unknown"u8,
    };

    /// <summary>Reads <c>master</c>, <c>slave</c> or <c>replica</c>.</summary>
    public static bool TryParseRole(ReadOnlySpan<byte> word, out Role role)
    {
        role = word.SequenceEqual("master"u8) ? Role.Master : Role.Replica;
        return role == Role.Master || word.SequenceEqual("slave"u8) || word.SequenceEqual("replica"u8);
    }

    /// <summary>Reads the word of <c>master_failover_state</c>; false for a word it does not know.</summary>
    public static bool TryParseFailoverState(ReadOnlySpan<byte> word, out FailoverState state)
    {
        foreach (FailoverState known in Enum.GetValues<FailoverState>())
        {
            if (word.SequenceEqual(known.ToWire()))
            {
                state = known;
                return true;
            }
        }

        state = FailoverState.NoFailover;
        return false;
    }

    /// <summary>Reads the word of a <c>slaveN</c> line; <see cref="ReplicaState.Unknown"/> for one it does not know.</summary>
    public static ReplicaState ParseReplicaState(ReadOnlySpan<byte> word)
    {
        if (word.SequenceEqual("online"u8))
            return ReplicaState.Online;
        if (word.SequenceEqual("wait_bgsave"u8))
            return ReplicaState.WaitBgsave;
        return word.SequenceEqual("send_bulk"u8) ? ReplicaState.SendBulk : ReplicaState.Unknown;
    }
}
