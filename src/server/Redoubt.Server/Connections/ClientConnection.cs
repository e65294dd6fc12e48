// One connection: its socket, what of its input is not executed yet, and what of its output is not sent yet.
//
// Input: while everything that arrives is complete, a connection owns no buffer at all; the loop reads into one shared
// buffer and executes from there. Only an incomplete request is kept, in `Rest`.
// Output: see RespWriter: replies of this turn are a segment of the shared reply buffer; what a socket does not take goes
// to `Queue`.
//
// A connection may also be a replica of this server (`Replica`), or the link to its master (`IsMasterLink`).

using Redoubt.Commands;
using Redoubt.Native.Sockets;
using Redoubt.Resp;

namespace Redoubt.Server.Connections;

internal sealed class ClientConnection : ClientSession
{
    /// <summary>What a connection without buffers takes: this object and those that belong to it, as the collector counts them.</summary>
    internal const int ObjectBytes = 1024;

    public required SocketChannel Channel { get; init; }

    public RequestParser Parser { get; } = new();

    /// <summary>Input that is not executed yet, from the start of its first request.</summary>
    public byte[] Rest { get; set; } = [];

    public int RestLength { get; set; }

    /// <summary>Where this turn's replies stand in the shared reply buffer.</summary>
    public int SegmentStart { get; set; }

    public int SegmentLength { get; set; }

    /// <summary>What a helper thread sent of this turn's replies: bytes or a result; null = none did.</summary>
    public int? SentAhead { get; set; }

    public OutputQueue Queue { get; } = new();

    /// <summary>In the list of connections that the loop flushes before it sleeps.</summary>
    public bool IsFlushScheduled { get; set; }

    /// <summary>The socket was full: the rest is sent when it reports room.</summary>
    public bool AwaitsRoom { get; set; }

    /// <summary>Not read from until its output has drained.</summary>
    public bool IsThrottled { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Requests that have arrived are not executed yet, because replies to earlier ones must leave first. Nothing is read meanwhile.</summary>
    public bool HasMoreInput { get; set; }

    /// <summary>In the list of connections whose input is gone on with in the next round.</summary>
    public bool IsTurnScheduled { get; set; }

    /// <summary>To be closed as soon as its turn ends, without the replies that it has not been sent yet.</summary>
    public bool IsAborted { get; set; }

    public long CreatedMs { get; init; }

    public long LastInteractionMs { get; set; }

    /// <summary>Since when the output is above its class's soft limit, by the steady clock; 0 = it is not.</summary>
    public long SoftLimitSinceMs { get; set; }

    public long CommandsProcessed { get; set; }

    public CommandDescriptor? LastCommand { get; set; }

    /// <summary>Requests queued by MULTI; null outside.</summary>
    public Dispatch.Transaction? Transaction { get; set; }

    /// <summary>Channels and patterns that the client listens to; null when there are none.</summary>
    public PubSub.ClientSubscriptions? Subscriptions { get; set; }

    public override bool IsSubscriber => Subscriptions is not null;

    /// <summary>Which changes of keys the client wants to know of; null when of none.</summary>
    public Tracking.ClientTracking? Tracking { get; set; }

    /// <summary>Messages that came up while a request of this client was being answered: they follow the reply.</summary>
    public RespWriter? PushesAfterReply { get; set; }

    /// <summary>This connection as one of our replicas.</summary>
    public Replicas.ReplicaFeed? Feed { get; set; }

    /// <summary>What the client waits for, while <see cref="ClientSession.IsBlocked"/>.</summary>
    public Blocking.Wait? Wait { get; set; }

    /// <summary>Was let go on and has not yet, which it will at the end of this round.</summary>
    public bool IsResuming { get; set; }

    /// <summary>The how-manieth client that a pause held back: they go on in this order.</summary>
    public long HeldAs { get; set; }

    /// <summary>The stream's offset after this client's last write: what WAIT waits for.</summary>
    public Redoubt.Topology.ReplicationOffset WrittenUpTo { get; set; }

    public bool IsLocal => IsFromThisMachine(Channel);

    /// <summary>By the Unix socket or from one of the two loopback addresses; to Redis, others such as 127.0.0.2 are strangers.</summary>
    public static bool IsFromThisMachine(SocketChannel channel) => channel.IsUnix
        || channel.RemoteAddress.StartsWith("127.0.0.1:", StringComparison.Ordinal) || channel.RemoteAddress.StartsWith("[::1]:", StringComparison.Ordinal);

    /// <summary>May be closed when clients take too much memory.</summary>
    public bool IsEvictable => !IsNoEvict && !IsReplica && !IsMasterLink;

    /// <summary>As what, and with how many bytes, this client stands in the memory account.</summary>
    public Memory.ClientKind ChargedAs { get; set; }

    public long ChargedBytes { get; set; }

    public bool IsChargedAsEvictable { get; set; }

    /// <summary>Memory that this connection holds: buffers and the objects themselves, in bytes.</summary>
    public long MemoryBytes => ObjectBytes + Rest.Length + Queue.Bytes + (Transaction?.Bytes ?? 0) + (Wait?.Bytes ?? 0) + (Subscriptions?.Bytes ?? 0);

    public string Address => Channel.RemoteAddress;

    public string LocalAddress => Channel.LocalAddress;
}
