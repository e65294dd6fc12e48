// The loop everywhere else, and under the tests on Linux too: .NET's sockets, asked with Select.
//
// It is meant to be correct, not fast: each wait hands the system the list of all sockets. A pair of connected loopback
// sockets lets helper threads end a wait.

using System.Net;
using System.Net.Sockets;

namespace Redoubt.Native.Sockets;

public sealed class PortableLoop : SocketLoop
{
    private readonly Dictionary<Socket, object> _targets = [];
    private readonly List<Socket> _reads = [];
    private readonly List<Socket> _writes = [];
    private readonly List<Socket> _errors = [];
    private readonly Socket _wakeReader;
    private readonly Socket _wakeWriter;

    public PortableLoop()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _wakeWriter = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _wakeWriter.Connect(listener.LocalEndPoint!);
        _wakeReader = listener.Accept();
        _wakeReader.Blocking = false;
        _wakeWriter.Blocking = false;
    }

    public override string Name => "portable";

    public override SocketListener Listen(IPAddress address, int port, int backlog)
    {
        Socket socket = Open(address.AddressFamily, ProtocolType.Tcp);
        try
        {
            // .NET lets a port in TIME_WAIT be bound by itself; its ReuseAddress would let two servers share a live one.
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(backlog);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SocketLoopException("bind: " + e.Message, ProblemOf(e));
        }
        PortableListener listener = new(this, socket, unixName: null);
        _targets.Add(socket, listener);
        return listener;
    }

    public override SocketListener ListenUnix(string path, string name, int permissions, int backlog)
    {
        File.Delete(path);
        Socket socket = Open(AddressFamily.Unix, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (permissions != 0 && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, (UnixFileMode)permissions);
            socket.Listen(backlog);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new SocketLoopException("bind: " + e.Message);
        }
        PortableListener listener = new(this, socket, name);
        _targets.Add(socket, listener);
        return listener;
    }

    public override SocketChannel Connect(IPEndPoint target, IPAddress? source)
    {
        Socket socket = Open(target.AddressFamily, ProtocolType.Tcp);
        socket.NoDelay = true;
        try
        {
            if (source is not null)
                socket.Bind(new IPEndPoint(source, 0));
            socket.Connect(target);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress or SocketError.IOPending)
        {
            // The outcome follows as a write event.
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SocketLoopException("connect: " + e.Message);
        }
        PortableChannel channel = new(this, socket, unixName: null, reads: false, writes: true);
        _targets.Add(socket, channel);
        return channel;
    }

    public override int Wait(Span<SocketEvent> events, int timeoutMs)
    {
        CollectSockets();
        try
        {
            Socket.Select(_reads, _writes, _errors, timeoutMs < 0 ? -1 : (int)Math.Min(timeoutMs * 1000L, int.MaxValue));
        }
        catch (SocketException)
        {
            return 0;
        }
        int count = 0;
        foreach (Socket socket in _reads)
        {
            if (socket == _wakeReader)
                DrainWake();
            else if (count < events.Length)
                events[count++] = EventOf(_targets[socket], canRead: true, canWrite: false);
        }
        foreach (Socket socket in _writes)
        {
            if (count < events.Length)
                events[count++] = EventOf(_targets[socket], canRead: false, canWrite: true);
        }
        foreach (Socket socket in _errors)
        {
            if (count < events.Length && !_writes.Contains(socket))
                events[count++] = EventOf(_targets[socket], canRead: false, canWrite: true);
        }
        return count;
    }

    public override void Wake()
    {
        try
        {
            _wakeWriter.Send([1]);
        }
        catch (SocketException)
        {
            // The buffer is full of earlier calls: the wait ends anyway.
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended before a helper of its: nobody waits any more.
        }
    }

    public override void Dispose()
    {
        foreach (Socket socket in _targets.Keys.ToArray())
            socket.Dispose();
        _targets.Clear();
        _wakeReader.Dispose();
        _wakeWriter.Dispose();
    }

    internal PortableChannel Adopt(Socket socket, string? unixName)
    {
        socket.Blocking = false;
        if (unixName is null)
            socket.NoDelay = true;
        PortableChannel channel = new(this, socket, unixName, reads: true, writes: false);
        _targets.Add(socket, channel);
        return channel;
    }

    internal void Forget(Socket socket)
    {
        _targets.Remove(socket);
        socket.Dispose();
    }

    private Socket Open(AddressFamily family, ProtocolType protocol)
    {
        try
        {
            Socket socket = new(family, SocketType.Stream, protocol) { Blocking = false };
            if (Mark != 0 && OperatingSystem.IsLinux() && family != AddressFamily.Unix)
                socket.SetRawSocketOption(Libc.SolSocket, Libc.SoMark, BitConverter.GetBytes(Mark));
            return socket;
        }
        catch (SocketException e)
        {
            throw new SocketLoopException("socket: " + e.Message, ProblemOf(e));
        }
    }

    private static SocketProblem ProblemOf(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => SocketProblem.NoSuchAddress,
        SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported or SocketError.ProtocolNotSupported
            or SocketError.ProtocolOption or SocketError.SocketNotSupported => SocketProblem.NoSuchProtocol,
        _ => SocketProblem.Other,
    };

    private void CollectSockets()
    {
        _reads.Clear();
        _writes.Clear();
        _errors.Clear();
        _reads.Add(_wakeReader);
        foreach ((Socket socket, object target) in _targets)
        {
            PortableChannel? channel = target as PortableChannel;
            if (channel is null || channel.WatchesReads)
                _reads.Add(socket);
            if (channel is { WatchesWrites: true })
            {
                _writes.Add(socket);
                _errors.Add(socket);
            }
        }
    }

    private void DrainWake()
    {
        Span<byte> drained = stackalloc byte[64];
        try
        {
            while (_wakeReader.Receive(drained) == drained.Length)
            {
            }
        }
        catch (SocketException)
        {
            // Nothing left.
        }
    }

    private static SocketEvent EventOf(object target, bool canRead, bool canWrite) => target is SocketListener listener
        ? new SocketEvent { Listener = listener, CanRead = true }
        : new SocketEvent { Channel = (SocketChannel)target, CanRead = canRead, CanWrite = canWrite };
}

