// The doors through which commands reach the rest of the server. They are declared here, by their users, and plugged in by
// the composition root, so that the arrows between projects keep pointing down.

namespace Redoubt.Commands;

public sealed class ServerPorts
{
    public required IErrorStatistics Errors { get; init; }

    public required IClientDirectory Clients { get; init; }

    public required IConfigurationPort Configuration { get; init; }

    public required IServerStatus Status { get; init; }

    public required IPersistencePort Persistence { get; init; }

    public required IReplicationPort Replication { get; init; }

    public required ILifecycle Lifecycle { get; init; }
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

    /// <summary>Closes the clients that pass the filter; returns how many.</summary>
    int Kill(ClientFilter filter, ClientSession self);

    /// <summary>CLIENT PAUSE until <paramref name="untilMs"/> (Unix time): all commands, or only writes.</summary>
    void Pause(long untilMs, bool writesOnly);

    void Unpause();

    /// <summary>CLIENT UNBLOCK; false when the client is not blocked.</summary>
    bool Unblock(long clientId, bool withError);

    /// <summary>Checks a password for the default user; true also when none is required.</summary>
    bool Authenticate(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password);

    bool IsPasswordRequired { get; }

    /// <summary>RESET: back to the state of a new connection.</summary>
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

    /// <summary>CONFIG REWRITE; returns the error line or null.</summary>
    string? Rewrite();

    void ResetStatistics();
}

public interface IServerStatus
{
    /// <summary>The text of INFO for these sections (lower case; empty = the default ones).</summary>
    string Info(IReadOnlyList<string> sections);
}

public interface IPersistencePort
{
    /// <summary>SAVE; returns an error line or null.</summary>
    string? Save();

    /// <summary>BGSAVE; the reply is a status text or an error line.</summary>
    (bool IsError, string Text) BackgroundSave(bool schedule);

    /// <summary>Unix time in seconds of the last successful save.</summary>
    long LastSaveSeconds { get; }
}

/// <summary>Replication; these write their replies themselves, because some come later or not at all.</summary>
public interface IReplicationPort
{
    void ReplicaOf(CommandContext c);

    void Role(CommandContext c);

    void Wait(CommandContext c);

    void Failover(CommandContext c);

    /// <summary>PSYNC and SYNC.</summary>
    void Sync(CommandContext c);

    void ReplicationConfiguration(CommandContext c);
}

public interface ILifecycle
{
    /// <summary>SHUTDOWN; returns an error line when it could not be done.</summary>
    string? Shutdown(bool? save, bool now, bool force, bool abort);

    /// <summary>DEBUG SLEEP: stops the whole server.</summary>
    void Sleep(TimeSpan duration);

    bool IsDebugAllowed(ClientSession client);
}
