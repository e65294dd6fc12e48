using Redoubt.Native.Memory;
using Redoubt.Structures.Compression;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Lists;

/// <summary>The block a long list begins with.</summary>
internal unsafe struct ListBlock
{
    public ListNode* Head;
    public ListNode* Tail;

    /// <summary>Elements of all nodes.</summary>
    public long Count;

    public long NodeCount;
}

/// <summary>
/// One node of a long list, and what is in it: some elements in a listpack, or a single long one as it is ("plain"). Either may be
/// compressed: four bytes of length, then LZF.
///
/// A listpack may begin somewhere inside its block. The bytes before it, the gap, are what elements that were popped at the head leave behind, and
/// where others that are pushed there go, so that at this end too a push or pop moves nothing but the header of six bytes. A gap larger than
/// what it is a gap of is closed, and so is that of a node which is not the first any more.
/// </summary>
internal unsafe struct ListNode
{
    private const uint PlainBit = 1;
    private const uint CompressedBit = 2;
    private const int CountShift = 2;

    // Below, compression does not pay: Redis's numbers, in bytes.
    private const int CompressedBytesMin = 48;
    private const int SavedBytesMin = 8;
    private const int CompressedHeaderBytes = 4;

    /// <summary>A gap that is opened has room for about this and half as much as there is already.</summary>
    private const int GapBytesMin = 64;

    public ListNode* Previous;
    public ListNode* Next;

    /// <summary>Where the listpack, the element, or what is compressed begins.</summary>
    public nint Content;

    /// <summary>Length of the content when it is not compressed.</summary>
    public int Bytes;

    private uint _form;

    /// <summary>Unused bytes of the block before the content; none if that is plain or compressed.</summary>
    private int _gap;

    /// <summary>Elements.</summary>
    public int Count
    {
        readonly get => (int)(_form >> CountShift);
        set => _form = (uint)value << CountShift | _form & (PlainBit | CompressedBit);
    }

    public readonly bool IsPlain => (_form & PlainBit) != 0;

    public readonly bool IsCompressed => (_form & CompressedBit) != 0;

    /// <summary>The listpack of a node that is neither plain nor compressed.</summary>
    public readonly Listpack Pack => new(Content);

    /// <summary>The content as it is stored.</summary>
    public readonly ReadOnlySpan<byte> Stored =>
        IsCompressed ? new((byte*)Content + CompressedHeaderBytes, *(int*)Content) : new((byte*)Content, Bytes);

    private readonly byte* Start => (byte*)Content - _gap;

    private readonly long BlockBytes => _gap + StoredBytes;

    private readonly long StoredBytes => IsCompressed ? CompressedHeaderBytes + *(int*)Content : Bytes;

    /// <summary>A node that takes over a listpack.</summary>
    public static ListNode* CreatePacked(NativeHeap heap, nint pack)
    {
        ListNode* node = Create(heap, pack, new Listpack(pack).Bytes);
        node->Count = node->Pack.Count;
        return node;
    }

    public static ListNode* CreatePlain(NativeHeap heap, ReadOnlySpan<byte> element)
    {
        ListNode* node = Create(heap, Block(heap, element), element.Length);
        node->_form = PlainBit | 1 << CountShift;
        return node;
    }

    public static ListNode* Copy(NativeHeap heap, ListNode* source)
    {
        ListNode* node = Create(heap, 0, source->Bytes);
        byte* content = CompactBlock.Allocate(heap, source->StoredBytes);
        Buffer.MemoryCopy((byte*)source->Content, content, source->StoredBytes, source->StoredBytes);
        node->Content = (nint)content;
        node->_form = source->_form;
        return node;
    }

    public static void Free(NativeHeap heap, ListNode* node)
    {
        CompactBlock.Free(heap, node->Start, node->BlockBytes);
        heap.Free((byte*)node, sizeof(ListNode));
    }

    /// <summary>Memory of the node, in bytes.</summary>
    public readonly long OccupiedBytes(NativeHeap heap) => heap.UsableSize(sizeof(ListNode)) + CompactBlock.UsableSize(heap, BlockBytes);

    /// <summary>For changes of the listpack anywhere but at its head.</summary>
    public static ListpackEditor Edit(NativeHeap heap, ListNode* node) => new(heap, ref node->Content, node->_gap);

    /// <summary>To be called after each change by <see cref="Edit"/>.</summary>
    public void PackChanged(int added)
    {
        Bytes = Pack.Bytes;
        Count += added;
    }

