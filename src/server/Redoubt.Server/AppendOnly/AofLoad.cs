// Loads the dataset that the manifest describes: the base, then the incremental files in their order.
//
// A base is an RDB file, or commands, or an RDB file with commands behind it, as its first bytes say. Only the last file may end in the middle of
// a command: that is how a crash looks. It is cut behind the last whole command or transaction, if aof-load-truncated allows it. Anything else that is wrong
// stops the start: to go on would be to lose data that is there.

using Redoubt.Persistence;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.AppendOnly;

internal enum AofLoadResult
{
    Loaded,

    /// <summary>There are files, and nothing in them.</summary>
    Empty,

    /// <summary>The log says why.</summary>
    Failed,
}

internal sealed class AofLoad
{
    private static ReadOnlySpan<byte> RdbMagic => "REDIS"u8;

    private readonly AofFolder _folder;
    private readonly DatasetLoader _loader;
    private readonly ServerConfig _config;
    private readonly ServerLog _log;
    private readonly Func<string, long, AofReplay> _replayer;
    private readonly List<AofFileEntry> _files = [];
    private AofReplay? _replay;
    private int _next;
    private long _fileStartedMs;
    private long _doneBytes;
    private long _fileBytes;

    public AofLoad(AofFolder folder, DatasetLoader loader, ServerConfig config, ServerLog log, Func<string, long, AofReplay> replayer)
    {
        _folder = folder;
        _loader = loader;
        _config = config;
        _log = log;
        _replayer = replayer;
        if (folder.Manifest.Base is { } first)
            _files.Add(first);
        _files.AddRange(folder.Manifest.Incrementals);
    }

    public long StartedMs { get; } = Clock.SteadyMs;

    public long TotalBytes { get; private set; }

    public long LoadedBytes => _doneBytes + (_replay?.DoneBytes ?? _loader.Current?.LoadedBytes ?? 0);

    public AofLoadResult? Result { get; private set; }

    /// <summary>The place in the replication history, if the files know it.</summary>
    public AofStamp? Stamp { get; private set; }

    private AofFileEntry File => _files[_next];

    private bool IsLast => _next == _files.Count - 1;

    /// <summary>Looks at the files, and begins with the first.</summary>
    public void Begin()
    {
        foreach (AofFileEntry file in _files)
        {
            try
            {
                TotalBytes += new FileInfo(_folder.PathOf(file)).Length;
            }
            catch (Exception failure) when (StorageError.IsExpected(failure))
            {
                _log.AofLengthUnknown(file.Name, StorageError.SystemText(failure));
                Result = AofLoadResult.Failed;
                return;
            }
        }
        if (TotalBytes == 0)
        {
            Result = AofLoadResult.Empty;
            return;
        }
        _loader.BeginLog();
        BeginFile();
    }

    /// <summary>Executes until the deadline. True while there is something to execute.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (_replay is not { } replay)
            return false;
        bool more = replay.Slice(deadlineMicroseconds);
        if (replay.IsDone)
            ReplayEnded(replay);
        return more || _replay is not null && _replay != replay;
    }

    private void BeginFile()
    {
        _fileStartedMs = Clock.SteadyMs;
        string path = _folder.PathOf(File);
        try
        {
            _fileBytes = new FileInfo(path).Length;
            if (_fileBytes == 0)
                NextFile();
            else if (BeginsWithRdb(path))
                LoadRdb(path);
            else
                _replay = _replayer(path, 0);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            _log.AofUnopened(File.Name, StorageError.SystemText(failure));
            End(AofLoadResult.Failed);
        }
    }

    private static bool BeginsWithRdb(string path)
    {
        Span<byte> magic = stackalloc byte[5];
        using var file = System.IO.File.OpenHandle(path);
        return RandomAccess.Read(file, magic, 0) == magic.Length && magic.SequenceEqual(RdbMagic);
    }

    private bool IsOldStyle => File.Name == _config.Persistence.AppendFilename.Text;

    private void LoadRdb(string path)
    {
        _log.AofReadingRdb(IsOldStyle);
        _loader.LoadFile(path, dropExpired: false, (job, error) =>
        {
            if (error is not null)
            {
                _log.Write(LogLevel.Warning, LogMessages.Id.LoadFailed, error);
                _log.AofRdbFailed(File.Name, IsOldStyle);
                End(AofLoadResult.Failed);
                return;
            }
            if (job.Aux is { ReplicationId: { } id, ReplicationOffset: { } offset })
                Stamp = new AofStamp(id, offset, job.Aux.ReplicationStreamDatabase ?? 0);
            long end = job.LoadedBytes;
            if (end >= _fileBytes)
            {
                FileLoaded();
                return;
            }
            if (IsOldStyle)
                _log.AofReadingTail();
            _replay = _replayer(path, end);
        }, keeps: true);
    }

    private void ReplayEnded(AofReplay replay)
    {
        _replay = null;
        AofReader reader = replay.Reader;
        if (replay.Unknown is { } unknown)
        {
            _log.AofUnknownCommand(unknown, File.Name);
            End(AofLoadResult.Failed);
            return;
        }
        if (reader.HasCommands || reader.Stamp is not null)
            Stamp = reader.Stamp;
        switch (reader.End)
        {
            case AofEnd.Whole:
                FileLoaded();
                break;
            case AofEnd.Cut:
            case AofEnd.CutTransaction:
                if (reader.End == AofEnd.CutTransaction || reader.IsInTransaction)
                    _log.AofTransactionReverted(File.Name);
                if (Cut(reader.ValidUpTo))
                    FileLoaded();
                else
                    End(AofLoadResult.Failed);
                break;
            case AofEnd.Damaged:
                _log.AofDamaged(File.Name, reader.DamagedAt);
                End(AofLoadResult.Failed);
                break;
            default:
                _log.AofUnreadable(File.Name, reader.Cause);
                End(AofLoadResult.Failed);
                break;
        }
    }

    private bool Cut(long validUpTo)
    {
        if (!_config.Persistence.AofLoadTruncated.Value)
        {
            _log.AofEndsEarly(File.Name);
            return false;
        }
        _log.AofTruncating(File.Name, validUpTo, _fileBytes - validUpTo);
        if (!IsLast)
        {
            _log.AofTruncatedInTheMiddle();
            return false;
        }
        try
        {
            using var file = System.IO.File.OpenHandle(_folder.PathOf(File), FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(file, validUpTo);
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            _log.AofTruncateFailedAtLoad(File.Name, StorageError.SystemText(failure));
            return false;
        }
        _log.AofLoadedAnyway(File.Name);
        return true;
    }

    private void FileLoaded()
    {
        _log.AofFileLoaded(File.Name, File.Type == AofFileType.Base, TimeSpan.FromMilliseconds(Clock.SteadyMs - _fileStartedMs));
        NextFile();
    }

    private void NextFile()
    {
        _doneBytes += _fileBytes;
        if (IsLast)
        {
            End(AofLoadResult.Loaded);
            return;
        }
        _next++;
        BeginFile();
    }

    private void End(AofLoadResult result)
    {
        _loader.EndLog();
        Result = result;
    }
}
