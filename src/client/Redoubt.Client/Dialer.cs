using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Redoubt.Topology;

namespace Redoubt.Client;

/// <summary>Makes connections: resolves the name, tries its addresses, logs in, and looks at the role where there is a choice. Keeps no
/// address from one connection to the next.</summary>
internal sealed class Dialer(NodeAddress address, ClientOptions options, Subscriptions subscriptions, Action<Connection, Reply> pushed)
{
    private NodeAddress? _hint;

    /// <summary>Where a server said that its own successor is. Tried once, before the name: it knows of a move before the name does.</summary>
    public NodeAddress? Hint
    {
        get
        {
            lock (options)
                return _hint;
        }

        set
        {
            lock (options)
                _hint = value;
        }
    }

    /// <summary>A connection that is logged in; <see cref="ConnectException"/> where none can be made.</summary>
    public async Task<Connection> DialAsync(CancellationToken cancellation)
    {
        if (Hint is { } hint)
        {
            Hint = null;
            try
            {
                return await DialFirstAsync(hint, await ResolveAsync(hint, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            }
            catch (ConnectException)
            {
                // The hint was wrong or meant for others; the name decides.
            }
        }

        return await DialFirstAsync(address, await ResolveAsync(address, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
    }

    /// <summary>Why a connection should be left, or null: its server lost the role that is wanted, and the name leads elsewhere too.</summary>
    public async Task<string?> WhyLeaveAsync(Connection connection, CancellationToken cancellation)
    {
        string? role;
        try
        {
            role = await RoleOfAsync(connection, cancellation).ConfigureAwait(false);
        }
        catch (ClientException error)
        {
            return error.Message;
        }

        if (Suits(role))
            return null;
        try
        {
            // As long as the name leads nowhere else, leaving would only lead back here.
            IPAddress[] addresses = await ResolveAsync(address, cancellation).ConfigureAwait(false);
            return addresses.Length > 1 || !addresses.Contains(connection.Remote.Address) ? $"it is a {role} now" : null;
        }
        catch (ConnectException)
        {
            return null;
        }
    }

    /// <summary>Tries the addresses in turn. Of several, the first whose server has the wanted role; if none has, the first that answered.</summary>
    private async Task<Connection> DialFirstAsync(NodeAddress target, IPAddress[] addresses, CancellationToken cancellation)
    {
        ConnectException? last = null;
        Connection? second = null;
        foreach (IPAddress ip in addresses)
        {
            Connection connection;
            try
            {
                connection = await DialOneAsync(target, ip, cancellation).ConfigureAwait(false);
            }
            catch (ConnectException error)
            {
                last = error;
                continue;
            }

            if (addresses.Length == 1 || options.ExpectedRole == ExpectedRole.Any || await SuitsAsync(connection, cancellation).ConfigureAwait(false))
            {
                second?.Dispose();
                return connection;
            }

            if (second is null)
                second = connection;
            else
                connection.Dispose();
        }

        return second ?? throw last ?? new ConnectException(target, "the name has no address");
    }

    private async Task<Connection> DialOneAsync(NodeAddress target, IPAddress ip, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.ConnectTimeout);
        Connection? connection = null;
        bool ready = false;
        try
        {
            connection = await Connection.OpenAsync(target, new IPEndPoint(ip, target.Port), options.Tls, pushed, limit.Token).ConfigureAwait(false);
            bool spoken = await LogInAsync(connection, limit.Token).ConfigureAwait(false);
            // The socket of a process that is dying still accepts. Whoever writes finds out before the first write, of which nobody
            // could say afterwards whether it was applied.
            if (!spoken && options.ExpectedRole != ExpectedRole.Any)
                await RoleOfAsync(connection, limit.Token).ConfigureAwait(false);
            ready = true;
            return connection;
        }
        catch (SocketException error)
        {
            throw new ConnectException(target, Reasons.Of(error), error);
        }
        catch (Exception error) when (error is CommandTimeoutException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            string what = connection is null ? "no connection" : "connected, but no answer";
            throw new ConnectException(target, $"{what} within {options.ConnectTimeout.TotalMilliseconds:0} ms");
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            throw new ConnectException(target, $"TLS: {error.Message}", error);
        }
        catch (ConnectionLostException error)
        {
            throw new ConnectException(target, error.InnerException?.Message ?? error.Message, error);
        }
        finally
        {
            if (!ready)
                connection?.Dispose();
        }
    }

    private async Task<IPAddress[]> ResolveAsync(NodeAddress target, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(target.Host, out IPAddress? literal))
            return [literal];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.ConnectTimeout);
        try
        {
            return await options.Resolve(target.Host, limit.Token).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw new ConnectException(target, Reasons.Of(error), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConnectException(target, $"the name does not resolve: {error.Message}", error);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ConnectException(target, $"the name did not resolve within {options.ConnectTimeout.TotalMilliseconds:0} ms");
        }
    }

    /// <summary>True when the server has answered something.</summary>
    private async Task<bool> LogInAsync(Connection connection, CancellationToken cancellation)
    {
        bool greeted = options.Protocol >= 3 && await GreetAsync(connection, cancellation).ConfigureAwait(false);
        if (!greeted && options.Password is { } password)
        {
            Reply answer = options.User is { } user
                ? await AskAsync(connection, cancellation, "AUTH", user, password).ConfigureAwait(false)
                : await AskAsync(connection, cancellation, "AUTH", password).ConfigureAwait(false);
            if (answer.Kind == ReplyKind.Error)
                throw CommandException.From(answer);
        }

        // A user without the right to name its connection is still a user.
        if (options.ClientName is { } name)
            await AskAsync(connection, cancellation, "CLIENT", "SETNAME", name).ConfigureAwait(false);
        if (greeted)
        {
            foreach (Command subscription in subscriptions.ToCommands())
                await connection.WaitAsync(connection.Enqueue(subscription), options.ConnectTimeout, cancellation).ConfigureAwait(false);
        }

        return greeted || options.Password is not null || options.ClientName is not null;
    }

    /// <summary>HELLO 3; false when the server knows no RESP3, which is then spoken to in RESP2.</summary>
    private async Task<bool> GreetAsync(Connection connection, CancellationToken cancellation)
    {
        Reply answer = options.Password is { } password
            ? await AskAsync(connection, cancellation, "HELLO", 3, "AUTH", options.User ?? "default", password).ConfigureAwait(false)
            : await AskAsync(connection, cancellation, "HELLO", 3).ConfigureAwait(false);
        if (answer.Kind != ReplyKind.Error)
            return true;
        string text = answer.ToString();
        if (text.StartsWith("NOPROTO", StringComparison.Ordinal) || text.StartsWith("ERR unknown command", StringComparison.Ordinal))
            return false;
        throw CommandException.From(answer);
    }

    private async Task<bool> SuitsAsync(Connection connection, CancellationToken cancellation)
    {
        try
        {
            return Suits(await RoleOfAsync(connection, cancellation).ConfigureAwait(false));
        }
        catch (ClientException)
        {
            return false;
        }
    }

    // A server that does not tell is taken for the right one.
    private bool Suits(string? role) =>
        role is null || options.ExpectedRole == ExpectedRole.Any || role == "master" == (options.ExpectedRole == ExpectedRole.Master);

    /// <summary>"master" or "replica"; null when the server does not say. HELLO is allowed to every user, ROLE is what came before it.</summary>
    private async Task<string?> RoleOfAsync(Connection connection, CancellationToken cancellation)
    {
        Reply? hello = await connection.ProbeAsync(Command.Of(["HELLO", options.Protocol >= 3 ? 3 : 2]), options.CommandTimeout, cancellation).ConfigureAwait(false);
        if (hello is { Kind: ReplyKind.Map or ReplyKind.Array })
        {
            for (int i = 0; i + 1 < hello.Items.Count; i += 2)
            {
                if (hello[i].ToString() == "role")
                    return hello[i + 1].ToString() == "master" ? "master" : "replica";
            }
        }

        if (hello is null || !hello.ToString().StartsWith("ERR unknown command", StringComparison.Ordinal))
            return null;
        Reply? role = await connection.ProbeAsync(Command.Of(["ROLE"]), options.CommandTimeout, cancellation).ConfigureAwait(false);
        if (role is not { Kind: ReplyKind.Array } || role.Items.Count == 0)
            return null;
        return role[0].ToString() == "master" ? "master" : "replica";
    }

    private Task<Reply> AskAsync(Connection connection, CancellationToken cancellation, params ReadOnlySpan<CommandArgument> arguments) =>
        connection.WaitAsync(connection.Enqueue(Command.Of(arguments)), options.ConnectTimeout, cancellation);
}
