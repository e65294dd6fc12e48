using Redoubt.Native.Memory;

namespace Redoubt.Structures;

/// <summary>
/// The native block of a value that is one string of bytes and knows its own length. The block is as large as its length and the heap's
/// classes say: there is no capacity to store, and bytes added within a class cost no move. Blocks too large for a class are a sixteenth of
/// their power of two apart, so that a long string of bytes is not copied at each change.
/// </summary>
internal static unsafe class CompactBlock
{
    /// <summary>What the heap is asked for when the content has this length; both in bytes.</summary>
    public static long SizeFor(long length)
    {
        if (length <= NativeHeap.SlabBlockBytesMax)
            return length;
        long step = 1L << (System.Numerics.BitOperations.Log2((ulong)length) - 4);
        return (length + step - 1) & -step;
    }

    public static byte* Allocate(NativeHeap heap, long length) => heap.Allocate(SizeFor(length));

    public static void Free(NativeHeap heap, byte* block, long length) => heap.Free(block, SizeFor(length));

    /// <summary>Bytes that the block really occupies.</summary>
    public static long UsableSize(NativeHeap heap, long length) => heap.UsableSize(SizeFor(length));

    /// <summary>
    /// Makes room for <paramref name="added"/> bytes at <paramref name="at"/> in place of <paramref name="removed"/> ones (either may be 0): what follows
    /// moves, the new bytes are undefined. The block may be another one afterwards.
    /// </summary>
    public static byte* Splice(NativeHeap heap, byte* block, long length, long at, long removed, long added)
    {
        long changedLength = length - removed + added;
        long tail = length - at - removed;
        long size = SizeFor(length), changedSize = SizeFor(changedLength);
        if (size == changedSize || heap.UsableSize(size) == heap.UsableSize(changedSize))
        {
            if (removed != added)
                Buffer.MemoryCopy(block + at + removed, block + at + added, tail, tail);
            return block;
        }
        byte* changed = heap.Allocate(changedSize);
        Buffer.MemoryCopy(block, changed, at, at);
        Buffer.MemoryCopy(block + at + removed, changed + at + added, tail, tail);
        heap.Free(block, size);
        return changed;
    }
}
