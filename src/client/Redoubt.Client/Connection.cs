using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Redoubt.Topology;

namespace Redoubt.Client;

// One socket. Commands are answered in the order they were sent, so all that links a reply to its caller is a queue. Commands given
// while a send is under way are collected and leave together with the next one: callers that do not
// wait for one another are pipelined without asking for it.
//
//   Enqueue ─► _outgoing ─► send loop ─► socket ─► receive loop ─► head of _waiting
//
// There are two ways out of use. Close() is for what broke: it fails all that wait, once. Retire() is for a server that is no longer the one
// to talk to but still answers: nothing new is given to it, what is under way keeps its chance to be answered, and with the
// last answer the socket is closed. Closing at once instead would turn a dozen pipelined READONLY answers, which mean "nothing
// happened", into a dozen commands of which nobody knows what became of them.
//
// Threads: everything behind `_gate` is touched only under it. One receive loop runs from start to end; a send loop runs only while there
// is something to send.

/// <summary>One connection to one address, alive until the first failure.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly NodeAddress _address;
    private readonly Queue<PendingReply> _waiting = new();
    private readonly ReplyReader _reader = new();
    private readonly Action<Connection, Reply>? _pushed;
    private List<PendingReply> _outgoing = [];
    private bool _sending;
    private bool _retired;
    private Exception? _closed;
    private Action<Exception>? _onClosed;

    private Connection(Stream stream, NodeAddress address, IPEndPoint remote, Action<Connection, Reply>? pushed)
    {
        _stream = stream;
        _address = address;
        Remote = remote;
        _pushed = pushed;
    }

    /// <summary>The address that the name stood for when this was made.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>True while new commands may be given to it.</summary>
    public bool IsUsable
    {
        get
        {
            lock (_gate)
                return _closed is null && !_retired;
        }
    }

    /// <summary>True while a command waits for its answer.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
                return _waiting.Count + _outgoing.Count > 0;
        }
    }

    /// <summary>Connects, by TLS where asked for, and starts to listen; does not log in.</summary>
    public static async Task<Connection> OpenAsync(NodeAddress address, IPEndPoint remote, Func<SslClientAuthenticationOptions>? tls, Action<Connection, Reply>? pushed, CancellationToken cancellation)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(remote, cancellation).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (tls is not null)
            {
                SslClientAuthenticationOptions options = tls();
                // The certificate has to be that of the name, whatever address the name stands for today.
                options.TargetHost ??= address.Host;
                var secured = new SslStream(stream);
                stream = secured;
                await secured.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            }
        }
        catch
        {
            stream?.Dispose();
            socket.Dispose();
            throw;
        }

        var connection = new Connection(stream, address, remote, pushed);
        _ = connection.ReceiveAsync();
        return connection;
    }

    /// <summary>Puts one encoded command behind those already given; its task is the reply, whatever it is. Never throws.</summary>
    public PendingReply Enqueue(Command command)
    {
        var pending = new PendingReply(command);
        lock (_gate)
        {
            if (_closed is not null)
            {
                pending.Fail(Lost(pending, _closed));
                return pending;
            }

            _outgoing.Add(pending);
            if (!_sending)
            {
                _sending = true;
                _ = SendAllAsync();
            }
        }

        return pending;
    }

    /// <summary>Waits for a reply; when it is late, the connection gets nothing more to do.</summary>
    public async Task<Reply> WaitAsync(PendingReply pending, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            return await pending.Task.WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw GiveUpOn(pending, timeout);
        }
    }

    /// <summary>Asks on behalf of nobody. Null when the answer is late because it waits behind a command that blocks; only a server that is
    /// silent to the question itself is given up.</summary>
    public async Task<Reply?> ProbeAsync(Command question, TimeSpan timeout, CancellationToken cancellation)
    {
        PendingReply pending = Enqueue(question);
        try
        {
            return await pending.Task.WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                if (!_waiting.TryPeek(out PendingReply? head) || head != pending)
                {
                    pending.Abandoned = true;
                    return null;
                }
            }

            throw GiveUpOn(pending, timeout);
        }
    }

    /// <summary>Calls back once when it breaks or is closed, at once if it is already.</summary>
    public void OnClosed(Action<Exception> callback)
    {
        Exception? already;
        lock (_gate)
        {
            already = _closed;
            _onClosed = callback;
        }

        if (already is not null)
            callback(already);
    }

    /// <summary>Gives it nothing more to do, and closes it once nobody waits for an answer.</summary>
    public void Retire()
    {
        bool idle;
        lock (_gate)
        {
            _retired = true;
            idle = _waiting.Count + _outgoing.Count == 0;
        }

        if (idle)
            Dispose();
    }

    public void Dispose() => Close(new ObjectDisposedException(nameof(Connection), "The client was closed."));

    private CommandTimeoutException GiveUpOn(PendingReply pending, TimeSpan timeout)
    {
        bool sent, lastOne;
        lock (_gate)
        {
            sent = pending.Sent;
            pending.Abandoned = true;
            _retired = true;
            // What never left must not leave after its caller was told so.
            _outgoing.Remove(pending);
            lastOne = _waiting.All(other => other.Abandoned) && _outgoing.Count == 0;
        }

        var late = new CommandTimeoutException(_address, timeout, sent);
        if (lastOne)
            Close(late);
        return late;
    }

    private async Task SendAllAsync()
    {
        // Leaves the caller's lock first, so that all it has to give goes out together.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (TakeOutgoing() is { } batch)
            {
                // One buffer for many small commands; a single large one goes out as it is.
                byte[] bytes = batch.Count == 1 ? batch[0].Command.Bytes : Joined(batch);
                await _stream.WriteAsync(bytes).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            Close(error);
        }
    }

    private static byte[] Joined(List<PendingReply> batch)
    {
        byte[] all = new byte[batch.Sum(entry => entry.Command.Bytes.Length)];
        int used = 0;
        foreach (PendingReply pending in batch)
        {
            pending.Command.Bytes.CopyTo(all, used);
            used += pending.Command.Bytes.Length;
        }

        return all;
    }

    private List<PendingReply>? TakeOutgoing()
    {
        lock (_gate)
        {
            if (_outgoing.Count == 0 || _closed is not null)
            {
                _sending = false;
                return null;
            }

            List<PendingReply> batch = _outgoing;
            _outgoing = [];
            foreach (PendingReply pending in batch)
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
                int count = await _stream.ReadAsync(_reader.FreeSpace()).ConfigureAwait(false);
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
        PendingReply? pending;
        bool last;
        lock (_gate)
        {
            _waiting.TryPeek(out pending);
            if (reply.Kind == ReplyKind.Push && pending?.IsAnsweredBy(reply) != true)
                pending = null;
            else if (pending?.Take(reply) == true)
                _waiting.Dequeue();
            last = _retired && _waiting.Count + _outgoing.Count == 0;
        }

        if (reply.Kind == ReplyKind.Push)
            _pushed?.Invoke(this, reply);
        else if (pending is null)
            // A server that is about to hang up says why unasked ("-ERR max number of clients reached").
            throw new IOException($"the server said unasked: {reply}");
        if (last)
            Dispose();
    }

    private void Close(Exception reason)
    {
        List<PendingReply> orphans;
        Action<Exception>? callback;
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _closed = reason;
            callback = _onClosed;
            orphans = [.. _waiting, .. _outgoing];
            _waiting.Clear();
            _outgoing.Clear();
        }

        _stream.Dispose();
        foreach (PendingReply orphan in orphans)
            orphan.Fail(Lost(orphan, reason));
        callback?.Invoke(reason);
    }

    private ClientException Lost(PendingReply pending, Exception reason) => reason switch
    {
        ProtocolException protocol => protocol,
        ObjectDisposedException => new ConnectionLostException(_address, "the connection was closed on this side", pending.Sent, reason),
        SocketException socket => new ConnectionLostException(_address, Reasons.Of(socket), pending.Sent, reason),
        { InnerException: SocketException socket } => new ConnectionLostException(_address, Reasons.Of(socket), pending.Sent, reason),
        _ => new ConnectionLostException(_address, reason.Message, pending.Sent, reason),
    };
}
