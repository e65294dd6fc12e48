// The order of a large sorted set: a counted B+-tree over (score, member).
//
// Why: a skip list, which Redis has, spends 30 bytes and a cache miss per element and level. Here 62 elements share a node of one
// kilobyte: a search in a million elements reads four nodes, of which all but the last are usually in the cache, and a range
// reads memory in order.
//
// How: leaves hold scores and addresses of elements; the elements with the members' bytes belong to the set's table, so that
// nothing is stored twice but the score. Branches count what is below each child, which makes ranks sums along the path. A search
// compares scores only; members are looked at where scores are equal. All of it goes by path: the branches and places from the
// root down to a leaf, so that nodes need no pointers upwards.
//
//   leaf, 1016 bytes                         branch, 2024 bytes
//   offset  size                             offset  size
//        0     8  leaf before                     0     8  number of children
//        8     8  leaf behind                     8  63x8  score of the first entry below the child
//       16     8  number of entries             512  63x8  its element
//       24  62x8  scores                       1016  63x8  child
//      520  62x8  elements                     1520  63x8  entries below the child
//
// Splitting: a full leaf gives half of its entries to a new one; at either end of the tree, where sets that grow in order always
// insert, it gives none, so that they end up with full leaves. Nodes are merged with a neighbour once both fill three quarters of
// one: far enough from full that the next insertion does not split them again.
//
// Invariants (Verify): entries ascend; no node is empty; a branch's key for each child but its first is that child's first entry
// (that of the first is never read); counts match; leaves are chained in order.
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Elements;

namespace Redoubt.Structures.SortedSets;

/// <summary>The tree's own words, a part of the block of its set; all zero is the empty tree.</summary>
internal unsafe struct ScoreTreeHead
{
    /// <summary>A leaf when <see cref="Height"/> is 0.</summary>
    public void* Root;
    public ScoreLeaf* First;
    public ScoreLeaf* Last;

    /// <summary>Levels of branches above the leaves.</summary>
    public long Height;
    public long Count;
}

