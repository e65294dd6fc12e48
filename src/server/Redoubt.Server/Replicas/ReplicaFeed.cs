// One of our replicas, seen from the wire: what is still to be sent to it, in order: the snapshot's bytes, then the stream.
//
// The stream is read from the shared blocks by the replica's own cursor, at the moment the socket has room; nothing of it
// is copied per replica. The snapshot's bytes are shared too: every replica of one snapshot holds the same chunks.

using Microsoft.Win32.SafeHandles;
using Redoubt.Native.Sockets;
using Redoubt.Replication;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;

namespace Redoubt.Server.Replicas;

internal sealed class ReplicaFeed(ClientConnection client, ReplicaSession session, ReplicationStream stream, ServerState state)
{
    private const int OldStreamBytesPerTurn = 1024 * 1024;
    private const int SnapshotBytesPerTurn = 256 * 1024;

    private readonly Queue<SnapshotChunk> _chunks = new();
    private int _chunkSent;
    private bool _snapshotEnded;
    private long _behindAfterTurn;

    public ClientConnection Client { get; } = client;

    public ReplicaSession Session { get; } = session;

    /// <summary>The mark that ends a snapshot whose length is not known; null when the snapshot comes from a file.</summary>
    public byte[]? EofMark { get; set; }

    /// <summary>It asked with PSYNC, not with the older SYNC, and acknowledges.</summary>
    public bool SpeaksPsync { get; set; } = true;

    /// <summary>The snapshot that this replica is being sent, when it comes without a file between.</summary>
    public Persistence.SnapshotJob? Job { get; set; }

    /// <summary>The snapshot's file while it is being sent.</summary>
    public FileStream? File { get; set; }

    public long UnsentSnapshotBytes { get; private set; }

    /// <summary>Bytes of the stream that this replica has not been sent.</summary>
    public long PendingBytes => Session.Cursor?.PendingBytes ?? 0;

    /// <summary>
    /// What its being behind costs in memory: all of what it has not been sent, or, while it is synchronised, what is neither promised to the backlog nor
    /// allowed for such replicas.
    /// </summary>
    public long HeldBytes => Session.IsCatchingUp ? Math.Min(PendingBytes, stream.ExcessMemoryBytes) : PendingBytes;

    /// <summary>The bytes that it needs next are gone.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Steady clock in milliseconds of the last byte the replica took, for repl-timeout during a snapshot.</summary>
    public long LastProgressMs { get; set; }

    /// <summary>Called when everything of the snapshot has been sent.</summary>
    public Action<ReplicaFeed>? SnapshotSent { get; set; }

    public void Enqueue(SnapshotChunk chunk)
    {
        // The time during which there was nothing to take is not the replica's.
        if (UnsentSnapshotBytes == 0)
            LastProgressMs = Loop.Clock.SteadyMs;
        _chunks.Enqueue(chunk);
        UnsentSnapshotBytes += chunk.Length;
    }

    public void EndSnapshot() => _snapshotEnded = true;

    /// <summary>The socket has room again.</summary>
    public void RoomAvailable() => Pump();

    /// <summary>Sends as much as the socket takes, up to a bound per turn.</summary>
    public void Pump()
    {
        if (Client.IsClosed || Client.AwaitsRoom || !Client.Queue.IsEmpty || Client.SegmentLength > 0)
            return;
        if (_chunks.Count > 0 || _snapshotEnded)
        {
            PumpSnapshot();
            return;
        }
        if (File is not null)
        {
            PumpFile();
            return;
        }
        if (Session.MaySendStream && Session.Cursor is { } cursor)
            PumpStream(cursor);
    }

    private void PumpStream(ReplicaCursor cursor)
    {
        // What was written since the last turn, and some of what is older: with a bound that does not follow the writes, large ones would leave
        // a replica further behind with each turn, however fast it reads.
        long written = Math.Max(cursor.PendingBytes - _behindAfterTurn, 0);
        Send(cursor, written + OldStreamBytesPerTurn);
        if (cursor.IsLost)
        {
            IsLost = true;
            return;
        }
        _behindAfterTurn = cursor.PendingBytes;
        Session.LookHowFar(OldStreamBytesPerTurn);
    }

