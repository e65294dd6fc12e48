// The doors through which commands reach the rest of the server. They are declared here, by their users, and plugged in by
// the composition root, so that the arrows between projects keep pointing down.

using Redoubt.Keyspace;

namespace Redoubt.Commands;

public sealed record ServerPorts
{
    public required IErrorStatistics Errors { get; init; }

    public required IClientDirectory Clients { get; init; }

    public required IConfigurationPort Configuration { get; init; }

    public required IServerStatus Status { get; init; }

    public required IPersistencePort Persistence { get; init; }

    public required IReplicationPort Replication { get; init; }

    public required ILifecycle Lifecycle { get; init; }

    public required ITransactions Transactions { get; init; }

    public IMemoryPort? Memory { get; init; }

    public required ISerialization Serialization { get; init; }

    public required IMigrationPort Migration { get; init; }

    public IReplyBuffers? ReplyBuffers { get; init; }

    public IKeyspaceEvents? Events { get; init; }

    public required IBlockingPort Blocking { get; init; }

    public required IPubSub PubSub { get; init; }

    public required ITracking Tracking { get; init; }

    /// <summary>Filled by the dispatcher.</summary>
    public SlowLog SlowLog { get; init; } = new();

    /// <summary>Filled by whoever measures.</summary>
    public LatencyEvents Latency { get; init; } = new();

    /// <summary>What DEBUG turned on or off.</summary>
    public DebugSwitches Debug { get; init; } = new();

    /// <summary>What commands need of the configuration on their hot paths, as plain values.</summary>
    public CommandSettings Settings { get; init; } = new();
}

/// <summary>Kept up to date by the configuration.</summary>
public sealed class CommandSettings
{
    /// <summary>proto-max-bulk-len: how long APPEND and SETRANGE may make a string.</summary>
    public long StringLengthMax { get; set; } = 512L * 1024 * 1024;

    /// <summary>lazyfree-lazy-user-del: DEL frees big values as UNLINK does.</summary>
    public bool IsUserDeletionLazy { get; set; }

    /// <summary>lazyfree-lazy-user-flush: FLUSHALL and FLUSHDB free memory after their reply, unless they say SYNC.</summary>
    public bool IsUserFlushLazy { get; set; }

    /// <summary>maxmemory is set.</summary>
    public bool IsMemoryLimited { get; set; }

    /// <summary>lazyfree-lazy-expire: keys that expire are propagated as UNLINK.</summary>
    public bool IsExpiryLazy { get; set; }

    /// <summary>notify-keyspace-events.</summary>
    public KeyspaceEvents KeyspaceEvents { get; set; }
}

public interface IErrorStatistics
{
    /// <summary>Counts an error reply under its code, the first word.</summary>
    void Count(ReadOnlySpan<byte> errorText);
}

/// <summary>The connected clients, for CLIENT.</summary>
public interface IClientDirectory
{
    /// <summary>Writes CLIENT LIST's line of this client, without line end.</summary>
    void Describe(ClientSession client, System.Text.StringBuilder target);

    /// <summary>Writes CLIENT LIST for the clients that pass the filter, one line each.</summary>
    string List(ClientFilter filter);

    /// <summary>The client of this ID, or null.</summary>
    ClientSession? Find(long clientId);

    bool HasUser(string name);

    /// <summary>Closes the clients that pass the filter; returns how many. <paramref name="self"/> is only marked to be closed after its reply.</summary>
    int Kill(ClientFilter filter, ClientSession self);

    /// <summary>CLIENT PAUSE until <paramref name="untilMs"/> (Unix time): all commands, or only writes.</summary>
    void Pause(long untilMs, bool writesOnly);

    void Unpause();

    /// <summary>CLIENT UNBLOCK; false when the client is not blocked.</summary>
    bool Unblock(long clientId, bool withError);

    /// <summary>Checks a password for the default user; true also when none is required.</summary>
    bool Authenticate(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password);

    bool IsPasswordRequired { get; }

    /// <summary>MONITOR: this client is shown every command from now on.</summary>
    void Monitor(ClientSession client);

    /// <summary>RESET: ends its transaction, subscriptions and authentication. What <see cref="ClientSession"/> declares, RESET has cleared.</summary>
    void Reset(ClientSession client);
}

/// <summary>Which clients: every field that is set must match.</summary>
public sealed record ClientFilter
{
    /// <summary>"normal", "master", "replica", "pubsub" or null.</summary>
    public string? Type { get; init; }

    public IReadOnlyList<long>? Ids { get; init; }

    public string? Address { get; init; }

    public string? LocalAddress { get; init; }

    public string? User { get; init; }

    /// <summary>Leaves out the client that asks.</summary>
    public bool SkipSelf { get; init; }
}

public interface IConfigurationPort
{
    /// <summary>Names and values of the parameters that match any of the patterns, each once.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Get(IReadOnlyList<string> patterns);

    /// <summary>Sets all or none; returns the error line (with its code) or null.</summary>
    string? Set(IReadOnlyList<KeyValuePair<string, string>> pairs);

