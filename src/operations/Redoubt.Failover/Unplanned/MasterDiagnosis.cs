using Redoubt.Topology;

namespace Redoubt.Failover.Unplanned;

// "I cannot reach it" is not "it is dead". Before a failover the master is judged from two sides: from here, and through its replicas,
// whose links tell whether it still talks to them. What is found decides whether a promotion helps or does the harm itself.
//
//   from here                         replicas' links     verdict
//   answers                           any                 Alive            (a switchover is the better way)
//   answers, loading                  any                 Loading
//   silent or refused                 one is up           OnlyWeCannotSee
//   BUSY                              any                 Busy             (a script; SCRIPT KILL)
//   denied                            any                 Denied           (it lives)
//   connection refused                none up             ProcessDown
//   connects, says nothing            none up             Hung
//   no connection at all              none up             HostDown

/// <summary>What is the matter with a master.</summary>
public enum MasterVerdict
{
    /// <summary>It answers.</summary>
    Alive,

    /// <summary>It reads its dataset from disk and will serve.</summary>
    Loading,

    /// <summary>A script holds it up.</summary>
    Busy,

    /// <summary>It answers, but not to this login.</summary>
    Denied,

    /// <summary>Its replicas still hear it.</summary>
    OnlyWeCannotSee,

    /// <summary>The machine refuses the connection: nobody listens.</summary>
    ProcessDown,

    /// <summary>Connections are taken and nothing is said.</summary>
    Hung,

    /// <summary>The machine does not answer.</summary>
    HostDown,
}

/// <summary>What is the matter with a master, with the evidence from both sides.</summary>
public sealed record MasterDiagnosis(MasterVerdict Verdict, string Evidence)
{
    /// <summary>A promotion is the remedy.</summary>
    public bool IsGone => Verdict is MasterVerdict.ProcessDown or MasterVerdict.Hung or MasterVerdict.HostDown;

    /// <summary>It may come back by itself.</summary>
    public bool MayRecover => Verdict is MasterVerdict.Loading or MasterVerdict.Busy or MasterVerdict.ProcessDown or MasterVerdict.Hung;

    /// <summary>Judges the node at that address by an observation of its group.</summary>
    public static MasterDiagnosis Of(GroupObservation group, NodeAddress master)
    {
        NodeObservation? node = group.Find(master);
        string here = node?.Failure?.Message ?? "";
        NodeObservation[] replicas = [.. group.Nodes.Where(replica => replica.Replication?.Master is { } link && (link.Address == master || node?.IsAt(link.Address) == true))];
        string[] hearing = [.. replicas.Where(replica => replica.Replication!.Master!.IsUp).Select(replica => replica.Address.ToString())];
        string through = replicas.Length == 0 ? "no replica of it answers" : string.Join(", ", replicas.Select(replica => Heard(replica)));
        if (node is { Replication: not null })
        {
            return node.Vitals.Loading
                ? new MasterDiagnosis(MasterVerdict.Loading, $"{master} is loading its dataset and will serve; {through}")
                : new MasterDiagnosis(MasterVerdict.Alive, $"{master} answers; {through}");
        }

        if (here.StartsWith("LOADING", StringComparison.Ordinal))
            return new MasterDiagnosis(MasterVerdict.Loading, $"{master} is loading its dataset and will serve; {through}");
        if (here.StartsWith("BUSY", StringComparison.Ordinal))
            return new MasterDiagnosis(MasterVerdict.Busy, $"{master} is held up by a script ({here}); {through}");
        if (node?.Failure is { Kind: NodeFailureKind.AccessDenied })
            return new MasterDiagnosis(MasterVerdict.Denied, $"{master} lives and turns this login away ({here}); {through}");
        if (hearing.Length > 0)
            return new MasterDiagnosis(MasterVerdict.OnlyWeCannotSee, $"{master} cannot be reached from here ({here}), but {string.Join(" and ", hearing)} still hear it");
        if (here.Contains("refused", StringComparison.OrdinalIgnoreCase))
            return new MasterDiagnosis(MasterVerdict.ProcessDown, $"the machine of {master} answers and nobody listens there ({here}); {through}");
        return here.Contains("no reply", StringComparison.OrdinalIgnoreCase) || here.Contains("no answer", StringComparison.OrdinalIgnoreCase)
            ? new MasterDiagnosis(MasterVerdict.Hung, $"{master} takes connections and says nothing ({here}); {through}")
            : new MasterDiagnosis(MasterVerdict.HostDown, $"{master} cannot be reached ({here}); {through}");
    }

    private static string Heard(NodeObservation replica)
    {
        MasterLink link = replica.Replication!.Master!;
        return link.IsUp ? $"{replica.Address} hears it" : $"{replica.Address} has lost it{(link.DownSinceSeconds is > 0 and { } seconds ? $" {seconds} s ago" : "")}";
    }
}
