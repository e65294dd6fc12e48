// An ordered map from stream IDs to a word: the index of a stream's nodes, and the pending entries lists.
//
// Why not Redis's radix tree: it spends a node of its own on nearly every ID, and IDs are the one kind of key that always has
// 16 bytes and nearly always comes in ascending order. Why not one sorted array: acknowledging the oldest of a million
// pending entries would move all the others.
//
// How: a B+ tree of 32-way nodes. Every value is in a leaf; the leaves are chained both ways, so that walking a range touches
// nothing else. An append that finds the last leaf full opens a new one and leaves the old one full, so that a tree that is
// filled in order has no gaps. A tree of a few IDs is a single leaf that grows by doubling.
//
//   offset  size  node
//        0     2  slots in use
//        2     2  slots there are: 32, or less in a lone leaf
//        4     4  not used
//        8     8  node before this one, of the same level
//       16     8  node after this one
//       24  n*24  slots: ID (16 bytes), value or address of the child
//
// Above the leaves, the ID of slot i is at most that of anything below it, and greater than anything below slot i-1. The ID of
// slot 0 says nothing: what comes before slot 1 is there.
//
// Removal: a node that falls empty goes; one that falls to a quarter joins a neighbour of the same parent when both together
// leave a quarter free. So a list that is acknowledged from its front never moves what is behind.
//
// Invariants (Verify): IDs ascend; separators bound their children; all leaves are at the same depth; the chain has every
// leaf once; counts match.
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Native.Memory;

namespace Redoubt.Structures.Streams;

internal unsafe struct IdTree
{
    private const int SlotsMax = 32;
    private const int FirstSlots = 2;
    private const int JoinsAt = SlotsMax / 4;
    private const int JoinedMax = SlotsMax * 3 / 4;
    private const int DepthMax = 32;

    private Node* _root;
    private long _count;
    private int _height;
    private int _nodeCount;

    internal struct Slot
    {
        public StreamId Id;
        public nint Value;
    }

    internal struct Node
    {
        public ushort Count;
        public ushort Capacity;
        public Node* Before;
        public Node* After;

        public static Slot* Slots(Node* node) => (Slot*)((byte*)node + sizeof(Node));

        public static long Bytes(int capacity) => sizeof(Node) + (long)capacity * sizeof(Slot);
    }

    /// <summary>The way from the root to a leaf: nodes and the slot taken in each, root first.</summary>
    private struct Path
    {
        public fixed long Nodes[DepthMax];
        public fixed byte Slots[DepthMax];
    }

    public readonly long Count => _count;

    /// <summary>Memory of the tree itself, in bytes.</summary>
    public readonly long OccupiedBytes(NativeHeap heap) =>
        _root == null ? 0 : _nodeCount * heap.UsableSize(Node.Bytes(_root->Capacity));

    // ---- looking up -------------------------------------------------------------------------------------------------

    public readonly bool TryFind(StreamId id, out nint value)
    {
        IdCursor cursor = AtOrAfter(id);
        bool isThere = cursor.IsAt(id);
        value = isThere ? cursor.Value : 0;
        return isThere;
    }

    public readonly IdCursor First()
    {
        Node* node = _root;
        for (int level = 0; level < _height; level++)
            node = Child(node, 0);
        return new IdCursor(node, 0);
    }

    public readonly IdCursor Last()
    {
        Node* node = _root;
        if (node == null)
            return default;
        for (int level = 0; level < _height; level++)
            node = Child(node, node->Count - 1);
        return new IdCursor(node, node->Count - 1);
    }

    public readonly IdCursor AtOrAfter(StreamId id)
    {
        if (_root == null)
            return default;
        Node* leaf = LeafOf(id);
        int at = LowerBound(leaf, id);
        return at < leaf->Count ? new IdCursor(leaf, at) : new IdCursor(leaf->After, 0);
    }

