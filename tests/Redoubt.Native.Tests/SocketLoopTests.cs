using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Redoubt.Native.Sockets;

namespace Redoubt.Native.Tests;

public sealed class EpollLoopTests : SocketLoopTests
{
    protected override SocketLoop NewLoop() => new EpollLoop();

    [Fact]
    public void A_broken_connection_that_nobody_watches_does_not_keep_the_wait_awake()
    {
        using SocketLoop loop = NewLoop();
        (SocketChannel here, Socket there) = Pair(loop);
        here.Watch(reads: false, writes: false);
        there.LingerState = new LingerOption(true, 0);
        there.Close();
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 100));
        here.Watch(reads: true, writes: false);
        Assert.True(Until(loop, e => e.Channel == here && e.CanRead));
        Assert.Equal(SocketResult.Failed, here.Receive(new byte[10]));
        Assert.NotEmpty(here.LastError);
    }
}

public sealed class PortableLoopTests : SocketLoopTests
{
    protected override SocketLoop NewLoop() => new PortableLoop();
}

/// <summary>What both loops do alike.</summary>
public abstract class SocketLoopTests
{
    protected abstract SocketLoop NewLoop();

    [Fact]
    public void A_client_is_accepted_served_and_seen_to_leave()
    {
        using SocketLoop loop = NewLoop();
        (SocketChannel here, Socket there) = Pair(loop);
        byte[] buffer = new byte[100];
        Assert.Equal(SocketResult.WouldBlock, here.Receive(buffer));
        there.Send("hello"u8);
        Assert.True(Until(loop, e => e.Channel == here && e.CanRead));
        Assert.Equal(2, here.Receive(buffer.AsSpan(0, 2)));
        Assert.True(Until(loop, e => e.Channel == here && e.CanRead), "what is not read now is reported again");
        Assert.Equal(3, here.Receive(buffer));
        Assert.Equal("llo"u8, buffer.AsSpan(0, 3));
        Assert.Equal(5, here.Send("world"u8));
        Assert.Equal(5, there.Receive(buffer));
        there.Shutdown(SocketShutdown.Send);
        Assert.True(Until(loop, e => e.Channel == here && e.CanRead));
        Assert.Equal(SocketResult.Closed, here.Receive(buffer));
        here.Close();
        here.Close();
        Assert.True(here.IsClosed);
        Assert.Equal(SocketResult.Failed, here.Receive(buffer));
        Assert.Equal(SocketResult.Failed, here.Send(buffer));
        Assert.Equal(0, there.Receive(buffer));
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 0));
    }

    [Fact]
    public void Writing_stops_when_the_peer_does_not_read_and_goes_on_when_it_does()
    {
        using SocketLoop loop = NewLoop();
        (SocketChannel here, Socket there) = Pair(loop);
        byte[] block = new byte[256 * 1024];
        new Random(1).NextBytes(block);
        long sent = 0, received = 0;
        int result;
        while ((result = here.Send(block)) > 0)
            sent += result;
        Assert.Equal(SocketResult.WouldBlock, result);
        here.Watch(reads: false, writes: true);
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 50));
        byte[] buffer = new byte[1 << 20];
        while (received < sent)
            received += there.Receive(buffer);
        Assert.True(Until(loop, e => e.Channel == here && e.CanWrite && !e.CanRead));
        here.Watch(reads: true, writes: false);
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 0));
        there.Send("x"u8);
        Assert.True(Until(loop, e => e.Channel == here && e.CanRead && !e.CanWrite));
        here.Watch(reads: false, writes: false);
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 20));
        here.Watch(reads: true, writes: true);
        Assert.True(Until(loop, e => e.Channel == here && e.CanRead));
    }

    [Fact]
    public void Outgoing_connections_stand_or_say_why_not()
    {
        using SocketLoop loop = NewLoop();
        SocketListener listener = loop.Listen(IPAddress.Loopback, 0, 10);
        SocketChannel channel = loop.Connect(listener.Address, IPAddress.Loopback);
        SocketChannel? accepted = null;
        bool writable = false;
        Assert.True(Until(loop, e =>
        {
            accepted ??= e.Listener?.Accept();
            writable |= e.Channel == channel && e.CanWrite;
            return writable && accepted is not null;
        }));
        Assert.Null(channel.FinishConnect());
        channel.SetKeepAlive(60);
        channel.SetKeepAlive(0);
        channel.SetNoDelay(false);
        channel.Watch(reads: true, writes: false);
        Assert.Equal(channel.LocalAddress, accepted!.RemoteAddress);
        Assert.Equal(accepted.LocalAddress, channel.RemoteAddress);
        Assert.Equal(SocketLoop.Format(listener.Address), channel.RemoteAddress);
        accepted.Send("hi"u8);
        Assert.True(Until(loop, e => e.Channel == channel && e.CanRead));
        Assert.Equal(2, channel.Receive(new byte[10]));
        Assert.True(channel.Descriptor > 0);
    }

    [Fact]
    public void A_refused_connection_is_told()
    {
        using SocketLoop loop = NewLoop();
        SocketListener listener = loop.Listen(IPAddress.Loopback, 0, 10);
        IPEndPoint nobody = listener.Address;
        listener.Close();
        string? reason;
        try
        {
            SocketChannel channel = loop.Connect(nobody, null);
            Assert.True(Until(loop, e => e.Channel == channel && e.CanWrite));
            reason = channel.FinishConnect();
        }
        catch (SocketLoopException refused)
        {
            reason = refused.Message;
        }
        Assert.Contains("refused", reason);
    }

    [Fact]
    public void A_taken_port_is_refused_in_the_systems_words()
    {
        using SocketLoop loop = NewLoop();
        SocketListener listener = loop.Listen(IPAddress.Loopback, 0, 10);
        SocketLoopException taken = Assert.Throws<SocketLoopException>(() => loop.Listen(IPAddress.Loopback, listener.Address.Port, 10));
        Assert.Equal("bind: Address already in use", taken.Message);
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void A_Unix_socket_replaces_what_has_its_path_and_names_both_ends_by_it()
    {
        string folder = Directory.CreateTempSubdirectory("redoubt-test-").FullName;
        string path = Path.Combine(folder, "a.sock");
        File.WriteAllText(path, "");
        using (SocketLoop loop = NewLoop())
        {
            SocketListener listener = loop.ListenUnix(path, "a.sock", Convert.ToInt32("700", 8), 10);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            using Socket there = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            there.Connect(new UnixDomainSocketEndPoint(path));
            SocketChannel? here = null;
            Assert.True(Until(loop, e => (here ??= e.Listener?.Accept()) is not null));
            Assert.True(here!.IsUnix);
            Assert.Equal("a.sock:0", here.RemoteAddress);
            Assert.Equal("a.sock:0", here.LocalAddress);
            here.SetKeepAlive(60);
            there.Send("x"u8);
            Assert.True(Until(loop, e => e.Channel == here && e.CanRead));
            Assert.Equal(1, here.Receive(new byte[10]));
            listener.Close();
            Assert.Throws<SocketLoopException>(() => loop.ListenUnix(Path.Combine(folder, new string('x', 200)), "", 0, 10));
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void An_address_of_another_machine_is_told_from_one_that_is_taken()
    {
        using SocketLoop loop = NewLoop();
        SocketLoopException elsewhere = Assert.Throws<SocketLoopException>(() => loop.Listen(IPAddress.Parse("192.0.2.1"), 0, 10));
        Assert.Equal(SocketProblem.NoSuchAddress, elsewhere.Problem);
    }

    [Fact]
    public void Addresses_are_written_as_Redis_writes_them()
    {
        using SocketLoop loop = NewLoop();
        (SocketChannel here, Socket there) = Pair(loop);
        Assert.Equal(there.LocalEndPoint!.ToString(), here.RemoteAddress);
        Assert.Equal(there.RemoteEndPoint!.ToString(), here.LocalAddress);
        string address = here.RemoteAddress;
        here.Close();
        Assert.Equal(address, here.RemoteAddress);
        Assert.Equal("[::1]:6379", SocketLoop.Format(new IPEndPoint(IPAddress.IPv6Loopback, 6379)));
        Assert.Equal("10.0.0.1:1", SocketLoop.Format(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1)));
        if (!Socket.OSSupportsIPv6)
            return;
        SocketListener listener;
        try
        {
            listener = loop.Listen(IPAddress.IPv6Loopback, 0, 10);
        }
        catch (SocketLoopException)
        {
            // No loopback address of this family in here.
            return;
        }
        using Socket client = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.Address);
        SocketChannel? accepted = null;
        Assert.True(Until(loop, e => (accepted = e.Listener?.Accept()) is not null));
        Assert.Equal($"[::1]:{((IPEndPoint)client.LocalEndPoint!).Port}", accepted!.RemoteAddress);
    }

    [Fact]
    public void Another_thread_ends_a_wait_and_many_calls_are_one()
    {
        using SocketLoop loop = NewLoop();
        for (int i = 0; i < 100_000; i++)
            loop.Wake();
        Stopwatch watch = Stopwatch.StartNew();
        loop.Wait(new SocketEvent[8], 10_000);
        Assert.Equal(0, Drained(loop));
        using Timer timer = new(_ => loop.Wake(), null, 50, Timeout.Infinite);
        loop.Wait(new SocketEvent[8], 10_000);
        Assert.True(watch.ElapsedMilliseconds < 9_000);
    }

    [Fact]
    public void A_wait_ends_when_its_time_is_over()
    {
        using SocketLoop loop = NewLoop();
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 0));
        Assert.Equal(0, loop.Wait(new SocketEvent[8], 100));
        Assert.InRange(watch.ElapsedMilliseconds, 90, 10_000);
    }

    [Fact]
    public void Two_thousand_connections_are_served_and_gone_again()
    {
        const int count = 2000;
        using SocketLoop loop = NewLoop();
        SocketListener listener = loop.Listen(IPAddress.Loopback, 0, 511);
        List<SocketChannel> served = [];
        Socket[] clients = new Socket[count];
        SocketEvent[] events = new SocketEvent[64];
        for (int i = 0; i < count; i++)
        {
            clients[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            clients[i].Connect(listener.Address);
            if (i % 100 == 99)
                Assert.True(Until(loop, e => e.Listener is not null && AcceptAll(e.Listener, served) && served.Count == i + 1));
        }
        foreach (Socket client in clients)
            client.Send("ping"u8);
        int answered = 0;
        byte[] buffer = new byte[10];
        Stopwatch watch = Stopwatch.StartNew();
        while (answered < count && watch.Elapsed.TotalSeconds < 60)
        {
            int ready = loop.Wait(events, 1000);
            for (int i = 0; i < ready; i++)
            {
                Assert.Equal(4, events[i].Channel!.Receive(buffer));
                Assert.Equal(4, events[i].Channel!.Send(buffer.AsSpan(0, 4)));
                answered++;
            }
        }
        Assert.Equal(count, answered);
        foreach (Socket client in clients)
        {
            Assert.Equal(4, client.Receive(buffer));
            client.Close();
        }
        int gone = 0;
        while (gone < count && watch.Elapsed.TotalSeconds < 60)
        {
            int ready = loop.Wait(events, 1000);
            for (int i = 0; i < ready; i++)
            {
                Assert.Equal(SocketResult.Closed, events[i].Channel!.Receive(buffer));
                events[i].Channel!.Close();
                gone++;
            }
        }
        Assert.Equal(count, gone);
    }

    private static bool AcceptAll(SocketListener listener, List<SocketChannel> served)
    {
        while (listener.Accept() is { } channel)
            served.Add(channel);
        return true;
    }

    protected static (SocketChannel Here, Socket There) Pair(SocketLoop loop)
    {
        SocketListener listener = loop.Listen(IPAddress.Loopback, 0, 10);
        Socket there = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
        there.Connect(listener.Address);
        SocketChannel? here = null;
        Assert.True(Until(loop, e => (here = e.Listener?.Accept()) is not null));
        Assert.Null(listener.Accept());
        return (here!, there);
    }

    /// <summary>Waits, a few seconds at most, for an event that answers to the question.</summary>
    protected static bool Until(SocketLoop loop, Predicate<SocketEvent> isWanted)
    {
        SocketEvent[] events = new SocketEvent[64];
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < 10)
        {
            int count = loop.Wait(events, 1000);
            for (int i = 0; i < count; i++)
            {
                if (isWanted(events[i]))
                    return true;
            }
        }
        return false;
    }

    /// <summary>Wakes may take several waits to be used up; then nothing is left.</summary>
    private static int Drained(SocketLoop loop)
    {
        int count = 0;
        for (int i = 0; i < 10_000; i++)
            count += loop.Wait(new SocketEvent[8], 0);
        return count;
    }
}
