// The append-only file's life: from the start of the server, over CONFIG SET appendonly, to its end.
//
//   Off ──── appendonly yes ────► WaitRewrite ──── the first base is complete ────► On
//    ▲                                 │                                            │
//    └───────── appendonly no, or a master's dataset takes the place of ours ───────┘
//
// In WaitRewrite commands go into a temporary file from the moment on at which the base's snapshot began; base and file enter the manifest
// together. So at every moment the manifest names a whole dataset: the old one, or the new one.
//
// After a full resync the file is begun anew like this, because what it held is not the dataset any more.
//
// What stands where in the replication history is written into the file as stamps (AofStamp): so a restarted node, after a crash too,
// goes on from there by a partial resync.

using Redoubt.Persistence;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.AppendOnly;

internal enum AofState
{
    Off,

    /// <summary>Takes commands, but there is no base for them yet.</summary>
    WaitRewrite,

    On,
}

internal sealed class AofKeeper
{
    private readonly ServerConfig _config;
    private readonly ServerLog _log;
    private readonly SnapshotKeeper _snapshots;
    private readonly DatasetLoader _loader;
    private readonly Propagator _propagator;
    private readonly Mailbox _mailbox;
    private readonly IAofDisk _disk;
    private readonly StreamEncoder _encoder;

    public AofKeeper(
        ServerConfig config, ServerLog log, Mailbox mailbox, SnapshotKeeper snapshots, DatasetLoader loader, Propagator propagator, IAofDisk disk)
    {
        _config = config;
        _log = log;
        _snapshots = snapshots;
        _loader = loader;
        _propagator = propagator;
        _mailbox = mailbox;
        _disk = disk;
        Folder = new AofFolder(config, log);
        Writer = new AofWriter(config, log, mailbox);
        _encoder = new StreamEncoder(Writer);
        Rewriter = new AofRewriter(this, config, log, snapshots);
        Writer.IsDiskBusy = () => snapshots.IsRunning;
        Writer.SyncRecovered = Rewriter.Schedule;
    }

    public AofFolder Folder { get; }

    public AofWriter Writer { get; }

    public AofRewriter Rewriter { get; }

    public AofState State { get; private set; }

    /// <summary>It was turned off, or its first base is complete.</summary>
    public Action? StateChanged { get; set; }

    /// <summary>Makes what executes a file of commands; set by the composition root.</summary>
    public Func<string, long, AofReplay> Replayer { get; set; } = null!;

    /// <summary>Called when all of it is loaded, or cannot be.</summary>
    public AofLoad? Loading { get; private set; }

    /// <summary>Length of the files in force but for the one that is written to.</summary>
    public long ClosedBytes { get; private set; }

    public long TotalBytes => ClosedBytes + Writer.FileLength;

    /// <summary>How large the file was after the last rewrite, or at the start.</summary>
    public long RewrittenBytes { get; set; }

    // ---- start ------------------------------------------------------------------------------------------------------

    /// <summary>
    /// Loads the dataset at the start of the server. <paramref name="finished"/> is called at once or later: with false when the server must not start.
    /// </summary>
    public void LoadAtStart(Action<bool, AofStamp?> finished)
    {
        if (!Folder.ReadManifest() || !Folder.AdoptOldFile())
        {
            finished(false, null);
            return;
        }
        if (Folder.Manifest.IsEmpty)
        {
            finished(OpenAtStart(), null);
            return;
        }
        AofLoad load = new(Folder, _loader, _config, _log, Replayer);
        _finished = () =>
        {
            bool failed = load.Result == AofLoadResult.Failed;
            if (!failed)
                _log.AofLoaded(TimeSpan.FromMilliseconds(Clock.SteadyMs - load.StartedMs));
            finished(!failed && OpenAtStart(), load.Stamp);
        };
        Loading = load;
        load.Begin();
        FinishLoading();
    }

    private Action? _finished;

