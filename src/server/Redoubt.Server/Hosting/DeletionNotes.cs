using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Structures.Entries;

namespace Redoubt.Server.Hosting;

/// <summary>
/// What the keyspace does on its own: keys it found expired go into the running command's propagation as deletions, or,
/// outside of any command, into <see cref="Deletions"/>. Large values are freed on the pool's threads.
/// </summary>
internal sealed class DeletionNotes(Redoubt.Keyspace.Keyspace keyspace, CommandSettings settings) : IKeyspaceObserver
{
    private long _pendingFrees;

    public Propagation Deletions { get; set; } = new();

    /// <summary>Values handed over and not freed yet.</summary>
    public long PendingFrees => Interlocked.Read(ref _pendingFrees);

    public void Expired(Database database, ReadOnlySpan<byte> key) =>
        Deletions.Also(2).Word(settings.IsExpiryLazy ? "UNLINK"u8 : "DEL"u8).Word(key);

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