    public readonly IdCursor AtOrBefore(StreamId id)
    {
        if (_root == null)
            return default;
        Node* leaf = LeafOf(id);
        IdCursor cursor = new(leaf, LowerBound(leaf, id));
        if (cursor.IsAt(id))
            return cursor;
        cursor.MoveBack();
        return cursor;
    }

    // ---- changing ---------------------------------------------------------------------------------------------------

    /// <summary>False, and nothing changes, when the ID is there already.</summary>
    public bool TryAdd(NativeHeap heap, StreamId id, nint value)
    {
        if (_root == null)
            _root = NewNode(heap, FirstSlots);
        Path path;
        Node* leaf = Descend(id, &path);
        int at = LowerBound(leaf, id);
        if (at < leaf->Count && Node.Slots(leaf)[at].Id == id)
            return false;
        Insert(heap, &path, _height, leaf, at, new Slot { Id = id, Value = value });
        _count++;
        return true;
    }

    public bool TryRemove(NativeHeap heap, StreamId id, out nint value)
    {
        value = 0;
        if (_root == null)
            return false;
        Path path;
        Node* leaf = Descend(id, &path);
        int at = LowerBound(leaf, id);
        if (at >= leaf->Count || Node.Slots(leaf)[at].Id != id)
            return false;
        value = Node.Slots(leaf)[at].Value;
        _count--;
        RemoveSlot(heap, &path, _height, leaf, at);
        return true;
    }

    /// <summary>Removes the greatest ID; false when there is none.</summary>
    public bool TryTakeLast(NativeHeap heap, out nint value)
    {
        IdCursor last = Last();
        value = 0;
        return last.IsValid && TryRemove(heap, last.Id, out value);
    }

    private void Insert(NativeHeap heap, Path* path, int level, Node* node, int at, Slot slot)
    {
        if (node->Count == node->Capacity)
        {
            if (node->Capacity < SlotsMax)
            {
                node = GrowLoneLeaf(heap);
            }
            else
            {
                Node* right = Split(heap, node, at);
                bool goesRight = at > node->Count || right->Count == 0;
                PutSlot(goesRight ? right : node, goesRight ? at - node->Count : at, slot);
                InsertIntoParent(heap, path, level, node, right);
                return;
            }
        }
        PutSlot(node, at, slot);
    }

    private void InsertIntoParent(NativeHeap heap, Path* path, int level, Node* left, Node* right)
    {
        Slot separator = new() { Id = Node.Slots(right)[0].Id, Value = (nint)right };
        if (level > 0)
        {
            Insert(heap, path, level - 1, (Node*)path->Nodes[level - 1], path->Slots[level - 1] + 1, separator);
            return;
        }
        _root = NewNode(heap, SlotsMax);
        _height++;
        Invariant.That(_height < DepthMax, "a tree of IDs is not deeper than memory allows");
        PutSlot(_root, 0, new Slot { Value = (nint)left });
        PutSlot(_root, 1, separator);
    }

    /// <summary>Opens a node right of a full one and gives it the upper half, or nothing when the tree is appended to.</summary>
    private Node* Split(NativeHeap heap, Node* node, int at)
    {
        Node* right = NewNode(heap, SlotsMax);
        bool isAppend = at == node->Count && node->After == null;
        int kept = isAppend ? node->Count : node->Count / 2;
        right->Count = (ushort)(node->Count - kept);
        new ReadOnlySpan<Slot>(Node.Slots(node) + kept, right->Count).CopyTo(new Span<Slot>(Node.Slots(right), right->Count));
        node->Count = (ushort)kept;
        right->Before = node;
        right->After = node->After;
        if (right->After != null)
            right->After->Before = right;
        node->After = right;
        return right;
    }