    /// <summary>Another first element of the listpack.</summary>
    public void Prepend(NativeHeap heap, scoped ReadOnlySpan<byte> text)
    {
        PackedElement element = new(text);
        if (_gap < element.Bytes)
            OpenGap(heap, element.Bytes);
        byte* head = (byte*)Content - element.Bytes;
        MoveHead(-element.Bytes, 1);
        element.CopyTo(head + Listpack.HeaderBytes);
    }

    /// <summary>Removes the listpack's first elements; some are left.</summary>
    public void RemoveFirst(NativeHeap heap, int count)
    {
        int until = Listpack.HeaderBytes;
        for (int i = 0; i < count; i++)
            until = Pack.Next(until);
        MoveHead(until - Listpack.HeaderBytes, -count);
        if (_gap > Bytes + GapBytesMin)
            CloseGap(heap);
    }

    /// <summary>Leaves the content at the beginning of its block, which is no larger than it need be.</summary>
    public void CloseGap(NativeHeap heap)
    {
        if (_gap > 0)
            MoveInto(heap, 0);
    }

    private void OpenGap(NativeHeap heap, int needed)
    {
        // All that the block will have beyond the content.
        long size = CompactBlock.UsableSize(heap, (long)needed + GapBytesMin + Bytes / 2 + Bytes);
        MoveInto(heap, (int)(size - Bytes));
    }

    private void MoveInto(NativeHeap heap, int gap)
    {
        byte* block = CompactBlock.Allocate(heap, (long)gap + Bytes);
        Buffer.MemoryCopy((byte*)Content, block + gap, Bytes, Bytes);
        CompactBlock.Free(heap, Start, BlockBytes);
        Content = (nint)(block + gap);
        _gap = gap;
    }

    /// <summary>The listpack begins so many bytes further behind, and has so many elements more.</summary>
    private void MoveHead(int bytes, int added)
    {
        ushort count = *(ushort*)(Content + 4);
        Content += bytes;
        _gap += bytes;
        Bytes -= bytes;
        *(int*)Content = Bytes;
        *(ushort*)(Content + 4) = count == Listpack.CountUnknown ? count : (ushort)Math.Min(count + added, Listpack.CountUnknown);
        Count += added;
    }

    /// <summary>Another element in a plain node.</summary>
    public void ReplacePlain(NativeHeap heap, ReadOnlySpan<byte> element)
    {
        CompactBlock.Free(heap, (byte*)Content, StoredBytes);
        Content = Block(heap, element);
        Bytes = element.Length;
        _form &= ~CompressedBit;
    }

    /// <summary>Compresses the content if that saves something.</summary>
    public void Compress(ValueStore store)
    {
        if (IsCompressed || Bytes < CompressedBytesMin)
            return;
        NativeHeap heap = store.Heap;
        byte* room = heap.Allocate(Bytes);
        int length = store.Lzf.Compress(Stored, new Span<byte>(room, Bytes - SavedBytesMin - 1));
        if (length > 0)
        {
            byte* compressed = CompactBlock.Allocate(heap, CompressedHeaderBytes + length);
            *(int*)compressed = length;
            Buffer.MemoryCopy(room, compressed + CompressedHeaderBytes, length, length);
            CompactBlock.Free(heap, Start, BlockBytes);
            Content = (nint)compressed;
            _gap = 0;
            _form |= CompressedBit;
        }
        heap.Free(room, Bytes);
    }

    public void Decompress(NativeHeap heap)
    {
        if (!IsCompressed)
            return;
        byte* content = CompactBlock.Allocate(heap, Bytes);
        CopyTo(content);
        CompactBlock.Free(heap, (byte*)Content, StoredBytes);
        Content = (nint)content;
        _form &= ~CompressedBit;
    }

    /// <summary>Writes the content, not compressed, where there is room for <see cref="Bytes"/>.</summary>
    public readonly void CopyTo(byte* target)
    {
        if (!IsCompressed)
            Stored.CopyTo(new Span<byte>(target, Bytes));
        else
            Native.Invariant.That(Lzf.TryDecompress(Stored, new Span<byte>(target, Bytes)), "a list's node expands to what it was");
    }

    private static ListNode* Create(NativeHeap heap, nint content, int bytes)
    {
        ListNode* node = (ListNode*)heap.Allocate(sizeof(ListNode));
        *node = new ListNode { Content = content, Bytes = bytes };
        return node;
    }

    private static nint Block(NativeHeap heap, ReadOnlySpan<byte> bytes)
    {
        byte* block = CompactBlock.Allocate(heap, bytes.Length);
        bytes.CopyTo(new Span<byte>(block, bytes.Length));
        return (nint)block;
    }
}
