using System.Globalization;
using Redoubt.Failover.MissedWrites;
using Redoubt.Operations.Procedures;

namespace Redoubt.Operations.MissedWrites;

/// <summary>What is kept of a search, one folder per fork: STATE/GROUP/missed/REPLICATION-ID. That it is there is what allows the old master to become a
/// replica, which makes it forget.</summary>
public static class MissedWritesAudit
{
    private const string Summary = "summary.json";

    /// <summary>The folder for one fork.</summary>
    public static string FolderOf(StateFolder state, ForkPoint fork) => Path.Combine(state.Folder, "missed", fork.ReplicationId.ToString());

    /// <summary>Whether a search that came to a result has been kept.</summary>
    public static bool Exists(StateFolder state, ForkPoint fork) => File.Exists(Path.Combine(FolderOf(state, fork), Summary));

    /// <summary>The end of the shared stream as a failover has kept it, if it ends at this fork; or null.</summary>
    public static byte[]? FindTail(StateFolder state, ForkPoint fork)
    {
        if (!Directory.Exists(state.Folder))
            return null;
        foreach (string note in Directory.EnumerateFiles(state.Folder, "tail.txt", SearchOption.AllDirectories))
        {
            string[] lines = File.ReadAllLines(note);
            string bytes = Path.ChangeExtension(note, ".bin");
            if (lines.Length >= 3 && lines[0] == fork.ReplicationId.ToString() && lines[2] == fork.Offset.Value.ToString(CultureInfo.InvariantCulture) && File.Exists(bytes))
                return File.ReadAllBytes(bytes);
        }

        return null;
    }
}
