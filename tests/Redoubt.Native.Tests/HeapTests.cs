using Redoubt.Native.Memory;

namespace Redoubt.Native.Tests;

public sealed unsafe class HeapTests
{
    [Fact]
    public void Classes_hold_what_was_asked_for_and_waste_little()
    {
        using SlabHeap heap = new();
        long previous = 0;
        for (long size = 0; size <= NativeHeap.SlabBlockBytesMax; size++)
        {
            long usable = heap.UsableSize(size);
            Assert.True(usable >= size && usable >= previous && usable % 8 == 0);
            Assert.Equal(usable, heap.UsableSize(usable));
            Assert.True(usable - size <= Math.Max(8, size / 16 + 1));
            previous = usable;
        }
        Assert.Equal(56, heap.UsableSize(56));
        Assert.Equal(NativeHeap.SlabBlockBytesMax + 1, heap.UsableSize(NativeHeap.SlabBlockBytesMax + 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Blocks_never_overlap_and_the_books_are_exact(int seed)
    {
        using SlabHeap heap = new();
        Random random = new(seed);
        List<(nint Block, int Size, byte Mark)> live = [];
        long used = 0;
        for (int i = 0; i < 60_000; i++)
        {
            bool grows = (i / 10_000) % 2 == 0;
            if (i % 3000 == 0)
                heap.GrowsAhead = i / 3000 % 2 == 1;
            if (live.Count == 0 || random.Next(10) < (grows ? 7 : 3))
            {
                int size = random.Next(10) switch { 0 => random.Next(40_000), < 4 => random.Next(3000), _ => random.Next(150) };
                byte* block = heap.Allocate(size);
                Assert.Equal(0, (nint)block % 8);
                byte mark = (byte)random.Next(256);
                new Span<byte>(block, (int)heap.UsableSize(size)).Fill(mark);
                live.Add(((nint)block, size, mark));
                used += heap.UsableSize(size);
            }
            else
            {
                int at = random.Next(live.Count);
                (nint block, int size, byte mark) = live[at];
                live[at] = live[^1];
                live.RemoveAt(live.Count - 1);
                Assert.Equal(-1, new ReadOnlySpan<byte>((byte*)block, (int)heap.UsableSize(size)).IndexOfAnyExcept(mark));
                heap.Free((byte*)block, size);
                used -= heap.UsableSize(size);
            }
            Assert.Equal((used, live.Count), (heap.UsedBytes, heap.BlockCount));
        }
        foreach ((nint block, int size, byte mark) in live)
        {
            Assert.Equal(-1, new ReadOnlySpan<byte>((byte*)block, (int)heap.UsableSize(size)).IndexOfAnyExcept(mark));
            heap.Free((byte*)block, size);
        }
        Assert.Equal((0L, 0L), (heap.UsedBytes, heap.BlockCount));
    }

    [Theory]
    [InlineData(56, false)]
    [InlineData(3000, false)]
    [InlineData(3000, true)]
    public void Memory_goes_back_to_the_system_and_is_used_again(int size, bool growsAhead)
    {
        using SlabHeap heap = new() { GrowsAhead = growsAhead };
        const long bytes = 128L << 20;
        long start = ResidentBytes();
        nint[] blocks = new nint[bytes / size];
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                byte* block = heap.Allocate(size);
                new Span<byte>(block, size).Fill((byte)(i + round));
                blocks[i] = (nint)block;
            }
            Assert.True(ResidentBytes() - start > bytes / 2);
            for (int i = 0; i < blocks.Length; i++)
            {
                Assert.Equal((byte)(i + round), *((byte*)blocks[i] + size - 1));
                heap.Free((byte*)blocks[i], size);
            }
            Assert.True(ResidentBytes() - start < bytes / 2);
            Assert.True(heap.HeldBytes < 16L << 20);
        }
        Assert.Equal(0, heap.UsedBytes);
    }

    [Fact]
    public void A_block_given_back_with_a_wrong_size_or_twice_is_noticed()
    {
        using SlabHeap heap = new();
        nint block = (nint)heap.Allocate(100);
        Assert.Throws<InvariantException>(() => heap.Free((byte*)block, 50));
        heap.Free((byte*)block, 100);
        Assert.Throws<InvariantException>(() => heap.Free((byte*)block, 100));
    }

    [Fact]
    public void A_large_block_is_freed_on_another_thread_and_leaves_the_books_at_once()
    {
        using SlabHeap heap = new();
        const int size = 100_000;
        nint block = (nint)heap.DetachLarge(heap.Allocate(size), size);
        Assert.Equal((0L, 0L), (heap.UsedBytes, heap.BlockCount));
        Thread thread = new(() => heap.FreeDetached((byte*)block));
        thread.Start();
        thread.Join();
        Assert.Throws<InvariantException>(() => heap.DetachLarge((byte*)1, 100));
    }

    [Fact]
    public void The_guarded_heap_notices_what_a_real_one_forgives()
    {
        using GuardHeap heap = new();
        nint block = (nint)heap.Allocate(24);
        Assert.Throws<InvariantException>(heap.AssertEmpty);
        Assert.Throws<InvariantException>(() => heap.Free((byte*)block + 8, 24));
        *((byte*)block + 24) ^= 1;
        Assert.Throws<InvariantException>(heap.Verify);
        *((byte*)block + 24) ^= 1;
        *((byte*)block - 1) ^= 1;
        Assert.Throws<InvariantException>(heap.Verify);
        *((byte*)block - 1) ^= 1;
        heap.Verify();
        heap.Free((byte*)block, 24);
        Assert.Throws<InvariantException>(() => heap.Free((byte*)block, 24));
        nint other = (nint)heap.Allocate(24);
        Assert.Throws<InvariantException>(() => heap.Free((byte*)other, 16));
    }

    [Fact]
    public void Reserved_memory_is_aligned_zero_and_zero_again_after_it_was_given_back()
    {
        const long size = 4 << 20;
        byte* memory = VirtualMemory.Reserve(size, size);
        Assert.Equal(0, (nint)memory % (nint)size);
        Assert.Equal(-1, new ReadOnlySpan<byte>(memory, (int)size).IndexOfAnyExcept((byte)0));
        new Span<byte>(memory, (int)size).Fill(7);
        VirtualMemory.Discard(memory, size / 2);
        Assert.Equal(-1, new ReadOnlySpan<byte>(memory, (int)size / 2).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, new ReadOnlySpan<byte>(memory + size / 2, (int)size / 2).IndexOfAnyExcept((byte)7));
        VirtualMemory.Release(memory, size);
    }

    private static long ResidentBytes() =>
        OperatingSystem.IsLinux() ? long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize : Environment.WorkingSet;
}
