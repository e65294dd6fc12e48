using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Redoubt.Topology;

namespace Redoubt.Client;

// Why another client: in a failover by DNS the name moves to another node, and most clients never notice. They resolve a name once and
// keep the address, or keep a connection to the old master that answers READONLY for ever. This one remembers the name and nothing else.
// Whenever a connection is lost, refused, silent or answers READONLY to a command that may be retried, it is
// dropped, the name is resolved again and a new connection is made, with pauses that grow from 10 ms to 1 s. So a failover is a pause
// as long as the failover, not an incident.
//
// A command is retried only when the caller asks for it (CommandOptions.RetryFor), because only the caller knows whether doing it
// twice is harmless. Without that the first failure is thrown; the next command connects anew by itself.
//
// Threads: safe for any number of callers; they share one connection and are pipelined. Commands given while there is no connection are
// parked in order and handed over together once there is one, under `_gate`, so that first given stays first sent; only a retried
// command loses its place.

/// <summary>A connection to a Redis-compatible server that survives the server's moving elsewhere.</summary>
public sealed class RedoubtClient : IAsyncDisposable, IDisposable
{
    private static readonly string[] StreamCommands = ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "PSYNC", "SYNC"];

    private readonly ClientOptions _options;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private List<Parked> _parked = [];
    private Connection? _connection;
    private bool _connecting;
    private int _failedAttempts;
    private long _lastFailure;
    private bool _disposed;

    /// <summary>A command that waits for a connection; an empty one only waits.</summary>
    private sealed class Parked(byte[] command) : TaskCompletionSource<Handed>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public byte[] Command { get; } = command;
    }

    /// <summary>A command that has been given to a connection.</summary>
    private readonly record struct Handed(Connection Connection, Task<Reply> Reply);

    /// <summary>Makes a client; it connects with the first command.</summary>
    public RedoubtClient(NodeAddress address, ClientOptions? options = null)
    {
        Address = address;
        _options = options ?? new ClientOptions();
    }

    /// <summary>The name and port, as given.</summary>
    public NodeAddress Address { get; }

    /// <summary>RESP3 pushes (invalidations, messages). Called on the receiving thread: be brief.</summary>
    public Action<Reply>? Pushed { get; init; }

    /// <summary>Sends one command and waits for its reply. An error reply is thrown as <see cref="CommandException"/>.
    /// Commands given without waiting for the ones before are pipelined.</summary>
    public Task<Reply> CommandAsync(params ReadOnlySpan<CommandArgument> arguments) => CommandAsync(CommandOptions.Default, arguments);

    /// <summary>Sends one command with its own limits.</summary>
    public Task<Reply> CommandAsync(CommandOptions options, params ReadOnlySpan<CommandArgument> arguments)
    {
        byte[] command = CommandArgument.Encode(arguments);
        string name = System.Text.Encoding.ASCII.GetString(arguments[0].Bytes);
        if (StreamCommands.Contains(name, StringComparer.OrdinalIgnoreCase) && (_options.Protocol < 3 || !name.EndsWith("SUBSCRIBE", StringComparison.OrdinalIgnoreCase)))
            throw new NotSupportedException($"{name} turns the connection into a stream without replies; this client has replies only.");
        return RunAsync(command, options);
    }

    /// <summary>Connects now rather than with the first command.</summary>
    public Task ConnectAsync(CancellationToken cancellation = default) => HandOver([]).WaitAsync(cancellation);

    /// <summary>Closes the connection; commands under way fail.</summary>
    public void Dispose()
    {
        Connection? connection;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            connection = _connection;
        }

        _closing.Cancel();
        connection?.Dispose();
    }

    /// <summary>Closes the connection; commands under way fail.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Reply> RunAsync(byte[] command, CommandOptions options)
    {
        TimeSpan timeout = options.Timeout ?? _options.CommandTimeout;
        long began = Stopwatch.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            Handed? handed = null;
            try
            {
                handed = await HandOver(command).WaitAsync(options.Cancellation).ConfigureAwait(false);
                Reply reply = await handed.Value.Connection.WaitAsync(handed.Value.Reply, timeout, options.Cancellation).ConfigureAwait(false);
                return reply.Kind == ReplyKind.Error ? throw CommandException.From(reply) : reply;
            }
            catch (ClientException error) when (IsPassing(error) && options.RetryFor > TimeSpan.Zero)
            {
                TimeSpan left = options.RetryFor - Stopwatch.GetElapsedTime(began);
                TimeSpan pause = Backoff(attempt);
                if (left <= pause)
                    throw;
                // The name may point to another node by now, and only a new connection finds out.
                handed?.Connection.Dispose();
                // A failed connect has its own pause before the next one.
                if (error is not ConnectException)
                    await Task.Delay(pause, options.Cancellation).ConfigureAwait(false);
            }
        }
    }

    private static bool IsPassing(ClientException error) =>
        error is ReadOnlyReplicaException or NotReadyException or ConnectException or ConnectionLostException or CommandTimeoutException;

    /// <summary>Gives the command to the connection, or parks it until there is one.</summary>
    private Task<Handed> HandOver(byte[] command)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is { Closed: null } alive && !_connecting)
                return Task.FromResult(Give(alive, command));
            var parked = new Parked(command);
            _parked.Add(parked);
            if (!_connecting)
            {
                _connecting = true;
                _ = ConnectAndServeAsync();
            }

            return parked.Task;
        }
    }

    private static Handed Give(Connection connection, byte[] command) =>
        new(connection, command.Length == 0 ? Task.FromResult(Reply.Null) : connection.Enqueue(command));

    private async Task ConnectAndServeAsync()
    {
        Connection? made = null;
        Exception? failure = null;
        try
        {
            // Also leaves the lock of the caller.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (_failedAttempts > 0)
            {
                TimeSpan pause = Backoff(_failedAttempts - 1) - Stopwatch.GetElapsedTime(_lastFailure);
                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, _closing.Token).ConfigureAwait(false);
            }

            made = await ConnectAnyAsync(_closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            failure = new ObjectDisposedException(nameof(RedoubtClient), "The client was closed while it connected.");
        }
        catch (Exception error)
        {
            // Whatever it is belongs to those who wait; nobody awaits this task.
            failure = error;
        }

        Settle(made, failure);
    }

    private void Settle(Connection? made, Exception? failure)
    {
        lock (_gate)
        {
            List<Parked> parked = _parked;
            _parked = [];
            _connecting = false;
            _failedAttempts = failure is null ? 0 : _failedAttempts + 1;
            _lastFailure = Stopwatch.GetTimestamp();
            _connection = made;
            if (_disposed)
                made?.Dispose();
            foreach (Parked waiter in parked)
            {
                if (made is not null)
                    waiter.TrySetResult(Give(made, waiter.Command));
                else
                    waiter.TrySetException(failure!);
            }
        }
    }

    /// <summary>Tries every address of the name in turn.</summary>
    private async Task<Connection> ConnectAnyAsync(CancellationToken cancellation)
    {
        IPAddress[] addresses = await ResolveAsync(cancellation).ConfigureAwait(false);
        ConnectException? last = null;
        foreach (IPAddress ip in addresses)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_options.ConnectTimeout);
            Connection? connection = null;
            bool ready = false;
            try
            {
                connection = await Connection.OpenAsync(Address, ip, Pushed, limit.Token).ConfigureAwait(false);
                await LogInAsync(connection, limit.Token).ConfigureAwait(false);
                ready = true;
                return connection;
            }
            catch (SocketException error)
            {
                last = new ConnectException(Address, Reasons.Of(error), error);
            }
            catch (Exception error) when (error is CommandTimeoutException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                string what = connection is null ? "no connection" : "connected, but no answer";
                last = new ConnectException(Address, $"{what} within {_options.ConnectTimeout.TotalMilliseconds:0} ms");
            }
            catch (Exception error) when (error is ConnectionLostException or ProtocolException)
            {
                last = new ConnectException(Address, error.InnerException?.Message ?? error.Message, error);
            }
            finally
            {
                if (!ready)
                    connection?.Dispose();
            }
        }

        throw last ?? new ConnectException(Address, "the name has no address");
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken cancellation)
    {
        if (IPAddress.TryParse(Address.Host, out IPAddress? literal))
            return [literal];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.ConnectTimeout);
        try
        {
            return await _options.Resolve(Address.Host, limit.Token).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw new ConnectException(Address, Reasons.Of(error), error);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ConnectException(Address, $"the name did not resolve within {_options.ConnectTimeout.TotalMilliseconds:0} ms");
        }
    }

    private async Task LogInAsync(Connection connection, CancellationToken cancellation)
    {
        bool greeted = _options.Protocol >= 3 && await GreetAsync(connection, cancellation).ConfigureAwait(false);
        if (!greeted && _options.Password is { } password)
        {
            Reply answer = _options.User is { } user
                ? await AskAsync(connection, cancellation, "AUTH", user, password).ConfigureAwait(false)
                : await AskAsync(connection, cancellation, "AUTH", password).ConfigureAwait(false);
            if (answer.Kind == ReplyKind.Error)
                throw CommandException.From(answer);
        }

        // A user without the right to name its connection is still a user.
        if (_options.ClientName is { } name)
            await AskAsync(connection, cancellation, "CLIENT", "SETNAME", name).ConfigureAwait(false);
    }

    /// <summary>HELLO 3; false when the server knows no RESP3, which is then spoken to in RESP2.</summary>
    private async Task<bool> GreetAsync(Connection connection, CancellationToken cancellation)
    {
        Reply answer = _options.Password is { } password
            ? await AskAsync(connection, cancellation, "HELLO", 3, "AUTH", _options.User ?? "default", password).ConfigureAwait(false)
            : await AskAsync(connection, cancellation, "HELLO", 3).ConfigureAwait(false);
        if (answer.Kind != ReplyKind.Error)
            return true;
        string text = answer.ToString();
        if (text.StartsWith("NOPROTO", StringComparison.Ordinal) || text.StartsWith("ERR unknown command", StringComparison.Ordinal))
            return false;
        throw CommandException.From(answer);
    }

    private Task<Reply> AskAsync(Connection connection, CancellationToken cancellation, params ReadOnlySpan<CommandArgument> arguments) =>
        connection.WaitAsync(connection.Enqueue(CommandArgument.Encode(arguments)), _options.ConnectTimeout, cancellation);

    /// <summary>Doubles from the minimum to the maximum; the last third is left to chance, so that many clients that lost the same
    /// server do not all come back at the same instant.</summary>
    private TimeSpan Backoff(int attempt)
    {
        double pause = Math.Min(_options.BackoffMin.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)), _options.BackoffMax.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(pause * (0.67 + (Random.Shared.NextDouble() * 0.33)));
    }
}
