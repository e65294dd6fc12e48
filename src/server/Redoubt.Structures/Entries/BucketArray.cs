// The memory of a table's buckets: zeroed cache lines, found by number. Large arrays come straight from the system with
// huge pages, and are given back piece by piece while their buckets move to another array, so that no step takes time in
// proportion to the table.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Redoubt.Native.Memory;

namespace Redoubt.Structures.Entries;

[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct Bucket
{
    public ulong Tags;
    public fixed ulong Slots[EntryTable.SlotsPerBucket];

    public readonly bool IsChained => (long)Tags >= 1L << 56;

    public readonly Bucket* Next => (Bucket*)Slots[6];
}

internal unsafe struct BucketArray
{
    private const int BucketBytes = 64;
    private const long PieceBytes = 2 * 1024 * 1024;

    private Bucket* _buckets;
    private bool _isMapped;

    public long Count { get; private set; }

    public readonly ulong Mask => (ulong)Count - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Bucket* At(long index) => _buckets + index;

    public static BucketArray Create(long count)
    {
        long bytes = count * BucketBytes;
        BucketArray array = new() { Count = count, _isMapped = bytes >= PieceBytes };
        if (array._isMapped)
        {
            array._buckets = (Bucket*)VirtualMemory.Reserve(bytes, PieceBytes);
            VirtualMemory.AdviseHugePages((byte*)array._buckets, bytes);
        }
        else
        {
            array._buckets = (Bucket*)NativeMemory.AlignedAlloc((nuint)bytes, BucketBytes);
            NativeMemory.Clear(array._buckets, (nuint)bytes);
        }
        return array;
    }

    /// <summary>Gives back the memory of the buckets before <paramref name="index"/>, a piece at a time.</summary>
    public readonly void DiscardUpTo(long index)
    {
        long offset = index * BucketBytes;
        if (_isMapped && offset % PieceBytes == 0)
            VirtualMemory.Discard((byte*)_buckets + offset - PieceBytes, PieceBytes);
    }

    public void Release()
    {
        if (_buckets == null)
            return;
        if (_isMapped)
            VirtualMemory.Release((byte*)_buckets, Count * BucketBytes);
        else
            NativeMemory.AlignedFree(_buckets);
        this = default;
    }
}
