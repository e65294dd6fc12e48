// What every part of the server may ask about it: role, loading, statistics. Plain fields, written by the part they belong
// to, read by the dispatcher's gate and by INFO. The keyspace thread only.

namespace Redoubt.Server.Dispatch;

internal sealed class ServerState
{
    /// <summary>Follows a master, whether or not the link is up.</summary>
    public bool IsReplica
    {
        get;
        set
        {
            field = value;
            RoleChanged?.Invoke();
        }
    }

    /// <summary>Also when the role is set to what it is.</summary>
    public event Action? RoleChanged;

    /// <summary>The link to the master is connected and the dataset is the master's.</summary>
    public bool IsMasterLinkUp { get; set; }

    /// <summary>
    /// Sources of function libraries that came with the dataset. This server does not run them; it keeps them, and hands them on in
    /// its own files and to its replicas.
    /// </summary>
    public IReadOnlyList<byte[]> FunctionLibraries { get; set; } = [];

    /// <summary>A dataset is being loaded, from a file or from a master, and none is served.</summary>
    public bool IsLoading { get; set; }

    /// <summary>One is being loaded from the master beside an older one of the same history, which is served meanwhile.</summary>
    public bool IsLoadingBeside { get; set; }

    public bool IsLoadingAny => IsLoading | IsLoadingBeside;

    /// <summary>CLIENT PAUSE or a failover holds clients back.</summary>
    public PauseKind Pause { get; set; }

    /// <summary>Enough replicas are near for writes to be accepted (min-replicas-to-write).</summary>
    public bool HasEnoughReplicas { get; set; } = true;

    public bool IsShuttingDown { get; set; }

    /// <summary>"systemd", "upstart" or "no".</summary>
    public string SupervisedBy { get; set; } = "no";

    /// <summary>How many times a second the clock's work is done; <c>hz</c>, or more with many clients.</summary>
    public int Hz { get; set; } = 10;

    public long StartedUnixMs { get; init; }

    public CommandTimings Timings { get; } = new();

    public long CommandsProcessed { get; set; }

    public long ConnectionsReceived { get; set; }

    public long ConnectionsRejected { get; set; }

    public long BytesReceived { get; set; }

    public long BytesSent { get; set; }

    public long ReplicationBytesReceived { get; set; }

    public long ReplicationBytesSent { get; set; }

    public long UnexpectedErrorReplies { get; set; }

    public long EvictedClients { get; set; }

    /// <summary>Since when memory is above its limit, in microseconds of the steady clock; 0 = it is not.</summary>
    public long EvictionExceededSince { get; set; }

    /// <summary>How long it was so before, altogether.</summary>
    public long EvictionExceededMicroseconds { get; set; }

    public long OutputLimitDisconnections { get; set; }

    public long QueryLimitDisconnections { get; set; }

    public long ReplyBufferShrinks { get; set; }

    public long ReplyBufferExpands { get; set; }

    public long ReadsProcessed { get; set; }

    public long WritesProcessed { get; set; }

    /// <summary>Reads and writes of rounds in which io-threads took part.</summary>
    public long SharedReads { get; set; }

    public long SharedWrites { get; set; }

    /// <summary>The last round was one of those.</summary>
    public bool IsSharingWork { get; set; }

    public long LoopRounds { get; set; }

    public long TotalForks { get; set; }

    /// <summary>Connections that MIGRATE keeps.</summary>
    public int MigrationLinks { get; set; }

    /// <summary>Values that were checked in depth as `sanitize-dump-payload` asks. (The others are as well.)</summary>
    public long PayloadSanitizations { get; set; }

    /// <summary>Time that the search for expired keys took.</summary>
    public long ExpiryMicroseconds { get; set; }

    /// <summary>How often that search stopped because its time was up.</summary>
    public long ExpiryTimeCaps { get; set; }

    /// <summary>Share of the keys with an expiry that had expired when they were looked at; a running mean, 0 to 1.</summary>
    public double ExpiredShare { get; set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        CommandsProcessed = 0;
        ConnectionsReceived = 0;
        ConnectionsRejected = 0;
        BytesReceived = 0;
        BytesSent = 0;
        ReplicationBytesReceived = 0;
        ReplicationBytesSent = 0;
        UnexpectedErrorReplies = 0;
        EvictedClients = 0;
        ReplyBufferShrinks = 0;
        ReplyBufferExpands = 0;
        EvictionExceededMicroseconds = 0;
        EvictionExceededSince = 0;
        OutputLimitDisconnections = 0;
        QueryLimitDisconnections = 0;
        ReadsProcessed = 0;
        WritesProcessed = 0;
        SharedReads = 0;
        SharedWrites = 0;
        TotalForks = 0;
        PayloadSanitizations = 0;
        ExpiryMicroseconds = 0;
        ExpiryTimeCaps = 0;
        ExpiredShare = 0;
        Timings.Reset();
    }
}

internal enum PauseKind
{
    None,
    Writes,
    All,
}
