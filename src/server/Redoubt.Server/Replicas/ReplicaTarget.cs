// A snapshot that goes straight to replicas: the helper's bytes are cut into chunks, which the keyspace thread shares out to
// the replicas that are still there. Chunks are recycled when the last replica has sent them.

using System.Collections.Concurrent;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.Replicas;

internal sealed class ReplicaTarget(List<ReplicaFeed> feeds, byte[] mark, Mailbox mailbox) : ISnapshotTarget
{
    private const int ChunkBytes = 128 * 1024;

    private readonly ConcurrentBag<byte[]> _spare = [];
    private long _posted;

    /// <summary>The replicas that are still connected.</summary>
    public List<ReplicaFeed> Feeds { get; } = feeds;

    /// <summary>Bytes encoded, but not yet sent to the slowest replica.</summary>
    public long UnsentBytes()
    {
        long most = Interlocked.Read(ref _posted);
        long slowest = 0;
        foreach (ReplicaFeed feed in Feeds)
            slowest = Math.Max(slowest, feed.UnsentSnapshotBytes);
        return most + slowest;
    }

    public string? Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, ChunkBytes);
            byte[] chunk = _spare.TryTake(out byte[]? spare) ? spare : GC.AllocateUninitializedArray<byte>(ChunkBytes);
            bytes[..length].CopyTo(chunk);
            bytes = bytes[length..];
            Interlocked.Add(ref _posted, length);
            mailbox.Post(() => Share(chunk, length));
        }
        return null;
    }

    public string? Complete()
    {
        mailbox.Post(() =>
        {
            Share(mark, mark.Length);
            foreach (ReplicaFeed feed in Feeds)
                feed.EndSnapshot();
        });
        return null;
    }

    public void Cancel()
    {
    }

    private void Share(byte[] chunk, int length)
    {
        if (chunk != mark)
            Interlocked.Add(ref _posted, -length);
        Feeds.RemoveAll(static feed => feed.Client.IsClosed);
        if (Feeds.Count == 0)
            return;
        SnapshotChunk shared = new(chunk, length, Feeds.Count, Recycle);
        foreach (ReplicaFeed feed in Feeds)
            feed.Enqueue(shared);
    }

    private void Recycle(byte[] chunk)
    {
        if (chunk.Length == ChunkBytes)
            _spare.Add(chunk);
    }
}