    /// <summary>CONFIG REWRITE, of defaults as well if <paramref name="everything"/>; returns the error line or null.</summary>
    string? Rewrite(bool everything = false);

    void ResetStatistics();

    /// <summary>Whether the value of this parameter must not be shown to others.</summary>
    bool IsSecret(string name);
}

public interface IServerStatus
{
    /// <summary>The text of INFO for these sections (lower case; empty = the default ones).</summary>
    string Info(IReadOnlyList<string> sections);

    /// <summary>The version of Redis whose behaviour this server has, such as "7.0.15".</summary>
    string RedisVersion { get; }
}

public interface IPersistencePort
{
    /// <summary>SAVE; returns an error line or null.</summary>
    string? Save();

    /// <summary>BGSAVE; the reply is a status text or an error line.</summary>
    (bool IsError, string Text) BackgroundSave(bool schedule);

    /// <summary>DEBUG RELOAD: all at once, before anything else happens. Returns an error line or null.</summary>
    /// <param name="merges">Keys of the file replace those that are there, where two of one name are otherwise an error.</param>
    string? Reload(bool saves, bool flushes, bool merges);

    /// <summary>BGREWRITEAOF; the reply is a status text or an error line.</summary>
    (bool IsError, string Text) RewriteLog();

    /// <summary>DEBUG LOADAOF: all at once, before anything else happens. Returns an error line or null.</summary>
    string? ReloadLog();

    /// <summary>Unix time in seconds of the last successful save.</summary>
    long LastSaveSeconds { get; }

    /// <summary>After FLUSHALL: a running background save is stopped, and where save points are configured, the empty dataset is saved.</summary>
    void DatasetFlushed();
}

/// <summary>Replication; these write their replies themselves, because some come later or not at all.</summary>
public interface IReplicationPort
{
    void ReplicaOf(CommandContext c);

    void Role(CommandContext c);

    void Wait(CommandContext c);

    void WaitAof(CommandContext c);

    void Failover(CommandContext c);

    /// <summary>PSYNC and SYNC.</summary>
    void Sync(CommandContext c);

    void ReplicationConfiguration(CommandContext c);

    /// <summary>DEBUG CHANGE-REPL-ID: a new history, which no replica can go on from.</summary>
    void ChangeId();

    /// <summary>DEBUG REPLICATE: sends the words from <paramref name="firstWord"/> on as a command.</summary>
    void SendToReplicas(CommandContext c, int firstWord);

    /// <summary>This server is a replica, whether or not the link is up.</summary>
    bool HasMaster { get; }
}

/// <summary>MULTI, EXEC, DISCARD and WATCH; the dispatcher, which queues the commands between them, writes the replies.</summary>
public interface ITransactions
{
    void Begin(CommandContext c);

    void Watch(CommandContext c);

    void Unwatch(CommandContext c);

    void Execute(CommandContext c);

    void Discard(CommandContext c);
}

public interface ILifecycle
{
    /// <summary>SHUTDOWN; returns an error line when it could not be done.</summary>
    string? Shutdown(bool? save, bool now, bool force, bool abort);

    /// <summary>DEBUG SLEEP: stops the whole server.</summary>
    void Sleep(TimeSpan duration);

    /// <summary>DEBUG PAUSE-CRON: nothing is done that is done by the clock.</summary>
    void PauseTimer(bool isPaused);

    /// <summary>DEBUG RESTART and CRASH-AND-RECOVER; returns only when it cannot be done, with the error line.</summary>
    string? Restart(bool gracefully, TimeSpan delay);

    /// <summary>Ends the process with a crash report.</summary>
    void Crash(CrashKind kind);

    /// <summary>DEBUG LOG.</summary>
    void WriteLog(string text);

    /// <summary>DEBUG SET-ACTIVE-EXPIRE: whether expired keys that nobody asks for are sought and deleted.</summary>
    void SetActiveExpiry(bool isOn);
}

public enum RestoreOutcome
{
    Ok,

    /// <summary>The version is unknown, or the checksum is not that of the payload.</summary>
    WrongFooter,

    /// <summary>The payload is damaged, or of a type that this server does not have.</summary>
    BadFormat,
}

/// <summary>Payloads of DUMP and RESTORE.</summary>
public interface ISerialization
{
    /// <summary>DEBUG SET-SKIP-CHECKSUM-VALIDATION turns it off.</summary>
    bool VerifiesChecksums { get; set; }

    /// <summary>The payload of an entry; valid until the next call.</summary>
    ReadOnlySpan<byte> Dump(Database database, Key key, EntryView entry);

    /// <summary>Builds the value under this key in the keyspace's anteroom; after anything but Ok there is nothing in it.</summary>
    RestoreOutcome Restore(Key key, long expireAtMs, ReadOnlySpan<byte> payload);
}

/// <summary>The ways in which DEBUG ends the process.</summary>
public enum CrashKind
{
    /// <summary>As if it had touched memory that is not its own.</summary>
    Segfault,

    /// <summary>As if it had met what cannot be.</summary>
    Panic,

    /// <summary>As if an invariant did not hold.</summary>
    Assertion,

    /// <summary>As if the system had no memory left.</summary>
    OutOfMemory,
}
