// Unions, intersections and differences of sorted sets. Plain sets take part with a score of 1 for each member, keys that do not exist as
// empty sets.
//
// How: unions and intersections go from the smallest set to the largest, as in Redis; sums of scores are rounded in that order, so it is part of
// the result. The sources must not change while they are in use here.
// Threads: the keyspace thread.

using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Redoubt.Structures.Elements;
using Redoubt.Structures.IntSets;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.SortedSets;

public sealed class SortedSetAlgebra(ValueStore store)
{
    private readonly List<Source> _sources = [];

    private struct Source
    {
        public ValueType Type;
        public ValueEncoding Encoding;
        public nint Root;
        public long Count;
        public double Weight;

        /// <summary>As the command named them.</summary>
        public int Number;
    }

    /// <summary>Adds a sorted set, a set, or a slot that does not exist.</summary>
    public void Add(ValueSlot slot)
    {
        Source source = new() { Weight = 1, Number = _sources.Count };
        if (slot.Exists)
        {
            source.Type = slot.Type;
            source.Encoding = slot.Encoding;
            source.Root = slot.Root;
            source.Count = CountOf(source);
        }
        _sources.Add(source);
    }

    /// <summary>What the scores of a source are multiplied with.</summary>
    public void SetWeight(int number, double weight) => _sources[number] = _sources[number] with { Weight = weight };

    public SortedSetBuilder Unite(ScoreAggregate aggregate)
    {
        SortFromSmallest(0);
        SortedSetBuilder result = new(store, _sources[^1].Count);
        foreach (Source source in _sources)
        {
            for (Members members = new(store, source); members.MoveNext();)
                result.Add(members.Member, Weighted(members.Score, source.Weight), aggregate);
        }
        return result;
    }

    public SortedSetBuilder Intersect(ScoreAggregate aggregate)
    {
        SortFromSmallest(0);
        SortedSetBuilder result = new(store);
        for (Members members = new(store, _sources[0]); members.MoveNext();)
        {
            if (TryJoin(members.Member, members.Score, aggregate, out double score))
                result.Add(members.Member, score);
        }
        return result;
    }

    /// <summary>How many members all sources have in common, counted no further than the limit (0 = none).</summary>
    public long CountIntersection(long limit)
    {
        SortFromSmallest(0);
        long count = 0;
        for (Members members = new(store, _sources[0]); members.MoveNext() && (limit == 0 || count < limit);)
            count += TryJoin(members.Member, members.Score, ScoreAggregate.Sum, out _) ? 1 : 0;
        return count;
    }

    /// <summary>The members of the first source that are in none of the others.</summary>
    public SortedSetBuilder Subtract()
    {
        SortedSetBuilder result = new(store);
        if (_sources.Exists(source => source.Number > 0 && source.Root != 0 && source.Root == _sources[0].Root))
            return result;
        // In the largest one a member is found soonest.
        SortFromSmallest(1);
        for (Members members = new(store, _sources[0]); members.MoveNext();)
        {
            int at = _sources.Count - 1;
            while (at > 0 && !TryFind(_sources[at], members.Member, out _))
                at--;
            if (at == 0)
                result.Add(members.Member, members.Score);
        }
        return result;
    }

    /// <summary>The score of a member of the first source in the intersection; false when one of the others does not have it.</summary>
    private bool TryJoin(ReadOnlySpan<byte> member, double firstScore, ScoreAggregate aggregate, out double score)
    {
        score = Weighted(firstScore, _sources[0].Weight);
        for (int i = 1; i < _sources.Count; i++)
        {
            if (!TryFind(_sources[i], member, out double other))
                return false;
            score = SortedSetBuilder.Join(score, other * _sources[i].Weight, aggregate);
        }
        return true;
    }

    /// <summary>Infinity times 0 counts as 0.</summary>
    private static double Weighted(double score, double weight) => score * weight is var product && double.IsNaN(product) ? 0 : product;

    private void SortFromSmallest(int from) => _sources.Sort(from, _sources.Count - from, Comparer<Source>.Create(
        static (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : a.Number.CompareTo(b.Number)));

    private static long CountOf(in Source source) => (source.Type, source.Encoding) switch
    {
        (ValueType.SortedSet, ValueEncoding.Listpack) => new SortedSetPack(new Listpack(source.Root)).Count,
        (ValueType.SortedSet, ValueEncoding.SkipList) => SortedSetTable.CountOf(source.Root),
        (ValueType.Set, ValueEncoding.IntSet) => new IntSet(source.Root).Count,
        (ValueType.Set, ValueEncoding.HashTable) => new ElementTable(null!, default, source.Root).Count,
        _ => throw CollectionDisposal.Unknown(source.Type, source.Encoding),
    };

    private bool TryFind(in Source source, ReadOnlySpan<byte> member, out double score)
    {
        score = 1;
        if (source.Root == 0)
            return false;
        switch (source.Encoding)
        {
            case ValueEncoding.Listpack:
                SortedSetPack pack = new(new Listpack(source.Root));
                int position = pack.Find(member);
                score = position == 0 ? 0 : pack.ScoreOf(position);
                return position != 0;
            case ValueEncoding.SkipList:
                return new SortedSetTable(store, source.Root).TryGetScore(member, out score);
            case ValueEncoding.IntSet:
                return IntegerText.TryParse(member, out long integer) && new IntSet(source.Root).Contains(integer);
            default:
                return new ElementTable(store.Heap, store.Hasher, source.Root).Find(member).Exists;
        }
    }

    /// <summary>The members of a source of any form, in no order.</summary>
    private ref struct Members
    {
        private readonly ValueEncoding _encoding;
        private readonly IntSet _integers;
        private SortedSetEnumerator _sorted;
        private ElementTable.Enumerator _elements;
        private Digits _digits;
        private int _left;

        [InlineArray(PackedValue.DigitsMax)]
        private struct Digits
        {
            private byte _first;
        }

        public Members(ValueStore store, in Source source)
        {
            _encoding = source.Root == 0 ? ValueEncoding.IntSet : source.Encoding;
            RankRange all = new(0, source.Count, IsReversed: false);
            switch (_encoding)
            {
                case ValueEncoding.Listpack:
                    _sorted = new SortedSetEnumerator(new SortedSetPack(new Listpack(source.Root)), all);
                    break;
                case ValueEncoding.SkipList:
                    _sorted = new SortedSetEnumerator(new SortedSetTable(store, source.Root).Order, all);
                    break;
                case ValueEncoding.IntSet:
                    _integers = new IntSet(source.Root);
                    _left = (int)source.Count;
                    break;
                default:
                    _elements = new ElementTable(store.Heap, store.Hasher, source.Root).GetEnumerator();
                    break;
            }
        }

        public double Score { get; private set; } = 1;

        [UnscopedRef]
        public ReadOnlySpan<byte> Member
        {
            get
            {
                if (_encoding == ValueEncoding.HashTable)
                    return _elements.Current.Key;
                if (_encoding != ValueEncoding.IntSet)
                    return _sorted.Current.Member;
                Utf8Formatter.TryFormat(_integers[_left], _digits, out int length);
                return ((ReadOnlySpan<byte>)_digits)[..length];
            }
        }

        public bool MoveNext()
        {
            switch (_encoding)
            {
                case ValueEncoding.HashTable:
                    return _elements.MoveNext();
                case ValueEncoding.IntSet:
                    return _left-- > 0;
                default:
                    bool isThere = _sorted.MoveNext();
                    if (isThere)
                        Score = _sorted.Current.Score;
                    return isThere;
            }
        }
    }
}
