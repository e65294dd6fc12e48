// A list: as one listpack while that is enough for it, as a QuickList beyond.
//
// Redis 7.0 calls every list a quicklist, and so does OBJECT ENCODING here. But the frame of one, block and node, costs 64 bytes, which a
// list of eight elements can do without: it is a listpack that hangs in the entry itself (encoding Listpack). The moment its elements do not
// go into one node any more it becomes a QuickList, and it is a listpack again as soon as one node is left. Both forms answer
// alike; nothing outside this folder knows which one it has, but for files, which take lists node by node (ListNodes).
//
// A list with Root 0 is empty. That is what a new slot holds, until the first push.
//
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Lists;

public readonly unsafe ref struct ListValue
{
    private readonly ValueSlot _slot;

    public ListValue(ValueSlot slot) => _slot = slot;

    public long Count => _slot.Root == 0 ? 0 : IsChain ? Chain.Count : Pack.Count;

    /// <summary>The first or the last element; there must be one.</summary>
    public PackedValue End(bool atHead)
    {
        if (!IsChain)
            return Pack[atHead ? Pack.First : Pack.Last];
        ListNode* node = atHead ? Chain.Head : Chain.Tail;
        return node->IsPlain ? new PackedValue(node->Stored) : node->Pack[atHead ? node->Pack.First : node->Pack.Last];
    }

    /// <summary>The elements from this one on, counted from the head, towards the tail or towards the head; none when it does not exist.</summary>
    public ListCursor From(long index, bool isBackwards = false)
    {
        if (!IsChain)
            return new ListCursor(Heap, _slot.Root, _slot.Root == 0 || index < 0 ? 0 : Pack.At(index), isBackwards);
        ListNode* node = Chain.NodeOf(index, out int offset);
        return new ListCursor(Heap, node, offset, isBackwards);
    }

    // ---- changes ----------------------------------------------------------------------------------------------------

    public void Push(scoped ReadOnlySpan<byte> text, bool atHead)
    {
        if (IsChain || !TryPushPacked(text, atHead))
            BecomeChain().Push(text, atHead);
    }

    /// <summary>Removes the first or the last element; there must be one.</summary>
    public void Pop(bool atHead)
    {
        if (IsChain)
        {
            Chain.Pop(atHead);
            Shrink();
            return;
        }
        nint root = _slot.Root;
        ListpackEditor editor = new(Heap, ref root);
        editor.Delete(atHead ? editor.Pack.First : editor.Pack.Last);
        _slot.Root = root;
    }

    /// <summary>Removes this many elements from one on that is counted from the head; there must be so many.</summary>
    public void RemoveRange(long start, long count)
    {
        if (count == 0)
            return;
        if (IsChain)
        {
            Chain.RemoveRange(start, count);
            Shrink();
            return;
        }
        nint root = _slot.Root;
        new ListpackEditor(Heap, ref root).DeleteRange(start, (int)count);
        _slot.Root = root;
    }

    /// <summary>Sets the element of this number, counted from the head; there must be one.</summary>
    public void Set(long index, scoped ReadOnlySpan<byte> text)
    {
        if (!IsChain && !ListRules.IsLarge(_slot.Store.Limits, text.Length))
        {
            nint root = _slot.Root;
            new ListpackEditor(Heap, ref root).Replace(Pack.At(index), text);
            _slot.Root = root;
            return;
        }
        QuickList chain = BecomeChain();
        ListNode* node = chain.NodeOf(index, out int offset);
        node->Decompress(Heap);
        chain.Replace(node, node->IsPlain ? 0 : node->Pack.At(offset), text);
        Shrink();
    }

    /// <summary>Inserts beside the first element that equals <paramref name="pivot"/>; false when there is none.</summary>
    public bool InsertBeside(scoped ReadOnlySpan<byte> pivot, scoped ReadOnlySpan<byte> text, bool isAfter)
    {
        if (!IsChain)
        {
            int found = Pack.Find(Pack.First, pivot, 0);
            if (found == 0)
                return false;
            if (ListRules.HasRoom(_slot.Store.Limits, Pack.Bytes, Pack.Count, text.Length))
            {
                nint root = _slot.Root;
                ListpackEditor editor = new(Heap, ref root);
                _ = isAfter ? editor.InsertAfter(found, text) : editor.InsertBefore(found, text);
                _slot.Root = root;
                return true;
            }
        }
        QuickList chain = BecomeChain();
        ListNode* node = chain.Find(pivot, out int position);
        if (node == null)
            return false;
        chain.Insert(node, position, text, isAfter);
        return true;
    }

    /// <summary>Removes elements that equal the text, from one end on, at most <paramref name="most"/>; returns their number.</summary>
    public long RemoveEqual(scoped ReadOnlySpan<byte> text, long most, bool fromTail)
    {
        if (IsChain)
        {
            long removed = Chain.RemoveEqual(text, most, fromTail);
            if (removed > 0)
                Shrink();
            return removed;
        }
        nint root = _slot.Root;
        long count = RemoveEqualPacked(new ListpackEditor(Heap, ref root), text, most, fromTail);
        _slot.Root = root;
        return count;
    }

    // ---- files ------------------------------------------------------------------------------------------------------

    /// <summary>The nodes, from head to tail, as files have them.</summary>
    public ListNodes Nodes => IsChain ? new ListNodes(Chain.Head, 0) : new ListNodes(null, _slot.Root);

    public long NodeCount => _slot.Root == 0 ? 0 : IsChain ? Chain.NodeCount : 1;

    /// <summary>The nodes from this one on.</summary>
    public ListNodes NodesFrom(ListNodeMark mark) => new((ListNode*)mark.Node, 0);

    /// <summary>Appends a node of the bytes of a listpack, which were validated and have elements.</summary>
    public void AppendPack(ReadOnlySpan<byte> pack)
    {
        nint block = ListpackEditor.CreateFrom(Heap, pack);
        if (_slot.Root == 0)
            _slot.Root = block;
        else
            BecomeChain().AppendPack(block);
    }

    /// <summary>Appends a node that is one element.</summary>
    public void AppendPlain(ReadOnlySpan<byte> element) => BecomeChain().AppendPlain(element);

    /// <summary>Walks everything and breaks off when an invariant does not hold.</summary>
    public void Verify()
    {
        if (IsChain)
            Chain.Verify();
        else if (_slot.Root != 0)
            Pack.Verify();
    }

    // ---- the two forms ----------------------------------------------------------------------------------------------

    private bool IsChain => _slot.Encoding == ValueEncoding.QuickList;

    private NativeHeap Heap => _slot.Store.Heap;

    private Listpack Pack => new(_slot.Root);

    private QuickList Chain => new(_slot.Store, _slot.Root);

    private bool TryPushPacked(scoped ReadOnlySpan<byte> text, bool atHead)
    {
        CollectionLimits limits = _slot.Store.Limits;
        nint root = _slot.Root;
        if (root == 0)
        {
            if (ListRules.IsLarge(limits, text.Length))
                return false;
            root = ListpackEditor.Create(Heap);
        }
        else if (!ListRules.HasRoom(limits, Pack.Bytes, Pack.Count, text.Length))
        {
            return false;
        }
        ListpackEditor editor = new(Heap, ref root);
        _ = atHead ? editor.Prepend(text) : editor.Append(text);
        _slot.Root = root;
        return true;
    }

    private static long RemoveEqualPacked(ListpackEditor editor, scoped ReadOnlySpan<byte> text, long most, bool fromTail)
    {
        long removed = 0;
        if (!fromTail)
        {
            int found = editor.Pack.Find(editor.Pack.First, text, 0);
            while (found != 0 && removed < most)
            {
                removed++;
                int next = editor.Delete(found);
                found = editor.Pack.Find(next, text, 0);
            }
            return removed;
        }
        int previous;
        for (int position = editor.Pack.Last; position != 0 && removed < most; position = previous)
        {
            previous = editor.Pack.Previous(position);
            if (!editor.Pack[position].TextEquals(text))
                continue;
            removed++;
            editor.Delete(position);
        }
        return removed;
    }

    /// <summary>The list as nodes, whatever it was.</summary>
    private QuickList BecomeChain()
    {
        if (IsChain)
            return Chain;
        nint pack = _slot.Root;
        _slot.Root = QuickList.Create(Heap);
        _slot.Encoding = ValueEncoding.QuickList;
        QuickList chain = Chain;
        if (pack == 0)
            return chain;
        // No node is without elements; a listpack whose last one was taken is.
        if (new Listpack(pack).Count > 0)
            chain.AppendPack(pack);
        else
            CompactBlock.Free(Heap, (byte*)pack, new Listpack(pack).Bytes);
        return chain;
    }

    /// <summary>After a removal from nodes: a single one is a listpack again, and none is an empty list.</summary>
    private void Shrink()
    {
        if (!Chain.TryDissolve(out nint pack))
            return;
        _slot.Root = pack;
        _slot.Encoding = ValueEncoding.Listpack;
    }
}
