// The folder of the append-only file (appenddirname) and its manifest on the disk.
//
// The manifest is replaced atomically; a file is named in it before anything that must not be lost is written to the file. Files that it calls
// history are deleted by a helper thread: freeing the blocks of gigabytes takes a file system long.

using Redoubt.Persistence;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;

namespace Redoubt.Server.AppendOnly;

internal sealed class AofFolder(ServerConfig config, ServerLog log)
{
    private string Name => config.Persistence.AppendFilename.Text;

    public string Path => config.PathInDir(config.Persistence.AppendDirname.Text);

    public AofManifest Manifest { get; private set; } = new(config.Persistence.AppendFilename.Text);

    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    public string PathOf(AofFileEntry file) => PathOf(file.Name);

    /// <summary>The path as seen from <c>dir</c>, as log lines have it.</summary>
    public string RelativePathOf(string file) => config.Persistence.AppendDirname.Text + "/" + file;

    /// <summary>Makes the folder if need be; null, or what the system said.</summary>
    public string? MakeFolder()
    {
        try
        {
            if (Directory.Exists(Path))
                return null;
            Directory.CreateDirectory(Path);
            if (Native.DirectorySync.Flush(config.Dir) is not { } cause)
                return null;
            log.AofFolderFailed(config.Persistence.AppendDirname.Text, cause);
            return cause;
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            string reason = StorageError.SystemText(failure);
            log.AofFolderFailed(config.Persistence.AppendDirname.Text, reason);
            return reason;
        }
    }

    /// <summary>Reads the manifest; without one it is an empty one. False, with the reason in the log, when it is damaged.</summary>
    public bool ReadManifest()
    {
        Manifest = new AofManifest(Name);
        string path = PathOf(Manifest.FileName);
        byte[] bytes;
        try
        {
            if (!File.Exists(path))
                return true;
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            log.AofManifestUnreadable(Manifest.FileName, StorageError.SystemText(failure));
            return false;
        }
        (AofManifest? read, AofManifestError? error) = AofManifest.Parse(Name, bytes);
        if (error is not null)
        {
            log.AofManifestDamaged(error);
            return false;
        }
        Manifest = read!;
        return true;
    }

    /// <summary>Puts a manifest in force; null, or what went wrong.</summary>
    public string? Persist(AofManifest manifest)
    {
        (AtomicFile? file, StorageError? error) = AtomicFile.Create(Path, manifest.FileName, manifest.TemporaryFileName);
        using (file)
            error ??= file!.Write(manifest.Format()) ?? file.Commit();
        if (error is not null)
        {
            log.AofManifestFailed(error.ToString());
            return error.ToString();
        }
        Manifest = manifest;
        return null;
    }

    /// <summary>
    /// A single file, as Redis before version 7 wrote it, moves into the folder as its base. The manifest comes first: a crash in between leaves a
    /// manifest whose file is still outside, and the next start goes on from there.
    /// </summary>
    public bool AdoptOldFile()
    {
        string old = config.PathInDir(Name);
        bool isAnnounced = Manifest is { Base: { } first, Incrementals.Count: 0 } && first.Name == Name && !File.Exists(PathOf(Name));
        if (!(Manifest.IsEmpty || isAnnounced) || !File.Exists(old))
            return true;
        if (MakeFolder() is not null)
            return false;
        AofManifest manifest = new(Name);
        manifest.AdoptOldFile();
        if (Persist(manifest) is not null)
            return false;
        try
        {
            File.Move(old, PathOf(Name));
            _ = Native.DirectorySync.Flush(Path);
            _ = Native.DirectorySync.Flush(config.Dir);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            log.AofMigrationFailed(Name, config.Persistence.AppendDirname.Text, StorageError.SystemText(failure));
            return false;
        }
        log.AofMigrated(Name, config.Persistence.AppendDirname.Text);
        return true;
    }

    /// <summary>Deletes what the manifest calls history.</summary>
    public void DeleteHistory()
    {
        if (Manifest.History.Count == 0 || config.Persistence.AofDisableAutoGc.Value)
            return;
        List<string> paths = [];
        foreach (AofFileEntry entry in Manifest.History)
        {
            log.AofHistoryRemoved(entry.Name);
            paths.Add(PathOf(entry));
        }
        AofManifest manifest = Manifest.Copy();
        manifest.ForgetHistory();
        if (Persist(manifest) is null)
            ThreadPool.UnsafeQueueUserWorkItem(static state => Delete((List<string>)state!), paths);
    }

    private static void Delete(List<string> paths)
    {
        foreach (string path in paths)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception failure) when (StorageError.IsExpected(failure))
            {
                // Nothing refers to it any more; it takes up room, and whoever looks for room will find it.
            }
        }
    }

    /// <summary>Length of a file, 0 if it cannot be told.</summary>
    public long LengthOf(AofFileEntry? entry)
    {
        if (entry is null)
            return 0;
        FileInfo file = new(PathOf(entry));
        return file.Exists ? file.Length : 0;
    }
}
