namespace Redoubt.Failover.MissedWrites;

/// <summary>Finds a sequence of commands in a longer one.</summary>
public static class Alignment
{
    /// <summary>The places in <paramref name="file"/> right behind the end of <paramref name="shared"/>, in order.</summary>
    public static int[] EndsOf(IReadOnlyList<StreamCommand> shared, IReadOnlyList<StreamCommand> file) =>
        [.. Enumerable.Range(0, Math.Max(0, file.Count - shared.Count + 1)).Where(start => MatchesAt(shared, 0, file, start, shared.Count)).Select(start => start + shared.Count)];

    /// <summary>Where a file begins later than the shared commands do, as it does after a rewrite, its beginning is their end: all lengths that this
    /// beginning may have.</summary>
    public static int[] OverlapsOf(IReadOnlyList<StreamCommand> shared, IReadOnlyList<StreamCommand> file) =>
        [.. Enumerable.Range(1, Math.Max(0, Math.Min(shared.Count - 1, file.Count))).Where(count => MatchesAt(shared, shared.Count - count, file, 0, count))];

    private static bool MatchesAt(IReadOnlyList<StreamCommand> shared, int from, IReadOnlyList<StreamCommand> file, int at, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!shared[from + i].Matches(file[at + i]))
                return false;
        }

        return true;
    }
}
