using System.Globalization;
using Redoubt.Topology;

namespace Redoubt.Replication;

// A master without a file that restarts is empty, has a new history, and offers it to its replicas: a replica that obeys throws
// away the last copy of the data. The same happens when a name comes to point to an empty server. So a dataset that came from a
// master is not given up for one that is almost nothing beside it, unless somebody who knows says so.
//
// What is asked: was the dataset a master's (a server's first sync is never in question), is the offered history one that we do not
// know (a master of our own history that was flushed sends the FLUSHALL), and is the snapshot, counted when all of it has arrived
// and before anything is dropped, less than a tenth of what is here.

/// <summary>Whether a replica gives up its dataset for the snapshot that its master offers.</summary>
public static class ReplicaGuard
{
    private const long FractionMin = 10;

    /// <param name="isDatasetOfMaster">What we hold came from a master, not from clients of our own.</param>
    /// <param name="own">The history that we hold.</param>
    /// <param name="offered">The history that the master names.</param>
    /// <param name="ownKeys">How many keys we hold.</param>
    /// <param name="offeredKeys">How many keys the snapshot holds.</param>
    /// <returns>Why not, or null.</returns>
    public static string? Refusal(bool isDatasetOfMaster, ReplicationState own, ReplicationId offered, long ownKeys, long offeredKeys)
    {
        if (!isDatasetOfMaster || offered == own.Id || offered == own.SecondId || offeredKeys >= ownKeys / (double)FractionMin)
            return null;
        string holds = offeredKeys == 0 ? "no keys" : string.Create(CultureInfo.InvariantCulture, $"{offeredKeys} keys");
        return string.Create(
            CultureInfo.InvariantCulture, $"the master's history {offered} is unknown and its dataset holds {holds}, this replica {ownKeys}");
    }
}
