// Glob patterns of KEYS, SCAN and CONFIG GET: * ? [abc] [^a-z] and backslash.
//
// Why not the textbook recursion: each star would descend once more, so that a pattern of many stars costs exponential time,
// and a long one the stack. Going back to the last star only is enough: when the rest after a later star fits nowhere, a
// longer match of an earlier one cannot help it.
//
// The edges are Redis's: an unclosed class ends with the pattern, a backslash at the very end stands for itself, a range
// compares bytes as signed numbers, and stars alone do not match the empty text.

namespace Redoubt.Commands;

public static class GlobPattern
{
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        if (text.IsEmpty)
            return pattern.IsEmpty;

        int at = 0, position = 0;
        int afterStar = -1, starPosition = 0;
        while (position < text.Length)
        {
            if (at < pattern.Length && pattern[at] == (byte)'*')
            {
                at = SkipStars(pattern, at);
                if (at == pattern.Length)
                    return true;
                afterStar = at;
                starPosition = position;
            }
            else if (at < pattern.Length && MatchesOne(pattern, at, text[position], ignoreCase, out int next))
            {
                at = next;
                position++;
            }
            else if (afterStar >= 0)
            {
                at = afterStar;
                position = ++starPosition;
            }
            else
            {
                return false;
            }
        }
        return SkipStars(pattern, at) == pattern.Length;
    }

    private static int SkipStars(ReadOnlySpan<byte> pattern, int at)
    {
        while (at < pattern.Length && pattern[at] == (byte)'*')
            at++;
        return at;
    }

    /// <summary>Whether the element at <paramref name="at"/> takes this byte; <paramref name="next"/> is where the following one begins.</summary>
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, int at, byte letter, bool ignoreCase, out int next)
    {
        switch (pattern[at])
        {
            case (byte)'?':
                next = at + 1;
                return true;
            case (byte)'[':
                return MatchesClass(pattern, at + 1, letter, ignoreCase, out next);
            case (byte)'\\' when at + 1 < pattern.Length:
                next = at + 2;
                return Same(pattern[at + 1], letter, ignoreCase);
            default:
                next = at + 1;
                return Same(pattern[at], letter, ignoreCase);
        }
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, int at, byte letter, bool ignoreCase, out int next)
    {
        bool isNegated = at < pattern.Length && pattern[at] == (byte)'^';
        if (isNegated)
            at++;
        bool isFound = false;
        while (at < pattern.Length)
        {
            if (pattern[at] == (byte)'\\' && at + 1 < pattern.Length)
            {
                isFound |= pattern[at + 1] == letter;
                at += 2;
            }
            else if (pattern[at] == (byte)']')
            {
                at++;
                break;
            }
            else if (at + 2 < pattern.Length && pattern[at + 1] == (byte)'-')
            {
                isFound |= InRange((sbyte)pattern[at], (sbyte)pattern[at + 2], (sbyte)letter, ignoreCase);
                at += 3;
            }
            else
            {
                isFound |= Same(pattern[at], letter, ignoreCase);
                at++;
            }
        }
        next = at;
        return isFound != isNegated;
    }

    private static bool InRange(int first, int last, int letter, bool ignoreCase)
    {
        if (first > last)
            (first, last) = (last, first);
        if (ignoreCase)
            (first, last, letter) = (Lower(first), Lower(last), Lower(letter));
        return letter >= first && letter <= last;
    }

    private static bool Same(byte a, byte b, bool ignoreCase) => a == b || (ignoreCase && Lower(a) == Lower(b));

    private static int Lower(int letter) => letter is >= 'A' and <= 'Z' ? letter + 32 : letter;
}
