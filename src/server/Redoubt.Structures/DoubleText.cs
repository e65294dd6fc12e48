// Doubles as C reads and writes them: what strtod takes, and "%.17g", in which every value reads back as itself. Redis keeps scores in this
// form in small sorted sets and in files, so every digit matters.

using System.Buffers.Text;
using System.Globalization;

namespace Redoubt.Structures;

public static class DoubleText
{
    /// <summary>Enough for every double: sign, 17 digits, point, leading "0.000" and an exponent of three digits.</summary>
    public const int BytesMax = 32;

    /// <summary>Up to this many digits, a number and its power of ten are exact doubles, and so is one division of them rounded once.</summary>
    private const int ExactDigits = 15;

    private const double IntegersEnd = 1e17;

    /// <summary>Writes the number and returns how many bytes it took.</summary>
    public static int Write(Span<byte> target, double value)
    {
        int length;
        if (Math.Abs(value) < IntegersEnd && value == (long)value && !(value == 0 && double.IsNegative(value)))
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
        value.TryFormat(target, out length, "G17", CultureInfo.InvariantCulture);
        target[..length].Replace((byte)'E', (byte)'e');
        return length;
    }

    /// <summary>Reads the number that the text begins with and returns how many bytes belong to it, blanks before it included; 0 = there is none.</summary>
    public static int Read(ReadOnlySpan<byte> text, out double value) => Read(text, out value, out _);

    /// <summary>Reads a number that is all of the text, as Redis demands of an argument: no blanks, not NaN, neither too large nor too small for a double.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParseDigits(text, out value))
            return true;
        bool isWhole = text.Length > 0 && !IsBlank(text[0]) && Read(text, out value, out bool isOutOfRange) == text.Length && !isOutOfRange;
        return isWhole && !double.IsNaN(value);
    }

    /// <summary>
    /// Reads what SORT weighs elements by, which is less strict: blanks may come before the number, nothing at all is 0, and the text ends at a zero byte.
    /// </summary>
    public static bool TryParseWeight(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParseDigits(text, out value))
            return true;
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        return text.IsEmpty || (Read(text, out value, out bool isOutOfRange) == text.Length && !isOutOfRange && !double.IsNaN(value));
    }

    /// <summary>The usual case by itself: a short integer.</summary>
    private static bool TryParseDigits(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.Length is 0 or > ExactDigits)
            return false;
        long number = 0;
        foreach (byte letter in text)
        {
            uint digit = (uint)(letter - '0');
            if (digit > 9)
                return false;
            number = number * 10 + digit;
        }
        value = number;
        return true;
    }

    private static int Read(ReadOnlySpan<byte> text, out double value, out bool isOutOfRange)
    {
        value = 0;
        isOutOfRange = false;
        int start = 0;
        while (start < text.Length && IsBlank(text[start]))
            start++;
        int at = start;
        bool isNegative = at < text.Length && text[at] == (byte)'-';
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+')
            at++;
        ReadOnlySpan<byte> number = text[at..];
        int length;
        if (number.Length > 2 && number[0] == (byte)'0' && (number[1] | 0x20) == 'x' && (length = ReadHexadecimal(number, out value, out isOutOfRange)) > 0)
            at += length;
        else if ((length = DecimalLength(number, out bool isZero)) > 0)
        {
            double.TryParse(number[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out value);
            isOutOfRange = double.IsInfinity(value) || (value == 0 && !isZero);
            at += length;
        }
        else if ((length = ReadName(number, out value)) > 0)
            at += length;
        else
            return 0;
        if (isNegative)
            value = -value;
        return at;
    }

    /// <summary>Digits with at most one point, and an exponent if there is a whole one.</summary>
    private static int DecimalLength(ReadOnlySpan<byte> text, out bool isZero)
    {
        int at = 0, digits = 0;
        bool hasPoint = false;
        isZero = true;
        for (; at < text.Length; at++)
        {
            byte letter = text[at];
            if (letter == (byte)'.' && !hasPoint)
            {
                hasPoint = true;
                continue;
            }
            if (!char.IsAsciiDigit((char)letter))
                break;
            digits++;
            isZero &= letter == (byte)'0';
        }
        return digits == 0 ? 0 : at + ExponentLength(text[at..], 'e', out _);
    }

    private static int ExponentLength(ReadOnlySpan<byte> text, char mark, out int exponent)
    {
        exponent = 0;
        if (text.Length < 2 || (text[0] | 0x20) != mark)
            return 0;
        bool isNegative = text[1] == (byte)'-';
        int first = text[1] is (byte)'-' or (byte)'+' ? 2 : 1, at = first;
        for (; at < text.Length && char.IsAsciiDigit((char)text[at]); at++)
            exponent = Math.Min(exponent * 10 + (text[at] - '0'), 100_000);
        if (isNegative)
            exponent = -exponent;
        return at == first ? 0 : at;
    }

    private static int ReadHexadecimal(ReadOnlySpan<byte> text, out double value, out bool isOutOfRange)
    {
        ulong mantissa = 0;
        int at = 2, digits = 0, scale = 0;
        bool hasPoint = false, hasRest = false;
        for (; at < text.Length; at++)
        {
            byte letter = text[at];
            if (letter == (byte)'.' && !hasPoint)
            {
                hasPoint = true;
                continue;
            }
            if (!char.IsAsciiHexDigit((char)letter))
                break;
            digits++;
            uint digit = (uint)(letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10);
            bool hasRoom = mantissa >> 56 == 0;
            mantissa = hasRoom ? mantissa << 4 | digit : mantissa;
            hasRest |= !hasRoom && digit != 0;
            scale += (hasRoom ? 0 : 4) - (hasPoint ? 4 : 0);
        }
        value = 0;
        isOutOfRange = false;
        if (digits == 0)
            return 0;
        at += ExponentLength(text[at..], 'p', out int exponent);
        // What does not fit into the mantissa still decides a tie.
        value = Scaled(mantissa | (hasRest ? 1UL : 0), scale + exponent);
        isOutOfRange = double.IsInfinity(value) || (value == 0 && mantissa != 0);
        return at;
    }

    /// <summary>mantissa * 2^scale, rounded once, half to even, below the normal range too.</summary>
    private static double Scaled(ulong mantissa, int scale)
    {
        if (mantissa == 0)
            return 0;
        int size = 64 - System.Numerics.BitOperations.LeadingZeroCount(mantissa);
        int lost = Math.Max(size - 53, -1074 - scale);
        if (lost <= 0)
            return Math.ScaleB(mantissa, scale);
        if (lost > size + 1)
            return 0;
        UInt128 wide = (UInt128)mantissa << 2;
        UInt128 kept = wide >> (lost + 2), rest = wide - (kept << (lost + 2)), half = (UInt128)1 << (lost + 1);
        if (rest > half || (rest == half && (kept & 1) != 0))
            kept++;
        return Math.ScaleB((double)(ulong)kept, scale + lost);
    }

    private static int ReadName(ReadOnlySpan<byte> text, out double value)
    {
        value = double.PositiveInfinity;
        if (BeginsWith(text, "infinity"u8))
            return 8;
        if (BeginsWith(text, "inf"u8))
            return 3;
        bool isNaN = BeginsWith(text, "nan"u8);
        value = isNaN ? double.NaN : 0;
        return isNaN ? 3 : 0;
    }

    private static bool BeginsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && System.Text.Ascii.EqualsIgnoreCase(text[..word.Length], word);

    private static bool IsBlank(byte letter) => letter is (byte)' ' or (>= 9 and <= 13);
}
