using System.Net;

namespace Redoubt.Client;

/// <summary>What happened to a client's connection.</summary>
public enum ClientEventKind
{
    /// <summary>There is a connection, and it is logged in.</summary>
    Connected,

    /// <summary>An attempt to connect failed.</summary>
    ConnectFailed,

    /// <summary>The connection broke.</summary>
    Lost,

    /// <summary>The client left the server, since it is not, or no longer, the one to talk to.</summary>
    Left,
}

/// <summary>News of a client's connection.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Server">The address behind the name; null where none was reached.</param>
/// <param name="Reason">Why, in words; empty for a connection.</param>
public sealed record ClientEvent(ClientEventKind Kind, IPEndPoint? Server, string Reason);
