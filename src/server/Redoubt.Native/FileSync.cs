using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Redoubt.Native;

/// <summary>
/// Puts a file's content on the disk, and of its attributes only the length: fdatasync, where there is one. .NET's own way also writes the time of
/// the last change, which is a second write to the file system's journal each time.
/// </summary>
public static partial class FileSync
{
    private const int InterruptedSystemCall = 4;

    /// <summary>Throws an IOException whose HResult is the system's error number.</summary>
    public static void Data(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }
        while (Fdatasync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != InterruptedSystemCall)
                throw new IOException(new Win32Exception(error).Message, error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle file);
}
