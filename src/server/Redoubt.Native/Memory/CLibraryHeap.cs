using System.Runtime.InteropServices;

namespace Redoubt.Native.Memory;

/// <summary>The C library's heap, where blocks above 32 KB come from.</summary>
public static partial class CLibraryHeap
{
    /// <summary>Gives what is free in it back to the system, where the library can.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc has it; other libraries give memory back by themselves.
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
