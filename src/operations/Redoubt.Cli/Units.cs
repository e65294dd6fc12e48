using System.Globalization;
using Redoubt.Failover;

namespace Redoubt.Cli;

/// <summary>Numbers as people read them; at most seven characters, so that columns stay narrow.</summary>
internal static class Units
{
    public static string Bytes(long? bytes)
    {
        if (bytes is not { } value || value < 0)
            return "?";
        if (value < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{value} B");
        string[] names = ["kB", "MB", "GB", "TB", "PB", "EB"];
        double scaled = value;
        int unit = -1;
        while (scaled >= 1024 && unit < names.Length - 1)
        {
            scaled /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(scaled < 10 ? Math.Floor(scaled * 10) / 10 : Math.Floor(scaled)):0.#} {names[unit]}");
    }

    public static string Count(long value) => value switch
    {
        < 0 => "?",
        < 100_000 => value.ToString(CultureInfo.InvariantCulture),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1000}k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1_000_000}M"),
    };

    public static string Time(Lag lag) => lag.Time is { } time ? (lag.AtLeast ? ">" : "") + Time(time) : "?";

    public static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 0.5 => "0 s",
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        < 120_000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        < 7_200_000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h"),
    };
}
