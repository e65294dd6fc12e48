using Redoubt.Structures.Elements;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.SortedSets;

public enum ScoreAggregate
{
    Sum,
    Min,
    Max,
}

/// <summary>
/// A sorted set in the making, that no key holds yet: the results of ZUNION and its like. Members are gathered in the table alone; the
/// order comes when all of them are there. To be disposed of, whether it was stored or not.
/// </summary>
public ref struct SortedSetBuilder
{
    private readonly ValueStore _store;
    private readonly ElementTable _members;
    private nint _root;
    private bool _isOrdered;
    private int _longest;
    private long _memberBytes;

    public SortedSetBuilder(ValueStore store, long expectedCount = 0)
    {
        _store = store;
        _root = SortedSetTable.Create(store, expectedCount);
        _members = new SortedSetTable(store, _root).Members;
    }

    public readonly long Count => _members.Count;

    /// <summary>Adds a member with a score, or joins the score to the one that it has.</summary>
    public void Add(scoped ReadOnlySpan<byte> member, double score, ScoreAggregate aggregate = ScoreAggregate.Sum)
    {
        Element element = _members.FindOrAdd(member, out bool isNew);
        if (isNew)
        {
            element.Score = score;
            _longest = Math.Max(_longest, member.Length);
            _memberBytes += member.Length;
        }
        else
        {
            element.Score = Join(element.Score, score, aggregate);
        }
    }

    /// <summary>The score of a member that is in two sets. Infinities of both signs make 0.</summary>
    public static double Join(double score, double other, ScoreAggregate aggregate)
    {
        switch (aggregate)
        {
            case ScoreAggregate.Min:
                return other < score ? other : score;
            case ScoreAggregate.Max:
                return other > score ? other : score;
            default:
                double sum = score + other;
                return double.IsNaN(sum) ? 0 : sum;
        }
    }

    public SortedSetEnumerator Enumerate()
    {
        Order();
        return new SortedSetEnumerator(new SortedSetTable(_store, _root).Order, new RankRange(0, Count, IsReversed: false));
    }

    /// <summary>The form that the set is to have.</summary>
    public readonly ValueEncoding Encoding =>
        Count <= _store.Limits.SortedSetMaxListpackEntries && _longest <= _store.Limits.SortedSetMaxListpackValue
        && _memberBytes <= PackedElement.TextBytesMax
            ? ValueEncoding.Listpack : ValueEncoding.SkipList;

    /// <summary>Makes the set the value of a new key, whose slot was made with <see cref="Encoding"/>.</summary>
    public void MoveTo(ValueSlot slot)
    {
        Order();
        if (slot.Encoding == ValueEncoding.SkipList)
        {
            slot.Root = _root;
            _root = 0;
            return;
        }
        nint root = ListpackEditor.Create(_store.Heap);
        foreach (SortedSetEntry entry in Enumerate())
            SortedSetPack.Append(_store.Heap, ref root, entry.Member, entry.Score);
        slot.Root = root;
    }

    public void Dispose()
    {
        if (_root != 0)
            CollectionDisposal.Free(_store, ValueType.SortedSet, ValueEncoding.SkipList, _root);
        _root = 0;
    }

    private unsafe void Order()
    {
        if (_isOrdered)
            return;
        _isOrdered = true;
        ScoreTree order = new SortedSetTable(_store, _root).Order;
        foreach (Element element in _members)
            order.Insert(element.Score, (byte*)element.Address);
    }
}
