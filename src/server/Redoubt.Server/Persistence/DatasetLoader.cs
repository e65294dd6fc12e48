// Loading a dataset: at start from the RDB file, later from a master.
//
// While a load runs the server answers, mostly with -LOADING. A snapshot from a master goes straight into the keyspace when
// that is empty; otherwise into a temporary file first, and the old dataset stays until all of it has arrived. A load that
// fails leaves an empty keyspace, never a part of a dataset.
//
// With `repl-diskless-load swapdb` it is loaded beside the old dataset, which stays until the new one is complete: no file, but memory for both. When
// both are of one history the old one is served meanwhile, else clients get -LOADING, as with Redis.

using Redoubt.Keyspace;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Persistence;

internal sealed class DatasetLoader(
    Redoubt.Keyspace.Keyspace keyspace, ServerState state, ServerConfig config, ServerLog log, Mailbox mailbox, Gate gate)
{
    private bool _isLoadingLog;

    /// <summary>The load that runs, or null.</summary>
    public LoadJob? Current { get; private set; }

    /// <summary>What the last finished load counted, for INFO.</summary>
    public (long Loaded, long Expired) LastKeys { get; private set; }

    public long StartedUnixMs { get; private set; }

    public Mailbox Mailbox => mailbox;

    /// <summary>Called when a helper may have room for more bytes.</summary>
    public Action? MoreRoom { get; set; }

    /// <summary>Called when a master's dataset is about to take the place of ours.</summary>
    public Action? Arriving { get; set; }

    /// <summary>Called when a load is about to throw away the present dataset.</summary>
    public Action? Replacing { get; set; }

    /// <summary>A master's dataset takes the place of ours from here on.</summary>
    internal void Arrives()
    {
        Arriving?.Invoke();
        log.FlushingOldData();
        log.LoadingInMemory();
    }

    /// <summary>Loads a file. <paramref name="finished"/> gets null, or what is wrong with it.</summary>
    public LoadJob LoadFile(string path, bool dropExpired, Action<LoadJob, string?> finished, bool keeps = false) =>
        Begin(path, dropExpired, finished, keeps);

    /// <summary>Loads a file at once, before anything else happens. Returns what is wrong with it, or null.</summary>
    /// <param name="keeps">What is there stays.</param>
    /// <param name="replaces">Of two keys of one name the file's is taken; else they are an error.</param>
    public string? LoadNow(string path, bool keeps, bool replaces)
    {
        string? outcome = null;
        LoadJob job = Begin(path, dropExpired: !state.IsReplica, (_, error) => outcome = error, keeps);
        job.ReplacesKeys = replaces;
        while (!job.IsDone)
        {
            job.Slice(long.MaxValue);
            mailbox.Run();
            if (!job.IsDone)
                Thread.Sleep(1); // the helper parses
        }
        return outcome;
    }

    public long KeyCount => keyspace.KeyCount;

    /// <summary>Begins to take a snapshot from a master.</summary>
    /// <param name="isOfOurHistory">It is a later state of the dataset that is served.</param>
    /// <param name="weigh">Given the number of keys in it, why the present dataset is not given up for it, or null.</param>
    public IncomingSnapshot BeginIncoming(long totalBytes, bool isOfOurHistory, Func<long, string?> weigh, Action<string?> loaded)
    {
        if (IsSwapping)
            return new StagedSnapshot(this, keyspace.Stage(), totalBytes, isOfOurHistory, weigh, loaded);
        return SpoolsSnapshots ? new SpooledSnapshot(this, config, weigh, loaded) : new DirectSnapshot(this, totalBytes, loaded);
    }

    /// <summary>A snapshot that comes now goes to a file first.</summary>
    public bool SpoolsSnapshots => !IsSwapping && keyspace.KeyCount > 0;

    private bool IsSwapping => config.Replication.DisklessLoad.Value == DisklessLoad.SwapDatabase;

    /// <summary>Inserts until the deadline. True while there is something to insert.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (Current is not { } job)
            return false;
        bool more = job.Slice(deadlineMicroseconds);
        MoreRoom?.Invoke();
        return more;
    }

    /// <summary>Called when the dataset makes room for another.</summary>
    public Action? Flushed { get; set; }

    /// <summary>
    /// The append-only file is being loaded, of which files of snapshots are parts. It holds this server's own history, which its replicas share.
    /// </summary>
    public void BeginLog()
    {
        _isLoadingLog = true;
        keyspace.FlushAll();
        Flushed?.Invoke();
        StartedUnixMs = Clock.UnixMs;
        SetLoading(true);
    }

    public void EndLog()
    {
        _isLoadingLog = false;
        SetLoading(false);
    }

    internal LoadJob Begin(string? path, bool dropExpired, Action<LoadJob, string?> finished, bool keeps = false)
    {
        StagedGivenUp?.Invoke();
        if (!_isLoadingLog)
            Replacing?.Invoke();
        if (!keeps)
        {
            keyspace.FlushAll();
            Flushed?.Invoke();
        }
        LoadJob job = new(keyspace, mailbox, path, config.RdbChecksum, dropExpired, config.KeyLoadDelay);
        Current = job;
        if (!_isLoadingLog)
            StartedUnixMs = Clock.UnixMs;
        SetLoading(true);
        job.Finished += error =>
        {
            End(job, error);
            finished(job, error);
        };
        return job;
    }

    /// <summary>Begins to load beside the dataset that is there.</summary>
    /// <param name="isServed">Clients are served from that one meanwhile.</param>
    /// <param name="finished">What becomes of it, and of the loaded one, is the caller's matter.</param>
    internal LoadJob BeginStaged(StagedDataset staged, bool isServed, Action<LoadJob, string?> finished)
    {
        LoadJob job = new(keyspace, mailbox, path: null, config.RdbChecksum, dropExpired: false, config.KeyLoadDelay, staged);
        Current = job;
        StartedUnixMs = Clock.UnixMs;
        SetLoading(!isServed, isBeside: isServed);
        log.LoadingInMemory();
        job.Finished += error =>
        {
            End(job, error);
            finished(job, error);
        };
        return job;
    }

    /// <summary>What is being loaded beside the dataset must make way: something else is to be loaded at once.</summary>
    internal Action? StagedGivenUp { get; set; }

    /// <summary>What was loaded beside the dataset takes its place. Null, or why it cannot.</summary>
    internal string? Swap(StagedDataset staged, LoadJob job)
    {
        Arriving?.Invoke();
        log.SwappingDatabases();
        if (!staged.TakePlace())
            return "too many snapshots were begun while it was loaded";
        Replacing?.Invoke();
        Flushed?.Invoke();
        state.FunctionLibraries = job.Functions;
        log.DiscardingOldDatabase();
        return null;
    }

    internal void Drop(StagedDataset staged)
    {
        if (!staged.IsOpen)
            return;
        staged.Dispose();
        log.DiscardingTemporaryDatabase();
    }

    private void Describe(Redoubt.Persistence.Rdb.RdbAux aux)
    {
        if (aux.RedisVersion is { } version)
            log.LoadingProducedBy(version);
        if (aux.CreatedAtSeconds is { } created)
            log.LoadingAge(Clock.UnixMs / 1000 - created);
        if (aux.UsedMemoryBytes is { } bytes)
            log.LoadingMemory(bytes);
        if (aux.AofBase == true)
            log.LoadingBase();
    }

    internal void Abandon(LoadJob job)
    {
        if (job.IsDone)
            return;
        job.Cancel();
        End(job, "cancelled");
    }

    private void End(LoadJob job, string? error)
    {
        if (Current != job)
            return;
        Current = null;
        if (config.Persistence.SanitizeDumpPayload.Value == DumpSanitizing.Yes)
            state.PayloadSanitizations += job.CollectionsLoaded;
        LastKeys = (job.KeysLoaded, job.KeysExpired);
        SetLoading(_isLoadingLog);
        Describe(job.Aux);
        if (error is not null)
        {
            if (!job.IsBeside)
                keyspace.FlushAll();
        }
        else
        {
            if (!job.IsBeside)
                state.FunctionLibraries = job.Functions;
            foreach (string key in job.EmptyKeys)
                log.EmptyKeySkipped(key);
            log.LoadingDone(job.KeysLoaded, job.KeysExpired, job.EmptyKeysSkipped);
        }
    }

    private void SetLoading(bool isLoading, bool isBeside = false)
    {
        state.IsLoading = isLoading;
        state.IsLoadingBeside = isBeside;
        keyspace.Heap.GrowsAhead = isLoading | isBeside;
        gate.Refresh();
    }
}

