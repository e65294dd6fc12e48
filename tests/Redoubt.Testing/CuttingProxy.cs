using System.Net;
using System.Net.Sockets;

namespace Redoubt.Testing;

/// <summary>
/// A loopback link that can fail: it forwards to a port, and a test cuts it (all connections reset), stalls it (connections stay, bytes wait),
/// delays it, refuses new connections, or alters bytes on their way back. Two threads per connection, each copying one direction.
/// </summary>
public sealed class CuttingProxy : IDisposable
{
    private readonly PortLease _lease = PortLease.Take();
    private readonly Socket _listener;
    private readonly List<Socket> _open = [];
    private readonly ManualResetEventSlim _flowing = new(initialState: true);
    private readonly int _targetPort;
    private volatile bool _refusing;
    private volatile bool _disposed;
    private long _forwarded;

    public CuttingProxy(int targetPort)
    {
        _targetPort = targetPort;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, _lease.Port));
        _listener.Listen(128);
        Run(Accept);
    }

    public int Port => _lease.Port;

    /// <summary>Each chunk waits this long before it goes on, in both directions.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Rewrites each chunk on its way from the target to the client: a mutant of the server.</summary>
    public Func<byte[], byte[]>? AlterReplies { get; set; }

    /// <summary>Bytes forwarded so far, both directions.</summary>
    public long Forwarded => Interlocked.Read(ref _forwarded);

    /// <summary>Connections open now (each has two sockets).</summary>
    public int Connections
    {
        get
        {
            lock (_open)
            {
                return _open.Count / 2;
            }
        }
    }

    /// <summary>Resets every open connection; new ones are accepted.</summary>
    public void Cut()
    {
        Socket[] sockets;
        lock (_open)
        {
            sockets = [.. _open];
            _open.Clear();
        }

        foreach (Socket socket in sockets)
        {
            Reset(socket);
        }
    }

    /// <summary>Cuts, and resets whatever connects from now on, until <see cref="Mend"/>.</summary>
    public void Break()
    {
        _refusing = true;
        Cut();
    }

    public void Mend() => _refusing = false;

    /// <summary>Lets bytes wait, with connections open, until <see cref="Resume"/>.</summary>
    public void Stall() => _flowing.Reset();

    public void Resume() => _flowing.Set();

    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        Cut();
        _flowing.Set();
        _lease.Dispose();
    }

    private void Accept()
    {
        while (!_disposed)
        {
            Socket client;
            try
            {
                client = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (_refusing)
            {
                Reset(client);
            }
            else
            {
                Forward(client);
            }
        }
    }

    private void Forward(Socket client)
    {
        var target = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            target.Connect(IPAddress.Loopback, _targetPort);
        }
        catch (SocketException)
        {
            Reset(client);
            target.Dispose();
            return;
        }

        lock (_open)
        {
            _open.Add(client);
            _open.Add(target);
        }

        int directions = 2;
        Run(() => Copy(client, target, alter: false));
        Run(() => Copy(target, client, alter: true));

        void Copy(Socket from, Socket to, bool alter)
        {
            // One side may end its sending and still read; the connection is over when both directions are.
            if (!CopyUntilEnd(from, to, alter) || Interlocked.Decrement(ref directions) == 0)
            {
                Close(from);
                Close(to);
            }
        }
    }

    private bool CopyUntilEnd(Socket from, Socket to, bool alter)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = from.Receive(buffer)) > 0)
            {
                _flowing.Wait();
                if (Delay > TimeSpan.Zero)
                {
                    Thread.Sleep(Delay); // the delay is what the test asked for
                }

                ReadOnlySpan<byte> chunk = alter && AlterReplies is { } rewrite ? rewrite(buffer[..read]) : buffer.AsSpan(0, read);
                Interlocked.Add(ref _forwarded, chunk.Length);
                while (chunk.Length > 0)
                {
                    chunk = chunk[to.Send(chunk)..];
                }
            }

            to.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Close(Socket socket)
    {
        lock (_open)
        {
            _open.Remove(socket);
        }

        socket.Dispose();
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already, which is what was asked for.
        }

        socket.Dispose();
    }

    private static void Run(Action work) => new Thread(() => work()) { IsBackground = true, Name = "proxy" }.Start();
}
