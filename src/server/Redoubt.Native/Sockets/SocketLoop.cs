// Sockets as the event loop sees them: channels that never block, and one wait for all of them.
//
// Why an own layer: .NET's sockets hop through the thread pool for every event, which costs more than a simple command.
// Two loops stand behind this face. EpollLoop calls Linux directly; PortableLoop uses .NET's sockets and runs everywhere.
// They are level-triggered: what is not read now is reported again.
//
// Threads: the keyspace thread, except `Wake`, which helpers call to end a wait.
// Failure: a channel reports errors as results (`SocketResult`), with the system's words in `LastError`. Listening throws
// SocketLoopException with the text that the log wants.

using System.Net;

namespace Redoubt.Native.Sockets;

/// <summary>Results of <see cref="SocketChannel.Receive"/> and <see cref="SocketChannel.Send"/> that are no byte counts.</summary>
public static class SocketResult
{
    /// <summary>The peer closed its side.</summary>
    public const int Closed = 0;

    /// <summary>Nothing to read, or no room to write, now.</summary>
    public const int WouldBlock = -1;

    /// <summary>The connection is broken; see <see cref="SocketChannel.LastError"/>.</summary>
    public const int Failed = -2;
}

/// <summary>What the system says of an address that cannot be listened on or connected to.</summary>
public sealed class SocketLoopException(string message, SocketProblem problem = SocketProblem.Other) : Exception(message)
{
    public SocketProblem Problem { get; } = problem;
}

/// <summary>The problems that a configuration may allow for.</summary>
public enum SocketProblem
{
    Other,

    /// <summary>This machine does not have the address.</summary>
    NoSuchAddress,

    /// <summary>This system does not speak the protocol, for example IPv6.</summary>
    NoSuchProtocol,
}

/// <summary>One thing that happened. Exactly one of the two sources is set.</summary>
public struct SocketEvent
{
    public SocketChannel? Channel;
    public SocketListener? Listener;
    public bool CanRead;
    public bool CanWrite;
}

public abstract class SocketListener
{
    /// <summary>No address, port 0, for a Unix socket.</summary>
    public abstract IPEndPoint Address { get; }

    /// <summary>The next waiting connection, or null.</summary>
    public abstract SocketChannel? Accept();

    public abstract void Close();
}

public abstract class SocketChannel
{
    /// <summary>Whose connection this is; set and read by the server.</summary>
    public object? Owner { get; set; }

    public string LastError { get; protected set; } = "";

    public abstract int Descriptor { get; }

    /// <summary>"127.0.0.1:6379", or "[::1]:6379".</summary>
    public abstract string RemoteAddress { get; }

    public abstract string LocalAddress { get; }

    /// <summary>Came over a Unix socket; both addresses are then the path of that socket and port 0.</summary>
    public abstract bool IsUnix { get; }

    public abstract bool IsClosed { get; }

    /// <summary>Bytes received, or a <see cref="SocketResult"/>.</summary>
    public abstract int Receive(Span<byte> target);

    /// <summary>Bytes taken by the system, or a <see cref="SocketResult"/>.</summary>
    public abstract int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Which events are reported. New channels report reads; one that connects reports writes.</summary>
    public abstract void Watch(bool reads, bool writes);

    /// <summary>After the first write event of an outgoing connection: null when it stands, else what went wrong.</summary>
    public abstract string? FinishConnect();

    public abstract void SetKeepAlive(int seconds);

    public abstract void SetNoDelay(bool on);

    public abstract void Close();
}

public abstract class SocketLoop : IDisposable
{
    /// <summary>Listens on an address; throws <see cref="SocketLoopException"/>, for example "bind: Address already in use".</summary>
    public abstract SocketListener Listen(IPAddress address, int port, int backlog);

    /// <summary>
    /// Listens on a Unix socket, which replaces whatever file has this path. <paramref name="name"/> is the path as its clients are listed;
    /// <paramref name="permissions"/> is a file mode, 0 = as the system makes it.
    /// </summary>
    public abstract SocketListener ListenUnix(string path, string name, int permissions, int backlog);

    /// <summary>The mark (SO_MARK) of sockets that are opened from now on, by which a firewall or a route knows them; 0 = none.</summary>
    public uint Mark { get; set; }

    /// <summary>Begins to connect; a write event tells when there is an outcome.</summary>
    public abstract SocketChannel Connect(IPEndPoint target, IPAddress? source);

    /// <summary>Waits for events at most <paramref name="timeoutMs"/> milliseconds (0 = only look) and returns how many there are.</summary>
    public abstract int Wait(Span<SocketEvent> events, int timeoutMs);

    /// <summary>Ends a wait; any thread.</summary>
    public abstract void Wake();

    public abstract string Name { get; }

    public abstract void Dispose();

    internal static readonly IPEndPoint Nowhere = new(IPAddress.None, 0);

    /// <summary>"path:0"; null for none.</summary>
    internal static string? FormatUnix(string? name) => name is null ? null : name + ":0";

    public static string Format(IPEndPoint address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? $"[{address.Address}]:{address.Port}" : $"{address.Address}:{address.Port}";
}
