using System.Buffers.Text;

namespace Redoubt.Replication;

/// <summary>Numbers and words of command arguments, read as Redis reads them: no blanks, no plus, no leading zeros.</summary>
internal static class StrictInteger
{
    internal static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 20)
            return false;
        ReadOnlySpan<byte> digits = text[0] == (byte)'-' ? text[1..] : text;
        if (digits.IsEmpty || !char.IsAsciiDigit((char)digits[0]) || (digits[0] == (byte)'0' && text.Length > 1))
            return false;
        return Utf8Parser.TryParse(text, out value, out int used) && used == text.Length;
    }

    internal static bool EqualsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCaseWord) =>
        System.Text.Ascii.EqualsIgnoreCase(text, lowerCaseWord);
}
