// One connection: its socket, what of its input is not executed yet, and what of its output is not sent yet.
//
// Input: a connection that talks has a buffer of its own, `Rest`, in which requests are executed where they stand and an
// incomplete one waits for the rest of it; ClientUpkeep fits its size to what comes, and takes it from who is silent. Who sends much at
// once is read into a larger buffer that all share.
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

    /// <summary>A watch, its key and its places in lists, about.</summary>
    private const long WatchBytes = 160;

    public required SocketChannel Channel { get; init; }

    public RequestParser Parser { get; } = new();

    /// <summary>Also how much is taken from it: whoever is unknown may not send long requests.</summary>
    public override bool IsAuthenticated
    {
        get => base.IsAuthenticated;
        set
        {
            base.IsAuthenticated = value;
            Parser.IsTrusted = value;
        }
    }

    /// <summary>The query buffer: input that is not executed yet, from the start of its first request, and room for more.</summary>
    public byte[] Rest { get; set; } = [];

    public int RestLength { get; set; }

    /// <summary>The length of the input that is being executed.</summary>
    public int BytesInService { get; set; }

    /// <summary>The most that stood in the query buffer lately.</summary>
    public int QueryPeak { get; set; }

    /// <summary>What came last filled a buffer.</summary>
    public bool SendsMuch { get; set; }

    /// <summary>The most it was owed at once since <see cref="ReplyPeakSinceMs"/>.</summary>
    public int ReplyPeak { get; set; }

    public long ReplyPeakSinceMs { get; set; }

    /// <summary>Its place in the row of all connections.</summary>
    public int Place { get; set; }

    /// <summary>Where this turn's replies stand in the shared reply buffer.</summary>
    public int SegmentStart { get; set; }

    public int SegmentLength { get; set; }

    /// <summary>What a helper thread sent of this turn's replies: bytes or a result; null = none did.</summary>
    public int? SentAhead { get; set; }

    public OutputQueue Queue { get; } = new();

    /// <summary>What of the queue must not leave yet.</summary>
    private ReplyHold _hold;

    public ref ReplyHold Hold => ref _hold;

    /// <summary>In the list of connections that the loop flushes before it sleeps.</summary>
    public bool IsFlushScheduled { get; set; }

    /// <summary>The socket was full: the rest is sent when it reports room.</summary>
    public bool AwaitsRoom { get; set; }

    /// <summary>Not read from until its output has drained.</summary>
    public bool IsThrottled { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Is owed more than it may be; closed when this round's replies are sent, and sent nothing any more.</summary>
    public bool IsDoomed { get; set; }

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

    /// <summary>The keys it watches.</summary>
    public List<Dispatch.Watch> Watches { get; } = [];

    /// <summary>A key that it watched has changed: EXEC will run nothing.</summary>
    public bool IsWatchBroken { get; set; }

    /// <summary>This connection as one of our replicas.</summary>
    public Replicas.ReplicaFeed? Feed { get; set; }

    /// <summary>What the client waits for, while <see cref="ClientSession.IsBlocked"/>.</summary>
    public Blocking.Wait? Wait { get; set; }

    /// <summary>Was let go on and has not yet, which it will at the end of this round.</summary>
    public bool IsResuming { get; set; }

    /// <summary>Asks for this server's promotion, which waits until what its master has sent is applied.</summary>
    public bool AwaitsMasterStream { get; set; }

    /// <summary>The how-manieth client that a pause held back: they go on in this order.</summary>
    public long HeldAs { get; set; }

    /// <summary>The stream's offset after this client's last write: what WAIT waits for.</summary>
    public Redoubt.Topology.ReplicationOffset WrittenUpTo { get; set; }

    public bool IsLocal => IsFromThisMachine(Channel);

    /// <summary>By the Unix socket or from one of the two loopback addresses; to Redis, others such as 127.0.0.2 are strangers.</summary>
    public static bool IsFromThisMachine(SocketChannel channel) => channel.IsUnix
        || channel.RemoteAddress.StartsWith("127.0.0.1:", StringComparison.Ordinal) || channel.RemoteAddress.StartsWith("[::1]:", StringComparison.Ordinal);

    /// <summary>Which limit of output it is subject to.</summary>
    public Configuration.OutputClass OutputClass => IsReplica ? Configuration.OutputClass.Replica
        : Subscriptions is null ? Configuration.OutputClass.Normal : Configuration.OutputClass.PubSub;

    /// <summary>May be closed when clients take too much memory.</summary>
    public bool IsEvictable => !IsNoEvict && !IsReplica && !IsMasterLink;

    /// <summary>As what, and with how many bytes, this client stands in the memory account.</summary>
    public Memory.ClientKind ChargedAs { get; set; }

    public long ChargedBytes { get; set; }

    public bool IsChargedAsEvictable { get; set; }

    /// <summary>Memory that this connection holds: buffers and the objects themselves, in bytes.</summary>
    public long MemoryBytes => ObjectBytes + Rest.Length + Queue.MemoryBytes + (Transaction?.Bytes ?? 0) + (Wait?.Bytes ?? 0) + (Subscriptions?.Bytes ?? 0)
        + WatchBytes * Watches.Count + (Tracking?.Bytes ?? 0);

    /// <summary>Gives the query buffer a size that fits, or none when nothing stands in it and none is asked for.</summary>
    public void ResizeRest(long bytes)
    {
        if (bytes == 0 && RestLength == 0)
        {
            InputBuffers.Return(Rest);
            Rest = [];
            return;
        }
        if (InputBuffers.SizeFor(Math.Max(bytes, RestLength)) == Rest.Length)
            return;
        byte[] fitting = InputBuffers.Rent(Math.Max(bytes, RestLength));
        Rest.AsSpan(0, RestLength).CopyTo(fitting);
        InputBuffers.Return(Rest);
        Rest = fitting;
    }

    public string Address => Channel.RemoteAddress;

    public string LocalAddress => Channel.LocalAddress;
}
