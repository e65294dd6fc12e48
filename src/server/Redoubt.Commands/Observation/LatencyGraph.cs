// LATENCY GRAPH: samples as columns of characters, four rows of three steps each, and under each column how long ago it was.

using System.Globalization;
using System.Text;

namespace Redoubt.Commands;

internal static class LatencyGraph
{
    private const int Columns = 80;
    private const int Rows = 4;
    private const string Steps = "_o#";
    private const char Below = '|';

    public static string Of(string kind, LatencySeries series, long nowSeconds)
    {
        long high = series.Samples.Max(static sample => sample.Milliseconds);
        long low = series.Samples.Min(static sample => sample.Milliseconds);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{kind} - high {high} ms, low {low} ms (all time high {series.WorstMs} ms)\n");
        text.Append('-', Columns).Append('\n');
        bool isFirst = true;
        foreach (LatencySample[] part in series.Samples.Chunk(Columns))
        {
            if (!isFirst)
                text.Append('\n');
            isFirst = false;
            DrawColumns(text, part, low, high);
            DrawLabels(text, part, nowSeconds);
        }
        return text.ToString();
    }

    private static void DrawColumns(StringBuilder text, LatencySample[] samples, long low, long high)
    {
        int steps = Rows * Steps.Length;
        double range = high == low ? 1 : high - low;
        for (int row = 0; row < Rows; row++)
        {
            int rowStart = (Rows - row - 1) * Steps.Length;
            foreach (LatencySample sample in samples)
            {
                int step = Math.Clamp((int)((sample.Milliseconds - low) * steps / range), 0, steps - 1) - rowStart;
                text.Append(step < 0 ? ' ' : step < Steps.Length ? Steps[step] : Below);
            }
            text.Append('\n');
        }
    }

    private static void DrawLabels(StringBuilder text, LatencySample[] samples, long nowSeconds)
    {
        string[] labels = Array.ConvertAll(samples, sample => Age(nowSeconds - sample.UnixSeconds));
        text.Append(' ', samples.Length).Append('\n');
        for (int line = 0; line < labels.Max(static label => label.Length); line++)
        {
            foreach (string label in labels)
                text.Append(line < label.Length ? label[line] : ' ');
            text.Append('\n');
        }
    }

    private static string Age(long seconds)
    {
        (long number, char unit) = seconds switch
        {
            < 60 => (seconds, 's'),
            < 3600 => (seconds / 60, 'm'),
            < 24 * 3600 => (seconds / 3600, 'h'),
            _ => (seconds / (24 * 3600), 'd'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }
}