    private void RemoveSlot(NativeHeap heap, Path* path, int level, Node* node, int at)
    {
        Slot* slots = Node.Slots(node);
        node->Count--;
        new ReadOnlySpan<Slot>(slots + at + 1, node->Count - at).CopyTo(new Span<Slot>(slots + at, node->Count - at));
        if (level == 0)
        {
            ShrinkRoot(heap);
            return;
        }
        Node* parent = (Node*)path->Nodes[level - 1];
        int position = path->Slots[level - 1];
        if (node->Count == 0)
        {
            FreeChained(heap, node);
            RemoveSlot(heap, path, level - 1, parent, position);
        }
        else if (node->Count <= JoinsAt)
        {
            if (position + 1 < parent->Count && CanJoin(node, Child(parent, position + 1)))
                Join(heap, path, level, position);
            else if (position > 0 && CanJoin(Child(parent, position - 1), node))
                Join(heap, path, level, position - 1);
        }
    }

    private static bool CanJoin(Node* left, Node* right) => left->Count + right->Count <= JoinedMax;

    /// <summary>Moves what is in the child right of <paramref name="position"/> into the child there.</summary>
    private void Join(NativeHeap heap, Path* path, int level, int position)
    {
        Node* parent = (Node*)path->Nodes[level - 1];
        Node* left = Child(parent, position);
        Node* right = Child(parent, position + 1);
        Node.Slots(right)[0].Id = level == _height ? Node.Slots(right)[0].Id : Node.Slots(parent)[position + 1].Id;
        new ReadOnlySpan<Slot>(Node.Slots(right), right->Count).CopyTo(new Span<Slot>(Node.Slots(left) + left->Count, right->Count));
        left->Count += right->Count;
        FreeChained(heap, right);
        RemoveSlot(heap, path, level - 1, parent, position + 1);
    }

    private void ShrinkRoot(NativeHeap heap)
    {
        if (_root->Count == 0)
        {
            FreeNode(heap, _root);
            _root = null;
            _height = 0;
        }
        while (_height > 0 && _root->Count == 1)
        {
            Node* child = Child(_root, 0);
            FreeNode(heap, _root);
            _root = child;
            _height--;
        }
    }

    private Node* GrowLoneLeaf(NativeHeap heap)
    {
        Node* larger = NewNode(heap, Math.Min(_root->Capacity * 2, SlotsMax));
        larger->Count = _root->Count;
        new ReadOnlySpan<Slot>(Node.Slots(_root), _root->Count).CopyTo(new Span<Slot>(Node.Slots(larger), _root->Count));
        FreeNode(heap, _root);
        return _root = larger;
    }

    private static void PutSlot(Node* node, int at, Slot slot)
    {
        Slot* slots = Node.Slots(node);
        int after = node->Count - at;
        new ReadOnlySpan<Slot>(slots + at, after).CopyTo(new Span<Slot>(slots + at + 1, after));
        slots[at] = slot;
        node->Count++;
    }

    private Node* NewNode(NativeHeap heap, int capacity)
    {
        Node* node = (Node*)heap.Allocate(Node.Bytes(capacity));
        *node = new Node { Capacity = (ushort)capacity };
        _nodeCount++;
        return node;
    }

    private void FreeChained(NativeHeap heap, Node* node)
    {
        if (node->Before != null)
            node->Before->After = node->After;
        if (node->After != null)
            node->After->Before = node->Before;
        FreeNode(heap, node);
    }

    private void FreeNode(NativeHeap heap, Node* node)
    {
        heap.Free((byte*)node, Node.Bytes(node->Capacity));
        _nodeCount--;
    }

    // ---- finding the way --------------------------------------------------------------------------------------------

    private readonly Node* Descend(StreamId id, Path* path)
    {
        Node* node = _root;
        for (int level = 0; level < _height; level++)
        {
            int slot = ChildSlot(node, id);
            path->Nodes[level] = (long)node;
            path->Slots[level] = (byte)slot;
            node = Child(node, slot);
        }
        return node;
    }

    private readonly Node* LeafOf(StreamId id)
    {
        Node* node = _root;
        for (int level = 0; level < _height; level++)
            node = Child(node, ChildSlot(node, id));
        return node;
    }

    private static Node* Child(Node* node, int slot) => (Node*)Node.Slots(node)[slot].Value;

