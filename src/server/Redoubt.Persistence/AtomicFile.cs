// Replaces a file so that after a crash at any moment either the whole old or the whole new one is there.
//
// How: write to a file of another name in the same folder, fsync it, rename it over the old one, fsync the folder. The naive way, to write in
// place, leaves half a file; without the first fsync the new name may stand for a file without content; without the second the
// old file may come back.
//
// While writing, data is synchronised every 4 MB (directive rdb-save-incremental-fsync), so that the last fsync does not find
// gigabytes of dirty pages and stall everything else that uses the disk.
//
// Failure: every operation returns null or a StorageError; after an error only Dispose is left, which removes the unfinished file.
// Threads: one at a time, never the one that owns the keyspace.
using Microsoft.Win32.SafeHandles;
using Redoubt.Native;

namespace Redoubt.Persistence;

public sealed class AtomicFile : IDisposable
{
    private const long SyncEvery = 4 << 20;

    private readonly string _temporaryPath;
    private readonly string _path;
    private readonly bool _incrementalSync;
    private SafeFileHandle? _handle;
    private long _synced;

    private AtomicFile(string path, string temporaryPath, SafeFileHandle handle, bool incrementalSync)
    {
        _path = path;
        _temporaryPath = temporaryPath;
        _handle = handle;
        _incrementalSync = incrementalSync;
    }

    public long Length { get; private set; }

    /// <summary>Creates the temporary file, over one that an earlier crash may have left.</summary>
    /// <param name="folder">Holds both files.</param>
    /// <param name="name">The file to replace, such as dump.rdb.</param>
    /// <param name="temporaryName">Where the bytes go until they are complete, such as temp-4711.rdb.</param>
    public static (AtomicFile? File, StorageError? Error) Create(string folder, string name, string temporaryName, bool incrementalSync = true)
    {
        string temporaryPath = Path.Combine(folder, temporaryName);
        try
        {
            SafeFileHandle handle = File.OpenHandle(temporaryPath, FileMode.Create, FileAccess.Write, FileShare.Read);
            return (new AtomicFile(Path.Combine(folder, name), temporaryPath, handle, incrementalSync), null);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            return (null, StorageError.From("create", temporaryPath, failure));
        }
    }

    public StorageError? Write(ReadOnlySpan<byte> bytes)
    {
        if (_handle is null)
            throw new InvalidOperationException("the file is closed");
        try
        {
            while (!bytes.IsEmpty)
            {
                int count = (int)Math.Min(bytes.Length, SyncEvery);
                RandomAccess.Write(_handle, bytes[..count], Length);
                Length += count;
                bytes = bytes[count..];
                if (_incrementalSync && Length - _synced >= SyncEvery)
                {
                    RandomAccess.FlushToDisk(_handle);
                    _synced = Length;
                }
            }
            return null;
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            return StorageError.From("write", _temporaryPath, failure);
        }
    }

    /// <summary>Makes the new file durable and puts it in the old one's place.</summary>
    public StorageError? Commit()
    {
        if (_handle is null)
            throw new InvalidOperationException("the file is closed");
        try
        {
            RandomAccess.FlushToDisk(_handle);
            _handle.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
            _handle = null;
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            return StorageError.From("put in place", _path, failure);
        }
        string folder = Path.GetDirectoryName(Path.GetFullPath(_path)) ?? ".";
        return DirectorySync.Flush(folder) is { } cause
            ? new StorageError("synchronise", folder, cause, $"The file {_path} is complete, but may be the old one again after a power cut. Check the disk.")
            : null;
    }

    /// <summary>Without a Commit, removes the temporary file; the old one is untouched.</summary>
    public void Dispose()
    {
        if (_handle is null)
            return;
        _handle.Dispose();
        _handle = null;
        try
        {
            File.Delete(_temporaryPath);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            // What is left is overwritten by the next save of the same name, and the error that led here has been reported.
        }
    }
}
