namespace Redoubt.Server.Configuration;

/// <summary>Redis's glob, for names of directives and of included files: * ? [abc] [^a-c] and \x.</summary>
internal static class ConfigPattern
{
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?', '[');

    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase)
    {
        // One remembered star is enough: a later star can absorb whatever an earlier one would have to give back.
        int p = 0, t = 0, star = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                starText = t;
            }
            else if (p < pattern.Length && MatchesOne(pattern, ref p, text[t], ignoreCase))
            {
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, ref int p, char c, bool ignoreCase)
    {
        if (pattern[p] == '?')
        {
            p++;
            return true;
        }
        if (pattern[p] == '[') return MatchesClass(pattern, ref p, c, ignoreCase);
        if (pattern[p] == '\\' && p + 1 < pattern.Length) p++;
        return Fold(pattern[p++], ignoreCase) == Fold(c, ignoreCase);
    }

    private static bool MatchesClass(ReadOnlySpan<char> pattern, ref int p, char c, bool ignoreCase)
    {
        p++;
        var negated = p < pattern.Length && pattern[p] == '^';
        if (negated) p++;
        var found = false;
        var folded = Fold(c, ignoreCase);
        while (p < pattern.Length && pattern[p] != ']')
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length) p++;
            var low = Fold(pattern[p++], ignoreCase);
            var high = low;
            if (p + 1 < pattern.Length && pattern[p] == '-')
            {
                high = Fold(pattern[p + 1], ignoreCase);
                p += 2;
            }
            if (low > high) (low, high) = (high, low);
            found |= folded >= low && folded <= high;
        }
        if (p < pattern.Length) p++;
        return found != negated;
    }

    private static char Fold(char c, bool ignoreCase) => ignoreCase ? char.ToLowerInvariant(c) : c;
}
