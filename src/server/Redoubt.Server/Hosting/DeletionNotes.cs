using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Server.Blocking;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Tracking;
using Redoubt.Structures.Entries;

namespace Redoubt.Server.Hosting;

/// <summary>
/// What the keyspace does on its own: keys it found expired go into the running command's propagation as deletions, or,
/// outside of any command, into <see cref="Deletions"/>. Clients that wait for keys, or watch them, are told what becomes of them. Large values are freed on
/// the pool's threads.
/// </summary>
internal sealed class DeletionNotes(Redoubt.Keyspace.Keyspace keyspace, CommandSettings settings) : IKeyspaceObserver
{
    private long _pendingFrees;

    public Propagation Deletions { get; set; } = new();

    /// <summary>Clients that wait for keys; set by the composition root.</summary>
    public KeyWaits? KeyWaits { get; set; }

    /// <summary>Set by the composition root.</summary>
    public Watches Watches { get; set; } = null!;

    /// <summary>Values handed over and not freed yet.</summary>
    public long PendingFrees => Interlocked.Read(ref _pendingFrees);

    /// <summary>Clients with caches; set by the composition root.</summary>
    public KeyTracking? Tracking { get; set; }

    /// <summary>Keyspace events; set by the composition root.</summary>
    public IKeyspaceEvents? Events { get; set; }

    public void Evicted(Database database, ReadOnlySpan<byte> key)
    {
        Deletions.Also(2).Word(keyspace.Evictor.IsLazy ? "UNLINK"u8 : "DEL"u8).Word(key);
        Gone(database, key);
        Notify(KeyspaceEvents.Evicted, "evicted"u8, database, key);
    }

    public void Expired(Database database, ReadOnlySpan<byte> key)
    {
        Deletions.Also(2).Word(settings.IsExpiryLazy ? "UNLINK"u8 : "DEL"u8).Word(key);
        Gone(database, key);
        Notify(KeyspaceEvents.Expired, "expired"u8, database, key);
    }

    public void Created(Database database, ReadOnlySpan<byte> key, ValueType type, bool isNew)
    {
        if (type != ValueType.String)
            KeyWaits?.SignalReady(database, key, type);
        if (isNew)
            Notify(KeyspaceEvents.New, "new"u8, database, key);
    }

    public void Modified(Database database, ReadOnlySpan<byte> key)
    {
        if (keyspace.ReportsModifications)
            Watches.Modified(database, key);
        if (keyspace.TracksModifications)
            Tracking!.Modified(key);
    }

    public void Missed(Database database, ReadOnlySpan<byte> key) => Notify(KeyspaceEvents.KeyMiss, "keymiss"u8, database, key);

    private void Gone(Database database, ReadOnlySpan<byte> key)
    {
        Watches.Removed(database, key);
        if (keyspace.TracksModifications)
            Tracking!.Modified(key);
    }

    private void Notify(KeyspaceEvents kind, ReadOnlySpan<byte> name, Database database, ReadOnlySpan<byte> key)
    {
        if ((settings.KeyspaceEvents & kind) != 0)
            Events?.Publish(name, key, database.Index);
    }

    public void StreamRemoved(Database database, ReadOnlySpan<byte> key) => KeyWaits?.SignalReady(database, key, ValueType.Stream);

    public void Flushing(Database database)
    {
        Watches.Flushing(database);
        KeyWaits?.SignalAll(database);
    }

    public void Swapped(Database a, Database b)
    {
        Watches.Swapped(a, b);
        KeyWaits?.SignalAll(a);
        KeyWaits?.SignalAll(b);
    }

    public void Replaced(Database database, Database former)
    {
        Watches.Replaced(database, former);
        KeyWaits?.SignalAll(database);
    }

    public void FreeElsewhere(DetachedValue value)
    {
        Interlocked.Increment(ref _pendingFrees);
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                EntryTable.FreeDetached(work.Keyspace.Heap, work.Value);
                Interlocked.Decrement(ref work.Notes._pendingFrees);
            },
            (Keyspace: keyspace, Value: value, Notes: this), preferLocal: false);
    }
}
