// The heap of the tests: every mistake that a native heap forgives is an error here.
//
// Each block stands between two fences of 32 bytes; a freed block is checked (known, right size, fences whole), poisoned
// and only then given back. `Verify` checks all live blocks. A test ends with `AssertEmpty`.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Memory;

public sealed unsafe class GuardHeap : NativeHeap
{
    private const int FenceBytes = 32;
    private const byte Fence = 0xFD;
    private const byte Fresh = 0xCD;
    private const byte Poison = 0xDD;

    private readonly Dictionary<nint, long> _live = [];
    private readonly Dictionary<nint, long> _pages = [];

    public override byte* Allocate(long size)
    {
        byte* start = (byte*)NativeMemory.Alloc((nuint)(size + 2 * FenceBytes));
        new Span<byte>(start, FenceBytes).Fill(Fence);
        byte* block = start + FenceBytes;
        for (long at = 0; at < size; at += 1 << 30)
            new Span<byte>(block + at, (int)Math.Min(size - at, 1 << 30)).Fill(Fresh);
        new Span<byte>(block + size, FenceBytes).Fill(Fence);
        _live.Add((nint)block, size);
        UsedBytes += size;
        BlockCount++;
        return block;
    }

    public override void Free(byte* block, long size) => FreeDetached(Detach(block, size));

    public override long UsableSize(long size) => size;

    public override byte* DetachLarge(byte* block, long size)
    {
        Invariant.That(size > SlabBlockBytesMax, "only large blocks leave the heap");
        return Detach(block, size);
    }

    public override byte* AllocatePages(long size)
    {
        byte* start = base.AllocatePages(size);
        _pages.Add((nint)start, size);
        return start;
    }

    public override void FreePages(byte* start, long size)
    {
        Invariant.That(_pages.Remove((nint)start, out long asked) && asked == size, "pages are given back once, and with their size");
        base.FreePages(start, size);
    }

    public override void FreeDetached(byte* block) => NativeMemory.Free(block - FenceBytes);

    /// <summary>Checks the fences of all live blocks.</summary>
    public void Verify()
    {
        foreach ((nint block, long size) in _live)
            CheckFences((byte*)block, size);
    }

    /// <summary>Fails when blocks were not given back, or what stands beside them was not.</summary>
    public void AssertEmpty()
    {
        Invariant.That(_live.Count == 0 && _pages.Count == 0, $"every block is given back ({BlockCount} blocks, {UsedBytes} bytes are not)");
        Invariant.That(MappedBytes == 0, $"what is held beside the blocks is given back ({MappedBytes} bytes are not)");
    }

    private byte* Detach(byte* block, long size)
    {
        Invariant.That(_live.Remove((nint)block, out long asked), "only live blocks are freed (double free, or a foreign address)");
        Invariant.That(asked == size, $"a block is freed with its size (asked for {asked}, freed with {size})");
        CheckFences(block, size);
        new Span<byte>(block, (int)Math.Min(size, 4096)).Fill(Poison);
        UsedBytes -= size;
        BlockCount--;
        return block;
    }

    private static void CheckFences(byte* block, long size)
    {
        bool whole = new ReadOnlySpan<byte>(block - FenceBytes, FenceBytes).IndexOfAnyExcept(Fence) < 0
            && new ReadOnlySpan<byte>(block + size, FenceBytes).IndexOfAnyExcept(Fence) < 0;
        Invariant.That(whole, $"nothing writes outside its block (block of {size} bytes)");
    }
}
