namespace Redoubt.Persistence.Rdb;

internal static class RdbInteger
{
    private const int TextMax = 11; // "-2147483648"

    /// <summary>True when the text is exactly how a 32-bit integer is printed: no sign but '-', no leading zero, no space, no "-0".</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        if (text.IsEmpty || text.Length > TextMax || text[0] > '9')
            return false;
        bool negative = text[0] == '-';
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        if (digits.IsEmpty || (digits[0] == '0' && text.Length > 1))
            return false;
        long value = 0;
        foreach (byte b in digits)
        {
            uint digit = (uint)b - '0';
            if (digit > 9)
                return false;
            value = value * 10 + digit;
        }
        if (negative)
            value = -value;
        number = (int)value;
        return number == value;
    }
}