    private void FinishLoading()
    {
        if (Loading is not { Result: not null })
            return;
        Loading = null;
        Action finished = _finished!;
        _finished = null;
        finished();
    }

    /// <summary>Loads until the deadline. True while there is more to do at once.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (Loading is not { } load)
            return false;
        bool more = load.Slice(deadlineMicroseconds);
        FinishLoading();
        return more;
    }

    /// <summary>Opens the file that is written to; makes base and file when there are none.</summary>
    private bool OpenAtStart()
    {
        if (Folder.MakeFolder() is not null)
            return false;
        AofManifest manifest = Folder.Manifest.Copy();
        if (manifest.IsEmpty)
        {
            AofFileEntry entry = manifest.AddBase(_config.Persistence.AofUseRdbPreamble.Value);
            if (Rewriter.WriteBaseNow(entry) is { } error)
            {
                _log.AofRewriteWriteFailed(error);
                return false;
            }
            _log.AofBaseCreated(entry.Name);
        }
        bool isNew = manifest.Incrementals.Count == 0;
        AofFileEntry last = isNew ? manifest.AddIncremental() : manifest.Incrementals[^1];
        if (OpenFile(Folder.PathOf(last), last.Name) is not { } file)
            return false;
        if (Folder.Persist(manifest) is not null)
            return false;
        Begin(file);
        State = AofState.On;
        if (isNew)
            _log.AofIncrementalCreatedAtStart(last.Name);
        else
            _log.AofIncrementalOpened(last.Name);
        RewrittenBytes = Folder.LengthOf(manifest.Base);
        Folder.DeleteHistory();
        return true;
    }

    private IAofFile? OpenFile(string path, string name)
    {
        try
        {
            return _disk.Open(path);
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            _log.AofCannotOpen(name, StorageError.SystemText(failure));
            return null;
        }
    }

    private void Begin(IAofFile file)
    {
        Writer.Open(file);
        _encoder.ForceSelect();
        _propagator.Log = _encoder;
        CountClosedFiles();
    }

    private void CountClosedFiles()
    {
        ClosedBytes = Folder.LengthOf(Folder.Manifest.Base);
        for (int i = 0; i < Folder.Manifest.Incrementals.Count - 1; i++)
            ClosedBytes += Folder.LengthOf(Folder.Manifest.Incrementals[i]);
    }

    // ---- on and off -------------------------------------------------------------------------------------------------

    /// <summary>CONFIG SET appendonly; null, or why it cannot be.</summary>
    public string? Configure()
    {
        bool wanted = _config.Persistence.AppendOnly.Value;
        if (wanted == (State != AofState.Off))
            return null;
        if (!wanted)
        {
            Stop();
            return null;
        }
        return Start() ? null : "Unable to turn on AOF. Check server logs.";
    }

    /// <summary>After a change of aof-disable-auto-gc: history that was kept is deleted once it may be.</summary>
    public string? CollectGarbage()
    {
        Folder.DeleteHistory();
        return null;
    }

    public bool Start()
    {
        State = AofState.WaitRewrite;
        if (_snapshots.IsRunning && !_snapshots.IsRewritingLog)
        {
            Rewriter.Schedule();
            _log.AofScheduledBehindOther();
            return true;
        }
        if (_snapshots.IsInTransaction())
        {
            Rewriter.Schedule();
            _log.AofScheduledInTransaction();
            return true;
        }
        if (_snapshots.IsRewritingLog)
        {
            _log.AofRestartsRewrite();
            Rewriter.Kill();
        }
        if (Rewriter.Start() is null)
            return true;
        State = AofState.Off;
        _log.AofCannotStart();
        return false;
    }

    public void Stop()
    {
        if (State == AofState.Off)
            return;
        if (_encoder.IsUnitOpen)
            _encoder.EndUnit();
        _propagator.Log = null;
        State = AofState.Off;
        Rewriter.Kill();
        Rewriter.Unschedule();
        if (Writer.Close() is { } error)
            _log.AofSyncFailed(error);
        ClosedBytes = 0;
        StateChanged?.Invoke();
    }

    /// <summary>A master's dataset takes the place of ours: what the file holds is history of another one.</summary>
    public void DatasetArrives() => Stop();

    /// <summary>A master's dataset is loaded.</summary>
    public void DatasetArrived()
    {
        if (_config.Persistence.AppendOnly.Value && State == AofState.Off)
            Start();
    }

    /// <summary>The server ends. False when the first base is still being written, and so nothing on the disk holds the dataset.</summary>
    public bool MayEnd(bool force)
    {
        if (State != AofState.WaitRewrite || !_snapshots.IsRewritingLog)
            return true;
        _log.AofInitialAtShutdown(force);
        return force;
    }

    /// <summary>The last words before the server ends.</summary>
    public void End()
    {
        if (State == AofState.Off)
            return;
        if (_snapshots.IsRewritingLog)
        {
            _log.AofKillingAtShutdown();
            Rewriter.Kill();
        }
        _log.AofSyncAtShutdown();
        Writer.FlushNow();
        if (Writer.SyncNow() is { } error)
            _log.AofSyncFailed(error);
    }

    // ---- for the rewriter -------------------------------------------------------------------------------------------

    /// <summary>From now on commands go into a new file. Null, or what went wrong.</summary>
    public string? SwitchFile()
    {
        if (State == AofState.Off)
            return null;
        Writer.FlushNow();
        if (Writer.BufferedBytes > 0)
            return Writer.Error ?? "the append-only file cannot be written to";
        AofManifest manifest = Folder.Manifest.Copy();
        string name = State == AofState.WaitRewrite ? manifest.TemporaryIncrementalName : manifest.AddIncremental().Name;
        string path = Folder.PathOf(name);
        if (State == AofState.WaitRewrite)
            File.Delete(path);
        if (OpenFile(path, name) is not { } file)
            return "cannot open " + name;
        if (State == AofState.On && Folder.Persist(manifest) is { } error)
        {
            file.Dispose();
            File.Delete(path);
            return error;
        }
        _log.AofIncrementalCreated(name);
        Begin(file);
        return null;
    }

    /// <summary>The new base is complete and in its place: puts it in force. Null, or what went wrong.</summary>
    public string? Adopt(AofManifest manifest)
    {
        if (State == AofState.WaitRewrite)
        {
            AofFileEntry entry = manifest.AddIncremental();
            try
            {
                File.Move(Folder.PathOf(manifest.TemporaryIncrementalName), Folder.PathOf(entry), overwrite: true);
            }
            catch (Exception failure) when (StorageError.IsExpected(failure))
            {
                return StorageError.SystemText(failure);
            }
            _log.AofIncrementalRenamed(manifest.TemporaryIncrementalName, entry.Name);
        }
        manifest.RetireIncrementals(kept: State == AofState.Off ? 0 : 1);
        if (Folder.Persist(manifest) is { } error)
            return error;
        if (State == AofState.WaitRewrite)
        {
            State = AofState.On;
            StateChanged?.Invoke();
        }
        if (State == AofState.On)
        {
            CountClosedFiles();
            RewrittenBytes = TotalBytes;
        }
        Folder.DeleteHistory();
        return null;
    }

    /// <summary>Loads the files anew, before anything else happens: DEBUG LOADAOF. False when they cannot be loaded.</summary>
    public bool Reload()
    {
        if (State == AofState.On)
        {
            Writer.FlushNow();
            if (!Folder.ReadManifest())
                return false;
        }
        Folder.DeleteHistory();
        AofLoad load = new(Folder, _loader, _config, _log, Replayer);
        load.Begin();
        while (load.Result is null)
        {
            bool more = load.Slice(long.MaxValue) | _loader.Slice(long.MaxValue);
            _mailbox.Run();
            if (!more && load.Result is null)
                Thread.Sleep(1); // a helper reads
        }
        return load.Result != AofLoadResult.Failed;
    }
}
