// Pages from the system: reserved aligned, made ahead of their use, given back without being unmapped, advised about huge pages.
// On systems other than Linux the same calls fall back to aligned blocks of the C library, where advice does nothing.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Memory;

public static unsafe partial class VirtualMemory
{
    public const int PageBytes = 4096;
    public const int HugePageBytes = 2 * 1024 * 1024;

    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int AdviceDontNeed = 4;
    private const int AdviceHugePage = 14;
    private const int AdvicePopulateWrite = 23;

    /// <summary>Zeroed memory of <paramref name="size"/> bytes at a multiple of <paramref name="alignment"/>; pages appear when touched.</summary>
    public static byte* Reserve(long size, long alignment)
    {
        if (!OperatingSystem.IsLinux())
        {
            byte* block = (byte*)NativeMemory.AlignedAlloc((nuint)size, (nuint)alignment);
            NativeMemory.Clear(block, (nuint)size);
            return block;
        }
        long mapped = size + alignment;
        byte* start = mmap(null, (nuint)mapped, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if (start == (byte*)-1)
            throw new OutOfMemoryException($"the system refused {mapped} bytes of address space (see vm.overcommit_memory and ulimit -v)");
        byte* aligned = (byte*)(((nint)start + (nint)alignment - 1) & ~((nint)alignment - 1));
        long before = aligned - start;
        if (before > 0)
            munmap(start, (nuint)before);
        long after = mapped - before - size;
        if (after > 0)
            munmap(aligned + size, (nuint)after);
        return aligned;
    }

    public static void Release(byte* start, long size)
    {
        if (OperatingSystem.IsLinux())
            munmap(start, (nuint)size);
        else
            NativeMemory.AlignedFree(start);
    }

    /// <summary>Gives the pages back; the address range stays and reads as zero.</summary>
    public static void Discard(byte* start, long size)
    {
        if (OperatingSystem.IsLinux())
            madvise(start, (nuint)size, AdviceDontNeed);
        else
            NativeMemory.Clear(start, (nuint)size);
    }

    public static void AdviseHugePages(byte* start, long size)
    {
        if (OperatingSystem.IsLinux())
            madvise(start, (nuint)size, AdviceHugePage);
    }

    /// <summary>Makes the pages, if the system can (Linux 5.14); otherwise they appear when touched, as ever.</summary>
    public static void Populate(byte* start, long size)
    {
        if (OperatingSystem.IsLinux())
            madvise(start, (nuint)size, AdvicePopulateWrite);
    }

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);

    [LibraryImport("libc")]
    private static partial int madvise(byte* address, nuint length, int advice);
}
