using System.Diagnostics;
using Redoubt.Topology;

namespace Redoubt.Client;

// Why another client: in a failover by DNS the name moves to another node, and most clients never notice. They resolve a name once and
// keep the address, or keep a connection to the old master that answers READONLY for ever. This one remembers the name and nothing else.
// Whatever says that the server is the wrong one or gone (no connection, a lost one, READONLY, LOADING, MASTERDOWN, NOREPLICAS, MOVED, REDIRECT, a
// MOVING push, an idle connection whose server is no master any more) makes it leave: the name is resolved again and a
// new connection is made, with pauses that grow from 10 ms to 1 s. So a failover is a pause as long as the failover, not an incident.
//
// Sending again is where clients lose or double writes. Here a command is repeated while it is certain that it was not applied; once it has left
// and no answer came, it is repeated only if it reads or the caller said that twice is harmless, and otherwise the caller is told, by a
// MaybeAppliedException, what nobody else can decide for it.
//
// Threads: safe for any number of callers; they share one connection and are pipelined. Commands given while there is no connection are
// parked in order and handed over together once there is one, under `_gate`, so that first given stays first sent; only a retried
// command loses its place.

/// <summary>A connection to a Redis-compatible server that survives the server's moving elsewhere.</summary>
public sealed class RedoubtClient : IAsyncDisposable, IDisposable
{
    private readonly ClientOptions _options;
    private readonly Dialer _dialer;
    private readonly Subscriptions _subscriptions = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Connection> _left = [];
    private List<Parked> _parked = [];
    private Connection? _connection;
    private bool _connecting;
    private bool _watching;
    private int _failedAttempts;
    private long _lastFailure;
    private bool _disposed;

