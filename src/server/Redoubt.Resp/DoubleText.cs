// Doubles as Redis 7.0 writes them: C's "%.17g", so that every value reads back as itself and looks the same on every server.
//
// Seventeen significant digits, exactly rounded, without trailing zeros; in scientific form when the exponent is below -4 or
// above 16. So 3 is "3", and 0.1 is "0.10000000000000001". Whole numbers, which most scores are, take the short way.

using System.Buffers.Text;
using System.Globalization;

namespace Redoubt.Resp;

internal static class DoubleText
{
    /// <summary>Enough for every double: sign, 17 digits, point, leading "0.000" and an exponent of three digits.</summary>
    public const int BytesMax = 32;

    private const double PlainIntegersEnd = 1e17;

    /// <summary>Writes the number and returns how many bytes it took.</summary>
    public static int Write(Span<byte> target, double value)
    {
        int length;
        if (Math.Abs(value) < PlainIntegersEnd && value == (long)value && !(value == 0 && double.IsNegative(value)))
        {
            Utf8Formatter.TryFormat((long)value, target, out length);
            return length;
        }
        if (!double.IsFinite(value))
        {
            ReadOnlySpan<byte> name = double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8;
            name.CopyTo(target);
            return name.Length;
        }
        // .NET's form differs from C's in nothing but the letter of the exponent.
        value.TryFormat(target, out length, "G17", CultureInfo.InvariantCulture);
        target[..length].Replace((byte)'E', (byte)'e');
        return length;
    }
}
