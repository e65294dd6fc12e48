// The loop on Linux: epoll, level-triggered, called directly.
//
// A descriptor is the index of its channel in a table, so an event finds its channel without a search. An event of a
// descriptor that was closed and given out again within the same round goes to the new channel, which finds nothing to
// read: harmless. A wait that only looks (timeout 0) and the transfers never sleep; they skip the collector's bookkeeping.

using System.Net;

namespace Redoubt.Native.Sockets;

public sealed unsafe class EpollLoop : SocketLoop
{
    private const int EventsMax = 1024;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly Libc.EpollEvent[] _events = GC.AllocateArray<Libc.EpollEvent>(EventsMax, pinned: true);
    private object?[] _byDescriptor = new object?[1024];

    public EpollLoop()
    {
        _epoll = Libc.epoll_create1(Libc.EpollCloexec);
        _wake = Libc.eventfd(0, Libc.EfdNonblockCloexec);
        if (_epoll < 0 || _wake < 0)
            throw new SocketLoopException("epoll is not available: " + Libc.ErrorText(Libc.LastErrorNumber));
        Control(Libc.EpollCtlAdd, _wake, Libc.EpollIn);
    }

    public static bool IsSupported => OperatingSystem.IsLinux();

    public override string Name => "epoll";

    public override SocketListener Listen(IPAddress address, int port, int backlog)
    {
        bool v6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        int socket = Open(v6 ? Libc.AfInet6 : Libc.AfInet);
        SetOption(socket, Libc.SolSocket, Libc.SoReuseaddr, 1);
        if (v6)
            SetOption(socket, Libc.IpprotoIpv6, Libc.Ipv6V6Only, 1);
        byte* name = stackalloc byte[SocketAddresses.BytesMax];
        int length = SocketAddresses.Write(new Span<byte>(name, SocketAddresses.BytesMax), address, port);
        if (Libc.bind(socket, name, length) < 0)
            throw Closing(socket, "bind: ");
        if (Libc.listen(socket, backlog) < 0)
            throw Closing(socket, "listen: ");
        EpollListener listener = new(this, socket, unixName: null);
        Register(socket, listener, Libc.EpollIn);
        return listener;
    }

    public override SocketListener ListenUnix(string path, string name, int permissions, int backlog)
    {
        byte* address = stackalloc byte[SocketAddresses.UnixBytesMax];
        int length = SocketAddresses.WriteUnix(new Span<byte>(address, SocketAddresses.UnixBytesMax), path);
        if (length == 0)
            throw new SocketLoopException("bind: the path of the socket is too long");
        File.Delete(path);
        int socket = Open(Libc.AfUnix);
        if (Libc.bind(socket, address, length) < 0)
            throw Closing(socket, "bind: ");
        if (permissions != 0 && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, (UnixFileMode)permissions);
        if (Libc.listen(socket, backlog) < 0)
            throw Closing(socket, "listen: ");
        EpollListener listener = new(this, socket, name);
        Register(socket, listener, Libc.EpollIn);
        return listener;
    }

    public override SocketChannel Connect(IPEndPoint target, IPAddress? source)
    {
        bool v6 = target.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        int socket = Open(v6 ? Libc.AfInet6 : Libc.AfInet);
        byte* name = stackalloc byte[SocketAddresses.BytesMax];
        int length;
        if (source is not null)
        {
            length = SocketAddresses.Write(new Span<byte>(name, SocketAddresses.BytesMax), source, 0);
            if (Libc.bind(socket, name, length) < 0)
                throw Closing(socket, "bind: ");
        }
        length = SocketAddresses.Write(new Span<byte>(name, SocketAddresses.BytesMax), target.Address, target.Port);
        if (Libc.connect(socket, name, length) < 0 && Libc.LastErrorNumber != Libc.Einprogress)
            throw Closing(socket, "connect: ");
        EpollChannel channel = new(this, socket, unixName: null);
        channel.SetNoDelay(true);
        Register(socket, channel, Libc.EpollOut);
        return channel;
    }

