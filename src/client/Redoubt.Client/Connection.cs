using System.Net;
using System.Net.Sockets;
using Redoubt.Topology;

namespace Redoubt.Client;

// One socket. Commands are answered in the order they were sent, so all that links a reply to its caller is a queue. Commands given
// while a send is under way are collected and leave together with the next one: callers that do not
// wait for one another are pipelined without asking for it.
//
//   Enqueue ─► _outgoing ─► send loop ─► socket ─► receive loop ─► head of _waiting
//
// Threads: everything behind `_gate` is touched only under it. One receive loop runs from start to end; a send loop runs only while there
// is something to send. Failure: whatever breaks, breaks the connection for good: Close() fails all that wait, once,
// and the owner opens another one.

/// <summary>One connection to one address, alive until the first failure.</summary>
internal sealed class Connection : IDisposable
{
    /// <summary>A command on its way. Sent is set once the first byte may have left.</summary>
    private sealed class Pending : TaskCompletionSource<Reply>
    {
        public Pending()
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
        }

        public bool Sent;
    }

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly NodeAddress _address;
    private readonly Queue<Pending> _waiting = new();
    private readonly ReplyReader _reader = new();
    private readonly Action<Reply>? _pushed;
    private List<(byte[] Bytes, Pending Pending)> _outgoing = [];
    private bool _sending;
    private Exception? _closed;

    private Connection(Socket socket, NodeAddress address, Action<Reply>? pushed)
    {
        _socket = socket;
        _address = address;
        _pushed = pushed;
    }

    /// <summary>Why it is of no more use, or null while it is.</summary>
    public Exception? Closed
    {
        get
        {
            lock (_gate)
                return _closed;
        }
    }

    /// <summary>Connects and starts to listen; does not log in.</summary>
    public static async Task<Connection> OpenAsync(NodeAddress address, IPAddress ip, Action<Reply>? pushed, CancellationToken cancellation)
    {
        var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(new IPEndPoint(ip, address.Port), cancellation).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new Connection(socket, address, pushed);
        _ = connection.ReceiveAsync();
        return connection;
    }

    /// <summary>Puts one encoded command behind those already given; the task is its reply, whatever it is. Never throws.</summary>
    public Task<Reply> Enqueue(byte[] command)
    {
        var pending = new Pending();
        lock (_gate)
        {
            if (_closed is not null)
                return Task.FromException<Reply>(Lost(pending, _closed));
            _outgoing.Add((command, pending));
            if (!_sending)
            {
                _sending = true;
                _ = SendAllAsync();
            }
        }

        return pending.Task;
    }

    /// <summary>Waits for a reply; when it is late, the connection is given up.</summary>
    public async Task<Reply> WaitAsync(Task<Reply> reply, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            return await reply.WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            var late = new CommandTimeoutException(_address, timeout);
            Close(late);
            throw late;
        }
    }

    public void Dispose() => Close(new ObjectDisposedException(nameof(Connection), "The client was closed."));

    private async Task SendAllAsync()
    {
        // Leaves the caller's lock first, so that all it has to give goes out together.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (TakeOutgoing() is { } batch)
            {
                // One buffer for many small commands; a single large one goes out as it is.
                byte[] bytes = batch.Count == 1 ? batch[0].Bytes : Joined(batch);
                for (int sent = 0; sent < bytes.Length;)
                    sent += await _socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Close(error);
        }
    }

    private static byte[] Joined(List<(byte[] Bytes, Pending Pending)> batch)
    {
        byte[] all = new byte[batch.Sum(entry => entry.Bytes.Length)];
        int used = 0;
        foreach ((byte[] bytes, _) in batch)
        {
            bytes.CopyTo(all, used);
            used += bytes.Length;
        }

        return all;
    }

    private List<(byte[] Bytes, Pending Pending)>? TakeOutgoing()
    {
        lock (_gate)
        {
            if (_outgoing.Count == 0 || _closed is not null)
            {
                _sending = false;
                return null;
            }

            List<(byte[] Bytes, Pending Pending)> batch = _outgoing;
            _outgoing = [];
            foreach ((_, Pending pending) in batch)
            {
                pending.Sent = true;
                _waiting.Enqueue(pending);
            }

            return batch;
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                int count = await _socket.ReceiveAsync(_reader.FreeSpace(), SocketFlags.None).ConfigureAwait(false);
                if (count == 0)
                    throw new IOException("the server closed the connection");
                _reader.Received(count);
                while (_reader.TryRead(out Reply reply))
                    Deliver(reply);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or ProtocolException)
        {
            Close(error);
        }
    }

    private void Deliver(Reply reply)
    {
        if (reply.Kind == ReplyKind.Push)
        {
            _pushed?.Invoke(reply);
            return;
        }

        Pending? pending;
        lock (_gate)
            _waiting.TryDequeue(out pending);
        // A server that is about to hang up says why unasked ("-ERR max number of clients reached").
        if (pending is null)
            throw new IOException($"the server said unasked: {reply}");
        pending.TrySetResult(reply);
    }

    private void Close(Exception reason)
    {
        List<Pending> orphans;
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _closed = reason;
            orphans = [.. _waiting, .. _outgoing.Select(entry => entry.Pending)];
            _waiting.Clear();
            _outgoing.Clear();
        }

        _socket.Dispose();
        foreach (Pending orphan in orphans)
        {
            orphan.TrySetException(Lost(orphan, reason));
            // Whoever waited may have left after a timeout; the fault is then observed by nobody, and that is fine.
            _ = orphan.Task.Exception;
        }
    }

    private Exception Lost(Pending pending, Exception reason) => reason switch
    {
        ProtocolException => reason,
        ObjectDisposedException => new ConnectionLostException(_address, "the connection was closed on this side", pending.Sent, reason),
        SocketException socket => new ConnectionLostException(_address, Reasons.Of(socket), pending.Sent, reason),
        _ => new ConnectionLostException(_address, reason.Message, pending.Sent, reason),
    };
}
