// Glob patterns as Redis knows them: '*', '?', '[a-c]', '[^a]', and '\' before a character that stands for itself.
//
// Matching is iterative: after a mismatch it goes back to the last star and lets it take one byte more. Only the last star
// can matter, so a pattern of many stars costs (pattern x text) at most, not the exponential time of plain recursion.
// An unfinished class ends with the pattern.

namespace Redoubt.Commands;

public static class GlobPattern
{
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        int p = 0;
        int t = 0;
        int starPattern = -1;
        int starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchesOne(pattern, ref p, text[t], ignoreCase))
            {
                t++;
            }
            else if (starPattern >= 0)
            {
                p = starPattern;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    /// <summary>Whether the element of the pattern at <paramref name="p"/> takes this byte; moves past the element.</summary>
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                p++;
                return MatchesClass(pattern, ref p, Fold(c, ignoreCase), ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p += 2;
                return Fold(pattern[p - 1], ignoreCase) == Fold(c, ignoreCase);
            default:
                p++;
                return Fold(pattern[p - 1], ignoreCase) == Fold(c, ignoreCase);
        }
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        bool isNegated = p < pattern.Length && pattern[p] == '^';
        if (isNegated)
            p++;
        bool isMember = false;
        while (p < pattern.Length && pattern[p] != ']')
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                isMember |= Fold(pattern[p + 1], ignoreCase) == c;
                p += 2;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                byte first = Fold(pattern[p], ignoreCase);
                byte last = Fold(pattern[p + 2], ignoreCase);
                isMember |= c >= Math.Min(first, last) && c <= Math.Max(first, last);
                p += 3;
            }
            else
            {
                isMember |= Fold(pattern[p], ignoreCase) == c;
                p++;
            }
        }
        if (p < pattern.Length)
            p++;
        return isMember != isNegated;
    }

    private static byte Fold(byte c, bool ignoreCase) => ignoreCase && c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
}
