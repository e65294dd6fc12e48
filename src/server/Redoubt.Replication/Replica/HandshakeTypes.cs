using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>The link to the master as INFO, ROLE and the log see it.</summary>
public enum LinkState
{
    /// <summary>This node follows nobody.</summary>
    None,

    /// <summary>A connection is to be made.</summary>
    Connect,

    /// <summary>The connection is being made.</summary>
    Connecting,

    /// <summary>PING, AUTH, REPLCONF, PSYNC.</summary>
    Handshake,

    /// <summary>The snapshot is awaited or being received.</summary>
    Sync,

    /// <summary>The stream flows.</summary>
    Connected,
}

/// <summary>ROLE's word for a link state.</summary>
public static class LinkStateWords
{
    /// <summary>The word as ROLE prints it.</summary>
    public static ReadOnlySpan<byte> ToWire(this LinkState state) => state switch
    {
        LinkState.Connect => "connect"u8,
        LinkState.Connecting => "connecting"u8,
        LinkState.Handshake => "handshake"u8,
        LinkState.Sync => "sync"u8,
        LinkState.Connected => "connected"u8,
        _ => "none"u8,
    };
}

/// <summary>What the configuration says to the handshake.</summary>
/// <param name="ListeningPort"><c>replica-announce-port</c>, or the port this node listens on.</param>
public sealed record HandshakeOptions(int ListeningPort)
{
    /// <summary><c>masterauth</c>; without it no AUTH is sent, not even with a user.</summary>
    public ReadOnlyMemory<byte>? MasterAuth { get; init; }

    /// <summary><c>masteruser</c>.</summary>
    public ReadOnlyMemory<byte>? MasterUser { get; init; }

    /// <summary><c>replica-announce-ip</c>.</summary>
    public string? AnnounceIp { get; init; }

    /// <summary><c>repl-timeout</c>.</summary>
    public int TimeoutSeconds { get; init; } = 60;

    /// <summary>A snapshot goes to a file before it is loaded.</summary>
    public bool SpoolsSnapshot { get; init; }
}

/// <summary>What this node has of a history, to ask the master for the rest.</summary>
/// <param name="Id">The history.</param>
/// <param name="Applied">How far it got.</param>
/// <param name="AsksForFork">The last of it are our own writes, which the master may not have: it is asked first how much of it it has.</param>
public readonly record struct ResumePoint(ReplicationId Id, ReplicationOffset Applied, bool AsksForFork = false);

/// <summary>What the caller is to do after an event.</summary>
public enum HandshakeEvent
{
    /// <summary>Send <see cref="ReplicaHandshake.Output"/> if there is any, and wait.</summary>
    Waiting,

    /// <summary>The master has said how much of our history it has (<see cref="ReplicaHandshake.Fork"/>): go on with
    /// <see cref="ReplicaHandshake.AskForResync"/>.</summary>
    ForkKnown,

    /// <summary>The master will send a snapshot at <see cref="ReplicaHandshake.MasterId"/> and
    /// <see cref="ReplicaHandshake.MasterOffset"/>. What follows is its announcement: go on feeding.</summary>
    FullResync,

    /// <summary>The snapshot begins with the next byte; see <see cref="ReplicaHandshake.Payload"/>.</summary>
    PayloadBegins,

    /// <summary>The stream goes on with the next byte, under <see cref="ReplicaHandshake.MasterId"/>.</summary>
    Continued,

    /// <summary>Close the connection and try again after the back-off.</summary>
    Failed,

    /// <summary>As <see cref="Failed"/>, but during a FAILOVER: the target would not take over.</summary>
    FailoverRejected,

    /// <summary>As <see cref="FailoverRejected"/>, because the target says that it is a master already.</summary>
    FailoverTargetIsMaster,
}

/// <summary>How the snapshot's end is known.</summary>
/// <param name="LengthBytes">Its length, or -1 when it ends with a mark.</param>
/// <param name="EofMark">The mark, or empty.</param>
public readonly record struct PayloadAnnouncement(long LengthBytes, ReadOnlyMemory<byte> EofMark)
{
    /// <summary>A diskless master's payload, to be read with an <see cref="EofMarkScanner"/>. The replica must send an ACK right
    /// after it: only that starts the stream.</summary>
    public bool EndsWithMark => LengthBytes < 0;
}
