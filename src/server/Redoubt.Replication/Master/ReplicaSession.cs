using Redoubt.Topology;

namespace Redoubt.Replication;

// One replica as its master sees it, from its first REPLCONF to its end: what it said of itself, how far its synchronisation has come,
// what it has acknowledged. It holds no socket and asks for no time; both belong to the caller.

/// <summary>What a replica said that it can do (<c>REPLCONF capa</c>).</summary>
[Flags]
public enum ReplicaCapabilities
{
    /// <summary>Nothing said.</summary>
    None = 0,

    /// <summary>Reads a snapshot that ends with a mark instead of beginning with its length.</summary>
    Eof = 1,

    /// <summary>Understands <c>+CONTINUE id</c>.</summary>
    Psync2 = 2,
}

/// <summary>How far the synchronisation of one replica has come.</summary>
public enum SessionState
{
    /// <summary>A connection that may become a replica: it has sent REPLCONF, but no PSYNC yet.</summary>
    Announced,

    /// <summary>Needs a snapshot, none has begun for it.</summary>
    WaitBgsaveStart,

    /// <summary>Its snapshot is being made (and, without a disk in between, sent).</summary>
    WaitBgsaveEnd,

    /// <summary>A finished snapshot is being sent.</summary>
    SendBulk,

    /// <summary>Gets the stream.</summary>
    Online,
}

/// <summary>What the master knows of one replica, from its first REPLCONF on.</summary>
public sealed class ReplicaSession(long clientId, string peerIp)
{
    // A small snapshot is often loaded before this node has noticed that it is sent. Its ACK must not be lost then: the next one
    // comes a second later (as it does with Redis).
    private bool _snapshotAcked;

    /// <summary>The connection's number, as CLIENT LIST shows it.</summary>
    public long ClientId { get; } = clientId;

    /// <summary>The address the connection came from.</summary>
    public string PeerIp { get; } = peerIp;

    /// <summary>Where the synchronisation stands; changed by <see cref="ReplicaRegistry"/> and the methods here.</summary>
    public SessionState State { get; private set; }

    /// <summary><c>REPLCONF listening-port</c>; 0 until it is said.</summary>
    public int ListeningPort { get; internal set; }

    /// <summary><c>REPLCONF ip-address</c>, for replicas behind address translation.</summary>
    public string? AnnouncedIp { get; internal set; }

    /// <summary><c>REPLCONF capa</c>.</summary>
    public ReplicaCapabilities Capabilities { get; internal set; }

    /// <summary><c>REPLCONF rdb-only</c>: wants a snapshot and then goes.</summary>
    public bool SnapshotOnly { get; internal set; }

    /// <summary>The last offset it acknowledged. It never falls: an old ACK says nothing new.</summary>
    public ReplicationOffset AckedOffset { get; private set; }

    /// <summary>The last offset that it said its append-only file has on the disk (<c>FACK</c>); null = it did not say.</summary>
    public ReplicationOffset? DiskOffset { get; private set; }

    /// <summary>When it last acknowledged anything, or came online.</summary>
    public long AckTimeMs { get; private set; }

    /// <summary>Where the stream goes on once its snapshot is loaded.</summary>
    public ReplicationOffset SnapshotOffset { get; private set; }

    /// <summary>After a snapshot that ends with a mark, the stream waits for the replica's first ACK: bytes sent earlier could be
    /// taken for payload.</summary>
    public bool StreamWaitsForAck { get; private set; }

    /// <summary>Its place in the stream; null until a snapshot or a partial resync gave it one.</summary>
    public ReplicaCursor? Cursor { get; private set; }

    /// <summary>
    /// It is being synchronised, or is sent what was written meanwhile: that it is far behind is not its doing. Over when it has been near the end of the
    /// stream once.
    /// </summary>
    public bool IsCatchingUp { get; private set; }

    /// <summary>To be called after something was sent to it.</summary>
    /// <param name="nearBytes">Whoever is no further behind than this is near.</param>
    public void LookHowFar(long nearBytes)
    {
        if (IsCatchingUp && MaySendStream && Cursor is { } cursor && cursor.PendingBytes <= nearBytes)
            IsCatchingUp = false;
    }

