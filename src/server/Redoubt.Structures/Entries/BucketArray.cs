// The memory of a table's buckets: zeroed cache lines, found by number. Large arrays come straight from the system with
// huge pages, and are given back piece by piece while their buckets move to another array, so that no step takes time in
// proportion to the table.
//
// Beside the buckets stands one bit for every 64 of them, a stretch: whether an entry in it may have an expiry. So the few that
// expire among many that do not are found without reading all. Who adds such an entry sets the bit; who looks and finds none
// clears it.

using System.Numerics;
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

    private const int StretchShift = 6;

    private Bucket* _buckets;
    private ulong* _marks;
    private bool _isMapped;

    public long Count { get; private set; }

    public readonly ulong Mask => (ulong)Count - 1;

    public readonly long Bytes => Count * BucketBytes;

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
        array._marks = (ulong*)NativeMemory.AllocZeroed((nuint)((count >> (StretchShift + 6)) + 1), sizeof(ulong));
        return array;
    }

    /// <summary>An entry with an expiry stands in this bucket.</summary>
    public readonly void Mark(long index) => _marks[index >> (StretchShift + 6)] |= 1UL << (int)((index >> StretchShift) & 63);

    /// <summary>No entry of this bucket's stretch has an expiry.</summary>
    public readonly void Unmark(long index) => _marks[index >> (StretchShift + 6)] &= ~(1UL << (int)((index >> StretchShift) & 63));

    public readonly bool IsMarked(long index) => (_marks[index >> (StretchShift + 6)] >> (int)((index >> StretchShift) & 63) & 1) != 0;

    /// <summary>This bucket, if its stretch is marked, or the first of the next stretch that is; <see cref="Count"/> = none.</summary>
    public readonly long NextMarked(long index)
    {
        if (index >= Count)
            return Count;
        long word = index >> (StretchShift + 6);
        int bit = (int)((index >> StretchShift) & 63);
        ulong rest = _marks[word] >> bit << bit;
        if ((rest >> bit & 1) != 0)
            return index;
        long last = (Count - 1) >> (StretchShift + 6);
        while (rest == 0 && word < last)
            rest = _marks[++word];
        return rest == 0 ? Count : ((word << 6) + BitOperations.TrailingZeroCount(rest)) << StretchShift;
    }

    public static bool BeginsStretch(long index) => (index & ((1 << StretchShift) - 1)) == 0;

    /// <summary>The first bucket after this one's stretch.</summary>
    public readonly long EndOfStretch(long index) => Math.Min(Count, ((index >> StretchShift) + 1) << StretchShift);

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
        NativeMemory.Free(_marks);
        this = default;
    }
}