internal readonly unsafe ref partial struct ScoreTree
{
    private const int MergeLeafMax = ScoreLeaf.Capacity * 3 / 4;
    private const int MergeBranchMax = ScoreBranch.Capacity * 3 / 4;

    private readonly NativeHeap _heap;
    private readonly ScoreTreeHead* _head;

    public ScoreTree(NativeHeap heap, ScoreTreeHead* head)
    {
        _heap = heap;
        _head = head;
    }

    public long Count => _head->Count;

    public static ReadOnlySpan<byte> MemberOf(byte* element) => Element.At((nint)element, ElementKind.Scored).Key;

    public ScorePosition First => new(_head->First, 0);

    public ScorePosition Last => _head->Last == null ? default : new(_head->Last, (int)_head->Last->Count - 1);

    // ---- searching --------------------------------------------------------------------------------------------------

    /// <summary>How many entries stand before the bound.</summary>
    public long CountBefore<TBound>(scoped in TBound bound)
        where TBound : IScoreBound, allows ref struct
    {
        if (_head->Root == null)
            return 0;
        ScorePath path = default;
        FindLeaf(bound, ref path, out int index);
        return path.CountBefore() + index;
    }

    /// <summary>The entry with this many entries before it.</summary>
    public ScorePosition At(long rank)
    {
        ScorePath path = default;
        ScoreLeaf* leaf = FindRank(rank, ref path, out int index);
        return new ScorePosition(leaf, index);
    }

    /// <summary>The leaf in which the entries before the bound end, and how many of them are in it.</summary>
    private ScoreLeaf* FindLeaf<TBound>(scoped in TBound bound, ref ScorePath path, out int index)
        where TBound : IScoreBound, allows ref struct
    {
        void* node = _head->Root;
        for (long level = _head->Height; level > 0; level--)
        {
            ScoreBranch* branch = (ScoreBranch*)node;
            int child = branch->ChildOf(bound);
            path.Push(branch, child);
            node = branch->Child(child);
        }
        ScoreLeaf* leaf = (ScoreLeaf*)node;
        index = leaf->CountBefore(bound);
        return leaf;
    }

    private ScoreLeaf* FindRank(long rank, ref ScorePath path, out int index)
    {
        Invariant.That(rank >= 0 && rank < _head->Count, "a rank is within its set");
        void* node = _head->Root;
        for (long level = _head->Height; level > 0; level--)
        {
            ScoreBranch* branch = (ScoreBranch*)node;
            int child = 0;
            for (; rank >= branch->Sizes[child]; child++)
                rank -= branch->Sizes[child];
            path.Push(branch, child);
            node = branch->Child(child);
        }
        index = (int)rank;
        return (ScoreLeaf*)node;
    }

    /// <summary>The path along one side of the tree: no entry of it needs to be looked at.</summary>
    private ScoreLeaf* FindEdge(bool last, ref ScorePath path)
    {
        void* node = _head->Root;
        for (long level = _head->Height; level > 0; level--)
        {
            ScoreBranch* branch = (ScoreBranch*)node;
            int child = last ? (int)branch->Count - 1 : 0;
            path.Push(branch, child);
            node = branch->Child(child);
        }
        return (ScoreLeaf*)node;
    }

    private ScoreLeaf* FindEntry(double score, byte* element, ref ScorePath path, out int index)
    {
        ScoreLeaf* leaf = FindLeaf(new KeyBound(score, element, isInclusive: true), ref path, out index);
        index--;
        Invariant.That(index >= 0 && (byte*)leaf->Elements[index] == element, "every element of a sorted set has its place in the order");
        return leaf;
    }

    // ---- adding -----------------------------------------------------------------------------------------------------

    /// <summary>Adds an element that is not in the tree.</summary>
    public void Insert(double score, byte* element)
    {
        if (_head->Root == null)
            PlantRoot();
        ScorePath path = default;
        ScoreLeaf* leaf = FindPlace(score, element, ref path, out int index);
        path.AddToSizes(1);
        _head->Count++;
        if (leaf->Count < ScoreLeaf.Capacity)
            leaf->Insert(index, score, element);
        else
            SplitAndInsert(leaf, ref path, index, score, element);
    }

    private ScoreLeaf* FindPlace(double score, byte* element, ref ScorePath path, out int index)
    {
        ScoreLeaf* last = _head->Last;
        if (last->Count == 0 || score > last->Scores[last->Count - 1])
        {
            index = (int)last->Count;
            return FindEdge(last: true, ref path);
        }
        if (score < _head->First->Scores[0])
        {
            index = 0;
            return FindEdge(last: false, ref path);
        }
        return FindLeaf(new KeyBound(score, element, isInclusive: false), ref path, out index);
    }

    private void PlantRoot()
    {
        ScoreLeaf* leaf = NewLeaf();
        leaf->Previous = leaf->Next = null;
        _head->Root = _head->First = _head->Last = leaf;
    }

    private void SplitAndInsert(ScoreLeaf* leaf, ref ScorePath path, int index, double score, byte* element)
    {
        int kept = index == ScoreLeaf.Capacity && leaf == _head->Last ? ScoreLeaf.Capacity
            : index == 0 && leaf == _head->First ? 0
            : ScoreLeaf.Capacity / 2;
        ScoreLeaf* right = NewLeaf();
        leaf->MoveTail(kept, right);
        right->Previous = leaf;
        right->Next = leaf->Next;
        if (leaf->Next != null)
            leaf->Next->Previous = right;
        else
            _head->Last = right;
        leaf->Next = right;
        if (index <= kept && kept < ScoreLeaf.Capacity)
            leaf->Insert(index, score, element);
        else
            right->Insert(index - kept, score, element);
        ScoreChild added = new(right, right->Scores[0], (byte*)right->Elements[0], right->Count);
        AddChild(ref path, path.Depth - 1, leaf, leaf->Count, added);
    }

    /// <summary>Puts a new child behind the one that the path goes through, whose size has changed; splits branches as far up as needed.</summary>
    private void AddChild(ref ScorePath path, int level, void* left, long leftSize, ScoreChild added)
    {
        for (; level >= 0; level--)
        {
            ScoreBranch* branch = path.Branch(level);
            int index = path.Index(level) + 1;
            branch->Sizes[index - 1] = leftSize;
            if (branch->Count < ScoreBranch.Capacity)
            {
                branch->Insert(index, added);
                return;
            }
            int kept = index == ScoreBranch.Capacity ? ScoreBranch.Capacity : index == 1 ? 1 : ScoreBranch.Capacity / 2;
            ScoreBranch* right = (ScoreBranch*)_heap.Allocate(sizeof(ScoreBranch));
            right->Count = 0;
            branch->MoveTail(kept, right);
            if (index <= kept && kept < ScoreBranch.Capacity)
                branch->Insert(index, added);
            else
                right->Insert(index - kept, added);
            left = branch;
            leftSize = branch->TotalSize();
            added = new ScoreChild(right, right->Scores[0], (byte*)right->Elements[0], right->TotalSize());
        }
        ScoreBranch* root = (ScoreBranch*)_heap.Allocate(sizeof(ScoreBranch));
        root->Count = 0;
        root->Insert(0, new ScoreChild(left, 0, null, leftSize));
        root->Insert(1, added);
        _head->Root = root;
        _head->Height++;
        Invariant.That(_head->Height < ScorePath.DepthMax, "a tree is lower than a path is long");
    }

    private ScoreLeaf* NewLeaf()
    {
        ScoreLeaf* leaf = (ScoreLeaf*)_heap.Allocate(sizeof(ScoreLeaf));
        leaf->Count = 0;
        return leaf;
    }

    // ---- changing ---------------------------------------------------------------------------------------------------

    /// <summary>Gives an element another score; where its neighbours allow, without moving it.</summary>
    public void Move(double score, byte* element, double newScore)
    {
        ScorePath path = default;
        ScoreLeaf* leaf = FindEntry(score, element, ref path, out int index);
        ScorePosition place = new(leaf, index);
        ScorePosition before = place.Previous, behind = place.Next;
        if ((before.Exists && !new KeyBound(newScore, element, isInclusive: false).IsAfter(before.Score, before.Element))
            || (behind.Exists && new KeyBound(newScore, element, isInclusive: false).IsAfter(behind.Score, behind.Element)))
        {
            Remove(ref path, leaf, index, 1);
            Insert(newScore, element);
            return;
        }
        leaf->Scores[index] = newScore;
        if (index == 0)
            path.SetKey(path.Depth - 1, newScore, element);
    }

    // ---- removing ---------------------------------------------------------------------------------------------------

    public void Remove(double score, byte* element)
    {
        ScorePath path = default;
        ScoreLeaf* leaf = FindEntry(score, element, ref path, out int index);
        Remove(ref path, leaf, index, 1);
    }

    /// <summary>
    /// Removes entries from this rank on, up to the end of the leaf they are in and at most <paramref name="removed"/>.Length, and hands
    /// out the addresses of their elements, which it does not touch; returns how many.
    /// </summary>
    public int RemoveSome(long rank, Span<nint> removed)
    {
        ScorePath path = default;
        ScoreLeaf* leaf = FindRank(rank, ref path, out int index);
        int count = (int)Math.Min(removed.Length, leaf->Count - index);
        for (int i = 0; i < count; i++)
            removed[i] = (nint)leaf->Elements[index + i];
        Remove(ref path, leaf, index, count);
        return count;
    }

    private void Remove(ref ScorePath path, ScoreLeaf* leaf, int index, int count)
    {
        leaf->Remove(index, count);
        path.AddToSizes(-count);
        _head->Count -= count;
        int level = path.Depth - 1;
        if (leaf->Count == 0)
        {
            Unchain(leaf);
            _heap.Free((byte*)leaf, sizeof(ScoreLeaf));
            RemoveChild(ref path, level);
            return;
        }
        if (index == 0)
            path.SetKey(level, leaf->Scores[0], (byte*)leaf->Elements[0]);
        if (level >= 0 && leaf->Count <= MergeLeafMax)
            MergeLeaf(ref path, level);
    }

    private void MergeLeaf(ref ScorePath path, int level)
    {
        ScoreBranch* parent = path.Branch(level);
        int index = path.Index(level);
        if (!parent->CanMerge(index, MergeLeafMax) && !parent->CanMerge(--index, MergeLeafMax))
            return;
        ScoreLeaf* left = (ScoreLeaf*)parent->Child(index);
        ScoreLeaf* right = (ScoreLeaf*)parent->Child(index + 1);
        right->MoveTail(0, left);
        Unchain(right);
        _heap.Free((byte*)right, sizeof(ScoreLeaf));
        parent->Sizes[index] = left->Count;
        path.SetIndex(level, index + 1);
        RemoveChild(ref path, level);
    }

    /// <summary>Takes the child that the path goes through, which is gone already, out of its branch, and sees to the branches above.</summary>
    private void RemoveChild(ref ScorePath path, int level)
    {
        for (; level >= 0; level--)
        {
            ScoreBranch* branch = path.Branch(level);
            int index = path.Index(level);
            branch->Remove(index);
            if (branch->Count > 0)
            {
                if (index == 0)
                    path.SetKey(level - 1, branch->Scores[0], (byte*)branch->Elements[0]);
                if (level == 0)
                    LowerRoot(branch);
                else if (!TryMergeBranch(ref path, level - 1))
                    return;
            }
            else
            {
                _heap.Free((byte*)branch, sizeof(ScoreBranch));
                if (level == 0)
                    _head->Height = 0;
            }
        }
        if (_head->Count == 0)
            _head->Root = null;
    }

    /// <summary>Merges the branch that the path goes through at this level with a neighbour; the path then leads to the one that is gone.</summary>
    private bool TryMergeBranch(ref ScorePath path, int level)
    {
        ScoreBranch* parent = path.Branch(level);
        int index = path.Index(level);
        if (!CanMergeBranches(parent, index) && !CanMergeBranches(parent, --index))
            return false;
        ScoreBranch* left = (ScoreBranch*)parent->Child(index);
        ScoreBranch* right = (ScoreBranch*)parent->Child(index + 1);
        right->Scores[0] = parent->Scores[index + 1];
        right->Elements[0] = parent->Elements[index + 1];
        right->MoveTail(0, left);
        parent->Sizes[index] += parent->Sizes[index + 1];
        _heap.Free((byte*)right, sizeof(ScoreBranch));
        path.SetIndex(level, index + 1);
        return true;
    }

    private static bool CanMergeBranches(ScoreBranch* parent, int index) =>
        index >= 0 && index + 1 < parent->Count
        && ((ScoreBranch*)parent->Child(index))->Count + ((ScoreBranch*)parent->Child(index + 1))->Count <= MergeBranchMax;

    /// <summary>A root with one child is not needed.</summary>
    private void LowerRoot(ScoreBranch* root)
    {
        while (root->Count == 1)
        {
            _head->Root = root->Child(0);
            _head->Height--;
            _heap.Free((byte*)root, sizeof(ScoreBranch));
            if (_head->Height == 0)
                return;
            root = (ScoreBranch*)_head->Root;
        }
    }

    private void Unchain(ScoreLeaf* leaf)
    {
        if (leaf->Previous != null)
            leaf->Previous->Next = leaf->Next;
        else
            _head->First = leaf->Next;
        if (leaf->Next != null)
            leaf->Next->Previous = leaf->Previous;
        else
            _head->Last = leaf->Previous;
    }
}
