// A large sorted set: a table that finds members and owns them, and a tree that orders them. The tree's entries are addresses of the table's
// elements; those never move.
//
//   offset  size  block
//        0    40  the tree's head (ScoreTree.cs)
//       40     8  the table
//
// Invariants (Verify): those of both; each element of the table is in the tree once, with the same score.
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Elements;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.SortedSets;

internal readonly unsafe ref struct SortedSetTable
{
    private readonly NativeHeap _heap;
    private readonly Head* _head;
    private readonly ElementTable _members;
    private readonly ScoreTree _order;

    private struct Head
    {
        public ScoreTreeHead Tree;
        public nint Table;
    }

    public SortedSetTable(ValueStore store, nint root)
    {
        _heap = store.Heap;
        _head = (Head*)root;
        _members = new ElementTable(store.Heap, store.Hasher, _head->Table);
        _order = new ScoreTree(store.Heap, &_head->Tree);
    }

    /// <summary>An empty set with room for this many members.</summary>
    public static nint Create(ValueStore store, long expected = 0)
    {
        Head* head = (Head*)store.Heap.Allocate(sizeof(Head));
        *head = new Head { Table = ElementTable.Create(store.Heap, ElementKind.Scored, expected) };
        return (nint)head;
    }

    public long Count => _members.Count;

    public ScoreTree Order => _order;

    public ElementTable Members => _members;

    public bool TryGetScore(scoped ReadOnlySpan<byte> member, out double score)
    {
        Element element = _members.Find(member);
        score = element.Exists ? element.Score : 0;
        return element.Exists;
    }

    public Element Find(scoped ReadOnlySpan<byte> member) => _members.Find(member);

    /// <summary>Adds a member that is not in the set.</summary>
    public void AddNew(scoped ReadOnlySpan<byte> member, double score)
    {
        Element element = _members.AddNew(member);
        element.Score = score;
        _order.Insert(score, (byte*)element.Address);
    }

    public void SetScore(Element element, double score)
    {
        _order.Move(element.Score, (byte*)element.Address, score);
        element.Score = score;
    }

    public bool Remove(scoped ReadOnlySpan<byte> member)
    {
        Element element = _members.Find(member);
        if (!element.Exists)
            return false;
        _order.Remove(element.Score, (byte*)element.Address);
        _members.Remove(element);
        return true;
    }

    /// <summary>Removes members by rank, a leaf of the tree at a time.</summary>
    public void RemoveRange(long rank, long count)
    {
        Span<nint> removed = stackalloc nint[ScoreLeaf.Capacity];
        while (count > 0)
        {
            int some = _order.RemoveSome(rank, removed[..(int)Math.Min(count, removed.Length)]);
            for (int i = 0; i < some; i++)
                _members.Remove(ScoreTree.MemberOf((byte*)removed[i]));
            count -= some;
        }
    }

    /// <summary>The rank of a member, -1 if there is none.</summary>
    public long RankOf(scoped ReadOnlySpan<byte> member)
    {
        Element element = _members.Find(member);
        return element.Exists ? _order.CountBefore(new KeyBound(element.Score, (byte*)element.Address, isInclusive: false)) : -1;
    }

    public RankRange RanksOf<TRange>(TRange range, bool isReversed)
        where TRange : ISortedSetRange, allows ref struct
    {
        long first = _order.CountBefore(new RangeStart<TRange>(range));
        long end = _order.CountBefore(new RangeEnd<TRange>(range));
        return end <= first ? RankRange.None : new RankRange(isReversed ? Count - end : first, end - first, isReversed);
    }

    /// <summary>A set of its own with the same members.</summary>
    public static nint Copy(ValueStore store, nint root)
    {
        SortedSetTable source = new(store, root);
        nint copyRoot = Create(store, source.Count);
        SortedSetTable copy = new(store, copyRoot);
        for (ScorePosition at = source._order.First; at.Exists; at = at.Next)
            copy.AddNew(ScoreTree.MemberOf(at.Element), at.Score);
        return copyRoot;
    }

    /// <summary>Frees some of a set that nobody uses any more; true when all is freed. The tree goes first: it does not look at members for that.</summary>
    public static bool FreeSome(ValueStore store, ref nint root, ref int budget)
    {
        SortedSetTable set = new(store, root);
        Span<nint> removed = stackalloc nint[ScoreLeaf.Capacity];
        while (budget > 0 && set._order.Count > 0)
        {
            set._order.RemoveSome(0, removed);
            // A leaf is freed as fast as an element.
            budget--;
        }
        if (set._order.Count > 0 || !ElementTable.FreeSome(store.Heap, ref set._head->Table, ref budget))
            return false;
        store.Heap.Free((byte*)root, sizeof(Head));
        root = 0;
        return true;
    }

    public static long CountOf(nint root) => ((Head*)root)->Tree.Count;

    /// <summary>Bytes that all blocks of the set occupy.</summary>
    public long MemoryBytes => _heap.UsableSize(sizeof(Head)) + _members.MemoryBytes + _order.NodeBytes;

    public void Verify()
    {
        _members.Verify();
        _order.Verify();
        Invariant.That(_members.Count == _order.Count, "every member has its place in the order");
        for (ScorePosition at = _order.First; at.Exists; at = at.Next)
        {
            Element element = _members.Find(ScoreTree.MemberOf(at.Element));
            Invariant.That(element.Exists && element.Address == (nint)at.Element && element.Score == at.Score, "the order has the members' scores");
        }
    }
}
