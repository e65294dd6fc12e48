// What a thread can ask of Linux for itself: which processors it runs on.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Processes;

public static unsafe partial class ProcessorAffinity
{
    private const int ProcessorsMax = 1024;
    private const int BitsPerWord = 64;

    /// <summary>
    /// Binds the calling thread, and those it starts from then on, to these processors. Null when done, else what the system says.
    /// </summary>
    public static string? BindThisThread(IReadOnlyList<int> processors)
    {
        ulong* set = stackalloc ulong[ProcessorsMax / BitsPerWord];
        new Span<ulong>(set, ProcessorsMax / BitsPerWord).Clear();
        foreach (int processor in processors)
        {
            if (processor is >= 0 and < ProcessorsMax)
                set[processor / BitsPerWord] |= 1UL << (processor % BitsPerWord);
        }
        return sched_setaffinity(0, ProcessorsMax / 8, set) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int thread, nuint bytes, ulong* set);
}
