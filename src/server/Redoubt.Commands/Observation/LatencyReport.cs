// LATENCY DOCTOR: the events in figures, and for each kind what is known to help.

using System.Globalization;
using System.Text;

namespace Redoubt.Commands;

internal static class LatencyReport
{
    private static readonly (string Prefix, string Advice)[] s_advice =
    [
        ("fast-command", "Commands that take constant time were slow: the machine did not let the server run. Look for other load on it, a"
            + " neighbour on the same host, or memory that is swapped out."),
        ("command-unblocking", "Answering a client that had waited was slow: look at what it waited for."),
        ("command", "Look into SLOWLOG for the commands themselves; slowlog-log-slower-than should not be above the latency threshold. Commands"
            + " over very large values are better split."),
        ("expire-", "Many keys expire at the same time: spread their times a little, or raise hz so that more, shorter slices do the work."),
        ("eviction-", "Memory ran out and keys had to go first: raise maxmemory, or let values expire sooner. Lowering maxmemory on a full server"
            + " evicts a great deal at once."),
        ("aof-", "The append-only file waits for the disk: use a local, fast one, and appendfsync everysec or no."),
        ("rdb-", "Handling the snapshot file was slow: use a local, fast disk that nobody else keeps busy."),
    ];

    public static string Of(LatencyEvents events, long nowSeconds)
    {
        if (events.Series.Count == 0)
        {
            return events.ThresholdMs == 0
                ? "Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> makes the server keep a record of whatever takes at least that long.\n"
                : string.Create(CultureInfo.InvariantCulture, $"Nothing has taken {events.ThresholdMs} ms or longer.\n");
        }
        StringBuilder text = new("What took long, by kind of event:\n\n");
        int number = 0;
        foreach ((string kind, LatencySeries series) in events.Series)
            Describe(text, ++number, kind, series, nowSeconds);
        List<string> advice = [];
        foreach (string kind in events.Series.Keys)
        {
            string? found = s_advice.FirstOrDefault(each => kind.StartsWith(each.Prefix, StringComparison.Ordinal)).Advice;
            if (found is not null && !advice.Contains(found))
                advice.Add(found);
        }
        if (advice.Count > 0)
            text.Append("\nWhat may help:\n\n");
        foreach (string each in advice)
            text.Append("- ").Append(each).Append('\n');
        return text.ToString();
    }

    private static void Describe(StringBuilder text, int number, string kind, LatencySeries series, long nowSeconds)
    {
        IReadOnlyList<LatencySample> samples = series.Samples;
        double mean = samples.Average(static sample => sample.Milliseconds);
        double deviation = samples.Average(sample => Math.Abs(mean - sample.Milliseconds));
        double period = Math.Max(1, nowSeconds - samples[0].UnixSeconds) / (double)samples.Count;
        text.Append(CultureInfo.InvariantCulture,
            $"{number}. {kind}: {samples.Count} latency spikes (average {mean:F0}ms, mean deviation {deviation:F0}ms, one every {period:F2} sec). Worst ever {series.WorstMs}ms.\n");
    }
}
