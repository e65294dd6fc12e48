using Redoubt.Topology;

namespace Redoubt.Client;

// What can go wrong falls into two kinds that callers treat differently. A CommandException is an answer: the server is
// there, understood, and said no. Everything else is silence, and then the question that matters is whether the
// command may have been carried out: `MayHaveBeenExecuted` says so.

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
        return message.Split(' ', 2)[0] switch
        {
            "READONLY" => new ReadOnlyReplicaException(message),
            "LOADING" or "MASTERDOWN" or "BUSY" => new NotReadyException(message),
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

/// <summary>The server is there but does not serve now: it loads its dataset, runs a long script, or lacks its master.</summary>
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

/// <summary>The reply did not come in time. The connection is given up with it, because a server that is silent for that
/// long has hung or been cut off, and waiting on it for the next command would only add to the outage.</summary>
public sealed class CommandTimeoutException : ClientException
{
    internal CommandTimeoutException(NodeAddress address, TimeSpan timeout)
        : base($"{address}: no reply within {timeout.TotalMilliseconds:0} ms")
    {
    }
}

/// <summary>The other end does not speak RESP, or sends it damaged.</summary>
public sealed class ProtocolException : ClientException
{
    internal ProtocolException(string message)
        : base(message)
    {
    }
}