    /// <summary>The host by which it can be reached.</summary>
    public string Host => string.IsNullOrEmpty(AnnouncedIp) ? PeerIp : AnnouncedIp;

    /// <summary>Its name in log lines.</summary>
    public string Name => ListeningPort > 0
        ? (Host.Contains(':') ? $"[{Host}]:{ListeningPort}" : $"{Host}:{ListeningPort}")
        : $"client id #{ClientId}";

    /// <summary>Whether the bytes of the stream may be sent to it now.</summary>
    public bool MaySendStream => State == SessionState.Online && !StreamWaitsForAck && !SnapshotOnly;

    /// <summary>INFO's word: both kinds of waiting look the same.</summary>
    public ReplicaState WireState => State switch
    {
        SessionState.WaitBgsaveStart or SessionState.WaitBgsaveEnd => ReplicaState.WaitBgsave,
        SessionState.SendBulk => ReplicaState.SendBulk,
        SessionState.Online => ReplicaState.Online,
        _ => ReplicaState.Unknown,
    };

    /// <summary>INFO's <c>lag</c>: whole seconds since the last ACK, counted by the seconds of the clock as Redis does; 0 unless online.</summary>
    public long LagSeconds(long nowMs) => State == SessionState.Online ? nowMs / 1000 - AckTimeMs / 1000 : 0;

    /// <summary>A full resync was decided; it needs a snapshot.</summary>
    public void AwaitSnapshot() => State = SessionState.WaitBgsaveStart;

    /// <summary>Its snapshot begins: everything after this offset will follow from the cursor.</summary>
    public void BeginSnapshot(ReplicationOffset offset, ReplicaCursor? cursor)
    {
        State = SessionState.WaitBgsaveEnd;
        SnapshotOffset = offset;
        _snapshotAcked = false;
        IsCatchingUp = cursor is not null;
        Cursor?.Dispose();
        Cursor = cursor;
    }

    /// <summary>The snapshot is complete on disk and is now being sent.</summary>
    public void BeginBulk() => State = SessionState.SendBulk;

    /// <summary>The snapshot is sent. With a mark at its end the stream starts with the replica's ACK.</summary>
    public void PutOnline(long nowMs, bool waitForAck)
    {
        if (SnapshotOnly)
            return;
        State = SessionState.Online;
        AckTimeMs = nowMs;
        StreamWaitsForAck = waitForAck && !_snapshotAcked;
    }

    /// <summary>A partial resync was granted: online at once.</summary>
    public void Continue(ReplicaCursor cursor, long nowMs)
    {
        Cursor?.Dispose();
        Cursor = cursor;
        PutOnline(nowMs, waitForAck: false);
    }

    /// <summary>An ACK came; true when its stream may start now.</summary>
    public bool OnAck(ReplicationOffset offset, long nowMs)
    {
        if (State == SessionState.Announced)
            return false;
        if (offset > AckedOffset)
            AckedOffset = offset;
        AckTimeMs = nowMs;
        _snapshotAcked |= offset >= SnapshotOffset;
        if (State != SessionState.Online || !StreamWaitsForAck)
            return false;
        StreamWaitsForAck = false;
        return true;
    }

    /// <summary>Its disk has the stream up to here; as with an ACK, what is old says nothing new.</summary>
    public void OnDiskAck(ReplicationOffset offset)
    {
        if (DiskOffset is not { } known || offset > known)
            DiskOffset = offset;
    }

    /// <summary>Anything came from it, such as the empty lines of a replica that is loading: it lives.</summary>
    public void OnSignOfLife(long nowMs)
    {
        if (State != SessionState.Announced)
            AckTimeMs = nowMs;
    }

    /// <summary>The connection is gone: lets its blocks go.</summary>
    internal void Release()
    {
        Cursor?.Dispose();
        Cursor = null;
        State = SessionState.Announced;
    }
}