    /// <summary>The last slot whose ID is not beyond <paramref name="id"/>, or the first.</summary>
    private static int ChildSlot(Node* node, StreamId id)
    {
        Slot* slots = Node.Slots(node);
        int low = 1;
        int high = node->Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (slots[middle].Id <= id)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    /// <summary>The first slot whose ID is at or after <paramref name="id"/>. The end is tried first, for appends.</summary>
    private static int LowerBound(Node* node, StreamId id)
    {
        Slot* slots = Node.Slots(node);
        int low = 0;
        int high = node->Count;
        if (high > 0 && slots[high - 1].Id < id)
            return high;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (slots[middle].Id < id)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    // ---- checking ---------------------------------------------------------------------------------------------------

    public readonly void Verify()
    {
        if (_root == null)
        {
            Invariant.That(_count == 0 && _height == 0 && _nodeCount == 0, "a tree without a root is empty");
            return;
        }
        Node* last = null;
        (long count, int nodes) = VerifyNode(_root, 0, StreamId.Min, null, ref last);
        Invariant.That(count == _count, "the tree counts its IDs");
        Invariant.That(nodes == _nodeCount, "the tree counts its nodes");
        Invariant.That(last->After == null, "the chain ends with the last leaf");
    }

    private readonly (long Count, int Nodes) VerifyNode(Node* node, int level, StreamId from, StreamId* before, ref Node* leafBefore)
    {
        Invariant.That(node->Count > 0 && node->Count <= node->Capacity, "a node of the tree is neither empty nor overfull");
        Invariant.That(node->Capacity == SlotsMax || _height == 0, "only a lone leaf is small");
        Slot* slots = Node.Slots(node);
        bool isLeaf = level == _height;
        for (int i = isLeaf ? 0 : 1; i < node->Count; i++)
        {
            Invariant.That(slots[i].Id >= from && (before == null || slots[i].Id < *before), "IDs lie within their separators");
            Invariant.That(i < 2 || slots[i - 1].Id < slots[i].Id, "IDs ascend");
        }
        if (isLeaf)
        {
            Invariant.That(node->Count < 2 || slots[0].Id < slots[1].Id, "IDs ascend");
            Invariant.That(node->Before == leafBefore && (leafBefore == null || leafBefore->After == node), "leaves are chained in order");
            leafBefore = node;
            return (node->Count, 1);
        }
        long count = 0;
        int nodes = 1;
        for (int i = 0; i < node->Count; i++)
        {
            (long below, int nodesBelow) = VerifyNode((Node*)slots[i].Value, level + 1, i == 0 ? from : slots[i].Id,
                i + 1 < node->Count ? &slots[i + 1].Id : before, ref leafBefore);
            count += below;
            nodes += nodesBelow;
        }
        return (count, nodes);
    }
}

/// <summary>A place in an <see cref="IdTree"/>, valid until the tree changes. The default value is beyond either end.</summary>
internal unsafe struct IdCursor
{
    private IdTree.Node* _leaf;
    private int _at;

    public IdCursor(IdTree.Node* leaf, int at)
    {
        _leaf = leaf;
        _at = at;
    }

    public readonly bool IsValid => _leaf != null;

    public readonly StreamId Id => IdTree.Node.Slots(_leaf)[_at].Id;

    public readonly nint Value => IdTree.Node.Slots(_leaf)[_at].Value;

    /// <summary>The value where it stands, to be changed.</summary>
    public readonly ref nint Word => ref IdTree.Node.Slots(_leaf)[_at].Value;

    public readonly bool IsAt(StreamId id) => _leaf != null && _at < _leaf->Count && Id == id;

    public void MoveOn()
    {
        if (++_at >= _leaf->Count)
        {
            _leaf = _leaf->After;
            _at = 0;
        }
    }

    public void MoveBack()
    {
        if (--_at < 0)
        {
            _leaf = _leaf->Before;
            _at = _leaf == null ? 0 : _leaf->Count - 1;
        }
    }
}
