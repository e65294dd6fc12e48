using Redoubt.Failover;
using Redoubt.Operations;

namespace Redoubt.Cli;

/// <summary>Draws a status report as a table as wide as needed and no wider than the window: first the gaps shrink, then the least
/// needed columns go.</summary>
internal static class StatusTable
{
    /// <summary>A column: its cells with their tones, and how early it is given up (0 is never).</summary>
    private sealed record Column(string Heading, bool ToTheRight, int Expendable, IReadOnlyList<(string Text, Tone Tone)> Cells)
    {
        public int Width => Math.Max(Heading.Length, Cells.Max(cell => cell.Text.Length));
    }

    /// <summary>The report's sentence, the table, and what is wrong with what to do about it.</summary>
    public static List<Line> Draw(StatusReport report, int width)
    {
        List<Line> lines = [new Line(report.Analysis.Summary, ToneOf(report.Analysis.Severity))];
        if (report.Around is { NameLine: { Length: > 0 } name })
            lines.Add(new Line(name, Tone.Faint));
        lines.Add(new Line());
        lines.AddRange(DrawNodes(report, width));
        if (report.Around is { OperationLine: { Length: > 0 } operation })
            lines.Add(new Line(operation, report.Around.Last is { IsOpen: true } ? Tone.Bad : Tone.Faint));
        if (report.Analysis.Findings.Count > 0)
            lines.Add(new Line());
        foreach (Finding finding in report.Analysis.Findings)
        {
            bool first = true;
            foreach (string part in Wrapped(finding.Sentence, width - 3))
            {
                lines.Add(new Line(first ? (finding.Severity == Severity.Broken ? "! " : "- ") : "  ", ToneOf(finding.Severity)).Add(part));
                first = false;
            }

            foreach (string part in Wrapped(finding.Remedy, width - 3))
                lines.Add(new Line("  " + part, Tone.Faint));
        }

        return lines;
    }

    /// <summary>The text in pieces of at most that many characters, cut at spaces where there are any; 0 or less is no limit.</summary>
    public static IEnumerable<string> Wrapped(string text, int width)
    {
        while (width > 0 && text.Length > width)
        {
            int space = text.LastIndexOf(' ', width);
            int cut = space > width / 3 ? space : width;
            yield return text[..cut];
            text = text[cut..].TrimStart(' ');
        }

        yield return text;
    }

    /// <summary>Only the table.</summary>
    public static List<Line> DrawNodes(StatusReport report, int width)
    {
        List<Column> columns = Columns(report);
        int gap = 2;
        if (width > 0)
        {
            if (WidthOf(columns, gap) >= width)
                gap = 1;
            while (WidthOf(columns, gap) >= width && columns.Where(column => column.Expendable > 0).MaxBy(column => column.Expendable) is { } least)
                columns.Remove(least);
            if (WidthOf(columns, 2) < width)
                gap = 2;
        }

        var heading = new Line();
        foreach (Column column in columns)
            heading.Add(Padded(column, column.Heading) + new string(' ', gap), Tone.Faint);
        List<Line> lines = [heading];
        for (int row = 0; row < report.Rows.Count; row++)
        {
            var line = new Line();
            foreach (Column column in columns)
                line.Add(Padded(column, column.Cells[row].Text), column.Cells[row].Tone).Add(new string(' ', gap));
            lines.Add(line);
        }

        return lines;
    }

    private static List<Column> Columns(StatusReport report)
    {
        IReadOnlyList<StatusRow> rows = report.Rows;
        Column Make(string heading, bool right, int expendable, Func<StatusRow, string> text, Func<StatusRow, Tone>? tone = null) =>
            new(heading, right, expendable, [.. rows.Select(row => (text(row), tone?.Invoke(row) ?? Tone.Plain))]);

        List<Column> columns = [];
        if (rows.Any(row => row.Name is not null))
            columns.Add(Make("NODE", false, 8, row => row.Name ?? "", _ => Tone.Strong));
        columns.Add(Make("ADDRESS", false, 0, row => row.Node.Address.ToString()));
        columns.Add(Make("ROLE", false, 0, row => row.Role, row => row.Role == "master" ? Tone.Strong : Tone.Plain));
        columns.Add(Make("LINK", false, 0, row => row.Link, LinkTone));
        columns.Add(Make("OFFSET", true, 0, row => row.Node.Offset?.ToString() ?? ""));
        columns.Add(Make("BEHIND", true, 0, row => row.Node.IsReplica ? Units.Bytes(row.BehindBytes) : "", BehindTone));
        columns.Add(Make("TIME", true, 0, row => row.Node.IsReplica ? Units.Time(row.Behind) : "", BehindTone));
        columns.Add(Make("ACK", true, 5, row => row.AcknowledgedSecondsAgo is { } seconds ? $"{seconds} s" : ""));
        columns.Add(Make("CLIENTS", true, 3, row => Known(row, row.Node.Vitals.Clients, Units.Count)));
        columns.Add(Make("MEMORY", true, 2, row => Known(row, row.Node.Vitals.UsedMemoryBytes, bytes => Units.Bytes(bytes))));
        columns.Add(Make("OPS/S", true, 1, row => Known(row, row.Node.Vitals.OpsPerSecond, Units.Count)));
        columns.Add(Make("PERSIST", false, 6, row => row.Node.Vitals.Persistence, row => row.Node.Vitals.Persistence.EndsWith("failed", StringComparison.Ordinal) ? Tone.Bad : Tone.Plain));
        if (rows.Any(row => row.Fence is not null))
            columns.Add(Make("FENCE", false, 0, row => row.Fence ?? "", _ => Tone.Warning));
        columns.Add(Make("VERSION", false, 9, row => row.Node.Vitals.Version, _ => Tone.Faint));
        return columns;
    }

    private static string Known(StatusRow row, long value, Func<long, string> text) => row.Node.Failure is null ? text(value) : "";

    private static int WidthOf(List<Column> columns, int gap) => columns.Sum(column => column.Width + gap) - gap;

    private static string Padded(Column column, string text) => column.ToTheRight ? text.PadLeft(column.Width) : text.PadRight(column.Width);

    private static Tone LinkTone(StatusRow row) => row.Link switch
    {
        "up" => Tone.Good,
        "" => Tone.Plain,
        "down" or "unreachable" or "denied" or "no redis" => Tone.Bad,
        _ => Tone.Warning,
    };

    private static Tone BehindTone(StatusRow row) => row.BehindBytes switch
    {
        null => Tone.Plain,
        < 1024 * 1024 => Tone.Plain,
        _ => Tone.Warning,
    };

    private static Tone ToneOf(Severity severity) => severity switch
    {
        Severity.Healthy => Tone.Good,
        Severity.Degraded => Tone.Warning,
        _ => Tone.Bad,
    };
}
