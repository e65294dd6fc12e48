// The dataset: sixteen (or `databases`) tables of keys, and what concerns them all.
//
// Time comes in: the server sets `NowMs` before each command, and every step of that command sees the same time. Nothing
// here reads a clock, so that replicas, tests and simulations decide alike.
//
// Expiry follows the role. A master deletes an expired key when it meets it and tells its observer, which propagates the
// deletion. A replica only hides expired keys from its clients and waits for its master's DEL. While the master's own
// stream is applied, keys are what the master says they are.
//
// Work that grows with the dataset is cut into slices (`FreeSlice`, `MoveSlice`, `Database.Sweep`, SnapshotWalk), which the
// server runs between commands.
//
// Threads: the keyspace thread.

using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

public enum ExpiryMode
{
    /// <summary>Master: an expired key is deleted when it is met.</summary>
    Delete,

    /// <summary>Replica, or paused master: an expired key is not seen, but stays.</summary>
    Hide,

    /// <summary>The master's stream, or a load: expiry is not looked at.</summary>
    Ignore,
}

/// <summary>Is told what the keyspace does on its own.</summary>
public interface IKeyspaceObserver
{
    /// <summary>An expired key is about to be deleted; to be propagated as a deletion.</summary>
    void Expired(Database database, ReadOnlySpan<byte> key);

    /// <summary>A key is about to go because memory is short; to be propagated as a deletion.</summary>
    void Evicted(Database database, ReadOnlySpan<byte> key)
    {
    }

    /// <summary>A large value was taken out of the dataset; to be freed by <see cref="EntryTable.FreeDetached"/> on another thread.</summary>
    void FreeElsewhere(DetachedValue value);

    /// <summary>A key with a collection came to be, by whatever command; it is filled before the command ends.</summary>
    /// <param name="isNew">There was no such key; otherwise the collection replaces what the key held.</param>
    void Created(Database database, ReadOnlySpan<byte> key, ValueType type, bool isNew)
    {
    }

    /// <summary>A stream went, or its key got another kind of value: its consumer groups are no more.</summary>
    void StreamRemoved(Database database, ReadOnlySpan<byte> key)
    {
    }

    /// <summary>A command that reads found no such key. Called only while <see cref="Keyspace.ReportsMisses"/>.</summary>
    void Missed(Database database, ReadOnlySpan<byte> key)
    {
    }

    /// <summary>A key was written, deleted, renamed or given another expiry; that it went by itself is told by <see cref="Expired"/> and <see cref="Evicted"/>. Called only while <see cref="Keyspace.ReportsModifications"/>.</summary>
    void Modified(Database database, ReadOnlySpan<byte> key)
    {
    }

    /// <summary>All keys of this database are about to go at once.</summary>
    void Flushing(Database database)
    {
    }

    /// <summary>Two databases have changed places.</summary>
    void Swapped(Database a, Database b)
    {
    }

    /// <summary>A database has got other contents; what it held until now can still be read in <paramref name="former"/>.</summary>
    void Replaced(Database database, Database former)
    {
    }
}

public sealed class KeyspaceStatistics
{
    public long Hits { get; set; }

    public long Misses { get; set; }

    public long ExpiredKeys { get; set; }

    public long EvictedKeys { get; set; }

    public long LazyFreedObjects { get; set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        Hits = 0;
        Misses = 0;
        ExpiredKeys = 0;
        EvictedKeys = 0;
        LazyFreedObjects = 0;
    }
}

public sealed class Keyspace : IDisposable
{
    internal const int SnapshotEpochs = 32;

    /// <summary>A collection of more elements than this is freed in slices, where that is allowed.</summary>
    internal const int FreedAtOnceMax = 64;

    /// <summary>One of more than this is, even where it is asked for at once: that would hold everybody up.</summary>
    internal const int FreedAtOnceAlways = 32 * 1024;

    /// <summary>The same for strings, in bytes: to give so many pages back takes as long.</summary>
    internal const long StringFreedAtOnceAlways = 1024 * 1024;

    private const int FlushedAtOnceBuckets = 8 * 1024;

    private const int ElementsPerBucket = 8;

    private readonly Database[] _databases;
    private readonly Queue<EntryTable> _graveyard = new();
    private readonly Queue<DetachedCollection> _collectionGraveyard = new();
    private readonly KeyHasher _hasher;
    private DetachedCollection _beingFreed;
    private bool _isFreeing;
    private long _nowMs;

    public Keyspace(NativeHeap heap, int databaseCount, Random random)
    {
        Random = random;
        _hasher = new KeyHasher((ulong)random.NextInt64(), (ulong)random.NextInt64());
        Store = new ValueStore(heap, _hasher);
        Usage = new KeyUsage(random);
        Evictor = new Evictor(this);
        _databases = new Database[databaseCount];
        for (int i = 0; i < databaseCount; i++)
            _databases[i] = new Database(this, i);
        Anteroom = new Database(this, -1);
    }

