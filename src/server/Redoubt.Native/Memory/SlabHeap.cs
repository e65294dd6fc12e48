// The heap of the keyspace.
//
// Why not malloc: a call out of managed code and a header per block. A key of 16 bytes with a value of 32 is a block of 56
// bytes: here it occupies 56 bytes, malloc makes it 64, and jemalloc's classes make it 64 as well.
//
// How: blocks of one size class are cut from slabs; a slab is found from a block's address by masking, because slabs are
// aligned to their size. Free blocks of a slab form a list inside the slab. A slab whose last block is given back returns
// to its pool; beyond a few spare ones its pages go back to the system at once (64 KB or 512 KB: a bounded step).
//
//   class          step                     slab
//   8 .. 512       8 bytes                  64 KB
//   .. 2 KB        1/16 of the power of 2   64 KB
//   .. 32 KB       1/16 of the power of 2   512 KB
//   larger         the C library
//
// Pages are small ones: a huge page is cleared whole, long before its blocks are filled, and measured here that doubled the time
// of a full resync. What huge pages save, waits for the address translation, is hidden by asking for keys ahead of their use.
//
// Slab header, 64 bytes:
//   offset size
//        0    4  size class
//        4    4  size of a block
//        8    4  blocks in use
//       12    4  offset of the first byte never handed out
//       16    4  offset of the first free block, 0 = none (a free block begins with the offset of the next one)
//       20    4  1 while in the list of slabs with free blocks
//       24    8  next slab in that list
//       32    8  previous slab in that list
//
// Invariants: blocks in use + free list + never handed out = capacity; a full slab is in no list.
// Threads: the keyspace thread. Failure: out of memory throws, as everywhere in .NET.

using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Redoubt.Native.Memory;

public sealed unsafe class SlabHeap : NativeHeap
{
    private const int HeaderBytes = 64;
    private const int SmallSlabBytes = 64 * 1024;
    private const int LargeSlabBytes = 512 * 1024;
    private const int SpareSlabsMax = 16;
    private const int LinearClasses = 65;
    private const int ClassCount = LinearClasses + 6 * 16;

    private readonly Slab*[] _current = new Slab*[ClassCount];
    private readonly Slab*[] _partial = new Slab*[ClassCount];
    private readonly int[] _slabCounts = new int[ClassCount];
    private readonly ArenaSource _arenas = new();
    private readonly SlabPool _smallSlabs;
    private readonly SlabPool _largeSlabs;
    private long _largeBytes;

    public SlabHeap()
    {
        _smallSlabs = new SlabPool(SmallSlabBytes, _arenas);
        _largeSlabs = new SlabPool(LargeSlabBytes, _arenas);
    }

    private struct Slab
    {
        public int Class;
        public int BlockBytes;
        public int Used;
        public int Fresh;
        public int FreeHead;
        public int IsListed;
        public Slab* Next;
        public Slab* Previous;
    }

    public override long HeldBytes => _smallSlabs.HeldBytes + _largeSlabs.HeldBytes + _largeBytes + PageBytes;

    public override bool GrowsAhead
    {
        get => _arenas.IsAhead;
        set => _arenas.IsAhead = value;
    }

    public override byte* Allocate(long size)
    {
        if (size > SlabBlockBytesMax)
            return AllocateLarge(size);
        int sizeClass = ClassOf((int)size);
        Slab* slab = _current[sizeClass];
        if (slab == null || (slab->FreeHead == 0 && slab->Fresh + slab->BlockBytes > SlabBytesOf(sizeClass)))
            slab = NextSlab(sizeClass);
        slab->Used++;
        UsedBytes += slab->BlockBytes;
        BlockCount++;
        byte* block;
        if (slab->FreeHead != 0)
        {
            block = (byte*)slab + slab->FreeHead;
            slab->FreeHead = *(int*)block;
            return block;
        }
        block = (byte*)slab + slab->Fresh;
        slab->Fresh += slab->BlockBytes;
        return block;
    }

    public override void Free(byte* block, long size)
    {
        if (size > SlabBlockBytesMax)
        {
            FreeDetached(DetachLarge(block, size));
            return;
        }
        int sizeClass = ClassOf((int)size);
        Slab* slab = (Slab*)((nint)block & ~((nint)SlabBytesOf(sizeClass) - 1));
        Invariant.That(slab->Class == sizeClass && slab->Used > 0, "a block is given back with the size it was asked for");
        *(int*)block = slab->FreeHead;
        slab->FreeHead = (int)(block - (byte*)slab);
        slab->Used--;
        UsedBytes -= slab->BlockBytes;
        BlockCount--;
        if (slab == _current[sizeClass])
            return;
        if (slab->Used == 0)
            Release(slab, sizeClass);
        else if (slab->IsListed == 0)
            List(slab, sizeClass);
    }

    public override long UsableSize(long size) => size > SlabBlockBytesMax ? size : BlockBytesOf(ClassOf((int)size));

    public override byte* DetachLarge(byte* block, long size)
    {
        Invariant.That(size > SlabBlockBytesMax, "only large blocks leave the heap");
        UsedBytes -= size;
        _largeBytes -= size;
        BlockCount--;
        return block;
    }

    public override void FreeDetached(byte* block) => NativeMemory.Free(block);

    public override void Purge()
    {
        _smallSlabs.Purge();
        _largeSlabs.Purge();
        CLibraryHeap.Trim();
    }

