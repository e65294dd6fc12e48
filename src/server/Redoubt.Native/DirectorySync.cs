// Makes the names in a folder durable.
//
// Renaming a file into place is atomic, but after a power cut the folder may still name the old file unless the folder itself was
// synchronised. .NET offers no way to open a folder, so this calls open, fsync and close of libc.
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Redoubt.Native;

public static partial class DirectorySync
{
    private const int ReadOnlyCloseOnExec = 0x80000; // O_RDONLY | O_CLOEXEC on Linux
    private const int InterruptedSystemCall = 4; // EINTR
    private const int InvalidArgument = 22; // EINVAL: a file system whose folders cannot be synchronised

    /// <returns>Null when done (or when the system has no such notion), else what the system says is wrong.</returns>
    public static string? Flush(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        int descriptor = Open(directory, ReadOnlyCloseOnExec);
        if (descriptor < 0)
            return LastError();
        int result;
        do
            result = Fsync(descriptor);
        while (result < 0 && Marshal.GetLastPInvokeError() == InterruptedSystemCall);
        string? error = result < 0 && Marshal.GetLastPInvokeError() != InvalidArgument ? LastError() : null;
        _ = Close(descriptor);
        return error;
    }

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
