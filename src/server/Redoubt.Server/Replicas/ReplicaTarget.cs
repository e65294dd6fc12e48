// A snapshot that goes straight to replicas: the helper's bytes are cut into chunks, which the keyspace thread shares out to
// the replicas that are still there. Chunks are recycled when the last replica has sent them.
//
// The walk stops while replicas are behind, but writes of clients go on, and each gives out the old image of its key: over a slow link that may become
// the whole dataset. So beyond a set amount the chunks go to a file (which has no name from its first moment on) and are read from there when their turn
// comes.

using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.Replicas;

internal sealed class ReplicaTarget(List<ReplicaFeed> feeds, byte[] mark, Mailbox mailbox, string spillPath, long memoryBytesMax) : ISnapshotTarget
{
    private const int ChunkBytes = 128 * 1024;

    private readonly ConcurrentBag<byte[]> _spare = [];
    private long _posted;
    private long _inMemory;
    private SafeFileHandle? _spill;
    private bool _isSpillBroken;
    private long _spilled;
    private int _spilledChunks;
    private bool _isOver;

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
            if (Interlocked.Read(ref _inMemory) >= Math.Max(memoryBytesMax, ChunkBytes) && Spill(bytes[..length]) is { } place)
            {
                bytes = bytes[length..];
                Interlocked.Add(ref _posted, length);
                mailbox.Post(() => Share([], length, place));
                continue;
            }
            Interlocked.Add(ref _inMemory, ChunkBytes);
            byte[] chunk = _spare.TryTake(out byte[]? spare) ? spare : GC.AllocateUninitializedArray<byte>(ChunkBytes);
            bytes[..length].CopyTo(chunk);
            bytes = bytes[length..];
            Interlocked.Add(ref _posted, length);
            mailbox.Post(() => Share(chunk, length));
        }
        return null;
    }

    /// <summary>Puts bytes into the file: where they are, or null when that cannot be; then they stay in memory.</summary>
    private long? Spill(ReadOnlySpan<byte> bytes)
    {
        if (_isSpillBroken)
            return null;
        try
        {
            if (_spill is null)
            {
                _spill = File.OpenHandle(spillPath, FileMode.Create, FileAccess.ReadWrite, FileShare.Delete);
                File.Delete(spillPath);
            }
            RandomAccess.Write(_spill, bytes, _spilled);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _isSpillBroken = true;
            return null;
        }
        long place = _spilled;
        _spilled += bytes.Length;
        return place;
    }

    public string? Complete()
    {
        mailbox.Post(() =>
        {
            Share(mark, mark.Length);
            foreach (ReplicaFeed feed in Feeds)
                feed.EndSnapshot();
            End();
        });
        return null;
    }

    public void Cancel() => mailbox.Post(End);

    private void End()
    {
        _isOver = true;
        CloseSpill();
    }

    private void CloseSpill()
    {
        if (_isOver && _spilledChunks == 0)
            _spill?.Dispose();
    }

    private void Share(byte[] chunk, int length, long place = -1)
    {
        if (chunk != mark)
            Interlocked.Add(ref _posted, -length);
        Feeds.RemoveAll(static feed => feed.Client.IsClosed);
        if (Feeds.Count == 0)
        {
            if (place < 0)
                Recycle(chunk);
            return;
        }
        if (place >= 0)
            _spilledChunks++;
        SnapshotChunk shared = new(chunk, length, Feeds.Count, Recycle, place < 0 ? null : _spill, place);
        foreach (ReplicaFeed feed in Feeds)
            feed.Enqueue(shared);
    }

    private void Recycle(byte[] chunk)
    {
        if (chunk.Length == 0)
        {
            _spilledChunks--;
            CloseSpill();
        }
        if (chunk.Length != ChunkBytes)
            return;
        Interlocked.Add(ref _inMemory, -ChunkBytes);
        _spare.Add(chunk);
    }
}
