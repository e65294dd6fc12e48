// Where a range of a sorted set begins or ends. A bound lies between two entries: it is after some and before the others.

using Redoubt.Structures.Elements;

namespace Redoubt.Structures.SortedSets;

internal unsafe interface IScoreBound
{
    /// <summary>Whether this entry stands before the bound. Of two entries the first one does if the second one does.</summary>
    bool IsAfter(double score, byte* element);
}

/// <summary>The place of one entry: before it, or behind it when inclusive.</summary>
internal readonly unsafe struct KeyBound(double score, byte* element, bool isInclusive) : IScoreBound
{
    public bool IsAfter(double otherScore, byte* other)
    {
        if (otherScore != score)
            return otherScore < score;
        if (other == element)
            return isInclusive;
        int order = ScoreTree.MemberOf(other).SequenceCompareTo(ScoreTree.MemberOf(element));
        return order < 0 || (order == 0 && isInclusive);
    }
}

/// <summary>Where a range begins.</summary>
internal readonly unsafe ref struct RangeStart<TRange>(TRange range) : IScoreBound
    where TRange : ISortedSetRange, allows ref struct
{
    private readonly TRange _range = range;

    public bool IsAfter(double score, byte* element) => _range.IsBehind(score, TRange.LooksAtMembers ? ScoreTree.MemberOf(element) : default);
}

/// <summary>Where a range ends.</summary>
internal readonly unsafe ref struct RangeEnd<TRange>(TRange range) : IScoreBound
    where TRange : ISortedSetRange, allows ref struct
{
    private readonly TRange _range = range;

    public bool IsAfter(double score, byte* element) => !_range.IsBefore(score, TRange.LooksAtMembers ? ScoreTree.MemberOf(element) : default);
}