/// <summary>A master's snapshot on its way in.</summary>
internal abstract class IncomingSnapshot
{
    /// <summary>The database that the stream has selected at the snapshot's offset, once loaded.</summary>
    public int StreamDatabase { get; protected set; }

    /// <summary>False while what was fed is not digested: leave the rest in the socket.</summary>
    public abstract bool WantsBytes { get; }

    public abstract void Feed(ReadOnlySpan<byte> bytes);

    public abstract void End();

    public abstract void Cancel();
}

/// <summary>Parsed and inserted as it comes: the keyspace was empty.</summary>
internal sealed class DirectSnapshot : IncomingSnapshot
{
    private readonly DatasetLoader _loader;
    private readonly LoadJob _job;

    public DirectSnapshot(DatasetLoader loader, long totalBytes, Action<string?> loaded)
    {
        _loader = loader;
        loader.Arrives();
        _job = loader.Begin(path: null, dropExpired: false, (job, error) =>
        {
            StreamDatabase = job.Aux.ReplicationStreamDatabase ?? 0;
            loaded(error);
        });
        _job.TotalBytes = totalBytes;
    }

    public override bool WantsBytes => _job.WantsBytes;

    public override void Feed(ReadOnlySpan<byte> bytes) => _job.Feed(bytes);

    public override void End() => _job.FeedEnd();

    public override void Cancel() => _loader.Abandon(_job);
}