    public override int Wait(Span<SocketEvent> events, int timeoutMs)
    {
        int ready;
        fixed (Libc.EpollEvent* buffer = _events)
        {
            int room = Math.Min(events.Length, EventsMax);
            ready = timeoutMs == 0
                ? Libc.epoll_poll(_epoll, buffer, room, 0)
                : Libc.epoll_wait(_epoll, buffer, room, timeoutMs);
        }
        int count = 0;
        for (int i = 0; i < ready; i++)
        {
            int descriptor = (int)_events[i].Data;
            uint what = _events[i].Events;
            if (descriptor == _wake)
            {
                ulong drained;
                _ = Libc.read(_wake, (byte*)&drained, 8);
                continue;
            }
            object? target = _byDescriptor[descriptor];
            if (target is EpollChannel channel)
            {
                bool broken = (what & (Libc.EpollErr | Libc.EpollHup)) != 0;
                events[count++] = new SocketEvent
                {
                    Channel = channel,
                    CanRead = (what & Libc.EpollIn) != 0 || (broken && channel.WatchesReads),
                    CanWrite = (what & Libc.EpollOut) != 0 || (broken && channel.WatchesWrites),
                };
            }
            else if (target is EpollListener listener)
            {
                events[count++] = new SocketEvent { Listener = listener, CanRead = true };
            }
        }
        return count;
    }

    public override void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wake, (byte*)&one, 8);
    }

    public override void Dispose()
    {
        foreach (object? target in _byDescriptor)
        {
            if (target is EpollChannel channel)
                channel.Close();
            else if (target is EpollListener listener)
                listener.Close();
        }
        _ = Libc.close(_wake);
        _ = Libc.close(_epoll);
    }

    internal EpollChannel Adopt(int socket, string? unixName)
    {
        EpollChannel channel = new(this, socket, unixName);
        channel.SetNoDelay(true);
        Register(socket, channel, Libc.EpollIn);
        return channel;
    }

    internal void Control(int operation, int descriptor, uint events)
    {
        Libc.EpollEvent e = new() { Events = events, Data = (ulong)descriptor };
        _ = Libc.epoll_ctl(_epoll, operation, descriptor, &e);
    }

    internal void Forget(int descriptor)
    {
        _byDescriptor[descriptor] = null;
        _ = Libc.close(descriptor);
    }

    internal static void SetOption(int socket, int level, int option, int value) =>
        _ = Libc.setsockopt(socket, level, option, &value, sizeof(int));

    internal static IPEndPoint AddressOf(int socket, bool remote)
    {
        byte* name = stackalloc byte[SocketAddresses.BytesMax];
        int length = SocketAddresses.BytesMax;
        int result = remote ? Libc.getpeername(socket, name, &length) : Libc.getsockname(socket, name, &length);
        return result < 0 ? new IPEndPoint(IPAddress.None, 0) : SocketAddresses.Read(new ReadOnlySpan<byte>(name, SocketAddresses.BytesMax));
    }

    private void Register(int socket, object target, uint events)
    {
        if (socket >= _byDescriptor.Length)
            Array.Resize(ref _byDescriptor, Math.Max(socket + 1, _byDescriptor.Length * 2));
        _byDescriptor[socket] = target;
        Control(Libc.EpollCtlAdd, socket, events);
    }

    private int Open(int family)
    {
        int socket = Libc.socket(family, Libc.SockStream | Libc.SockNonblock | Libc.SockCloexec, 0);
        if (socket < 0)
            throw Failed("socket: ");
        if (Mark != 0 && family != Libc.AfUnix)
            SetOption(socket, Libc.SolSocket, Libc.SoMark, (int)Mark);
        return socket;
    }

    private static SocketLoopException Closing(int socket, string step)
    {
        SocketLoopException failure = Failed(step);
        _ = Libc.close(socket);
        return failure;
    }

    private static SocketLoopException Failed(string step)
    {
        int error = Libc.LastErrorNumber;
        return new SocketLoopException(step + Libc.ErrorText(error), error switch
        {
            Libc.Eaddrnotavail => SocketProblem.NoSuchAddress,
            Libc.Enoprotoopt or Libc.Eprotonosupport or Libc.Esocktnosupport or Libc.Epfnosupport or Libc.Eafnosupport => SocketProblem.NoSuchProtocol,
            _ => SocketProblem.Other,
        });
    }
}