    private void Send(ReplicaCursor cursor, long budget)
    {
        while (budget > 0)
        {
            ReadOnlySpan<byte> next = cursor.Next();
            if (next.IsEmpty)
                return;
            int sent = Send(next);
            if (sent <= 0)
                return;
            cursor.Advance(sent);
            budget -= sent;
        }
        AwaitRoom();
    }

    private void PumpSnapshot()
    {
        Span<byte> space = stackalloc byte[32 * 1024];
        int budget = SnapshotBytesPerTurn;
        while (_chunks.Count > 0 && budget > 0)
        {
            SnapshotChunk chunk = _chunks.Peek();
            ReadOnlySpan<byte> piece = chunk.Read(_chunkSent, space);
            IsLost = piece.IsEmpty;
            if (IsLost)
                return;
            int sent = Send(piece);
            if (sent <= 0)
                return;
            budget -= sent;
            UnsentSnapshotBytes -= sent;
            _chunkSent += sent;
            if (_chunkSent < chunk.Length)
                continue;
            _chunkSent = 0;
            _chunks.Dequeue();
            chunk.Release();
        }
        if (_chunks.Count == 0 && _snapshotEnded)
        {
            _snapshotEnded = false;
            Job = null;
            SnapshotSent?.Invoke(this);
        }
        else if (_chunks.Count > 0)
        {
            AwaitRoom();
        }
    }

    private void PumpFile()
    {
        Span<byte> piece = stackalloc byte[32 * 1024];
        int budget = SnapshotBytesPerTurn;
        while (budget > 0)
        {
            int got = File!.Read(piece);
            if (got == 0)
            {
                File.Dispose();
                File = null;
                SnapshotSent?.Invoke(this);
                return;
            }
            int sent = Send(piece[..got]);
            if (sent < got)
                File!.Seek(Math.Max(sent, 0) - got, SeekOrigin.Current);
            if (sent <= 0)
                return;
            budget -= sent;
        }
        AwaitRoom();
    }

    /// <summary>Bytes taken; when the socket is full it is watched for room, when it is broken the read side will tell.</summary>
    private int Send(ReadOnlySpan<byte> bytes)
    {
        int sent = Client.Channel.Send(bytes);
        state.WritesProcessed++;
        state.ReplicationBytesSent += Math.Max(sent, 0);
        if (sent > 0)
            LastProgressMs = Loop.Clock.SteadyMs;
        if (sent == SocketResult.WouldBlock)
            AwaitRoom();
        return sent;
    }

    /// <summary>Goes on when the socket has room; after a turn that used up its share it does so at once, in the next round.</summary>
    private void AwaitRoom()
    {
        Client.AwaitsRoom = true;
        Client.Channel.Watch(reads: true, writes: true);
    }

    public void Drop()
    {
        while (_chunks.TryDequeue(out SnapshotChunk? chunk))
            chunk.Release();
        File?.Dispose();
        File = null;
    }
}

/// <summary>Encoded bytes of a snapshot, shared by the replicas that wait for them.</summary>
/// <param name="file">Where they are, if not in <paramref name="bytes"/>.</param>
internal sealed class SnapshotChunk(byte[] bytes, int length, int holders, Action<byte[]> recycle, SafeFileHandle? file, long place)
{
    private int _holders = holders;

    public int Length { get; } = length;

    /// <summary>Bytes from a place on, all of them or as many as there is room for in <paramref name="space"/>; empty when they cannot be read.</summary>
    public ReadOnlySpan<byte> Read(int from, Span<byte> space)
    {
        if (file is null)
            return bytes.AsSpan(from, Length - from);
        try
        {
            return space[..RandomAccess.Read(file, space[..Math.Min(space.Length, Length - from)], place + from)];
        }
        catch (IOException)
        {
            return default;
        }
    }

    public void Release()
    {
        if (--_holders == 0)
            recycle(bytes);
    }
}
