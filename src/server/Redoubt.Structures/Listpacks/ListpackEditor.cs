using Redoubt.Native;
using Redoubt.Native.Memory;

namespace Redoubt.Structures.Listpacks;

/// <summary>
/// Changes a listpack. The word <c>block</c> of its owner (a collection's root, a node's field) leads to it and follows when the block moves;
/// views and spans of the listpack are void after each change, positions behind the changed place as well.
/// </summary>
/// <param name="gap">Unused bytes of the block before the listpack; there are as many after each change.</param>
internal readonly unsafe ref struct ListpackEditor(NativeHeap heap, ref nint block, int gap = 0)
{
    private readonly ref nint _block = ref block;

    public Listpack Pack => new(_block);

    /// <summary>A new listpack without elements.</summary>
    public static nint Create(NativeHeap heap)
    {
        byte* block = CompactBlock.Allocate(heap, Listpack.EmptyBytes);
        *(int*)block = Listpack.EmptyBytes;
        *(ushort*)(block + 4) = 0;
        block[Listpack.HeaderBytes] = Listpack.End;
        return (nint)block;
    }

    /// <summary>A listpack of these bytes, which were validated or come from another listpack.</summary>
    public static nint CreateFrom(NativeHeap heap, ReadOnlySpan<byte> bytes)
    {
        byte* block = CompactBlock.Allocate(heap, bytes.Length);
        bytes.CopyTo(new Span<byte>(block, bytes.Length));
        return (nint)block;
    }

    public static void Free(NativeHeap heap, nint block) => CompactBlock.Free(heap, (byte*)block, new Listpack(block).Bytes);

    /// <summary>Bytes of memory that the listpack occupies.</summary>
    public static long MemoryBytes(NativeHeap heap, nint block) => CompactBlock.UsableSize(heap, new Listpack(block).Bytes);

    /// <summary>Whether this many further bytes fit into what Redis allows for one listpack.</summary>
    public bool HasRoomFor(long bytes) => Pack.Bytes + bytes <= PackedElement.TextBytesMax;

    /// <returns>The position of the new element.</returns>
    public int Append(ReadOnlySpan<byte> text) => Put(Pack.Bytes - 1, 0, new PackedElement(text), 1);

    public int Append(long integer) => Put(Pack.Bytes - 1, 0, new PackedElement(integer), 1);

    public int Prepend(ReadOnlySpan<byte> text) => Put(Listpack.HeaderBytes, 0, new PackedElement(text), 1);

    public int Prepend(long integer) => Put(Listpack.HeaderBytes, 0, new PackedElement(integer), 1);

    public int InsertBefore(int position, ReadOnlySpan<byte> text) => Put(position, 0, new PackedElement(text), 1);

    public int InsertBefore(int position, long integer) => Put(position, 0, new PackedElement(integer), 1);

    public int InsertAfter(int position, ReadOnlySpan<byte> text) => Put(position + Pack.ElementBytes(position), 0, new PackedElement(text), 1);

    public int InsertAfter(int position, long integer) => Put(position + Pack.ElementBytes(position), 0, new PackedElement(integer), 1);

    public int Replace(int position, ReadOnlySpan<byte> text) => Put(position, Pack.ElementBytes(position), new PackedElement(text), 0);

    public int Replace(int position, long integer)
    {
        PackedElement element = new(integer);
        int replaced = Pack.ElementBytes(position);
        if (replaced != element.Bytes)
            return Put(position, replaced, element, 0);
        element.CopyTo((byte*)_block + position);
        return position;
    }

    /// <summary>Removes up to <paramref name="count"/> elements from a position on.</summary>
    /// <returns>The position of what followed them, 0 when nothing did.</returns>
    public int Delete(int position, int count = 1)
    {
        Listpack pack = Pack;
        int removed = 0, next = position;
        while (removed < count && next != 0)
        {
            next = pack.Next(next);
            removed++;
        }
        int until = next == 0 ? pack.Bytes - 1 : next;
        Splice(position, until - position, 0);
        AddToCount(-removed);
        return next == 0 ? 0 : position;
    }

    /// <summary>Removes up to <paramref name="count"/> elements from a number on; negative numbers count from the tail.</summary>
    public void DeleteRange(long index, int count)
    {
        int position = count > 0 ? Pack.At(index) : 0;
        if (position != 0)
            Delete(position, count);
    }

    /// <summary>Opens room at the end for elements that are written there at once.</summary>
    public byte* Extend(int bytes, int elements)
    {
        int end = Pack.Bytes - 1;
        Splice(end, 0, bytes);
        AddToCount(elements);
        return (byte*)_block + end;
    }

    /// <summary>Appends all elements of another listpack, which stays as it is.</summary>
    public void AppendAll(Listpack other)
    {
        int content = other.Bytes - Listpack.EmptyBytes;
        int count = Pack.Count + other.Count;
        int end = Pack.Bytes - 1;
        Splice(end, 0, content);
        other.Span.Slice(Listpack.HeaderBytes, content).CopyTo(new Span<byte>((byte*)_block + end, content));
        *(ushort*)(_block + 4) = (ushort)Math.Min(count, Listpack.CountUnknown);
    }

    private int Put(int position, int replaced, scoped in PackedElement element, int added)
    {
        Invariant.That((uint)(position - Listpack.HeaderBytes) < (uint)(Pack.Bytes - Listpack.HeaderBytes), "a position is inside its listpack");
        Splice(position, replaced, element.Bytes);
        element.CopyTo((byte*)_block + position);
        if (added != 0)
            AddToCount(added);
        return position;
    }

    private void Splice(int position, int removed, int added)
    {
        int length = Pack.Bytes;
        Invariant.That((long)gap + length + added - removed <= int.MaxValue, "a listpack is shorter than two gigabytes");
        byte* block = CompactBlock.Splice(heap, (byte*)_block - gap, (long)gap + length, (long)gap + position, removed, added) + gap;
        *(int*)block = length - removed + added;
        _block = (nint)block;
    }

    private void AddToCount(int change)
    {
        ushort* count = (ushort*)(_block + 4);
        if (*count != Listpack.CountUnknown)
            *count = (ushort)Math.Min(*count + change, Listpack.CountUnknown);
    }
}
