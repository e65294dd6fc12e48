using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.SortedSets;

/// <summary>A member with its score, valid until the enumeration goes on or the set changes.</summary>
public readonly ref struct SortedSetEntry(ReadOnlySpan<byte> member, double score)
{
    public ReadOnlySpan<byte> Member { get; } = member;

    public double Score { get; } = score;
}

/// <summary>Goes through a range of a sorted set of either form; for <c>foreach</c>.</summary>
public unsafe ref struct SortedSetEnumerator
{
    private readonly SortedSetPack _pack;
    private readonly bool _isPacked;
    private readonly bool _isReversed;
    private Digits _digits;
    private ScorePosition _entry;
    private int _position;
    private long _left;
    private bool _isStarted;

    [InlineArray(PackedValue.DigitsMax)]
    private struct Digits
    {
        private byte _first;
    }

    internal SortedSetEnumerator(SortedSetPack pack, RankRange range)
    {
        _pack = pack;
        _isPacked = true;
        _isReversed = range.IsReversed;
        _left = range.Count;
        if (range.Count > 0)
            _position = pack.At(range.IsReversed ? pack.Count - 1 - range.Start : range.Start);
    }

    internal SortedSetEnumerator(ScoreTree order, RankRange range)
    {
        _isReversed = range.IsReversed;
        _left = range.Count;
        if (range.Count > 0)
            _entry = order.At(range.IsReversed ? order.Count - 1 - range.Start : range.Start);
    }

    public readonly SortedSetEnumerator GetEnumerator() => this;

    [UnscopedRef]
    public SortedSetEntry Current => _isPacked
        ? new SortedSetEntry(_pack.MemberAt(_position).Text(_digits), _pack.ScoreOf(_position))
        : new SortedSetEntry(ScoreTree.MemberOf(_entry.Element), _entry.Score);

    public bool MoveNext()
    {
        if (_left == 0)
            return false;
        _left--;
        if (!_isStarted)
            _isStarted = true;
        else if (_isPacked)
            _position = _isReversed ? _pack.Before(_position) : _pack.Behind(_position);
        else
            _entry = _isReversed ? _entry.Previous : _entry.Next;
        return true;
    }
}
