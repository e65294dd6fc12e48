// How many files and sockets the process may have open: getrlimit and setrlimit.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Processes;

public static partial class OpenFileLimit
{
    // RLIMIT_NOFILE differs between systems.
    private static readonly int s_resource = OperatingSystem.IsLinux() ? 7 : 8;

    /// <summary>The limit in force, or null when the system does not tell.</summary>
    public static ulong? Current => !OperatingSystem.IsWindows() && getrlimit(s_resource, out Limits limits) == 0 ? limits.Soft : null;

    /// <summary>Raises the limit. Null when done, else what the system says.</summary>
    public static string? Raise(ulong files)
    {
        Limits limits = new() { Soft = files, Hard = files };
        return setrlimit(s_resource, in limits) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limits limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, in Limits limits);
}