    public Database this[int index] => _databases[index];

    public int DatabaseCount => _databases.Length;

    /// <summary>
    /// Where RESTORE builds a value before it takes the place of another (<see cref="Database.TakeIn"/>): a database that no command and no
    /// snapshot sees, empty but for that moment.
    /// </summary>
    public Database Anteroom { get; }

    public NativeHeap Heap => Store.Heap;

    /// <summary>At which sizes collections change their form.</summary>
    public CollectionLimits Limits => Store.Limits;

    /// <summary>Somebody wants to know of every key that is sought in vain.</summary>
    public bool ReportsMisses { get; set; }

    /// <summary>Somebody wants to know of new strings, too: <see cref="IKeyspaceObserver.Created"/>.</summary>
    public bool ReportsNewStrings { get; set; }

    /// <summary>Somebody wants to know of every modified key (WATCH, client-side caching).</summary>
    public bool ReportsModifications { get; set; }

    /// <summary>The same, for those who cache keys.</summary>
    public bool TracksModifications { get; set; }

    public IKeyspaceObserver? Observer { get; set; }

    /// <summary>How the use of keys is remembered.</summary>
    public KeyUsage Usage { get; }

    /// <summary>Chooses which keys go when memory is short.</summary>
    public Evictor Evictor { get; }

    public KeyspaceStatistics Statistics { get; } = new();

    /// <summary>`lazyfree-lazy-server-del`: a large value that is overwritten is freed in slices.</summary>
    public bool FreesOverwrittenLazily { get; set; }

    /// <summary>`lazyfree-lazy-expire`: so is one whose key expires.</summary>
    public bool FreesExpiredLazily { get; set; }

    /// <summary>Changes since the start, in Redis's count: what was written, expired or flushed.</summary>
    public long Dirty { get; set; }

    public ExpiryMode ExpiryMode { get; set; }

    /// <summary>Unix time in milliseconds, as the present command sees it.</summary>
    public long NowMs
    {
        get => _nowMs;
        set
        {
            if (value == _nowMs)
                return;
            _nowMs = value;
            Usage.Advance(value);
        }
    }

    /// <summary>The snapshot that is being taken, if any.</summary>
    public SnapshotWalk? Snapshot { get; private set; }

    /// <summary>What collections are made with, before a key has them.</summary>
    public ValueStore Store { get; }

    /// <summary>A collection that no key has yet; whoever asks for it disposes it.</summary>
    public CollectionDraft NewDraft(ValueType type, ValueEncoding encoding) => new(Store, type, encoding);

    internal byte[] Digits { get; } = new byte[24];

    /// <summary>Whatever is left to chance comes from here, so that a test can repeat it.</summary>
    public Random Random { get; }

    internal int SnapshotEpoch { get; private set; }

    /// <summary>Snapshots in a row that did not finish; see SnapshotWalk.</summary>
    internal int UnfinishedSnapshots { get; set; }

    /// <summary>The walk of the last snapshot, if it was given up and not walked to the end since.</summary>
    internal SnapshotWalk? RetiredWalk { get; private set; }

    /// <summary>The walk that still goes over tables, for a snapshot or only to renumber entries.</summary>
    internal SnapshotWalk? CurrentWalk => Snapshot ?? RetiredWalk;

    public Key KeyOf(ReadOnlySpan<byte> bytes) => new(bytes, _hasher.Hash(bytes));

    internal long MemoryOf(scoped in Entry entry, int samples) => _databases[0].Table.MemoryOf(entry, samples);

    public ulong HashOf(ReadOnlySpan<byte> key) => _hasher.Hash(key);

    public long KeyCount
    {
        get
        {
            long count = 0;
            foreach (Database database in _databases)
                count += database.Count;
            return count;
        }
    }

    /// <summary>Memory of all tables' buckets, in bytes; entries are counted by the heap.</summary>
    public long TableBytes => Heap.MappedBytes;

    /// <summary>What was removed and is still being freed: entries of flushed tables, and large collections.</summary>
    public long LazyFreePendingObjects
    {
        get
        {
            long count = _collectionGraveyard.Count + (_isFreeing ? 1 : 0);
            foreach (EntryTable table in _graveyard)
                count += table.Count;
            return count;
        }
    }

    /// <summary>Something that was removed is still being freed, by <see cref="FreeSlice"/>.</summary>
    public bool IsFreeing => _isFreeing || _collectionGraveyard.Count > 0 || _graveyard.Count > 0;

