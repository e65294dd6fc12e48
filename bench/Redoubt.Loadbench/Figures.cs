using System.Globalization;
using System.Text;

namespace Redoubt.Loadbench;

/// <summary>How the rounds of a metric become one figure.</summary>
internal enum Summary
{
    /// <summary>The middle one: a slow minute of the machine does not count.</summary>
    Median,

    /// <summary>For what must not happen even once.</summary>
    Largest,
}

/// <summary>All figures of a run by metric and server, and the table made of them.</summary>
internal sealed class Figures(IReadOnlyList<string> servers)
{
    private readonly List<Row> _rows = [];

    /// <summary>One metric: its rounds for each server.</summary>
    internal sealed record Row(string Metric, string Unit, bool HigherIsBetter, Summary Summary)
    {
        public Dictionary<string, List<double>> Rounds { get; } = [];

        public double? Of(string server) => !Rounds.TryGetValue(server, out List<double>? rounds) || rounds.Count == 0 ? null
            : Summary == Summary.Largest ? rounds.Max() : Median(rounds);
    }

    public IReadOnlyList<Row> Rows => _rows;

    public void Add(string server, string metric, double value, string unit, bool higherIsBetter = false, Summary summary = Summary.Median)
    {
        Row? row = _rows.Find(existing => existing.Metric == metric);
        if (row is null)
            _rows.Add(row = new Row(metric, unit, higherIsBetter, summary));
        if (!row.Rounds.TryGetValue(server, out List<double>? rounds))
            row.Rounds[server] = rounds = [];
        rounds.Add(value);
    }

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>The smallest value that at least this share (0 to 1) of all values does not exceed.</summary>
    public static double Percentile(ReadOnlySpan<double> values, double share)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(sorted.Length * share) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>A Markdown table: a row per metric, the figure and in brackets the spread of the rounds per server, × the ratio to the first server.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("| metric | unit |");
        foreach (string server in servers)
            text.Append($" {server} |").Append(server == servers[0] ? "" : " × |");
        text.Append("\n| --- | --- |");
        foreach (string server in servers)
            text.Append(" ---: |").Append(server == servers[0] ? "" : " ---: |");
        foreach (Row row in _rows)
        {
            text.Append($"\n| {row.Metric} {(row.HigherIsBetter ? "↑" : "↓")} | {row.Unit} |");
            foreach (string server in servers)
                text.Append($" {Cell(row, server)} |").Append(server == servers[0] ? "" : $" {Ratio(row.Of(server), row.Of(servers[0]))} |");
        }

        return text.Append('\n').ToString();
    }

    /// <summary>Three digits that count, no exponent.</summary>
    public static string Number(double value)
    {
        double size = Math.Abs(value);
        string format = size >= 100 ? "#,0" : size >= 10 ? "0.0" : size == 0 ? "0" : "0.00";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Cell(Row row, string server)
    {
        if (row.Of(server) is not { } value)
            return "n/a";
        List<double> rounds = row.Rounds[server];
        return rounds.Count == 1 || rounds.Min() == rounds.Max() ? Number(value) : $"{Number(value)} ({Number(rounds.Min())}–{Number(rounds.Max())})";
    }

    private static string Ratio(double? value, double? first) =>
        value is { } a && first is { } b && b != 0 ? (a / b).ToString("0.00", CultureInfo.InvariantCulture) : "";
}
