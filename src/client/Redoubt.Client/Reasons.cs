using System.Net.Sockets;

namespace Redoubt.Client;

/// <summary>The operating system's errors in the words an operator uses.</summary>
internal static class Reasons
{
    public static string Of(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused (nothing listens there)",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "connection reset by the other end",
        SocketError.TimedOut => "connection timed out",
        SocketError.HostNotFound or SocketError.NoData => "the name does not resolve",
        SocketError.TryAgain => "the name cannot be resolved right now (resolver does not answer)",
        _ => error.Message,
    };
}