internal sealed unsafe class EpollListener(EpollLoop loop, int socket, string? unixName) : SocketListener
{
    private bool _closed;

    public override IPEndPoint Address { get; } = unixName is null ? EpollLoop.AddressOf(socket, remote: false) : SocketLoop.Nowhere;

    public override SocketChannel? Accept()
    {
        int accepted = Libc.accept4(socket, null, null, Libc.SockNonblock | Libc.SockCloexec);
        return accepted < 0 ? null : loop.Adopt(accepted, unixName);
    }

    public override void Close()
    {
        if (_closed)
            return;
        _closed = true;
        loop.Forget(socket);
    }
}

internal sealed unsafe class EpollChannel(EpollLoop loop, int socket, string? unixName) : SocketChannel
{
    private string? _remote = SocketLoop.FormatUnix(unixName);
    private string? _local = SocketLoop.FormatUnix(unixName);
    private bool _closed;
    private uint _watched = uint.MaxValue;

    public bool WatchesReads => _watched == uint.MaxValue || (_watched & Libc.EpollIn) != 0;

    public bool WatchesWrites => _watched == uint.MaxValue || (_watched & Libc.EpollOut) != 0;

    public override int Descriptor => socket;

    public override bool IsClosed => _closed;

    public override string RemoteAddress => _remote ??= SocketLoop.Format(EpollLoop.AddressOf(socket, remote: true));

    public override string LocalAddress => _local ??= SocketLoop.Format(EpollLoop.AddressOf(socket, remote: false));

    public override bool IsUnix => unixName is not null;

    public override int Receive(Span<byte> target)
    {
        // The descriptor may be another connection's by now.
        if (_closed)
            return SocketResult.Failed;
        nint got;
        fixed (byte* buffer = target)
        {
            got = Libc.recv(socket, buffer, (nuint)target.Length, 0);
        }
        return got >= 0 ? (int)got : Failure();
    }

    public override int Send(ReadOnlySpan<byte> bytes)
    {
        if (_closed)
            return SocketResult.Failed;
        nint sent;
        fixed (byte* buffer = bytes)
        {
            sent = Libc.send(socket, buffer, (nuint)bytes.Length, Libc.MsgNosignal);
        }
        return sent >= 0 ? (int)sent : Failure();
    }

    public override void Watch(bool reads, bool writes)
    {
        uint wanted = (reads ? Libc.EpollIn : 0) | (writes ? Libc.EpollOut : 0);
        if (wanted == _watched || _closed)
            return;
        // A broken connection is reported whether anything is watched or not, and again and again: a channel that nobody
        // wants to hear from must leave the set, or the wait would not sleep any more.
        int operation = wanted == 0 ? Libc.EpollCtlDel : _watched == 0 ? Libc.EpollCtlAdd : Libc.EpollCtlMod;
        _watched = wanted;
        loop.Control(operation, socket, wanted);
    }

    public override string? FinishConnect()
    {
        int error = 0, length = sizeof(int);
        _ = Libc.getsockopt(socket, Libc.SolSocket, Libc.SoError, &error, &length);
        return error == 0 ? null : Libc.ErrorText(error);
    }

    public override void SetKeepAlive(int seconds)
    {
        if (IsUnix)
            return;
        EpollLoop.SetOption(socket, Libc.SolSocket, Libc.SoKeepalive, seconds > 0 ? 1 : 0);
        if (seconds <= 0)
            return;
        EpollLoop.SetOption(socket, Libc.IpprotoTcp, Libc.TcpKeepidle, seconds);
        EpollLoop.SetOption(socket, Libc.IpprotoTcp, Libc.TcpKeepintvl, Math.Max(1, seconds / 3));
        EpollLoop.SetOption(socket, Libc.IpprotoTcp, Libc.TcpKeepcnt, 3);
    }

    public override void SetNoDelay(bool on)
    {
        if (!IsUnix)
            EpollLoop.SetOption(socket, Libc.IpprotoTcp, Libc.TcpNodelay, on ? 1 : 0);
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

    private int Failure()
    {
        int error = Libc.LastErrorNumber;
        if (error is Libc.Eagain or Libc.Eintr)
            return SocketResult.WouldBlock;
        LastError = Libc.ErrorText(error);
        return SocketResult.Failed;
    }
}