    /// <summary>A command that waits for a connection.</summary>
    private sealed class Parked(Command command) : TaskCompletionSource<Handed>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Command Command { get; } = command;
    }

    /// <summary>A command that has been given to a connection.</summary>
    private readonly record struct Handed(Connection Connection, PendingReply? Reply);

    /// <summary>Makes a client; it connects with the first command.</summary>
    public RedoubtClient(NodeAddress address, ClientOptions? options = null)
    {
        Address = address;
        _options = options ?? new ClientOptions();
        _dialer = new Dialer(address, _options, _subscriptions, OnPushed);
    }

    /// <summary>Makes a client for <c>host:port</c>; the port may be left out if it is 6379.</summary>
    public RedoubtClient(string address, ClientOptions? options = null)
        : this(NodeAddress.Parse(address, 6379), options)
    {
    }

    /// <summary>The name and port, as given.</summary>
    public NodeAddress Address { get; }

    /// <summary>RESP3 pushes (invalidations, messages). Called on the receiving thread: be brief.</summary>
    public Action<Reply>? Pushed { get; init; }

    /// <summary>Connections made, lost and left. Called on the client's threads: be brief.</summary>
    public event Action<ClientEvent>? Changed;

    /// <summary>Sends one command and waits for its reply. An error reply is thrown as <see cref="CommandException"/>.
    /// Commands given without waiting for the ones before are pipelined.</summary>
    public Task<Reply> CommandAsync(params ReadOnlySpan<CommandArgument> arguments) => CommandAsync(CommandOptions.Default, arguments);

    /// <summary>Sends one command with its own limits.</summary>
    public Task<Reply> CommandAsync(CommandOptions options, params ReadOnlySpan<CommandArgument> arguments)
    {
        Command command = Command.Of(arguments);
        bool isStream = command.Name is "MONITOR" or "PSYNC" or "SYNC" || (command.IsSubscription && _options.Protocol < 3);
        if (isStream)
            throw new NotSupportedException($"{command.Name} turns the connection into a stream without replies; this client has replies only{(command.IsSubscription ? " (with protocol 3 it can subscribe)" : "")}.");
        if (command.IsSubscription)
            _subscriptions.Note(command.Name, arguments);
        return RunAsync(command, options);
    }

    /// <summary>Sends commands as one transaction, MULTI to EXEC. The reply is the array of theirs, in which an error is an item.</summary>
    public Task<Reply> TransactionAsync(CommandOptions options, params IReadOnlyList<CommandArgument[]> commands) => RunAsync(Command.Transaction(commands), options);

    /// <summary>Opens a connection for the caller alone, to whom the name leads now.</summary>
    public async Task<RedoubtSession> OpenSessionAsync(CancellationToken cancellation = default) =>
        new(await _dialer.DialAsync(cancellation).ConfigureAwait(false), _options);

    /// <summary>Connects now rather than with the first command.</summary>
    public Task ConnectAsync(CancellationToken cancellation = default) => HandOver(Command.None).WaitAsync(cancellation);

    /// <summary>Closes the connection; commands under way fail.</summary>
    public void Dispose()
    {
        Connection[] connections;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            connections = _connection is null ? [.. _left] : [.. _left, _connection];
        }

        _closing.Cancel();
        foreach (Connection connection in connections)
            connection.Dispose();
    }

    /// <summary>Closes the connection; commands under way fail.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Reply> RunAsync(Command command, CommandOptions options)
    {
        using Activity? activity = Telemetry.Begin(command.Name, Address);
        TimeSpan timeout = options.Timeout ?? _options.CommandTimeout;
        TimeSpan retryFor = options.RetryFor ?? _options.RetryFor;
        bool repeatable = command.IsRead || options.Idempotent;
        bool maybeApplied = false;
        long began = Stopwatch.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            Handed? handed = null;
            try
            {
                handed = await HandOver(command).WaitAsync(options.Cancellation).ConfigureAwait(false);
                Reply reply = await handed.Value.Connection.WaitAsync(handed.Value.Reply!, timeout, options.Cancellation).ConfigureAwait(false);
                if (reply.Kind == ReplyKind.Error)
                    throw CommandException.From(reply);
                Telemetry.Done(command.Name, Address, began, null);
                return reply;
            }
            catch (ClientException error)
            {
                // What was never handed over was not applied, whatever went wrong.
                Fate fate = handed is null && error is not CommandException ? Fate.NotApplied : Fates.Of(error);
                maybeApplied |= fate == Fate.MaybeApplied && !command.IsRead;
                if (fate != Fate.Answered && handed is { } tried)
                    Leave(tried.Connection, error);
                TimeSpan pause = Backoff(attempt);
                bool again = error is not ProtocolException && (fate == Fate.NotApplied || (fate == Fate.MaybeApplied && repeatable))
                    && retryFor - Stopwatch.GetElapsedTime(began) > pause;
                if (!again)
                {
                    Exception final = maybeApplied ? new MaybeAppliedException(command.Name, error) : error;
                    Telemetry.Done(command.Name, Address, began, final);
                    activity?.SetStatus(ActivityStatusCode.Error, final.Message);
                    if (ReferenceEquals(final, error))
                        throw;
                    throw final;
                }

                Telemetry.Retried(Address, error);
                // A failed connect has its own pause before the next one.
                if (error is not ConnectException)
                    await Task.Delay(pause, options.Cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gives the command to the connection, or parks it until there is one.</summary>
    private Task<Handed> HandOver(Command command)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is { IsUsable: true } alive && !_connecting)
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

    private static Handed Give(Connection connection, Command command) =>
        new(connection, command == Command.None ? null : connection.Enqueue(command));

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

            made = await _dialer.DialAsync(_closing.Token).ConfigureAwait(false);
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

        Telemetry.Connected(Address, failure);
        Report(made is not null ? new ClientEvent(ClientEventKind.Connected, made.Remote, "") : new ClientEvent(ClientEventKind.ConnectFailed, null, failure!.Message));
        Settle(made, failure);
        made?.OnClosed(error => Lost(made, error));
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
            else if (!_watching && _options.RoleCheckEvery > TimeSpan.Zero)
            {
                _watching = true;
                _ = WatchAsync();
            }

            foreach (Parked waiter in parked)
            {
                if (made is not null)
                    waiter.TrySetResult(Give(made, waiter.Command));
                else
                    waiter.TrySetException(failure!);
            }
        }
    }

    /// <summary>Gives a server nothing more to do; what is under way there keeps its chance to be answered.</summary>
    private void Leave(Connection connection, ClientException why)
    {
        if (why is MovedException { Target: { } target })
            _dialer.Hint = target;
        Leave(connection, why.Message);
    }

    private void Leave(Connection connection, string why)
    {
        bool first;
        lock (_gate)
        {
            first = ReferenceEquals(_connection, connection);
            if (first)
            {
                _connection = null;
                _left.RemoveAll(old => !old.IsBusy);
                _left.Add(connection);
            }
        }

        connection.Retire();
        if (first)
            Report(new ClientEvent(ClientEventKind.Left, connection.Remote, why));
    }

    private void Lost(Connection connection, Exception why)
    {
        bool current;
        lock (_gate)
            current = ReferenceEquals(_connection, connection) && !_disposed;
        if (!current)
            return;
        Report(new ClientEvent(ClientEventKind.Lost, connection.Remote, why.Message));
        // Nobody who only listens would send the command that brings the connection back.
        if (_subscriptions.Any)
            ConnectAgain();
    }

    private void OnPushed(Connection connection, Reply push)
    {
        // "MOVING <number> <seconds> <host:port or null>": the server announces that it will be gone.
        if (push.Items.Count > 0 && push[0].ToString() == "MOVING")
        {
            if (push.Items.Count > 3 && NodeAddress.TryParse(push[3].ToString(), out NodeAddress target))
                _dialer.Hint = target;
            Leave(connection, "the server announced that it moves");
            ConnectAgain();
        }

        Pushed?.Invoke(push);
    }

    private void ConnectAgain()
    {
        try
        {
            // The outcome is an event; the next command gets the error, if one stays.
            _ = HandOver(Command.None).ContinueWith(task => task.Exception, TaskScheduler.Default);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, so there is nothing to connect for.
        }
    }

    /// <summary>Asks for the role now and then: a subscriber, a reader and an idle connection would never be told by READONLY.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(_options.RoleCheckEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token).ConfigureAwait(false))
            {
                Connection? connection;
                lock (_gate)
                    connection = _connecting ? null : _connection;
                if (connection is { IsUsable: true } && await _dialer.WhyLeaveAsync(connection, _closing.Token).ConfigureAwait(false) is { } why)
                {
                    Leave(connection, why);
                    ConnectAgain();
                }
                else if (connection is not { IsUsable: true } && _subscriptions.Any)
                {
                    ConnectAgain();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The client was closed.
        }
    }

    private void Report(ClientEvent what)
    {
        try
        {
            Changed?.Invoke(what);
        }
        catch (Exception)
        {
            // A listener's failure must not end the task that connects, on which every caller waits.
        }
    }

    /// <summary>Doubles from the minimum to the maximum; the last third is left to chance, so that many clients that lost the same
    /// server do not all come back at the same instant.</summary>
    private TimeSpan Backoff(int attempt)
    {
        double pause = Math.Min(_options.BackoffMin.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)), _options.BackoffMax.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(pause * (0.67 + (Random.Shared.NextDouble() * 0.33)));
    }
}
