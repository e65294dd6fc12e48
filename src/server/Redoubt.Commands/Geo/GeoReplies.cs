using System.Buffers.Text;
using System.Globalization;

namespace Redoubt.Commands;

internal static class GeoReplies
{
    private const double DistanceScale = 10000;

    /// <summary>A distance with four digits behind the point; a bulk string in either protocol.</summary>
    public static void ReplyDistance(this CommandContext c, double distance)
    {
        double scaled = Math.Round(distance * DistanceScale, MidpointRounding.ToEven);
        // Where the number does not fit, the processor's conversion to 64 bits yields the least one.
        long number = scaled is >= long.MinValue and < 9223372036854775808.0 ? (long)scaled : long.MinValue;
        ulong magnitude = number < 0 ? (ulong)-(number + 1) + 1 : (ulong)number;
        Span<byte> text = stackalloc byte[32];
        int at = 0;
        if (number < 0)
            text[at++] = (byte)'-';
        Utf8Formatter.TryFormat(magnitude / 10000, text[at..], out int length);
        at += length;
        text[at++] = (byte)'.';
        Utf8Formatter.TryFormat(magnitude % 10000, text[at..], out length, new System.Buffers.StandardFormat('D', 4));
        c.Reply.Bulk(text[..(at + length)]);
    }

    /// <summary>Longitude and latitude, each with up to 17 digits behind the point.</summary>
    public static void ReplyPoint(this CommandContext c, GeoPoint point)
    {
        c.Reply.Array(2);
        ReplyCoordinate(c, point.Longitude);
        ReplyCoordinate(c, point.Latitude);
    }

    private static void ReplyCoordinate(CommandContext c, double degrees)
    {
        Span<byte> text = stackalloc byte[64];
        degrees.TryFormat(text, out int length, "F17", CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> digits = ((ReadOnlySpan<byte>)text[..length]).TrimEnd((byte)'0').TrimEnd((byte)'.');
        c.Reply.Number(digits.SequenceEqual("-0"u8) ? digits[1..] : digits);
    }
}
