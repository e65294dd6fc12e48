using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Lists;

/// <summary>One node of a list as a file takes it.</summary>
/// <param name="stored">The bytes of a listpack or of a single element, perhaps compressed.</param>
/// <param name="bytes">Their length when they are not compressed.</param>
public readonly ref struct ListNodeImage(ReadOnlySpan<byte> stored, int bytes, bool isPlain, bool isCompressed)
{
    public ReadOnlySpan<byte> Stored { get; } = stored;

    public int Bytes { get; } = bytes;

    /// <summary>A single element instead of a listpack.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <summary>By LZF.</summary>
    public bool IsCompressed { get; } = isCompressed;
}

/// <summary>A node to go on with later; good while the list does not change.</summary>
public readonly struct ListNodeMark
{
    internal ListNodeMark(nint node) => Node = node;

    internal nint Node { get; }
}

/// <summary>The nodes of a list from head to tail, for `foreach`. The list must not change meanwhile.</summary>
public unsafe ref struct ListNodes
{
    private ListNode* _next;
    private nint _pack;
    private ListNodeImage _current;

    /// <summary>A chain of nodes, or else one listpack.</summary>
    internal ListNodes(ListNode* head, nint pack)
    {
        _next = head;
        _pack = pack;
    }

    public readonly ListNodeImage Current => _current;

    /// <summary>The node that comes next.</summary>
    public readonly ListNodeMark Next => new((nint)_next);

    public bool MoveNext()
    {
        if (_pack != 0)
        {
            ReadOnlySpan<byte> span = new Listpack(_pack).Span;
            _current = new ListNodeImage(span, span.Length, false, false);
            _pack = 0;
            return true;
        }
        if (_next == null)
            return false;
        _current = new ListNodeImage(_next->Stored, _next->Bytes, _next->IsPlain, _next->IsCompressed);
        _next = _next->Next;
        return true;
    }

    public readonly ListNodes GetEnumerator() => this;
}