    public override void Describe(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Slabs: {_smallSlabs.HeldBytes} bytes in slabs of 64 KB, {_largeSlabs.HeldBytes} in slabs of 512 KB; blocks above 32 KB: {_largeBytes} bytes.\n");
        text.Append("bytes of a block | slabs | blocks in use | blocks free\n");
        for (int sizeClass = 1; sizeClass < ClassCount; sizeClass++)
        {
            if (_slabCounts[sizeClass] == 0)
                continue;
            long capacity = (SlabBytesOf(sizeClass) - HeaderBytes) / BlockBytesOf(sizeClass);
            long free = _current[sizeClass] == null || _current[sizeClass]->IsListed != 0 ? 0 : capacity - _current[sizeClass]->Used;
            for (Slab* slab = _partial[sizeClass]; slab != null; slab = slab->Next)
                free += capacity - slab->Used;
            long used = _slabCounts[sizeClass] * capacity - free;
            text.Append(CultureInfo.InvariantCulture, $"{BlockBytesOf(sizeClass),16} | {_slabCounts[sizeClass],5} | {used,13} | {free,11}\n");
        }
    }

    public override void Dispose()
    {
        _smallSlabs.Dispose();
        _largeSlabs.Dispose();
        _arenas.Dispose();
        base.Dispose();
    }

    private byte* AllocateLarge(long size)
    {
        byte* block = (byte*)NativeMemory.Alloc((nuint)size);
        UsedBytes += size;
        _largeBytes += size;
        BlockCount++;
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Slab* NextSlab(int sizeClass)
    {
        Slab* slab = _partial[sizeClass];
        if (slab != null)
        {
            Unlist(slab, sizeClass);
        }
        else
        {
            slab = (Slab*)PoolOf(sizeClass).Take();
            _slabCounts[sizeClass]++;
            *slab = new Slab { Class = sizeClass, BlockBytes = BlockBytesOf(sizeClass), Fresh = HeaderBytes };
        }
        _current[sizeClass] = slab;
        return slab;
    }

    private void List(Slab* slab, int sizeClass)
    {
        Slab* head = _partial[sizeClass];
        slab->Next = head;
        slab->Previous = null;
        slab->IsListed = 1;
        if (head != null)
            head->Previous = slab;
        _partial[sizeClass] = slab;
    }

    private void Unlist(Slab* slab, int sizeClass)
    {
        if (slab->Previous != null)
            slab->Previous->Next = slab->Next;
        else
            _partial[sizeClass] = slab->Next;
        if (slab->Next != null)
            slab->Next->Previous = slab->Previous;
        slab->IsListed = 0;
    }

    private void Release(Slab* slab, int sizeClass)
    {
        if (slab->IsListed != 0)
            Unlist(slab, sizeClass);
        _slabCounts[sizeClass]--;
        PoolOf(sizeClass).Give((byte*)slab);
    }

    private SlabPool PoolOf(int sizeClass) => SlabBytesOf(sizeClass) == SmallSlabBytes ? _smallSlabs : _largeSlabs;

    private static int SlabBytesOf(int sizeClass) => sizeClass < LinearClasses + 32 ? SmallSlabBytes : LargeSlabBytes;

    private static int ClassOf(int size)
    {
        if (size <= 512)
            return (size + 7) >> 3 is var small && small == 0 ? 1 : small;
        int power = 31 - BitOperations.LeadingZeroCount((uint)(size - 1));
        int step = power - 4;
        return LinearClasses + (power - 9) * 16 + (((size - 1) >> step) & 15);
    }

    private static int BlockBytesOf(int sizeClass)
    {
        if (sizeClass < LinearClasses)
            return sizeClass * 8;
        int power = (sizeClass - LinearClasses) / 16 + 9;
        int sixteenths = (sizeClass - LinearClasses) % 16 + 1;
        return (1 << power) + (sixteenths << (power - 4));
    }

    /// <summary>Slabs of one size, cut from arenas; a few unused ones are kept warm.</summary>
    private sealed class SlabPool(int slabBytes, ArenaSource source) : IDisposable
    {
        private readonly List<nint> _arenas = [];
        private readonly Stack<nint> _warm = new();
        private readonly Stack<nint> _cold = new();
        private byte* _next;
        private byte* _end;

        /// <summary>Slabs that were handed out at some time and not given back to the system since, in bytes.</summary>
        public long HeldBytes => (long)_arenas.Count * ArenaSource.ArenaBytes - (_end - _next) - (long)_cold.Count * slabBytes;

        public byte* Take()
        {
            if (_warm.TryPop(out nint slab) || _cold.TryPop(out slab))
                return (byte*)slab;
            if (_next == _end)
            {
                _next = source.Take();
                _end = _next + ArenaSource.ArenaBytes;
                _arenas.Add((nint)_next);
            }
            byte* taken = _next;
            _next += slabBytes;
            return taken;
        }

        public void Give(byte* slab)
        {
            if (_warm.Count < SpareSlabsMax)
            {
                _warm.Push((nint)slab);
                return;
            }
            VirtualMemory.Discard(slab, slabBytes);
            _cold.Push((nint)slab);
        }

        /// <summary>Gives the spare slabs' pages back, too.</summary>
        public void Purge()
        {
            while (_warm.TryPop(out nint slab))
            {
                VirtualMemory.Discard((byte*)slab, slabBytes);
                _cold.Push(slab);
            }
        }

        public void Dispose()
        {
            foreach (nint arena in _arenas)
                VirtualMemory.Release((byte*)arena, ArenaSource.ArenaBytes);
            _arenas.Clear();
        }
    }
}
