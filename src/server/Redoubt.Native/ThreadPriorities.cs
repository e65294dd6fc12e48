using System.Runtime.InteropServices;

namespace Redoubt.Native;

/// <summary>
/// How much of a busy core a thread gets. Helpers that encode and decode snapshots take second place, so that the keyspace
/// thread is not made to wait for them. .NET's own thread priorities have no effect on Linux; elsewhere this does nothing.
/// </summary>
public static partial class ThreadPriorities
{
    private const int PrioProcess = 0;
    private const int HelperNice = 10;

    /// <summary>Lowers the priority of the calling thread for good.</summary>
    public static void LowerThisThread()
    {
        if (OperatingSystem.IsLinux())
            _ = setpriority(PrioProcess, gettid(), HelperNice);
    }

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int priority);

    [LibraryImport("libc")]
    private static partial int gettid();
}
