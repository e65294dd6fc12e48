using Redoubt.Topology;

namespace Redoubt.Client;

// What can go wrong falls into two kinds that callers treat differently. A CommandException is an answer: the server is
// there, understood, and said no. Everything else is silence, and then the question that matters is whether the
// command may have been carried out. Where it may, and is no mere read, the caller gets a MaybeAppliedException around what happened.

/// <summary>Anything this client reports.</summary>
public abstract class ClientException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The server's answer was an error.</summary>
public class CommandException : ClientException
{
    internal CommandException(string message)
        : base(message) => Code = message.Split(' ', 2)[0];

    /// <summary>The first word of the error: <c>ERR</c>, <c>WRONGTYPE</c>, <c>NOREPLICAS</c>, …</summary>
    public string Code { get; }

    internal static CommandException From(Reply error)
    {
        string message = error.ToString();
        // A transaction that its server may not carry out any more is refused whole, and the reason is what matters.
        const string discarded = "EXECABORT Transaction discarded because of: ";
        if (message.StartsWith(discarded, StringComparison.Ordinal))
            message = message[discarded.Length..];
        return message.Split(' ', 2)[0] switch
        {
            "READONLY" => new ReadOnlyReplicaException(message),
            "MOVED" or "REDIRECT" => new MovedException(message),
            "LOADING" or "MASTERDOWN" or "BUSY" or "NOREPLICAS" or "TRYAGAIN" or "CLUSTERDOWN" or "UNBLOCKED" => new NotReadyException(message),
            "NOAUTH" or "WRONGPASS" or "NOPERM" => new AccessDeniedException(message),
            // Before ACLs a wrong password was a plain ERR.
            "ERR" when message.Contains("invalid password", StringComparison.OrdinalIgnoreCase)
                || message.Contains("without any password configured", StringComparison.OrdinalIgnoreCase) => new AccessDeniedException(message),
            _ => new CommandException(message),
        };
    }
}

/// <summary>A write reached a replica: the master has moved, or the name points to the wrong node.</summary>
public sealed class ReadOnlyReplicaException : CommandException
{
    internal ReadOnlyReplicaException(string message)
        : base(message)
    {
    }
}

/// <summary>The server sends the caller elsewhere: MOVED or REDIRECT.</summary>
public sealed class MovedException : CommandException
{
    internal MovedException(string message)
        : base(message) => Target = NodeAddress.TryParse(message.Split(' ')[^1], out NodeAddress target) ? target : null;

    /// <summary>Where to; null when the server named no address.</summary>
    public NodeAddress? Target { get; }
}

/// <summary>The server is there but does not serve now: it loads its dataset, runs a long script, or lacks its master or its replicas.</summary>
public sealed class NotReadyException : CommandException
{
    internal NotReadyException(string message)
        : base(message)
    {
    }
}

/// <summary>A password is missing or wrong, or the user may not do this.</summary>
public sealed class AccessDeniedException : CommandException
{
    internal AccessDeniedException(string message)
        : base(message)
    {
    }
}

/// <summary>No connection could be made: the name does not resolve, nobody listens, or the time was up.</summary>
public sealed class ConnectException : ClientException
{
    internal ConnectException(NodeAddress address, string reason, Exception? cause = null)
        : base($"{address}: {reason}", cause)
    {
        Address = address;
        Reason = reason;
    }

    /// <summary>Whom it tried to reach.</summary>
    public NodeAddress Address { get; }

    /// <summary>The message without the address.</summary>
    public string Reason { get; }
}

/// <summary>The connection broke before the reply came.</summary>
public sealed class ConnectionLostException : ClientException
{
    internal ConnectionLostException(NodeAddress address, string reason, bool mayHaveBeenExecuted, Exception? cause = null)
        : base($"{address}: {reason}", cause) => MayHaveBeenExecuted = mayHaveBeenExecuted;

    /// <summary>True when the command, or a part of it, may have left this process.</summary>
    public bool MayHaveBeenExecuted { get; }
}

/// <summary>The reply did not come in time. The connection gets nothing more to do, because a server that is silent for that
/// long has hung or been cut off, and waiting on it for the next command would only add to the outage.</summary>
public sealed class CommandTimeoutException : ClientException
{
    internal CommandTimeoutException(NodeAddress address, TimeSpan timeout, bool mayHaveBeenExecuted)
        : base($"{address}: no reply within {timeout.TotalMilliseconds:0} ms") => MayHaveBeenExecuted = mayHaveBeenExecuted;

    /// <summary>True when the command, or a part of it, may have left this process.</summary>
    public bool MayHaveBeenExecuted { get; }
}

/// <summary>The command left this process and no answer came: nobody on this side can know whether it was applied. It was not sent again. The inner
/// exception says what happened.</summary>
public sealed class MaybeAppliedException : ClientException
{
    internal MaybeAppliedException(string command, ClientException cause)
        : base($"{command} may have been applied: {cause.Message}", cause) => Command = command;

    /// <summary>The command's name; EXEC for a transaction.</summary>
    public string Command { get; }
}

/// <summary>The other end does not speak RESP, or sends it damaged.</summary>
public sealed class ProtocolException : ClientException
{
    internal ProtocolException(string message)
        : base(message)
    {
    }
}
