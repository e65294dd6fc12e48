// A long list: a chain of nodes, each with some elements in a listpack.
//
// Pushing and popping at both ends touches one node, and moves no other element of it. Finding an element by number steps over whole nodes from the nearer end.
// Inserting opens a gap in one node; a full one is split, and what became small on both sides is joined again. So no operation moves
// more bytes than a node has, but for the ranges that it removes.
//
// With `list-compress-depth`, nodes further than that from both ends are compressed. Head and tail never are, whatever the directive
// said when the list was made. A node that is worked on is expanded first; `Settle` puts things right afterwards.
//
// Invariants (Verify): the links agree in both directions, the counts with the nodes, no node is empty, head and tail are not compressed.
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Lists;

internal readonly unsafe ref struct QuickList
{
    private readonly ValueStore _store;
    private readonly ListBlock* _list;

    public QuickList(ValueStore store, nint root)
    {
        _store = store;
        _list = (ListBlock*)root;
    }

    public long Count => _list->Count;

    public long NodeCount => _list->NodeCount;

    public ListNode* Head => _list->Head;

    public ListNode* Tail => _list->Tail;

    private NativeHeap Heap => _store.Heap;

    /// <summary>A list without nodes.</summary>
    public static nint Create(NativeHeap heap)
    {
        ListBlock* list = (ListBlock*)heap.Allocate(sizeof(ListBlock));
        *list = default;
        return (nint)list;
    }

    // ---- ends -------------------------------------------------------------------------------------------------------

    public void Push(scoped ReadOnlySpan<byte> text, bool atHead)
    {
        ListNode* end = atHead ? _list->Head : _list->Tail;
        if (end != null && HasRoom(end, text))
            AddAtEnd(end, text, atHead);
        else
            LinkAtEnd(CreateNode(text), end, atHead);
    }

    /// <summary>Removes the first or the last element.</summary>
    public void Pop(bool atHead)
    {
        ListNode* node = atHead ? _list->Head : _list->Tail;
        RemoveFrom(node, node->IsPlain ? 0 : atHead ? node->Pack.First : node->Pack.Last, 1);
    }

    /// <summary>Takes over a listpack with elements as the last node.</summary>
    public void AppendPack(nint pack) => LinkAtEnd(ListNode.CreatePacked(Heap, pack), _list->Tail, atHead: false);

    public void AppendPlain(ReadOnlySpan<byte> element) => LinkAtEnd(ListNode.CreatePlain(Heap, element), _list->Tail, atHead: false);

    /// <summary>
    /// Frees a list without nodes, or with a single packed one, whose listpack it gives out; 0 in the first case. False when this list has more.
    /// </summary>
    public bool TryDissolve(out nint pack)
    {
        pack = 0;
        if (_list->NodeCount > 1 || (_list->NodeCount == 1 && _list->Head->IsPlain))
            return false;
        if (_list->NodeCount == 1)
        {
            _list->Head->CloseGap(Heap);
            pack = _list->Head->Content;
            Heap.Free((byte*)_list->Head, sizeof(ListNode));
        }
        Heap.Free((byte*)_list, sizeof(ListBlock));
        return true;
    }

    // ---- places -----------------------------------------------------------------------------------------------------

    /// <summary>The node that holds this element, counted from the head, and its number there; null when there is none.</summary>
    public ListNode* NodeOf(long index, out int offset)
    {
        offset = 0;
        if (index < 0 || index >= _list->Count)
            return null;
        ListNode* node;
        if (index < _list->Count / 2)
        {
            for (node = _list->Head; index >= node->Count; node = node->Next)
                index -= node->Count;
            offset = (int)index;
            return node;
        }
        long behind = _list->Count - 1 - index;
        for (node = _list->Tail; behind >= node->Count; node = node->Previous)
            behind -= node->Count;
        offset = (int)(node->Count - 1 - behind);
        return node;
    }

    /// <summary>The first element that equals the text, from the head; null when there is none. The node is not compressed afterwards.</summary>
    public ListNode* Find(scoped ReadOnlySpan<byte> text, out int position)
    {
        for (ListNode* node = _list->Head; node != null; node = node->Next)
        {
            bool wasCompressed = node->IsCompressed;
            node->Decompress(Heap);
            if (TryFind(node, text, 0, isBackwards: false, out position))
                return node;
            if (wasCompressed)
                node->Compress(_store);
        }
        position = 0;
        return null;
    }

    /// <summary>The next element of a node that equals the text.</summary>
    /// <param name="from">Where to begin, 0 = at the end that the direction begins with.</param>
    private static bool TryFind(ListNode* node, scoped ReadOnlySpan<byte> text, int from, bool isBackwards, out int position)
    {
        position = 0;
        if (node->IsPlain)
            return from == 0 && node->Stored.SequenceEqual(text);
        Listpack pack = node->Pack;
        if (!isBackwards)
        {
            position = pack.Find(from == 0 ? pack.First : from, text, 0);
            return position != 0;
        }
        for (position = from == 0 ? pack.Last : from; position != 0; position = pack.Previous(position))
        {
            if (pack[position].TextEquals(text))
                return true;
        }
        return false;
    }

    // ---- changes ----------------------------------------------------------------------------------------------------

    /// <summary>Inserts beside the element at a position of a node; 0 for the one of a plain node.</summary>
    public void Insert(ListNode* node, int position, scoped ReadOnlySpan<byte> text, bool isAfter)
    {
        node->Decompress(Heap);
        bool isAtEdge = node->IsPlain || (isAfter ? node->Pack.Next(position) == 0 : position == node->Pack.First);
        ListNode* neighbour = isAfter ? node->Next : node->Previous;
        if (HasRoom(node, text))
        {
            ListpackEditor editor = ListNode.Edit(Heap, node);
            _ = isAfter ? editor.InsertAfter(position, text) : editor.InsertBefore(position, text);
            node->PackChanged(1);
            _list->Count++;
            Settle(node);
        }
        else if (isAtEdge && neighbour != null && HasRoom(neighbour, text))
        {
            AddAtEnd(neighbour, text, atHead: isAfter);
            Settle(node);
            Settle(neighbour);
        }
        else if (isAtEdge)
        {
            ListNode* created = CreateNode(text);
            Link(created, node, isAfter);
            Settle(node);
            Settle(created);
        }
        else
        {
            InsertBySplitting(node, isAfter ? node->Pack.Next(position) : position, text, isAfter);
        }
    }

    /// <summary>Sets the element at a position of a node; 0 for the one of a plain node.</summary>
    public void Replace(ListNode* node, int position, scoped ReadOnlySpan<byte> text)
    {
        bool isLarge = ListRules.IsLarge(_store.Limits, text.Length);
        node->Decompress(Heap);
        if (node->IsPlain && isLarge)
        {
            node->ReplacePlain(Heap, text);
        }
        else if (!node->IsPlain && !isLarge)
        {
            ListNode.Edit(Heap, node).Replace(position, text);
            node->PackChanged(0);
        }
        else
        {
            // What comes before the place stays in this node, at the same position.
            Insert(node, position, text, isAfter: true);
            bool isGone = node->Count == 1;
            RemoveFrom(node, position, 1);
            if (isGone)
                return;
        }
        Settle(node);
    }

    /// <summary>Removes elements that equal the text, at most <paramref name="most"/>; returns their number.</summary>
    public long RemoveEqual(scoped ReadOnlySpan<byte> text, long most, bool isBackwards)
    {
        long removed = 0;
        ListNode* next;
        for (ListNode* node = isBackwards ? _list->Tail : _list->Head; node != null && removed < most; node = next)
        {
            next = isBackwards ? node->Previous : node->Next;
            bool wasCompressed = node->IsCompressed;
            node->Decompress(Heap);
            long removedHere = RemoveEqualIn(node, text, most - removed, isBackwards, out bool isGone);
            removed += removedHere;
            if (!isGone && removedHere == 0 && wasCompressed)
                node->Compress(_store);
            else if (!isGone && removedHere > 0)
                Settle(node);
        }
        return removed;
    }

    /// <summary>Removes this many elements from a number on, which is counted from the head; there must be so many.</summary>
    public void RemoveRange(long start, long count)
    {
        ListNode* node = NodeOf(start, out int offset);
        while (count > 0)
        {
            ListNode* next = node->Next;
            int here = (int)Math.Min(count, node->Count - offset);
            if (here == node->Count)
            {
                Unlink(node);
            }
            else
            {
                node->Decompress(Heap);
                RemoveFrom(node, node->Pack.At(offset), here);
                Settle(node);
            }
            count -= here;
            node = next;
            offset = 0;
        }
    }

    private long RemoveEqualIn(ListNode* node, scoped ReadOnlySpan<byte> text, long most, bool isBackwards, out bool isGone)
    {
        isGone = false;
        long removed = 0;
        int from = 0;
        while (removed < most && TryFind(node, text, from, isBackwards, out int position))
        {
            removed++;
            isGone = node->Count == 1;
            int before = isBackwards && !isGone ? node->Pack.Previous(position) : 0;
            int after = RemoveFrom(node, position, 1);
            from = isBackwards ? before : after;
            if (isGone || from == 0)
                break;
        }
        return removed;
    }

    /// <summary>Removes elements from a position of a node on; returns the position of what followed, 0 when nothing did. An empty node goes.</summary>
    private int RemoveFrom(ListNode* node, int position, int count)
    {
        if (node->Count == count)
        {
            Unlink(node);
            return 0;
        }
        node->Decompress(Heap);
        _list->Count -= count;
        if (position == Listpack.HeaderBytes)
        {
            node->RemoveFirst(Heap, count);
            return position;
        }
        int next = ListNode.Edit(Heap, node).Delete(position, count);
        node->PackChanged(-count);
        return next;
    }

    private void AddAtEnd(ListNode* node, scoped ReadOnlySpan<byte> text, bool atHead)
    {
        node->Decompress(Heap);
        _list->Count++;
        if (atHead)
        {
            node->Prepend(Heap, text);
            return;
        }
        ListNode.Edit(Heap, node).Append(text);
        node->PackChanged(1);
    }

    /// <summary>Parts a node before a position, which is not its first, and puts an element between the parts.</summary>
    private void InsertBySplitting(ListNode* node, int position, scoped ReadOnlySpan<byte> text, bool isAfter)
    {
        ListNode* tail = SplitBefore(node, position);
        if (ListRules.IsLarge(_store.Limits, text.Length))
        {
            ListNode* created = CreateNode(text);
            Link(created, node, isAfter: true);
            Settle(node);
            Settle(created);
            Settle(tail);
            return;
        }
        AddAtEnd(isAfter ? tail : node, text, atHead: isAfter);
        Settle(node);
        Settle(tail);
        Join(node, tail);
    }

    private ListNode* SplitBefore(ListNode* node, int position)
    {
        nint pack = ListpackEditor.CreateFrom(Heap, node->Pack.Span);
        ListpackEditor editor = new(Heap, ref pack);
        int headCount = 0;
        for (int at = node->Pack.First; at != position; at = node->Pack.Next(at))
            headCount++;
        editor.Delete(editor.Pack.First, headCount);
        int moved = node->Count - headCount;
        ListNode.Edit(Heap, node).Delete(position, moved);
        node->PackChanged(-moved);
        _list->Count -= moved;
        ListNode* tail = ListNode.CreatePacked(Heap, pack);
        Link(tail, node, isAfter: true);
        return tail;
    }

    /// <summary>Joins the two parts of a node with what is beside them, and with each other, where that fits into one.</summary>
    private void Join(ListNode* first, ListNode* second)
    {
        if (first->Previous != null && first->Previous->Previous != null)
            _ = TryMerge(first->Previous->Previous, first->Previous);
        if (second->Next != null && second->Next->Next != null)
            _ = TryMerge(second->Next, second->Next->Next);
        if (first->Previous != null && TryMerge(first->Previous, first))
            first = second->Previous;
        if (!TryMerge(first, second))
            first = second;
        if (first->Next != null)
            _ = TryMerge(first, first->Next);
    }

    /// <summary>Puts the elements of a node into the one before it, and removes it, if the rules allow that.</summary>
    private bool TryMerge(ListNode* left, ListNode* right)
    {
        if (left->IsPlain || right->IsPlain
            || !ListRules.Fits(_store.Limits, (long)left->Bytes + right->Bytes - Listpack.EmptyBytes, left->Count + right->Count))
            return false;
        left->Decompress(Heap);
        right->Decompress(Heap);
        ListNode.Edit(Heap, left).AppendAll(right->Pack);
        left->PackChanged(right->Count);
        _list->Count += right->Count;
        Unlink(right);
        Settle(left);
        return true;
    }

    // ---- nodes ------------------------------------------------------------------------------------------------------

    private bool HasRoom(ListNode* node, scoped ReadOnlySpan<byte> text) =>
        !node->IsPlain && ListRules.HasRoom(_store.Limits, node->Bytes, node->Count, text.Length);

    private ListNode* CreateNode(scoped ReadOnlySpan<byte> text)
    {
        if (ListRules.IsLarge(_store.Limits, text.Length))
            return ListNode.CreatePlain(Heap, text);
        nint pack = ListpackEditor.Create(Heap);
        new ListpackEditor(Heap, ref pack).Append(text);
        return ListNode.CreatePacked(Heap, pack);
    }

    /// <summary>Puts a node beside another one, or into an empty list.</summary>
    private void Link(ListNode* node, ListNode* beside, bool isAfter)
    {
        node->Previous = isAfter || beside == null ? beside : beside->Previous;
        node->Next = !isAfter || beside == null ? beside : beside->Next;
        if (node->Previous == null)
            _list->Head = node;
        else
            node->Previous->Next = node;
        if (node->Next == null)
            _list->Tail = node;
        else
            node->Next->Previous = node;
        _list->NodeCount++;
        _list->Count += node->Count;
    }

    private void LinkAtEnd(ListNode* node, ListNode* end, bool atHead)
    {
        if (end != null)
            end->CloseGap(Heap);
        Link(node, end, isAfter: !atHead);
        Settle(end == null ? node : end);
    }

    /// <summary>Takes a node out, with its elements, and frees it.</summary>
    private void Unlink(ListNode* node)
    {
        if (node->Previous == null)
            _list->Head = node->Next;
        else
            node->Previous->Next = node->Next;
        if (node->Next == null)
            _list->Tail = node->Previous;
        else
            node->Next->Previous = node->Previous;
        _list->NodeCount--;
        _list->Count -= node->Count;
        ListNode.Free(Heap, node);
        if (_list->NodeCount > 0)
            Settle(_list->Head);
    }

    /// <summary>Expands the nodes at both ends, and compresses the ones just behind them and the one that was worked on, unless that is at an end.</summary>
    private void Settle(ListNode* touched)
    {
        ListNode* fromHead = _list->Head;
        ListNode* fromTail = _list->Tail;
        fromHead->Decompress(Heap);
        fromTail->Decompress(Heap);
        int depth = Math.Min(_store.Limits.ListCompressDepth, ushort.MaxValue);
        if (depth == 0 || _list->NodeCount < 2L * depth)
            return;
        bool isAtEnd = false;
        for (int i = 0; i < depth; i++)
        {
            fromHead->Decompress(Heap);
            fromTail->Decompress(Heap);
            isAtEnd |= touched == fromHead || touched == fromTail;
            if (fromHead == fromTail || fromHead->Next == fromTail)
                return;
            fromHead = fromHead->Next;
            fromTail = fromTail->Previous;
        }
        if (!isAtEnd)
            touched->Compress(_store);
        fromHead->Compress(_store);
        fromTail->Compress(_store);
    }

    /// <summary>Walks everything and breaks off when an invariant does not hold.</summary>
    public void Verify()
    {
        long count = 0, nodes = 0;
        ListNode* previous = null;
        for (ListNode* node = _list->Head; node != null; previous = node, node = node->Next)
        {
            nodes++;
            count += node->Count;
            Invariant.That(node->Previous == previous, "a node's neighbours know each other");
            Invariant.That(node->Count > 0 && (!node->IsPlain || node->Count == 1), "a node has elements, a plain one has one");
            byte[] content = new byte[node->Bytes];
            fixed (byte* target = content)
                node->CopyTo(target);
            Invariant.That(node->IsPlain || (Listpack.Validate(content, deep: true, out int found) && found == node->Count), "a node's listpack has its elements");
        }
        Invariant.That(previous == _list->Tail && count == _list->Count && nodes == _list->NodeCount, "a list knows its tail and its counts");
        Invariant.That(nodes > 0 && !_list->Head->IsCompressed && !_list->Tail->IsCompressed, "the ends of a list are not compressed");
    }
}
