namespace Redoubt.Structures;

/// <summary>Integers in the only spelling that Redis takes for one: no blanks, no plus, no leading zeros, 64 bits signed.</summary>
public static class IntegerText
{
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 20)
            return false;
        bool negative = text[0] == (byte)'-';
        int at = negative ? 1 : 0;
        if (at == text.Length)
            return false;
        uint first = (uint)(text[at] - '0');
        if (first == 0)
            return text.Length == 1;
        if (first > 9)
            return false;
        ulong magnitude = first;
        for (at++; at < text.Length; at++)
        {
            uint digit = (uint)(text[at] - '0');
            if (digit > 9 || magnitude > (ulong.MaxValue - digit) / 10)
                return false;
            magnitude = magnitude * 10 + digit;
        }
        if (magnitude > (negative ? 1UL << 63 : long.MaxValue))
            return false;
        value = negative ? -(long)(magnitude - 1) - 1 : (long)magnitude;
        return true;
    }
}
