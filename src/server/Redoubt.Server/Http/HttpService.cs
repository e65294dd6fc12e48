// HTTP for load balancers and scrapers, off unless `http-port` is set; it listens on the addresses of `bind`.
//
// A dozen lines of HTTP are spoken here (one GET, HEAD or OPTIONS a connection) rather than a web server taken in: Kestrel would make ASP.NET a requirement of
// the whole server, and the library's HttpListener insists on a Host it knows, which health checks do not send.
//
// Threads: the pool's. All they read is the last published ServerStatus. A client has five seconds for its request and may send 8 KB; at most
// `ConnectionsMax` are served at a time, so that nothing that asks here can cost the server more than that.

using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Http;

internal sealed class HttpService(ServerConfig config, ServerLog log, Func<ServerStatus> take)
{
    private const int RequestBytesMax = 8192;
    private const int ConnectionsMax = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly List<TcpListener> _listeners = [];
    private readonly SemaphoreSlim _places = new(ConnectionsMax);
    private volatile ServerStatus? _status;

    /// <summary>Listens on what is configured now instead of before. Null, or what is wrong.</summary>
    public string? Listen()
    {
        Stop();
        if (config.Network.HttpPort.Int == 0)
            return null;
        Publish();
        foreach (string name in config.Bind)
        {
            bool isOptional = name.StartsWith('-');
            try
            {
                TcpListener listener = new(Listeners.AddressOf(isOptional ? name[1..] : name), config.Network.HttpPort.Int);
                if (listener.LocalEndpoint.AddressFamily == AddressFamily.InterNetworkV6)
                    listener.Server.DualMode = false;
                listener.Start();
                _listeners.Add(listener);
                _ = AcceptAsync(listener);
            }
            catch (SocketException failure) when (!isOptional)
            {
                Stop();
                return $"Cannot listen for HTTP on {name}:{config.Network.HttpPort.Int}: {failure.Message}. Set http-port to a free port, or to 0 for none.";
            }
            catch (SocketException)
            {
                // An address marked '-' may be one that this machine does not have.
            }
        }
        log.Write(LogLevel.Notice, LogMessages.Id.Text, $"Answering HTTP on port {config.Network.HttpPort.Int}: /primary /replica /health /ready /metrics");
        return null;
    }

    public void Stop()
    {
        foreach (TcpListener listener in _listeners)
            listener.Stop();
        _listeners.Clear();
        _status = null;
    }

    /// <summary>On the keyspace thread, about ten times a second and at a change of role.</summary>
    public void Publish()
    {
        if (config.Network.HttpPort.Int > 0)
            _status = take();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            try
            {
                await _places.WaitAsync().ConfigureAwait(false);
                Socket socket;
                try
                {
                    socket = await listener.AcceptSocketAsync().ConfigureAwait(false);
                }
                catch
                {
                    _places.Release();
                    throw;
                }
                _ = ServeAsync(socket);
            }
            catch (Exception failure) when (failure is ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            catch (SocketException)
            {
                // That of a listener which was stopped ends at the next call. Such as no file descriptor left: it will not help to ask again at once.
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using CancellationTokenSource patience = new(Patience);
            using NetworkStream stream = new(socket, ownsSocket: true);
            string? request = await ReadHeadAsync(stream, patience.Token).ConfigureAwait(false);
            if (request is null)
                return;
            await stream.WriteAsync(Response(request), patience.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Who asks and hangs up, or never ends his question, gets no answer.
        }
        finally
        {
            socket.Dispose();
            _places.Release();
        }
    }

    /// <summary>The request up to the empty line, or null when it ends or becomes too long before.</summary>
    private static async Task<string?> ReadHeadAsync(NetworkStream stream, CancellationToken patience)
    {
        byte[] buffer = new byte[RequestBytesMax];
        int length = 0;
        while (length < buffer.Length)
        {
            int got = await stream.ReadAsync(buffer.AsMemory(length), patience).ConfigureAwait(false);
            if (got == 0)
                return null;
            length += got;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0 || buffer.AsSpan(0, length).IndexOf("\n\n"u8) >= 0)
                return Encoding.Latin1.GetString(buffer, 0, length);
        }
        return null;
    }

    private byte[] Response(string request)
    {
        string[] words = request.Split('\n', 2)[0].Trim().Split(' ');
        HttpAnswer answer = words.Length < 2 || !words[^1].StartsWith("HTTP/1.", StringComparison.Ordinal)
            ? new HttpAnswer(400, "text/plain", "this is no HTTP/1 request\n")
            : words[0] is not ("GET" or "HEAD" or "OPTIONS")
                ? new HttpAnswer(405, "text/plain", "only GET, HEAD and OPTIONS are answered\n")
                : _status is { } status ? HttpAnswers.To(words[1], status, Clock.SteadyMs) : new HttpAnswer(503, "text/plain", "the server is starting or stopping\n");
        byte[] body = Encoding.UTF8.GetBytes(answer.Body);
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {answer.Status} {Phrase(answer.Status)}\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
        byte[] bytes = Encoding.ASCII.GetBytes(head);
        return words[0] == "GET" ? [.. bytes, .. body] : bytes;
    }

    private static string Phrase(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Service Unavailable",
    };
}