internal sealed class PortableListener(PortableLoop loop, Socket socket, string? unixName) : SocketListener
{
    public override IPEndPoint Address { get; } = socket.LocalEndPoint as IPEndPoint ?? SocketLoop.Nowhere;

    public override SocketChannel? Accept()
    {
        try
        {
            return loop.Adopt(socket.Accept(), unixName);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public override void Close() => loop.Forget(socket);
}

internal sealed class PortableChannel(PortableLoop loop, Socket socket, string? unixName, bool reads, bool writes) : SocketChannel
{
    private string? _remote = SocketLoop.FormatUnix(unixName);
    private string? _local = SocketLoop.FormatUnix(unixName);

    public bool WatchesReads { get; private set; } = reads;

    public bool WatchesWrites { get; private set; } = writes;

    public override int Descriptor => IsClosed ? -1 : (int)socket.Handle;

    public override bool IsClosed => _closed;

    private bool _closed;

    public override string RemoteAddress => _remote ??= AddressOf(() => socket.RemoteEndPoint);

    public override string LocalAddress => _local ??= AddressOf(() => socket.LocalEndPoint);

    public override bool IsUnix => unixName is not null;

    public override int Receive(Span<byte> target)
    {
        if (_closed)
            return SocketResult.Failed;
        int got = socket.Receive(target, SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? got : Failure(error);
    }

    public override int Send(ReadOnlySpan<byte> bytes)
    {
        if (_closed)
            return SocketResult.Failed;
        int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? sent : Failure(error);
    }

    public override void Watch(bool reads, bool writes)
    {
        WatchesReads = reads;
        WatchesWrites = writes;
    }

    public override string? FinishConnect()
    {
        int error = (int)(socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) ?? 0);
        return error == 0 ? null : new SocketException(error).Message;
    }

    public override void SetKeepAlive(int seconds)
    {
        if (IsUnix)
            return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, seconds > 0);
        if (seconds <= 0)
            return;
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, seconds / 3));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    public override void SetNoDelay(bool on)
    {
        if (!IsUnix)
            socket.NoDelay = on;
    }

    public override void Close()
    {
        if (_closed)
            return;
        _ = RemoteAddress;
        _ = LocalAddress;
        _closed = true;
        loop.Forget(socket);
    }

    private int Failure(SocketError error)
    {
        if (error is SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted)
            return SocketResult.WouldBlock;
        LastError = new SocketException((int)error).Message;
        return SocketResult.Failed;
    }

    private static string AddressOf(Func<EndPoint?> read)
    {
        try
        {
            return read() is IPEndPoint address ? SocketLoop.Format(address) : "?:0";
        }
        catch (SocketException)
        {
            return "?:0";
        }
    }
}
