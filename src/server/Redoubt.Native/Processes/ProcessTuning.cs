// What a process can ask of Linux for itself: which processors its threads run on, and no huge pages.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Processes;

public static unsafe partial class ProcessTuning
{
    private const int ProcessorsMax = 1024;
    private const int BitsPerWord = 64;
    private const int SetThpDisable = 41, GetThpDisable = 42;

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

    /// <summary>Huge pages off for this process, whatever the system's setting is. True when they are.</summary>
    public static bool DisableHugePages() =>
        OperatingSystem.IsLinux() && (prctl(GetThpDisable, 0, 0, 0, 0) == 1 || prctl(SetThpDisable, 1, 0, 0, 0) == 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int thread, nuint bytes, ulong* set);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
