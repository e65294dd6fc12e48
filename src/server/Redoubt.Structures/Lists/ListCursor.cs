using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Lists;

/// <summary>
/// Walks over the elements of a list, from either end or from the middle: to be used with `foreach`. The list must not change
/// meanwhile; a compressed node is expanded beside it while it is read.
/// </summary>
public unsafe ref struct ListCursor
{
    private readonly NativeHeap _heap;
    private readonly bool _isBackwards;
    private ListNode* _node;
    private nint _content;
    private int _next;
    private int _current;
    private nint _scratch;
    private int _scratchBytes;

    /// <summary>A walk over one listpack, from a position on; 0 = nowhere.</summary>
    internal ListCursor(NativeHeap heap, nint pack, int position, bool isBackwards)
    {
        _heap = heap;
        _isBackwards = isBackwards;
        _content = pack;
        _next = position;
    }

    /// <summary>A walk over nodes, from an element of a node on.</summary>
    internal ListCursor(NativeHeap heap, ListNode* node, int offset, bool isBackwards)
    {
        _heap = heap;
        _isBackwards = isBackwards;
        if (node == null)
            return;
        Enter(node);
        if (!node->IsPlain)
            _next = new Listpack(_content).At(offset);
    }

    /// <summary>The element that the walk has come to.</summary>
    public readonly PackedValue Current =>
        _node != null && _node->IsPlain ? new PackedValue(new ReadOnlySpan<byte>((byte*)_content, _node->Bytes)) : new Listpack(_content)[_current];

    public bool MoveNext()
    {
        if (_next == 0)
        {
            ListNode* node = _node == null ? null : _isBackwards ? _node->Previous : _node->Next;
            if (node == null)
                return false;
            Enter(node);
        }
        _current = _next;
        Listpack pack = new(_content);
        _next = _node != null && _node->IsPlain ? 0 : _isBackwards ? pack.Previous(_current) : pack.Next(_current);
        return true;
    }

    public readonly ListCursor GetEnumerator() => this;

    /// <summary>Gives back what a compressed node was expanded into.</summary>
    public void Dispose()
    {
        if (_scratch != 0)
            _heap.Free((byte*)_scratch, _scratchBytes);
        _scratch = 0;
    }

    private void Enter(ListNode* node)
    {
        Dispose();
        _node = node;
        _content = node->Content;
        if (node->IsCompressed)
        {
            _scratchBytes = node->Bytes;
            _scratch = _content = (nint)_heap.Allocate(_scratchBytes);
            node->CopyTo((byte*)_content);
        }
        // A plain node has one element, at no position: any number but 0 says that it comes next.
        _next = node->IsPlain ? 1 : _isBackwards ? new Listpack(_content).Last : new Listpack(_content).First;
    }
}
