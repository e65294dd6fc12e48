// The nodes of ScoreTree, which has their layout, and the path through them.

using System.Runtime.CompilerServices;

namespace Redoubt.Structures.SortedSets;

internal unsafe struct ScoreLeaf
{
    public const int Capacity = 62;

    public ScoreLeaf* Previous;
    public ScoreLeaf* Next;
    public long Count;
    public fixed double Scores[Capacity];
    public fixed ulong Elements[Capacity];

    public readonly int CountBefore<TBound>(scoped in TBound bound)
        where TBound : IScoreBound, allows ref struct
    {
        int low = 0, high = (int)Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (bound.IsAfter(Scores[middle], (byte*)Elements[middle]))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    public void Insert(int index, double score, byte* element)
    {
        Shift(index, index + 1);
        Scores[index] = score;
        Elements[index] = (ulong)element;
        Count++;
    }

    public void Remove(int index, int count)
    {
        Shift(index + count, index);
        Count -= count;
    }

    /// <summary>Moves the entries from <paramref name="from"/> on to the end of another leaf.</summary>
    public void MoveTail(int from, ScoreLeaf* target)
    {
        int moved = (int)Count - from, at = (int)target->Count;
        fixed (double* scores = &Scores[0])
            Words.Copy(scores + from, target->Scores + at, moved);
        fixed (ulong* elements = &Elements[0])
            Words.Copy(elements + from, target->Elements + at, moved);
        Count = from;
        target->Count += moved;
    }

    private void Shift(int from, int to)
    {
        int moved = (int)Count - from;
        fixed (double* scores = &Scores[0])
            Words.Copy(scores + from, scores + to, moved);
        fixed (ulong* elements = &Elements[0])
            Words.Copy(elements + from, elements + to, moved);
    }
}

internal unsafe struct ScoreBranch
{
    public const int Capacity = 63;

    public long Count;
    public fixed double Scores[Capacity];
    public fixed ulong Elements[Capacity];
    public fixed ulong Children[Capacity];
    public fixed long Sizes[Capacity];

    public readonly void* Child(int index) => (void*)Children[index];

    /// <summary>The child in which the entries before the bound end.</summary>
    public readonly int ChildOf<TBound>(scoped in TBound bound)
        where TBound : IScoreBound, allows ref struct
    {
        int low = 1, high = (int)Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (bound.IsAfter(Scores[middle], (byte*)Elements[middle]))
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    public readonly long TotalSize()
    {
        long size = 0;
        for (int i = 0; i < Count; i++)
            size += Sizes[i];
        return size;
    }

    /// <summary>Whether the leaf with this number and the next one together have few entries.</summary>
    public readonly bool CanMerge(int index, int entriesMax) =>
        index >= 0 && index + 1 < Count && Sizes[index] + Sizes[index + 1] <= entriesMax;

    public void Insert(int index, ScoreChild child)
    {
        Shift(index, index + 1);
        Scores[index] = child.Score;
        Elements[index] = (ulong)child.Element;
        Children[index] = (ulong)child.Node;
        Sizes[index] = child.Size;
        Count++;
    }

    public void Remove(int index)
    {
        Shift(index + 1, index);
        Count--;
    }

    /// <summary>Moves the children from <paramref name="from"/> on to the end of another branch.</summary>
    public void MoveTail(int from, ScoreBranch* target)
    {
        fixed (ScoreBranch* self = &this)
            Copy(self, from, target, (int)target->Count, (int)Count - from);
        target->Count += Count - from;
        Count = from;
    }

    private void Shift(int from, int to)
    {
        fixed (ScoreBranch* self = &this)
            Copy(self, from, self, to, (int)Count - from);
    }

    private static void Copy(ScoreBranch* source, int from, ScoreBranch* target, int to, int count)
    {
        Words.Copy(source->Scores + from, target->Scores + to, count);
        Words.Copy(source->Elements + from, target->Elements + to, count);
        Words.Copy(source->Children + from, target->Children + to, count);
        Words.Copy(source->Sizes + from, target->Sizes + to, count);
    }
}

/// <summary>A node as its parent knows it.</summary>
internal readonly unsafe struct ScoreChild(void* node, double score, byte* element, long size)
{
    public readonly void* Node = node;
    public readonly double Score = score;
    public readonly byte* Element = element;
    public readonly long Size = size;
}

/// <summary>The branches from the root down to a leaf, and which child of each the way goes through.</summary>
internal unsafe struct ScorePath
{
    public const int DepthMax = 16;

    private fixed ulong _branches[DepthMax];
    private fixed int _indexes[DepthMax];

    public int Depth { get; private set; }

    public void Push(ScoreBranch* branch, int index)
    {
        _branches[Depth] = (ulong)branch;
        _indexes[Depth] = index;
        Depth++;
    }

    public readonly ScoreBranch* Branch(int level) => (ScoreBranch*)_branches[level];

    public readonly int Index(int level) => _indexes[level];

    public void SetIndex(int level, int index) => _indexes[level] = index;

    /// <summary>Entries in the subtrees on the left of the path.</summary>
    public readonly long CountBefore()
    {
        long count = 0;
        for (int level = 0; level < Depth; level++)
        {
            ScoreBranch* branch = Branch(level);
            for (int i = 0; i < _indexes[level]; i++)
                count += branch->Sizes[i];
        }
        return count;
    }

    public readonly void AddToSizes(long change)
    {
        for (int level = 0; level < Depth; level++)
            Branch(level)->Sizes[_indexes[level]] += change;
    }

    /// <summary>What is below the path at this level begins with another entry now: the branch that has a key for it is told.</summary>
    public readonly void SetKey(int level, double score, byte* element)
    {
        for (; level >= 0; level--)
        {
            int index = _indexes[level];
            if (index == 0)
                continue;
            Branch(level)->Scores[index] = score;
            Branch(level)->Elements[index] = (ulong)element;
            return;
        }
    }
}

/// <summary>An entry, or a place where there is none; valid until the tree changes.</summary>
internal readonly unsafe struct ScorePosition(ScoreLeaf* leaf, int index)
{
    private readonly ScoreLeaf* _leaf = leaf;
    private readonly int _index = index;

    public bool Exists => _leaf != null;

    public double Score => _leaf->Scores[_index];

    public byte* Element => (byte*)_leaf->Elements[_index];

    public ScorePosition Next => _index + 1 < _leaf->Count ? new(_leaf, _index + 1) : new(_leaf->Next, 0);

    public ScorePosition Previous => _index > 0 ? new(_leaf, _index - 1)
        : _leaf->Previous == null ? default
        : new(_leaf->Previous, (int)_leaf->Previous->Count - 1);
}

internal static unsafe class Words
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(void* source, void* target, int words) => Buffer.MemoryCopy(source, target, words * 8L, words * 8L);
}
