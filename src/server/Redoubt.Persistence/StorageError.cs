namespace Redoubt.Persistence;

/// <summary>A file operation that failed, in words for the log: what, where, why, and what an operator can do about it.</summary>
public sealed record StorageError(string Operation, string Path, string Cause, string Remedy)
{
    public override string ToString() => $"Failed to {Operation} {Path}: {Cause}. {Remedy}";

    internal static StorageError From(string operation, string path, Exception failure) =>
        new(operation, path, failure.Message.TrimEnd('.'), RemedyFor(failure, path));

    // On Unix the HResult of an IOException that has no type of its own is the error number.
    private static string RemedyFor(Exception failure, string path)
    {
        const int noSpace = 28;
        const int inputOutput = 5;
        const int readOnlyFileSystem = 30;
        const int quota = 122;
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path;
        return failure switch
        {
            UnauthorizedAccessException => $"Give the server's user the right to create, write and rename files in {folder}, or change 'dir'.",
            DirectoryNotFoundException => $"Create the folder {folder}, or change 'dir'.",
            FileNotFoundException => "Check 'dir' and 'dbfilename'.",
            IOException { HResult: noSpace or quota } => $"Free space on the file system of {folder}: a save needs room for the old and the new file.",
            IOException { HResult: readOnlyFileSystem } => $"Mount the file system of {folder} for writing; the kernel turns it read-only after errors (see dmesg).",
            IOException { HResult: inputOutput } => "Check the disk (dmesg, smartctl) and move 'dir' to a healthy one.",
            _ => $"Check the file system of {folder}.",
        };
    }

    /// <summary>The system's own words for what went wrong, such as "No space left on device".</summary>
    public static string SystemText(Exception failure) => failure switch
    {
        UnauthorizedAccessException => new System.ComponentModel.Win32Exception(PermissionDenied).Message,
        FileNotFoundException or DirectoryNotFoundException => new System.ComponentModel.Win32Exception(NoSuchFile).Message,
        IOException { HResult: > 0 and < 200 and var number } => new System.ComponentModel.Win32Exception(number).Message,
        _ => failure.Message,
    };

    private const int NoSuchFile = 2;
    private const int PermissionDenied = 13;

    public static bool IsExpected(Exception failure) => failure is IOException or UnauthorizedAccessException or NotSupportedException;
}