    /// <summary>Empties every database; returns how many keys went. The memory is freed in slices afterwards.</summary>
    public long FlushAll()
    {
        long removed = 0;
        foreach (Database database in _databases)
            removed += database.Flush();
        return removed;
    }

    public void SwapDatabases(int a, int b)
    {
        if (a == b)
            return;
        Database.SwapTables(_databases[a], _databases[b]);
        Dirty++;
        Observer?.Swapped(_databases[a], _databases[b]);
    }

    /// <summary>Begins a dataset beside this one; one at a time.</summary>
    public StagedDataset Stage()
    {
        Native.Invariant.That(Staged is null, "one dataset is staged at a time");
        return Staged = new StagedDataset(this);
    }

    /// <summary>The dataset that is being loaded beside this one, if any.</summary>
    internal StagedDataset? Staged { get; set; }

    internal Database NewDatabase(int index) => new(this, index);

    /// <summary>Begins the snapshot of this moment: every key as it is now, whatever is written from here on.</summary>
    public SnapshotWalk BeginSnapshot()
    {
        Native.Invariant.That(Snapshot is null, "one snapshot is taken at a time");
        RetiredWalk?.MakeWay();
        SnapshotEpoch = (SnapshotEpoch + 1) % SnapshotEpochs;
        foreach (Database database in _databases)
            database.Table.SnapshotEpoch = SnapshotEpoch;
        Anteroom.Table.SnapshotEpoch = SnapshotEpoch;
        Staged?.SnapshotBegins(SnapshotEpoch);
        Snapshot = new SnapshotWalk(this, _databases);
        return Snapshot;
    }

    /// <summary>A walk is at its end.</summary>
    internal void EndWalk(SnapshotWalk walk)
    {
        if (Snapshot == walk)
            Snapshot = null;
        if (RetiredWalk == walk)
            RetiredWalk = null;
    }

    internal void RetireSnapshot()
    {
        RetiredWalk = Snapshot;
        Snapshot = null;
    }

    internal EntryTable NewTable() => new(Store) { SnapshotEpoch = SnapshotEpoch };

    /// <summary>A table that was flushed is freed in slices, once no snapshot needs it any more.</summary>
    internal void Bury(EntryTable table)
    {
        if (Snapshot is { } snapshot && snapshot.TryAdopt(table))
            return;
        RetiredWalk?.Forget(table);
        _graveyard.Enqueue(table);
    }

    /// <summary>A large collection that no key holds any more is freed in slices.</summary>
    internal void Bury(DetachedCollection collection) => _collectionGraveyard.Enqueue(collection);

    /// <summary>Frees elements of large collections, up to so many buckets of flushed tables, or clears up after given up snapshots. True while there is more.</summary>
    public bool FreeSlice(int buckets)
    {
        if (_isFreeing || _collectionGraveyard.TryDequeue(out _beingFreed))
        {
            int budget = buckets * ElementsPerBucket;
            _isFreeing = !_beingFreed.FreeSome(Store, ref budget);
            if (!_isFreeing)
                Statistics.LazyFreedObjects++;
            return true;
        }
        if (!_graveyard.TryPeek(out EntryTable? table))
            return RetiredWalk is { IsDue: true } walk && walk.Step(buckets);
        long before = table.Count;
        if (!table.FreeSome(buckets, _collectionGraveyard, FreedAtOnceMax))
        {
            table.Dispose();
            _graveyard.Dequeue();
        }
        // Those that are put off are counted when they are freed.
        Statistics.LazyFreedObjects += before - table.Count - _collectionGraveyard.Count;
        return IsFreeing;
    }

    /// <summary>After a flush that is to free memory before it is answered: does so for a dataset of moderate size, and begins with a larger one.</summary>
    public void FreeFlushed()
    {
        long freedBefore = Statistics.LazyFreedObjects;
        for (int step = 64, left = FlushedAtOnceBuckets; IsFreeing && left > 0; left -= step)
            FreeSlice(step);
        Statistics.LazyFreedObjects = freedBefore;
    }

    /// <summary>Moves up to this many buckets of tables that grow or shrink. True while there is more.</summary>
    public bool MoveSlice(int buckets)
    {
        bool more = false;
        foreach (Database database in _databases)
            more |= database.Table.Move(buckets);
        return more;
    }

    public void Dispose()
    {
        CurrentWalk?.Drop();
        Staged?.Dispose();
        foreach (Database database in _databases)
            database.Table.Dispose();
        Anteroom.Table.Dispose();
        foreach (EntryTable table in _graveyard)
            table.Dispose();
        _graveyard.Clear();
        while (_isFreeing || _collectionGraveyard.Count > 0)
            FreeSlice(int.MaxValue / ElementsPerBucket);
    }
}
