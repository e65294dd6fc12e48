// Memory that the garbage collector does not see.
//
// Why: a store of millions of managed objects pays for each of them in every collection. Here a key costs the collector
// nothing, and every byte is counted.
//
// How: blocks are asked for and given back with their size, so that no block needs a header of its own. Two heaps stand
// behind this face: SlabHeap, the real one, and GuardHeap, which the tests run on: it fences every block, poisons freed
// memory, and knows at the end what was not given back.
//
// Threads: one owner, the keyspace thread, except for `DetachLarge`.

namespace Redoubt.Native.Memory;

public abstract unsafe class NativeHeap : IDisposable
{
    /// <summary>Blocks above this size come from the C library, one by one, and may be freed on another thread.</summary>
    public const int SlabBlockBytesMax = 32 * 1024;

    /// <summary>Bytes handed out, rounded up to what a block really occupies.</summary>
    public long UsedBytes { get; protected set; }

    /// <summary>Bytes that this heap holds of the system's for the blocks: used ones, and the gaps between them.</summary>
    public virtual long HeldBytes => UsedBytes;

    /// <summary>What structures hold beside their blocks, straight from the system, in bytes; they keep it up to date.</summary>
    public long MappedBytes { get; set; }

    /// <summary>
    /// How much more may be taken before memory is short: set by who watches over it, heeded by who can do with what there is.
    /// </summary>
    public long GrowthBytesMax { get; set; } = long.MaxValue;

    /// <summary>Blocks handed out and not given back.</summary>
    public long BlockCount { get; protected set; }

    /// <summary>A block of at least <paramref name="size"/> bytes, aligned to 8, with undefined content.</summary>
    public abstract byte* Allocate(long size);

    /// <summary>Gives back a block with the size it was asked for (or any size of the same <see cref="UsableSize"/>).</summary>
    public abstract void Free(byte* block, long size);

    /// <summary>How many bytes a block asked for with this size really has.</summary>
    public abstract long UsableSize(long size);

    /// <summary>
    /// Takes a block above <see cref="SlabBlockBytesMax"/> out of this heap's books; the caller hands it to
    /// <see cref="FreeDetached"/>, on any thread.
    /// </summary>
    public abstract byte* DetachLarge(byte* block, long size);

    /// <summary>Frees what <see cref="DetachLarge"/> returned.</summary>
    public abstract void FreeDetached(byte* block);

    /// <summary>
    /// Zeroed memory of at least <see cref="SlabBlockBytesMax"/> bytes straight from the system, for arrays of buckets: pages appear when they are touched
    /// and can be given back one by one.
    /// </summary>
    public virtual byte* AllocatePages(long size)
    {
        byte* start = VirtualMemory.Reserve(size, size >= VirtualMemory.HugePageBytes ? VirtualMemory.HugePageBytes : VirtualMemory.PageBytes);
        if (size >= VirtualMemory.HugePageBytes)
            VirtualMemory.AdviseHugePages(start, size);
        UsedBytes += size;
        PageBytes += size;
        BlockCount++;
        return start;
    }

    /// <summary>Gives back what <see cref="AllocatePages"/> returned.</summary>
    public virtual void FreePages(byte* start, long size)
    {
        VirtualMemory.Release(start, size);
        UsedBytes -= size;
        PageBytes -= size;
        BlockCount--;
    }

    /// <summary>Bytes handed out by <see cref="AllocatePages"/>.</summary>
    protected long PageBytes { get; private set; }

    /// <summary>True while much will be asked for soon, as in a load: memory is made ready ahead, on a helper thread.</summary>
    public virtual bool GrowsAhead { get; set; }

    /// <summary>Gives unused memory that is held for later back to the system.</summary>
    public virtual void Purge()
    {
    }

    /// <summary>Adds what the heap is made of, for people.</summary>
    public virtual void Describe(System.Text.StringBuilder text)
    {
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
