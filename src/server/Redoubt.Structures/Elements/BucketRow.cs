using Redoubt.Native.Memory;
using Redoubt.Structures.Buckets;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Elements;

/// <summary>
/// The buckets of a collection's table: a zeroed block of the heap, or above 32 KB pages of their own, which come and go one by one, so that
/// neither opening nor leaving a large row takes time in proportion to it.
/// </summary>
internal static unsafe class BucketRow
{
    public static Bucket* Create(NativeHeap heap, int bits)
    {
        long bytes = BytesOf(bits);
        if (HasPages(bits))
            return (Bucket*)heap.AllocatePages(bytes);
        Bucket* row = (Bucket*)heap.Allocate(bytes);
        new Span<byte>(row, (int)bytes).Clear();
        return row;
    }

    public static void Free(NativeHeap heap, Bucket* row, int bits)
    {
        if (HasPages(bits))
            heap.FreePages((byte*)row, BytesOf(bits));
        else
            heap.Free((byte*)row, BytesOf(bits));
    }

    /// <summary>Gives back the memory of the buckets before <paramref name="index"/>, a piece at a time.</summary>
    public static void DiscardUpTo(Bucket* row, int bits, long index)
    {
        long offset = index * BucketChain.LineBytes;
        if (BytesOf(bits) >= VirtualMemory.HugePageBytes && offset % VirtualMemory.HugePageBytes == 0)
            VirtualMemory.Discard((byte*)row + offset - VirtualMemory.HugePageBytes, VirtualMemory.HugePageBytes);
    }

    public static long MemoryBytes(NativeHeap heap, int bits) => HasPages(bits) ? BytesOf(bits) : heap.UsableSize(BytesOf(bits));

    private static long BytesOf(int bits) => (long)BucketChain.LineBytes << bits;

    private static bool HasPages(int bits) => BytesOf(bits) > NativeHeap.SlabBlockBytesMax;
}
