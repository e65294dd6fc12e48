// INCRBYFLOAT adds numbers of C's `long double`: on x86-64 the 80-bit format with 64 bits of mantissa, and prints them with
// 17 digits after the point. .NET has no such type, and its double (53 bits) gives other last digits: 0.1 + 0.2 would not
// print as 0.3.
//
// How: a number is mantissa * 2^exponent with at most 64 bits of mantissa. Reading, adding and printing each compute the exact
// result with big integers and round it once, half to even, as the C library and the processor do. So every digit is the same,
// also for the subnormal and the huge (up to 1e4932). INCRBYFLOAT is not a hot command: it may allocate.

using System.Numerics;

namespace Redoubt.Commands;

internal readonly struct LongDouble
{
    private const int TextLengthMax = 5 * 1024 - 1;
    private const int MantissaBits = 64;
    private const int ExponentMin = -16445;
    private const int ExponentEnd = 16384;
    private const int FractionDigits = 17;
    private static readonly BigInteger FractionScale = BigInteger.Pow(10, FractionDigits);

    private readonly bool _isNegative;
    private readonly BigInteger _mantissa;
    private readonly int _exponent;

    private LongDouble(bool isNegative, BigInteger mantissa, int exponent, bool isInfinite)
    {
        _isNegative = isNegative;
        _mantissa = mantissa;
        _exponent = exponent;
        IsInfinite = isInfinite;
    }

    public bool IsInfinite { get; }

    /// <summary>Reads what strtold reads when nothing may precede or follow the number; no NaN, no overflow, no underflow to zero.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out LongDouble value)
    {
        value = default;
        if (text.Length is 0 or > TextLengthMax)
            return false;
        bool isNegative = text[0] == (byte)'-';
        if (text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (System.Text.Ascii.EqualsIgnoreCase(text, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(text, "infinity"u8))
        {
            value = new LongDouble(isNegative, BigInteger.Zero, 0, true);
            return true;
        }
        bool isHexadecimal = text.Length > 2 && text[0] == (byte)'0' && (text[1] | 0x20) == 'x';
        if (isHexadecimal)
            text = text[2..];
        if (!TryDigits(text, isHexadecimal, out BigInteger digits, out int digitCount, out int scale))
            return false;
        if (digits.IsZero)
        {
            value = new LongDouble(isNegative, BigInteger.Zero, 0, false);
            return true;
        }
        if (isHexadecimal)
            return TryScaledByTwo(isNegative, digits, scale, out value);
        return TryScaledByTen(isNegative, digits, digitCount, scale, out value);
    }

    public static LongDouble operator +(LongDouble a, LongDouble b)
    {
        if (a.IsInfinite || b.IsInfinite)
            return new LongDouble(a.IsInfinite ? a._isNegative : b._isNegative, BigInteger.Zero, 0, true);
        int exponent = Math.Min(a._exponent, b._exponent);
        BigInteger sum = a.SignedAt(exponent) + b.SignedAt(exponent);
        return Rounded(sum.Sign < 0, BigInteger.Abs(sum), exponent, false);
    }

    /// <summary>This times a thousand, as an integer that is not below it; false when that is none of 64 bits.</summary>
    public bool TryCeilingOfThousandfold(out long result)
    {
        result = 0;
        LongDouble product = Rounded(_isNegative, _mantissa * 1000, _exponent, false);
        if (IsInfinite || product.IsInfinite)
            return false;
        BigInteger whole = product.SignedAt(Math.Min(product._exponent, 0));
        if (product._exponent < 0)
            whole = -(-whole >> -product._exponent);
        if (whole < long.MinValue || whole > long.MaxValue)
            return false;
        result = (long)whole;
        return true;
    }

    /// <summary>Digits without exponent, at most 17 behind the point, no zeros at the end.</summary>
    public override string ToString()
    {
        if (IsInfinite)
            return _isNegative ? "-inf" : "inf";
        BigInteger scaled = RoundedRight(_mantissa * FractionScale, -_exponent, false);
        BigInteger whole = BigInteger.DivRem(scaled, FractionScale, out BigInteger fraction);
        string text = whole.ToString();
        if (!fraction.IsZero)
            text += "." + fraction.ToString().PadLeft(FractionDigits, '0').TrimEnd('0');
        // A negative number too small for 17 digits would print as "-0", of which Redis keeps "0".
        return _isNegative && !scaled.IsZero ? "-" + text : text;
    }

    private BigInteger SignedAt(int exponent)
    {
        BigInteger magnitude = _mantissa << (_mantissa.IsZero ? 0 : _exponent - exponent);
        return _isNegative ? -magnitude : magnitude;
    }

    /// <summary>Digits, point and exponent; the value is digits * base^scale. <paramref name="digitCount"/> leaves out leading zeros.</summary>
    private static bool TryDigits(ReadOnlySpan<byte> text, bool isHexadecimal, out BigInteger digits, out int digitCount, out int scale)
    {
        digits = BigInteger.Zero;
        digitCount = 0;
        scale = 0;
        char[] buffer = new char[text.Length + 1];
        buffer[0] = '0';
        int length = 1, at = 0, seen = 0;
        bool isFraction = false;
        for (; at < text.Length; at++)
        {
            byte letter = text[at];
            if (letter == (byte)'.' && !isFraction)
            {
                isFraction = true;
                continue;
            }
            if (!(isHexadecimal ? char.IsAsciiHexDigit((char)letter) : char.IsAsciiDigit((char)letter)))
                break;
            seen++;
            if (isFraction)
                scale -= isHexadecimal ? 4 : 1;
            if (length > 1 || letter != (byte)'0')
                buffer[length++] = (char)letter;
        }
        if (seen == 0)
            return false;
        digitCount = length - 1;
        if (at < text.Length && !TryExponent(text[at..], isHexadecimal ? 'p' : 'e', ref scale))
            return false;
        digits = BigInteger.Parse(buffer.AsSpan(0, length),
            isHexadecimal ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture);
        return true;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, char mark, ref int scale)
    {
        if ((text[0] | 0x20) != mark)
            return false;
        text = text[1..];
        bool isNegative = !text.IsEmpty && text[0] == (byte)'-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (text.IsEmpty)
            return false;
        int exponent = 0;
        foreach (byte letter in text)
        {
            if (!char.IsAsciiDigit((char)letter))
                return false;
            // Far beyond the range either way: further digits change nothing.
            exponent = Math.Min(exponent * 10 + (letter - '0'), 1_000_000);
        }
        scale += isNegative ? -exponent : exponent;
        return true;
    }

    private static bool TryScaledByTen(bool isNegative, BigInteger digits, int digitCount, int scale, out LongDouble value)
    {
        value = default;
        if (digitCount + scale is > 4940 or < -4970)
            return false;
        if (scale >= 0)
            return TryFinite(Rounded(isNegative, digits * BigInteger.Pow(10, scale), 0, false), out value);
        BigInteger divisor = BigInteger.Pow(10, -scale);
        int shift = MantissaBits + 3 - (int)(digits.GetBitLength() - divisor.GetBitLength());
        BigInteger dividend = digits;
        if (shift >= 0)
            dividend <<= shift;
        else
            divisor <<= -shift;
        BigInteger quotient = BigInteger.DivRem(dividend, divisor, out BigInteger rest);
        return TryFinite(Rounded(isNegative, quotient, -shift, !rest.IsZero), out value);
    }

    private static bool TryScaledByTwo(bool isNegative, BigInteger digits, int scale, out LongDouble value)
    {
        value = default;
        long size = digits.GetBitLength() + scale;
        return size is <= ExponentEnd and >= ExponentMin - 1 && TryFinite(Rounded(isNegative, digits, scale, false), out value);
    }

    private static bool TryFinite(LongDouble candidate, out LongDouble value)
    {
        value = candidate;
        return !candidate.IsInfinite && !candidate._mantissa.IsZero;
    }

    /// <summary>The nearest number of 64 bits; <paramref name="hasRest"/>: the exact value lies a little above.</summary>
    private static LongDouble Rounded(bool isNegative, BigInteger magnitude, int exponent, bool hasRest)
    {
        int target = Math.Max(exponent + (int)magnitude.GetBitLength() - MantissaBits, ExponentMin);
        if (target > exponent)
        {
            magnitude = RoundedRight(magnitude, target - exponent, hasRest);
            exponent = target;
        }
        bool isInfinite = magnitude.GetBitLength() + exponent > ExponentEnd;
        return new LongDouble(isNegative, isInfinite ? BigInteger.Zero : magnitude, magnitude.IsZero ? 0 : exponent, isInfinite);
    }

    /// <summary>Divides by 2^<paramref name="count"/>, half to even; multiplies for a negative count.</summary>
    private static BigInteger RoundedRight(BigInteger magnitude, int count, bool hasRest)
    {
        if (count <= 0)
            return magnitude << -count;
        BigInteger result = magnitude >> count;
        BigInteger rest = magnitude - (result << count);
        int comparison = rest.CompareTo(BigInteger.One << (count - 1));
        bool roundsUp = comparison > 0 || (comparison == 0 && (hasRest || !result.IsEven));
        return roundsUp ? result + 1 : result;
    }
}
