using System.Globalization;

namespace Redoubt.Loadbench;

/// <summary>What redis-benchmark says about one test. Its CSV form leaves out p99.9, so the long form is read: the summary at its end, and the
/// first step of the percentile distribution at or above 99.9 %.</summary>
internal sealed record ToolReport(double OpsPerSecond, double P50Ms, double P99Ms, double P999Ms)
{
    /// <exception cref="FormatException">This is not such a report; the message is its last line, which names the trouble.</exception>
    public static ToolReport Parse(string text)
    {
        // Progress is written over itself with carriage returns.
        string[] lines = [.. text.Split('\n', '\r').Select(line => line.Trim()).Where(line => line.Length > 0)];
        int throughput = Array.FindIndex(lines, line => line.StartsWith("throughput summary:", StringComparison.Ordinal));
        int heading = Array.FindIndex(lines, line => line.StartsWith("avg ", StringComparison.Ordinal) && line.EndsWith("max", StringComparison.Ordinal));
        if (throughput < 0 || heading < 0 || heading + 1 >= lines.Length)
            throw new FormatException(lines.LastOrDefault() ?? "no output");
        double[] summary = [.. Words(lines[heading + 1]).Select(Value)];
        return new ToolReport(Value(Words(lines[throughput])[2]), summary[2], summary[4], Above(lines, 99.9));
    }

    private static double Above(string[] lines, double percent)
    {
        foreach (string line in lines)
        {
            // "99.902% <= 1.343 milliseconds (cumulative count 99905)"
            if (Words(line) is [[.. var share, '%'], "<=", var time, "milliseconds", "(cumulative", ..] && Value(share) >= percent)
                return Value(time);
        }

        return double.NaN;
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static double Value(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
