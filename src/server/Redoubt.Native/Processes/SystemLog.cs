// The system's log: openlog and syslog of libc.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Processes;

public static partial class SystemLog
{
    public const int Warning = 4, Notice = 5, Info = 6, Debug = 7;

    private const int WithPid = 1, OpenNow = 8, DoNotWait = 16;

    // openlog keeps the pointer, so the text stays where it is.
    private static nint s_ident;

    /// <param name="ident">The name that stands before each line.</param>
    /// <param name="facility">1 = user, 16 to 23 = local0 to local7.</param>
    public static void Open(string ident, int facility)
    {
        nint former = s_ident;
        s_ident = Marshal.StringToCoTaskMemUTF8(ident);
        openlog(s_ident, WithPid | OpenNow | DoNotWait, facility << 3);
        Marshal.FreeCoTaskMem(former);
    }

    public static void Write(int priority, string text) => syslog(priority, "%s", text);

    [LibraryImport("libc")]
    private static partial void openlog(nint ident, int options, int facility);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void syslog(int priority, string format, string text);
}
