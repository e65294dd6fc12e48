using System.Globalization;

namespace Redoubt.Failover.Doctor;

// What an operator should know before the night it matters. Each check is one method: it looks at facts, never at a server, and returns one
// finding with its evidence; a check that has nothing to look at (no permission, no name, no replica) returns null and is not counted. The
// id is stable, since scripts and --ignore go by it.

/// <summary>All checks, in the order they are shown.</summary>
public static class Checks
{
    /// <summary>Runs every check.</summary>
    public static IReadOnlyList<DoctorFinding> Run(GroupFacts facts) =>
    [
        .. TopologyChecks.All.Concat(ReplicationChecks.All).Concat(PersistenceChecks.All).Concat(SurroundingsChecks.All).Select(check => check(facts)).OfType<DoctorFinding>(),
    ];

    /// <summary>A finding over nodes: passes with one sentence when none of them is at fault, otherwise says which are.</summary>
    internal static DoctorFinding Over(string id, IEnumerable<string> faults, Diagnosis grade, string well, string remedy)
    {
        string[] all = [.. faults];
        return all.Length == 0 ? new DoctorFinding(id, Diagnosis.Pass, well) : new DoctorFinding(id, grade, string.Join("; ", all), remedy);
    }

    internal static string Bytes(long bytes) => bytes switch
    {
        >= 1024L * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):0.#} GB"),
        >= 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.#} MB"),
        >= 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };
}
