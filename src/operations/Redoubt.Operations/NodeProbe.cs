using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>How nodes are reached.</summary>
public sealed record ProbeOptions
{
    /// <summary>ACL user; null for the default user.</summary>
    public string? User { get; init; }

    /// <summary>The same password for every node of a group.</summary>
    public string? Password { get; init; }

    /// <summary>Limit for connecting and for each answer. A node that takes longer counts as unreachable.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What CLIENT LIST shows for the connections. Begins with <c>redoubt</c>, which is how this tool knows its own.</summary>
    public string ClientName { get; init; } = "redoubt";

    internal ClientOptions ToClientOptions() => new()
    {
        User = User,
        Password = Password,
        ClientName = ClientName,
        ConnectTimeout = Timeout,
        CommandTimeout = Timeout,
        // One node is meant, whatever its role, and what it says the first time is what there is to see.
        RetryFor = TimeSpan.Zero,
        ExpectedRole = ExpectedRole.Any,
        RoleCheckEvery = TimeSpan.Zero,
        BackoffMax = TimeSpan.FromMilliseconds(100),
    };
}

/// <summary>Observes one node over a connection of its own, which is kept between observations.</summary>
public sealed class NodeProbe : IDisposable
{
    private readonly RedoubtClient _client;

    /// <summary>Does not connect yet.</summary>
    public NodeProbe(NodeAddress address, ProbeOptions options)
    {
        Address = address;
        _client = new RedoubtClient(address, options.ToClientOptions());
    }

    /// <summary>Whom it observes.</summary>
    public NodeAddress Address { get; }

    /// <summary>All of INFO, or why there is none. Never throws for what a node does or does not do.</summary>
    public Task<NodeObservation> ObserveAsync(CancellationToken cancellation) => ObserveAsync(cancellation, "INFO");

    /// <summary>Only the replication section; cheap enough to ask every few milliseconds.</summary>
    public Task<NodeObservation> ObserveReplicationAsync(CancellationToken cancellation) => ObserveAsync(cancellation, "INFO", "replication");

    /// <summary>Sends a command to the node; errors are thrown as the client throws them.</summary>
    public Task<Reply> CommandAsync(CommandOptions options, params ReadOnlySpan<CommandArgument> arguments) => _client.CommandAsync(options, arguments);

    /// <summary>Sends a command to the node; errors are thrown as the client throws them.</summary>
    public Task<Reply> CommandAsync(params ReadOnlySpan<CommandArgument> arguments) => _client.CommandAsync(arguments);

    /// <summary>Sends commands as one transaction; may be repeated, so for questions only.</summary>
    public Task<Reply> AskTogetherAsync(params IReadOnlyList<CommandArgument[]> commands) => _client.TransactionAsync(CommandOptions.Default, commands);

    /// <summary>A connection of its own, which does not survive a failure.</summary>
    public Task<RedoubtSession> OpenSessionAsync(CancellationToken cancellation = default) => _client.OpenSessionAsync(cancellation);

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _client.Dispose();

    private async Task<NodeObservation> ObserveAsync(CancellationToken cancellation, params CommandArgument[] command)
    {
        var options = new CommandOptions { Cancellation = cancellation };
        TimeSpan asked = Now();
        try
        {
            Reply reply = await _client.CommandAsync(options, command).ConfigureAwait(false);
            // The server answered at some moment between asking and hearing; the middle errs least.
            TimeSpan at = (asked + Now()) / 2;
            if (!ReplicationInfo.TryParse(reply.Bytes.Span, out ReplicationInfo info))
                return Failed(NodeFailureKind.NotRedis, "INFO names no role");
            return new NodeObservation { Address = Address, At = at, Replication = info, Vitals = ReadVitals(reply.Bytes.Span) };
        }
        catch (AccessDeniedException error)
        {
            return Failed(NodeFailureKind.AccessDenied, error.Message);
        }
        catch (Exception error) when (error is ProtocolException or CommandException)
        {
            return Failed(NodeFailureKind.NotRedis, error.Message);
        }
        catch (ConnectException error)
        {
            return Failed(NodeFailureKind.Unreachable, error.Reason);
        }
        catch (ClientException error)
        {
            string prefix = $"{Address}: ";
            return Failed(NodeFailureKind.Unreachable, error.Message.StartsWith(prefix, StringComparison.Ordinal) ? error.Message[prefix.Length..] : error.Message);
        }
    }

    /// <summary>The clock of all observations; it only runs forward.</summary>
    public static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    internal static NodeVitals ReadVitals(ReadOnlySpan<byte> info)
    {
        var vitals = new NodeVitals();
        bool failed = false;
        foreach (InfoLine line in new InfoLines(info))
        {
            if (line.Field.SequenceEqual("redis_version"u8))
                vitals = vitals with { Version = Encoding.UTF8.GetString(line.Value) };
            else if (line.Field.SequenceEqual("run_id"u8))
                vitals = vitals with { RunId = Encoding.UTF8.GetString(line.Value) };
            else if (line.Field.SequenceEqual("process_id"u8))
                vitals = vitals with { ProcessId = Number(line.Value) };
            else if (line.Field.SequenceEqual("connected_clients"u8))
                vitals = vitals with { Clients = Number(line.Value) };
            else if (line.Field.SequenceEqual("used_memory"u8))
                vitals = vitals with { UsedMemoryBytes = Number(line.Value) };
            else if (line.Field.SequenceEqual("instantaneous_ops_per_sec"u8))
                vitals = vitals with { OpsPerSecond = Number(line.Value) };
            else if (line.Field.SequenceEqual("uptime_in_seconds"u8))
                vitals = vitals with { UptimeSeconds = Number(line.Value) };
            else if (line.Field.SequenceEqual("loading"u8))
                vitals = vitals with { Loading = Number(line.Value) != 0 };
            else if (line.Field.SequenceEqual("aof_enabled"u8))
                vitals = vitals with { Persistence = Number(line.Value) != 0 ? "aof" : "rdb" };
            else if (line.Field.EndsWith("_status"u8) && (line.Field.StartsWith("rdb_last"u8) || line.Field.StartsWith("aof_last"u8)))
                failed |= line.Value.SequenceEqual("err"u8);
        }

        return failed ? vitals with { Persistence = $"{vitals.Persistence} failed".TrimStart() } : vitals;
    }

    private static long Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out long value, out _) ? value : -1;

    private NodeObservation Failed(NodeFailureKind kind, string message) =>
        new() { Address = Address, At = Now(), Failure = new NodeFailure(kind, message) };
}
