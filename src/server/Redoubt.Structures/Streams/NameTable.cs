// The consumer groups of a stream, and the consumers of a group, in the order of their names.
//
// How: an array of addresses, ordered by name and searched by halving; it grows by doubling and shrinks at a quarter. Redis
// reports both in the order of their bytes, so a hash table would have to sort for every report; and there are few of them,
// so that moving the tail of the array costs less than a tree would.
//
// The blocks belong to whoever adds them. Each begins with the length of its name and the distance to it.
//
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Native.Memory;

namespace Redoubt.Structures.Streams;

/// <summary>The beginning of every block that a <see cref="NameTable"/> holds.</summary>
internal unsafe struct NameHeader
{
    public int NameLength;
    public int NameOffset;

    public static ReadOnlySpan<byte> NameOf(NameHeader* block) => new((byte*)block + block->NameOffset, block->NameLength);

    public static long BlockBytes(NameHeader* block) => (long)block->NameOffset + block->NameLength;

    /// <summary>A block of <paramref name="headerBytes"/>, to be filled, and the name.</summary>
    public static NameHeader* Allocate(NativeHeap heap, int headerBytes, ReadOnlySpan<byte> name)
    {
        NameHeader* block = (NameHeader*)heap.Allocate((long)headerBytes + name.Length);
        new Span<byte>(block, headerBytes).Clear();
        block->NameLength = name.Length;
        block->NameOffset = headerBytes;
        name.CopyTo(new Span<byte>((byte*)block + headerBytes, name.Length));
        return block;
    }

    public static void Free(NativeHeap heap, NameHeader* block) => heap.Free((byte*)block, BlockBytes(block));
}

internal unsafe struct NameTable
{
    private const int FirstCapacity = 1;

    private NameHeader** _blocks;
    private int _count;
    private int _capacity;

    public readonly int Count => _count;

    public readonly NameHeader* this[int index]
    {
        get
        {
            Invariant.That((uint)index < (uint)_count, "a name is asked for by a number below their count");
            return _blocks[index];
        }
    }

    /// <summary>Memory of the array, in bytes.</summary>
    public readonly long OccupiedBytes(NativeHeap heap) => _blocks == null ? 0 : heap.UsableSize(Bytes(_capacity));

    /// <summary>The place of a name; when it is not there, the complement of where it would be.</summary>
    public readonly int IndexOf(scoped ReadOnlySpan<byte> name)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            int order = NameHeader.NameOf(_blocks[middle]).SequenceCompareTo(name);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return ~low;
    }

    public readonly NameHeader* Find(scoped ReadOnlySpan<byte> name)
    {
        int index = IndexOf(name);
        return index < 0 ? null : _blocks[index];
    }

    public void Add(NativeHeap heap, NameHeader* block)
    {
        int at = ~IndexOf(NameHeader.NameOf(block));
        Invariant.That(at >= 0, "a name is added once");
        if (_count == _capacity)
            Resize(heap, Math.Max(FirstCapacity, _capacity * 2));
        Buffer.MemoryCopy(_blocks + at, _blocks + at + 1, Bytes(_count - at), Bytes(_count - at));
        _blocks[at] = block;
        _count++;
    }

    public void RemoveAt(NativeHeap heap, int index)
    {
        Invariant.That((uint)index < (uint)_count, "what is removed is there");
        _count--;
        Buffer.MemoryCopy(_blocks + index + 1, _blocks + index, Bytes(_count - index), Bytes(_count - index));
        if (_count <= _capacity / 4)
            Resize(heap, _capacity / 2);
    }

    public readonly void Verify()
    {
        Invariant.That(_count <= _capacity && (_blocks == null) == (_capacity == 0), "names fit their array");
        for (int i = 1; i < _count; i++)
        {
            Invariant.That(NameHeader.NameOf(_blocks[i - 1]).SequenceCompareTo(NameHeader.NameOf(_blocks[i])) < 0, "names ascend");
        }
    }

    private void Resize(NativeHeap heap, int capacity)
    {
        if (_count == 0 && capacity < _capacity)
            capacity = 0;
        NameHeader** blocks = capacity == 0 ? null : (NameHeader**)heap.Allocate(Bytes(capacity));
        if (_blocks != null)
        {
            Buffer.MemoryCopy(_blocks, blocks, Bytes(capacity), Bytes(_count));
            heap.Free((byte*)_blocks, Bytes(_capacity));
        }
        _blocks = blocks;
        _capacity = capacity;
    }

    private static long Bytes(int count) => (long)count * sizeof(NameHeader*);
}
