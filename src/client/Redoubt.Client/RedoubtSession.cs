namespace Redoubt.Client;

/// <summary>A connection of one's own, for what belongs to a connection: WATCH, SELECT, blocking commands. It neither retries nor connects again: once it
/// breaks, everything given to it fails, because what was watched or selected is gone with it.</summary>
public sealed class RedoubtSession : IDisposable
{
    private readonly Connection _connection;
    private readonly ClientOptions _options;

    internal RedoubtSession(Connection connection, ClientOptions options)
    {
        _connection = connection;
        _options = options;
    }

    /// <summary>Sends one command and waits for its reply; an error reply is thrown as <see cref="CommandException"/>.</summary>
    public Task<Reply> CommandAsync(params ReadOnlySpan<CommandArgument> arguments) => RunAsync(Command.Of(arguments));

    /// <summary>Sends commands as one transaction; the reply is null when something that was watched has changed.</summary>
    public Task<Reply> TransactionAsync(params IReadOnlyList<CommandArgument[]> commands) => RunAsync(Command.Transaction(commands));

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _connection.Dispose();

    private async Task<Reply> RunAsync(Command command)
    {
        try
        {
            Reply reply = await _connection.WaitAsync(_connection.Enqueue(command), _options.CommandTimeout, default).ConfigureAwait(false);
            return reply.Kind == ReplyKind.Error ? throw CommandException.From(reply) : reply;
        }
        catch (ClientException error) when (Fates.Of(error) == Fate.MaybeApplied && !command.IsRead)
        {
            throw new MaybeAppliedException(command.Name, error);
        }
    }
}
