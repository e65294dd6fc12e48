// A small set of integers: Redis's intset, byte for byte. The numbers stand sorted in one block, all in the width that the
// widest of them needs, and are found by halving. A set of 512 numbers of 16 bits takes a kilobyte; a table would take forty.
//
//   offset size
//        0    4  width of a number: 2, 4 or 8 bytes, little endian
//        4    4  count of the numbers
//        8       the numbers in rising order, signed, little endian
//
// A wider number widens all. Nothing makes a set narrower again: Redis does not either, and so the bytes are the same.
//
// Invariants (Validate): rising order, no number twice, length and count agree.
// Threads: the keyspace thread.

using System.Buffers.Binary;
using Redoubt.Native;
using Redoubt.Native.Memory;

namespace Redoubt.Structures.IntSets;

internal readonly unsafe struct IntSet
{
    public const int HeaderBytes = 8;

    private readonly byte* _block;

    public IntSet(nint block) => _block = (byte*)block;

    public int Count => *(int*)(_block + 4);

    public int Bytes => HeaderBytes + Count * Width;

    public ReadOnlySpan<byte> Span => new(_block, Bytes);

    private int Width => *(int*)_block;

    /// <summary>The number at an index in rising order.</summary>
    public long this[int index]
    {
        get
        {
            Invariant.That((uint)index < (uint)Count, "an index is inside its intset");
            return Read(_block, Width, index);
        }
    }

    public bool Contains(long value) => WidthOf(value) <= Width && Search(value) >= 0;

    /// <summary>Any of the numbers, each as likely; the set must have one.</summary>
    public long Pick(Random random) => this[random.Next(Count)];

    public static nint Create(NativeHeap heap)
    {
        byte* block = CompactBlock.Allocate(heap, HeaderBytes);
        *(int*)block = 2;
        *(int*)(block + 4) = 0;
        return (nint)block;
    }

    /// <summary>A set of these bytes, which were validated or come from another set.</summary>
    public static nint CreateFrom(NativeHeap heap, ReadOnlySpan<byte> bytes)
    {
        byte* block = CompactBlock.Allocate(heap, bytes.Length);
        bytes.CopyTo(new Span<byte>(block, bytes.Length));
        return (nint)block;
    }

    public static void Free(NativeHeap heap, nint block) => CompactBlock.Free(heap, (byte*)block, new IntSet(block).Bytes);

    /// <summary>The same as one step of freeing in slices.</summary>
    public static bool Free(NativeHeap heap, ref nint block, ref int budget)
    {
        Free(heap, block);
        block = 0;
        budget--;
        return true;
    }

    /// <summary>Bytes of memory that the set occupies.</summary>
    public static long MemoryBytes(NativeHeap heap, nint block) => CompactBlock.UsableSize(heap, new IntSet(block).Bytes);

    /// <summary>False when the number is in the set already. The set's block may be another one afterwards.</summary>
    public static bool Add(NativeHeap heap, ref nint block, long value)
    {
        IntSet set = new(block);
        if (WidthOf(value) > set.Width)
        {
            Widen(heap, ref block, value);
            return true;
        }
        int place = set.Search(value);
        if (place >= 0)
            return false;
        place = ~place;
        int width = set.Width, count = set.Count;
        byte* changed = CompactBlock.Splice(heap, set._block, set.Bytes, HeaderBytes + (long)place * width, 0, width);
        Write(changed, width, place, value);
        *(int*)(changed + 4) = count + 1;
        block = (nint)changed;
        return true;
    }

    /// <summary>False when the number is not in the set.</summary>
    public static bool Remove(NativeHeap heap, ref nint block, long value)
    {
        IntSet set = new(block);
        int place = WidthOf(value) <= set.Width ? set.Search(value) : -1;
        if (place < 0)
            return false;
        int width = set.Width, count = set.Count;
        byte* changed = CompactBlock.Splice(heap, set._block, set.Bytes, HeaderBytes + (long)place * width, width, 0);
        *(int*)(changed + 4) = count - 1;
        block = (nint)changed;
        return true;
    }

    /// <summary>Whether foreign bytes are an intset; <paramref name="deep"/> looks at the order of the numbers too. Reads nothing outside them.</summary>
    public static bool Validate(ReadOnlySpan<byte> bytes, bool deep)
    {
        if (bytes.Length < HeaderBytes)
            return false;
        uint width = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (width is not (2 or 4 or 8) || count == 0 || HeaderBytes + (ulong)count * width != (ulong)bytes.Length)
            return false;
        if (!deep)
            return true;
        fixed (byte* block = bytes)
        {
            for (int index = 1; index < count; index++)
            {
                if (Read(block, (int)width, index - 1) >= Read(block, (int)width, index))
                    return false;
            }
        }
        return true;
    }

    public void Verify() => Invariant.That(Count == 0 || Validate(Span, deep: true), "an intset's numbers rise, and its length and count agree");

    private static int WidthOf(long value) =>
        value is >= short.MinValue and <= short.MaxValue ? 2 : value is >= int.MinValue and <= int.MaxValue ? 4 : 8;

    private static long Read(byte* block, int width, int index) => width switch
    {
        2 => ((short*)(block + HeaderBytes))[index],
        4 => ((int*)(block + HeaderBytes))[index],
        _ => ((long*)(block + HeaderBytes))[index],
    };

    private static void Write(byte* block, int width, int index, long value)
    {
        switch (width)
        {
            case 2:
                ((short*)(block + HeaderBytes))[index] = (short)value;
                break;
            case 4:
                ((int*)(block + HeaderBytes))[index] = (int)value;
                break;
            default:
                ((long*)(block + HeaderBytes))[index] = value;
                break;
        }
    }

    /// <summary>The index of the number, or the complement of the one where it belongs.</summary>
    private int Search(long value)
    {
        int width = Width, low = 0, high = Count - 1;
        // Numbers often come in rising order.
        if (high >= 0 && value > Read(_block, width, high))
            return ~(high + 1);
        while (low <= high)
        {
            int middle = (int)(((uint)low + (uint)high) >> 1);
            long found = Read(_block, width, middle);
            if (found == value)
                return middle;
            if (found < value)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    /// <summary>Adds a number that is wider than all others, which makes it the first or the last.</summary>
    private static void Widen(NativeHeap heap, ref nint block, long value)
    {
        IntSet set = new(block);
        int from = set.Width, to = WidthOf(value), count = set.Count;
        byte* changed = CompactBlock.Allocate(heap, HeaderBytes + (count + 1L) * to);
        *(int*)changed = to;
        *(int*)(changed + 4) = count + 1;
        int shift = value < 0 ? 1 : 0;
        for (int index = 0; index < count; index++)
            Write(changed, to, index + shift, Read(set._block, from, index));
        Write(changed, to, value < 0 ? 0 : count, value);
        Free(heap, block);
        block = (nint)changed;
    }
}
