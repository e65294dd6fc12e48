// The ends of ranges as clients write them: "1.5" and "(1.5" for scores, "[a", "(a", "-" and "+" for members. Redis reads them as C strings: a zero
// byte ends what is not a member.

using Redoubt.Structures;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class RangeArguments
{
    public static bool TryScoreRange(this CommandContext c, int minIndex, int maxIndex, out ScoreRange range)
    {
        range = default;
        if (!TryScore(c[minIndex], out double min, out bool isMinExclusive) || !TryScore(c[maxIndex], out double max, out bool isMaxExclusive))
        {
            c.Error(Errors.RangeNotFloat);
            return false;
        }
        range = new ScoreRange(min, isMinExclusive, max, isMaxExclusive);
        return true;
    }

    public static bool TryMemberRange(this CommandContext c, int minIndex, int maxIndex, out MemberRange range)
    {
        range = default;
        if (!TryLimit(c[minIndex], out MemberLimit min) || !TryLimit(c[maxIndex], out MemberLimit max))
        {
            c.Error(Errors.RangeNotMember);
            return false;
        }
        range = new MemberRange(min, max);
        return true;
    }

    private static bool TryScore(ReadOnlySpan<byte> text, out double score, out bool isExclusive)
    {
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        isExclusive = text.Length > 0 && text[0] == (byte)'(';
        if (isExclusive)
            text = text[1..];
        return DoubleText.Read(text, out score) == text.Length && !double.IsNaN(score);
    }

    private static bool TryLimit(ReadOnlySpan<byte> text, out MemberLimit limit)
    {
        limit = default;
        if (text.IsEmpty)
            return false;
        switch (text[0])
        {
            case (byte)'[':
            case (byte)'(':
                limit = MemberLimit.At(text[1..], isExclusive: text[0] == (byte)'(');
                return true;
            case (byte)'-' or (byte)'+' when text.Length == 1 || text[1] == 0:
                limit = text[0] == (byte)'-' ? MemberLimit.Lowest : MemberLimit.Highest;
                return true;
            default:
                return false;
        }
    }
}
