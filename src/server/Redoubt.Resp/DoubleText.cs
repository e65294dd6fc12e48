// Doubles as Redis 7.0 writes them: C's "%.17g", so that every value reads back as itself and looks the same on every server.
//
// Seventeen significant digits, exactly rounded, without trailing zeros; in scientific form when the exponent is below -4 or
// above 16. So 3 is "3", and 0.1 is "0.10000000000000001".

using System.Buffers.Text;
using System.Globalization;

namespace Redoubt.Resp;

internal static class DoubleText
{
    /// <summary>Enough for every double: sign, 17 digits, point, leading "0.000" and an exponent of three digits.</summary>
    public const int BytesMax = 32;

    private const int Digits = 17;

    /// <summary>Writes the number and returns how many bytes it took.</summary>
    public static int Write(Span<byte> target, double value)
    {
        if (!double.IsFinite(value))
        {
            ReadOnlySpan<byte> name = double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8;
            name.CopyTo(target);
            return name.Length;
        }
        // "-d.dddddddddddddddde+ddd"
        Span<byte> scientific = stackalloc byte[BytesMax];
        value.TryFormat(scientific, out int length, "e16", CultureInfo.InvariantCulture);
        int at = 0, written = 0;
        if (scientific[0] == (byte)'-')
            target[written++] = scientific[at++];
        Span<byte> digits = stackalloc byte[Digits];
        digits[0] = scientific[at];
        scientific.Slice(at + 2, Digits - 1).CopyTo(digits[1..]);
        int mark = at + 1 + Digits;
        Utf8Parser.TryParse(scientific[(mark + 1)..length], out int exponent, out _);
        int count = digits.LastIndexOfAnyExcept((byte)'0') + 1;
        digits = digits[..Math.Max(1, count)];
        return written + (exponent is < -4 or >= Digits
            ? WriteScientific(target[written..], digits, exponent)
            : WriteFixed(target[written..], digits, exponent));
    }

    private static int WriteScientific(Span<byte> target, ReadOnlySpan<byte> digits, int exponent)
    {
        int written = WriteWithPoint(target, digits, 1);
        target[written++] = (byte)'e';
        target[written++] = (byte)(exponent < 0 ? '-' : '+');
        Utf8Formatter.TryFormat(Math.Abs(exponent), target[written..], out int count, new System.Buffers.StandardFormat('D', 2));
        return written + count;
    }

    private static int WriteFixed(Span<byte> target, ReadOnlySpan<byte> digits, int exponent)
    {
        if (exponent >= 0)
            return WriteWithPoint(target, digits, exponent + 1);
        "0.0000"u8[..(1 - exponent)].CopyTo(target);
        digits.CopyTo(target[(1 - exponent)..]);
        return 1 - exponent + digits.Length;
    }

    /// <summary>The digits with a point after <paramref name="whole"/> of them, filled up with zeros to that many.</summary>
    private static int WriteWithPoint(Span<byte> target, ReadOnlySpan<byte> digits, int whole)
    {
        if (digits.Length <= whole)
        {
            digits.CopyTo(target);
            target[digits.Length..whole].Fill((byte)'0');
            return whole;
        }
        digits[..whole].CopyTo(target);
        target[whole] = (byte)'.';
        digits[whole..].CopyTo(target[(whole + 1)..]);
        return digits.Length + 1;
    }
}
