using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>What must happen before a SYNC or PSYNC is decided.</summary>
public enum PsyncAdmissionKind
{
    /// <summary>Go on to <see cref="PsyncDecision"/>.</summary>
    Admit,

    /// <summary>Promote this node first (as REPLICAOF NO ONE does), then go on: the master handed over.</summary>
    PromoteThenAdmit,

    /// <summary>Reply with the error; the connection stays open.</summary>
    Refuse,

    /// <summary>Do nothing: the connection is a replica's already.</summary>
    Ignore,
}

/// <summary>The node's condition, as far as it matters to a replica that knocks.</summary>
/// <param name="Role">Master or replica.</param>
/// <param name="LinkUp">A replica's link to its own master is connected.</param>
/// <param name="FailingOver">A FAILOVER runs here.</param>
/// <param name="ClientIsReplica">The connection has synchronised before.</param>
/// <param name="RepliesPending">The connection has replies that are not sent yet, so the handshake's own would follow them.</param>
public readonly record struct PsyncCircumstances(
    Role Role, bool LinkUp, bool FailingOver, bool ClientIsReplica, bool RepliesPending);

/// <summary>The gate in front of PSYNC and SYNC: pure, with Redis's texts (error texts without the leading dash).</summary>
public readonly record struct PsyncAdmission(PsyncAdmissionKind Kind, string Error = "")
{
    /// <summary>Judges a PSYNC; for SYNC pass a request without FAILOVER.</summary>
    public static PsyncAdmission Judge(PsyncRequest request, ReplicationId own, PsyncCircumstances now)
    {
        if (now.ClientIsReplica)
            return new PsyncAdmission(PsyncAdmissionKind.Ignore);
        if (request.Failover)
        {
            if (now.Role == Role.Master)
                return Refuse("ERR PSYNC FAILOVER can't be sent to a master.");
            if (request.Id != own)
                return Refuse("ERR PSYNC FAILOVER replid must match my replid.");
        }

        if (now.FailingOver)
            return Refuse("NOMASTERLINK Can't SYNC while failing over");
        // After a promotion there is no link to lose, so this question is only for those that stay replicas.
        if (!request.Failover && now.Role == Role.Replica && !now.LinkUp)
            return Refuse("NOMASTERLINK Can't SYNC while not connected with my master");
        if (now.RepliesPending)
            return Refuse("ERR SYNC and PSYNC are invalid with pending output");
        return new PsyncAdmission(request.Failover ? PsyncAdmissionKind.PromoteThenAdmit : PsyncAdmissionKind.Admit);
    }

    private static PsyncAdmission Refuse(string error) => new(PsyncAdmissionKind.Refuse, error);
}
