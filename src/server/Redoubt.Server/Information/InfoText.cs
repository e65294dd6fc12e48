using System.Globalization;
using System.Text;

namespace Redoubt.Server.Information;

/// <summary>INFO's text as it grows: sections with an empty line between them, one field a line, numbers in Redis's forms.</summary>
internal sealed class InfoText
{
    private static readonly string[] s_units = ["B", "K", "M", "G", "T", "P"];

    private readonly StringBuilder _text = new(8192);

    public void Section(string title)
    {
        NextSection();
        _text.Append("# ").Append(title).Append("\r\n");
    }

    /// <summary>A whole section that was written elsewhere, heading and line ends included.</summary>
    public void Ready(string section)
    {
        NextSection();
        _text.Append(section);
    }

    public void Line(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    public void Line(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    public void Line(string name, bool value) => Line(name, value ? 1 : 0);

    /// <summary>With two digits after the point. What cannot be computed, such as a share of nothing, is 0.</summary>
    public void Decimal(string name, double value) => Line(name, Fixed(value, 2));

    public void Percent(string name, double value) => Line(name, Fixed(value, 2) + "%");

    /// <summary>Bytes as a number, and again in a unit for people.</summary>
    public void Bytes(string name, long value)
    {
        Line(name, value);
        Human(name, value);
    }

    public void Human(string name, long value) => Line(name + "_human", Human(value));

    /// <summary>Microseconds as seconds with six digits after the point.</summary>
    public void Seconds(string name, long microseconds) =>
        Line(name, string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000}.{microseconds % 1_000_000:000000}"));

    public override string ToString() => _text.ToString();

    internal static string Human(long bytes)
    {
        if (bytes < 1024)
            return bytes.ToString(CultureInfo.InvariantCulture) + "B";
        int unit = Math.Min((63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)bytes)) / 10, s_units.Length - 1);
        return Fixed(bytes / Math.Pow(1024, unit), 2) + s_units[unit];
    }

    internal static string Fixed(double value, int digits) =>
        (double.IsFinite(value) ? value : 0).ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private void NextSection()
    {
        if (_text.Length > 0)
            _text.Append("\r\n");
    }
}
