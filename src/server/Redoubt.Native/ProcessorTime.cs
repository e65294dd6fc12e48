// How much processor time has been used, by the whole process, by one thread, by children: getrusage of the system.
//
// Layout of struct rusage on 64-bit systems: two timevals of 16 bytes (user, then system time), then 14 counters of 8 bytes.
using System.Runtime.InteropServices;

namespace Redoubt.Native;

/// <summary>Processor time in microseconds.</summary>
public readonly record struct ProcessorTime(long UserMicroseconds, long SystemMicroseconds)
{
    /// <summary>All threads of this process.</summary>
    public static ProcessorTime OfProcess => Read(ResourceUsage.Self);

    /// <summary>Processes that this one started and waited for.</summary>
    public static ProcessorTime OfChildren => Read(ResourceUsage.Children);

    /// <summary>The calling thread; where the system does not tell, the whole process.</summary>
    public static ProcessorTime OfThread => Read(OperatingSystem.IsLinux() ? ResourceUsage.Thread : ResourceUsage.Self);

    private static ProcessorTime Read(int who)
    {
        if (OperatingSystem.IsWindows() || ResourceUsage.getrusage(who, out ResourceUsage.Figures figures) != 0)
            return default;
        return new ProcessorTime(
            figures.UserSeconds * 1_000_000 + figures.UserMicroseconds, figures.SystemSeconds * 1_000_000 + figures.SystemMicroseconds);
    }
}

internal static partial class ResourceUsage
{
    public const int Self = 0, Children = -1, Thread = 1;

    [StructLayout(LayoutKind.Explicit, Size = 144)]
    public struct Figures
    {
        [FieldOffset(0)]
        public long UserSeconds;

        [FieldOffset(8)]
        public int UserMicroseconds;

        [FieldOffset(16)]
        public long SystemSeconds;

        [FieldOffset(24)]
        public int SystemMicroseconds;
    }

    [LibraryImport("libc")]
    public static partial int getrusage(int who, out Figures figures);
}
