// Connections to the servers that MIGRATE moves keys to, kept from one call to the next: what moves many keys calls it again and again for the same target.
//
// A connection that nobody used for ten seconds is closed, and so is any one when there are more than Redis keeps. Whether a kept one still works shows
// when it is used; the command then asks for another.
//
// Threads: the keyspace thread, which waits here, for no longer than the time-out that the command named at each step.

using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Commands;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Migration;

internal sealed class MigrationLinks(ServerState state) : IMigrationPort
{
    private const int LinksMax = 64;
    private const long IdleMsMax = 10_000;

    private readonly Dictionary<string, MigrationLink> _links = [];

    public IMigrationLink? Open(ReadOnlySpan<byte> host, ReadOnlySpan<byte> port, long timeoutMs)
    {
        string name = $"{Encoding.Latin1.GetString(host)}:{Encoding.Latin1.GetString(port)}";
        if (!_links.TryGetValue(name, out MigrationLink? link))
        {
            int wait = MigrationLink.Milliseconds(timeoutMs);
            if (Connect(Encoding.Latin1.GetString(host), PortOf(port), wait, out Socket? socket) == Reached.Unknown)
                return null;
            if (_links.Count >= LinksMax)
                _links.Values.First().Close();
            link = new MigrationLink(socket, () => Forget(name));
            _links.Add(name, link);
            state.MigrationLinks = _links.Count;
        }
        link.UsedAtMs = Clock.SteadyMs;
        return link;
    }

    /// <summary>Closes what was not used for a while.</summary>
    public void Timer()
    {
        if (_links.Count == 0)
            return;
        long now = Clock.SteadyMs;
        foreach (MigrationLink link in _links.Values.Where(link => now - link.UsedAtMs > IdleMsMax).ToArray())
            link.Close();
    }

    private void Forget(string name)
    {
        _links.Remove(name);
        state.MigrationLinks = _links.Count;
    }

    private enum Reached
    {
        Yes,

        /// <summary>The target is there and wants no connection; that shows when something is sent.</summary>
        Refused,

        /// <summary>There is no such host, or nothing was heard of it.</summary>
        Unknown,
    }

    private static Reached Connect(string host, int port, int timeoutMs, out Socket? connected)
    {
        connected = null;
        using CancellationTokenSource timeout = new(timeoutMs);
        Reached reached = Reached.Unknown;
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal)
                ? [literal]
                : Dns.GetHostAddressesAsync(host, timeout.Token).GetAwaiter().GetResult();
            foreach (IPAddress address in addresses)
            {
                reached = ConnectTo(new IPEndPoint(address, port), timeout.Token, out connected);
                if (reached != Reached.Refused)
                    return reached;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            return Reached.Unknown;
        }
        return reached;
    }

    private static Reached ConnectTo(IPEndPoint target, CancellationToken timeout, out Socket? connected)
    {
        connected = null;
        Socket socket = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.ConnectAsync(target, timeout).AsTask().GetAwaiter().GetResult();
            connected = socket;
            return Reached.Yes;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            return Reached.Unknown;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return Reached.Refused;
        }
    }

    /// <summary>As C's atoi: what is no number is port 0, which refuses.</summary>
    private static int PortOf(ReadOnlySpan<byte> text) =>
        System.Buffers.Text.Utf8Parser.TryParse(text, out int port, out _) && port is >= 0 and <= 65535 ? port : 0;
}
