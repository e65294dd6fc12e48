// The files of the append-only file, as the writer sees them; tests put a disk of their own behind this.
//
// Failure: an IOException or UnauthorizedAccessException of the system, whose words `StorageError.SystemText` gives.
using Microsoft.Win32.SafeHandles;
using Redoubt.Native;

namespace Redoubt.Persistence.AppendOnly;

/// <summary>A file that grows at its end. Writing and synchronising may happen on two threads at the same time.</summary>
public interface IAofFile : IDisposable
{
    long Length { get; }

    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Returns when everything that was appended before is on the disk.</summary>
    void Sync();

    /// <summary>Takes back the end of what was appended.</summary>
    void Truncate(long length);
}

public interface IAofDisk
{
    /// <summary>Opens a file, which is made if need be, to write at its end.</summary>
    IAofFile Open(string path);
}

public sealed class AofDisk : IAofDisk
{
    public IAofFile Open(string path) => new DiskFile(path);

    private sealed class DiskFile : IAofFile
    {
        private readonly SafeFileHandle _handle;

        public DiskFile(string path)
        {
            _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            Length = RandomAccess.GetLength(_handle);
        }

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(_handle, bytes, Length);
            Length += bytes.Length;
        }

        public void Sync() => FileSync.Data(_handle);

        public void Truncate(long length)
        {
            RandomAccess.SetLength(_handle, length);
            Length = length;
        }

        public void Dispose() => _handle.Dispose();
    }
}
