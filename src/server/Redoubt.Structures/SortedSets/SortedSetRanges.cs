// Ranges of a sorted set as commands ask for them: between two scores, or between two members where all scores are equal; and what they come
// to, a row of ranks.

namespace Redoubt.Structures.SortedSets;

internal interface ISortedSetRange
{
    /// <summary>False when scores alone decide.</summary>
    static abstract bool LooksAtMembers { get; }

    /// <summary>The range begins behind this entry.</summary>
    bool IsBehind(double score, scoped ReadOnlySpan<byte> member);

    /// <summary>The range ends before this entry.</summary>
    bool IsBefore(double score, scoped ReadOnlySpan<byte> member);
}

public readonly struct ScoreRange(double min, bool isMinExclusive, double max, bool isMaxExclusive) : ISortedSetRange
{
    public static bool LooksAtMembers => false;

    public bool IsBehind(double score, scoped ReadOnlySpan<byte> member) => isMinExclusive ? score <= min : score < min;

    public bool IsBefore(double score, scoped ReadOnlySpan<byte> member) => isMaxExclusive ? score >= max : score > max;
}

/// <summary>One end of a range between members.</summary>
public readonly ref struct MemberLimit
{
    private readonly ReadOnlySpan<byte> _member;
    private readonly int _infinity;
    private readonly bool _isExclusive;

    private MemberLimit(ReadOnlySpan<byte> member, int infinity, bool isExclusive)
    {
        _member = member;
        _infinity = infinity;
        _isExclusive = isExclusive;
    }

    /// <summary>Before every member.</summary>
    public static MemberLimit Lowest => new(default, -1, true);

    /// <summary>Behind every member.</summary>
    public static MemberLimit Highest => new(default, 1, true);

    public static MemberLimit At(ReadOnlySpan<byte> member, bool isExclusive) => new(member, 0, isExclusive);

    internal bool IsMinAbove(scoped ReadOnlySpan<byte> member)
    {
        int order = OrderOf(member);
        return _isExclusive ? order <= 0 : order < 0;
    }

    internal bool IsMaxBelow(scoped ReadOnlySpan<byte> member)
    {
        int order = OrderOf(member);
        return _isExclusive ? order >= 0 : order > 0;
    }

    private int OrderOf(scoped ReadOnlySpan<byte> member) => _infinity != 0 ? -_infinity : member.SequenceCompareTo(_member);
}

public readonly ref struct MemberRange(MemberLimit min, MemberLimit max) : ISortedSetRange
{
    private readonly MemberLimit _min = min;
    private readonly MemberLimit _max = max;

    public static bool LooksAtMembers => true;

    public bool IsBehind(double score, scoped ReadOnlySpan<byte> member) => _min.IsMinAbove(member);

    public bool IsBefore(double score, scoped ReadOnlySpan<byte> member) => _max.IsMaxBelow(member);
}

/// <summary>Entries in a row, counted from the first one, or from the last one when reversed.</summary>
public readonly record struct RankRange(long Start, long Count, bool IsReversed)
{
    public static RankRange None => default;

    /// <summary>The ranks of a set of this length from start to stop, which is included; negative ones count from the other end.</summary>
    public static RankRange Between(long start, long stop, long length, bool isReversed)
    {
        if (start < 0)
            start = Math.Max(0, start + length);
        if (stop < 0)
            stop += length;
        stop = Math.Min(stop, length - 1);
        return start > stop ? None : new RankRange(start, stop - start + 1, isReversed);
    }

    /// <summary>What a LIMIT leaves of the range; a negative count means no limit, a negative offset leaves nothing.</summary>
    public RankRange Limited(long offset, long count)
    {
        if (offset < 0 || offset >= Count)
            return None;
        long left = Count - offset;
        return new RankRange(Start + offset, count < 0 ? left : Math.Min(left, count), IsReversed);
    }

    /// <summary>The lowest rank of the range in a set of this length, counted from the first entry.</summary>
    internal long FirstRank(long length) => IsReversed ? length - Start - Count : Start;
}
