// All connections: accepting, reading, sending, closing.
//
// Reading: into the connection's own buffer, from which requests are executed in place; it becomes as large as an announced
// argument needs. Who fills it is read into a larger one that all share, as long as he leaves nothing over.
//
// Sending: replies of a round stand in the shared reply buffer, one segment per client, and are sent in `Flush`, one system
// call each. What a socket does not take is queued. A client whose queue passes `QueuedBytesMax` is not read from until it
// has taken it all: a client that asks and never reads costs a bounded amount of memory. `client-output-buffer-limit`
// of its class applies on top and disconnects: already while a reply is written, so that a reply beyond it takes no memory, and
// nothing of it is sent.
//
// Replies may have to wait for something (that the disk has what they tell of): the gate is asked before any leave, and what it holds
// back stays in the clients' queues until the mark it named is reached. Replicas and the master are not held back.
//
// Closing: at once for the system, but the object lives to the end of the round, because others may hold it.

using Redoubt.Commands;
using Redoubt.Native.Sockets;
using Redoubt.Resp;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Memory;

namespace Redoubt.Server.Connections;

internal sealed class ConnectionTable
{
    private const int SharedInputBytes = 64 * 1024;
    private const int RestBytesMin = InputBuffers.BytesMin;
    private const int PooledBytesMax = InputBuffers.PooledBytesMax;
    private const int ReplyBytesMax = 1024 * 1024;
    private const int SegmentBytesMax = 256 * 1024;
    private const long QueuedBytesMax = 16L * 1024 * 1024;
    private const int AcceptsPerRound = 1000;
    private const long WarningPeriodMs = 60_000;

    private readonly ServerState _state;
    private readonly ServerConfig _config;
    private readonly Dispatcher _dispatcher;
    private readonly RespWriter _reply;
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(SharedInputBytes, pinned: true);
    private readonly Dictionary<long, ClientConnection> _byId = [];
    private readonly List<ClientConnection> _inOrder = [];
    private readonly List<ClientConnection> _toFlush = [];
    private readonly SharedInput _sharedInput = new();
    private readonly SharedOutput _sharedOutput;
    private readonly List<ClientConnection> _toResume = [];
    private readonly List<ClientConnection> _held = [];
    private readonly List<ClientConnection> _toContinue = [];
    private long _lastId;
    private readonly ServerLog _log;
    private long _nowMs;
    private long _warnedMs;

    public ConnectionTable(ServerState state, ServerConfig config, ServerLog log, Dispatcher dispatcher, RespWriter reply)
    {
        _log = log;
        _state = state;
        _config = config;
        _dispatcher = dispatcher;
        _reply = reply;
        _sharedOutput = new SharedOutput(reply);
    }

    /// <summary>A connection ended; subscribers let go of it.</summary>
    public event Action<ClientConnection>? Closed;

    /// <summary>Outgoing connections that are not clients: their owner is asked on every event.</summary>
    public event Action<SocketChannel, bool, bool>? ForeignEvent;

    public IReadOnlyDictionary<long, ClientConnection> All => _byId;

    /// <summary>What must have happened before replies leave; null = nothing.</summary>
    public IReplyGate? ReplyGate { get; set; }

    /// <summary>Threads that read, parse and send; null unless io-threads asks for them.</summary>
    public IoThreads? Helpers { get; set; }

    /// <summary>The same in a row. A connection that ends leaves its place to the last one.</summary>
    public IReadOnlyList<ClientConnection> InOrder => _inOrder;

    public int Count => _byId.Count;

    /// <summary>Where the memory of clients is summed up; set by the composition root.</summary>
    public MemoryAccount Account { get; set; } = null!;

    /// <summary>True when no password is needed, and none given yet makes no difference.</summary>
    public bool AuthenticatesNewClients { get; set; } = true;

    public void BeginRound() => _nowMs = Clock.UnixMs;

    public void Handle(in SocketEvent e)
    {
        if (e.Listener is not null)
        {
            Accept(e.Listener);
            return;
        }
        SocketChannel channel = e.Channel!;
        if (channel.Owner is not ClientConnection client)
        {
            ForeignEvent?.Invoke(channel, e.CanRead, e.CanWrite);
            return;
        }
        // What a turn leaves behind passes the gate at its end.
        if (e.CanWrite && !client.IsClosed && (ReplyGate is null || !client.IsFlushScheduled))
            SendQueued(client);
        if (e.CanRead && !client.IsClosed && !client.HasMoreInput)
            Read(client);
    }

    /// <summary>The same for all events of a round, with the help of other threads where it pays.</summary>
    public void HandleAll(Span<SocketEvent> events)
    {
        if (Helpers is not { } helpers || !helpers.IsWorthIt(events.Length))
        {
            _state.IsSharingWork = false;
            foreach (ref readonly SocketEvent e in events)
                Handle(e);
            return;
        }
        foreach (ref readonly SocketEvent e in events)
        {
            if (e.Channel?.Owner is ClientConnection { IsClosed: false, HasMoreInput: false, IsMasterLink: false } client && e.CanRead && !e.CanWrite)
                _sharedInput.Add(client, RoomForRest(client));
            else
                Handle(e);
        }
        _state.IsSharingWork = true;
        _state.SharedReads += _sharedInput.Count;
        helpers.Share(_sharedInput, _sharedInput.Count);
        for (int i = 0; i < _sharedInput.Count; i++)
        {
            SharedInput.ClientInput item = _sharedInput[i];
            // Those before it may have closed it.
            if (!item.Client.IsClosed)
                Received(item.Client, item.Buffer, item.Kept, item.Received, item.IsParsed ? item.Ahead : null);
        }
        _sharedInput.Clear();
    }

    /// <summary>Makes a client of an established channel, such as the link to the master.</summary>
    public ClientConnection Adopt(SocketChannel channel)
    {
        ClientConnection client = new()
        {
            Id = ++_lastId,
            Channel = channel,
            CreatedMs = Clock.UnixMs,
            LastInteractionMs = Clock.UnixMs,
            ReplyPeakSinceMs = Clock.UnixMs,
            IsAuthenticated = AuthenticatesNewClients,
        };
        client.Parser.BulkBytesMax = _config.ProtoMaxBulkLen;
        channel.Owner = client;
        _byId.Add(client.Id, client);
        client.Place = _inOrder.Count;
        _inOrder.Add(client);
        Account.Settle(client);
        return client;
    }

    public ClientConnection? Find(long id) => _byId.GetValueOrDefault(id);

    // ---- input ------------------------------------------------------------------------------------------------------

    private void Accept(SocketListener listener)
    {
        for (int i = 0; i < AcceptsPerRound && listener.Accept() is { } channel; i++)
        {
            if (_byId.Count >= _config.MaxClients)
            {
                _ = channel.Send("-ERR max number of clients reached\r\n"u8);
                channel.Close();
                _state.ConnectionsRejected++;
                continue;
            }
            if (IsRefusedByProtectedMode(channel))
            {
                _ = channel.Send(ProtectedModeText);
                channel.Close();
                _state.ConnectionsRejected++;
                continue;
            }
            _state.ConnectionsReceived++;
            channel.SetKeepAlive(_config.TcpKeepAliveSeconds);
            Adopt(channel);
        }
    }

    private bool IsRefusedByProtectedMode(SocketChannel channel) =>
        _config.ProtectedMode && _config.RequirePass is not { Length: > 0 } && !ClientConnection.IsFromThisMachine(channel);

    private static ReadOnlySpan<byte> ProtectedModeText =>
        "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n"u8;

    private void Read(ClientConnection client)
    {
        bool shared = client is { RestLength: 0, SendsMuch: true };
        byte[] buffer = shared ? _input : RoomForRest(client);
        int kept = client.RestLength;
        Received(client, buffer, kept, client.Channel.Receive(buffer.AsSpan(kept)), ahead: null);
    }

    private void Received(ClientConnection client, byte[] buffer, int kept, int got, ParsedAhead? ahead)
    {
        if (got == SocketResult.WouldBlock)
            return;
        if (got <= 0)
        {
            Close(client);
            return;
        }
        _state.ReadsProcessed++;
        if (client.IsMasterLink)
            _state.ReplicationBytesReceived += got;
        else
            _state.BytesReceived += got;
        client.LastInteractionMs = _nowMs;
        client.Feed?.Session.OnSignOfLife(_nowMs);
        int length = kept + got;
        client.SendsMuch = got >= RestBytesMin;
        if (ReferenceEquals(buffer, client.Rest) && length > client.QueryPeak)
            client.QueryPeak = length;
        if (client.IsBlocked || client.IsResuming)
        {
            Keep(client, buffer, 0, length);
            Account.Settle(client);
            if (length > SharedInputBytes)
                client.Channel.Watch(reads: false, writes: client.AwaitsRoom);
            return;
        }
        ExecuteInput(client, buffer, length, ahead);
    }

    /// <summary>Reads and executes what lies in the socket now, and not more than this many bytes of it: its peer may go on sending.</summary>
    public void Drain(ClientConnection client, long bytesMax)
    {
        while (bytesMax > 0 && client is { IsClosed: false, IsBlocked: false, IsResuming: false, HasMoreInput: false })
        {
            byte[] buffer = RoomForRest(client);
            int kept = client.RestLength;
            int got = client.Channel.Receive(buffer.AsSpan(kept));
            Received(client, buffer, kept, got, ahead: null);
            if (got <= 0)
                return;
            bytesMax -= got;
        }
    }

    /// <summary>
    /// A client is held back no longer. It goes on with its input at the end of this round: this may be the middle of somebody
    /// else's command.
    /// </summary>
    public void ResumeLater(ClientConnection client)
    {
        client.IsBlocked = false;
        client.IsResuming = true;
        _toResume.Add(client);
    }

    /// <summary>Lets the clients go on that <see cref="ResumeLater"/> named.</summary>
    public void ResumeHeld()
    {
        // What these clients then do (UNPAUSE, LPUSH) may let others go on; each pass uses up input, so it ends.
        while (_toResume.Count > 0)
        {
            ClientConnection[] held = [.. _toResume];
            _toResume.Clear();
            foreach (ClientConnection client in held)
                Resume(client);
        }
    }

    private void Resume(ClientConnection client)
    {
        client.IsResuming = false;
        if (client.IsClosed)
            return;
        client.Channel.Watch(reads: !client.IsThrottled, writes: client.AwaitsRoom);
        if (client.RestLength > 0)
            ExecuteInput(client, client.Rest, client.RestLength);
    }

    /// <summary>Executes bytes that were received for the client before it was one.</summary>
    public void Inject(ClientConnection client, ReadOnlySpan<byte> bytes)
    {
        client.Rest = InputBuffers.Rent(bytes.Length);
        bytes.CopyTo(client.Rest);
        client.RestLength = bytes.Length;
        ExecuteInput(client, client.Rest, client.RestLength);
    }

    /// <summary>Goes on with clients whose turn ended because of the length of their replies. True when the loop must not sleep now.</summary>
    public bool ContinueTurns()
    {
        int count = _toContinue.Count;
        for (int i = 0; i < count; i++)
        {
            ClientConnection client = _toContinue[i];
            client.IsTurnScheduled = false;
            // A client that is throttled goes on once its output has drained.
            if (client is { IsClosed: false, HasMoreInput: true, IsThrottled: false })
                ExecuteInput(client, client.Rest, client.RestLength);
        }
        _toContinue.RemoveRange(0, count);
        return _toContinue.Count > 0;
    }

    private void ExecuteInput(ClientConnection client, byte[] buffer, int length, ParsedAhead? ahead = null)
    {
        client.HasMoreInput = false;
        if (client.CloseAfterReply)
        {
            // It said goodbye; what it sends afterwards is not looked at.
            Keep(client, buffer, length, length);
            return;
        }
        int start = _reply.Length;
        int done = 0;
        _reply.Begin(RoomForReplies(client));
        try
        {
            done = _dispatcher.Execute(client, buffer, length, ahead);
        }
        catch (ReplyTooLongException)
        {
            _dispatcher.Abandon();
            Close(client);
        }
        if (client.IsAborted)
        {
            WarnOfWebRequest();
            Close(client);
        }
        if (client.IsClosed)
        {
            _reply.Truncate(start);
            return;
        }
        if (_reply.IsOverflown)
        {
            _reply.Truncate(start);
            CloseForOutput(client);
            return;
        }
        Keep(client, buffer, done, length);
        if (client.RestLength > _config.ClientQueryBufferLimit && !client.IsMasterLink)
        {
            _state.QueryLimitDisconnections++;
            _log.QueryLimitReached(ClientLine.Of(client), client.Rest.AsSpan(0, client.RestLength));
            Close(client);
            return;
        }
        TakeReplies(client, start);
        Account.Settle(client);
        if (client.HasMoreInput)
            ScheduleTurn(client);
    }

    private void ScheduleTurn(ClientConnection client)
    {
        if (client.IsTurnScheduled)
            return;
        client.IsTurnScheduled = true;
        _toContinue.Add(client);
    }

    private void WarnOfWebRequest()
    {
        // A page that tries ports does so many times in a row.
        if (_warnedMs != 0 && _nowMs - _warnedMs < WarningPeriodMs)
            return;
        _warnedMs = _nowMs;
        _log.WebRequest();
    }

    /// <summary>The connection's buffer with room for what it waits for.</summary>
    private static byte[] RoomForRest(ClientConnection client)
    {
        long wanted = client.Parser.BytesWanted > 0 ? client.Parser.BytesWanted : client.RestLength + (client.SendsMuch ? SharedInputBytes : 1L);
        // A long argument gets its size at once, but a client that only announces one does not get half a gigabyte.
        long affordable = 4L * client.RestLength + PooledBytesMax;
        // And a buffer without room left reads nothing, which would look like the end of the connection.
        wanted = Math.Max(Math.Min(wanted, affordable), client.RestLength + 1L);
        if (client.Rest.Length < wanted)
            client.ResizeRest(wanted);
        return client.Rest;
    }

    private static void Keep(ClientConnection client, byte[] buffer, int from, int to)
    {
        int length = to - from;
        if (length <= 0)
        {
            client.RestLength = 0;
            if (client.Rest.Length > PooledBytesMax)
                client.ResizeRest(0);
            return;
        }
        if (ReferenceEquals(buffer, client.Rest))
        {
            if (from > 0)
                buffer.AsSpan(from, length).CopyTo(buffer);
        }
        else
        {
            if (client.Rest.Length < length)
            {
                InputBuffers.Return(client.Rest);
                client.Rest = InputBuffers.Rent(Math.Max(length, RestBytesMin));
            }
            buffer.AsSpan(from, length).CopyTo(client.Rest);
        }
        client.RestLength = length;
        // What is announced is made room for now, not when it comes: so it counts as this client's at once.
        if (client.Parser.BytesWanted > client.Rest.Length)
            RoomForRest(client);
    }

    // ---- output -----------------------------------------------------------------------------------------------------

    /// <summary>Assigns what was written since <paramref name="start"/> to the client.</summary>
    public void TakeReplies(ClientConnection client, int start)
    {
        int length = _reply.Length - start;
        if (length > 0)
        {
            bool continues = client.SegmentLength == 0 || client.SegmentStart + client.SegmentLength == start;
            if (!continues || !client.Queue.IsEmpty)
            {
                client.Queue.Append(_reply.Segment(start, length));
                _reply.Truncate(start);
                if (client.AwaitsRoom)
                    Restrain(client);
            }
            else
            {
                if (client.SegmentLength == 0)
                    client.SegmentStart = start;
                client.SegmentLength += length;
                if (client.SegmentLength > client.ReplyPeak)
                    client.ReplyPeak = client.SegmentLength;
            }
            if (LimitOf(client).IsSet)
                EnforceOutputLimit(client);
            Schedule(client);
            if (_reply.Length > ReplyBytesMax || client.SegmentLength > SegmentBytesMax)
                FlushReplies();
        }
        else if (client.CloseAfterReply)
        {
            Schedule(client);
        }
    }

    /// <summary>Sends bytes to a client outside of its turn.</summary>
    public void Push(ClientConnection client, ReadOnlySpan<byte> bytes)
    {
        if (client.IsClosed || client.IsDoomed)
            return;
        client.Queue.Append(bytes);
        Account.Settle(client);
        // Whoever pushes may be going through a list that this client is in: it is closed at the end of the round.
        client.IsDoomed = IsOverOutputLimit(client);
        Schedule(client);
    }

    /// <summary>
    /// Sends a message to a client that may be the one whose request is being answered: then it follows the reply, unless it is about what
    /// went before the command ran.
    /// </summary>
    public void PushAside(ClientConnection client, ReadOnlySpan<byte> message)
    {
        if (client != _dispatcher.Serving)
            Push(client, message);
        else if (_dispatcher.IsBeforeCommand)
            _reply.Raw(message);
        else
            (client.PushesAfterReply ??= new RespWriter(1024)).Raw(message);
    }

    public void Schedule(ClientConnection client)
    {
        if (client.IsFlushScheduled)
            return;
        client.IsFlushScheduled = true;
        _toFlush.Add(client);
    }

    /// <summary>Sends everything that this round produced.</summary>
    public void Flush()
    {
        if (_toFlush.Count > 0)
            FlushReplies();
    }

    private void FlushReplies()
    {
        long mark = ReplyGate?.MarkToAwait() ?? 0;
        if (mark != 0)
            HoldReplies(mark);
        if (mark == 0 && Helpers is { } helpers && helpers.IsWorthIt(_toFlush.Count))
            SendSegments(helpers);
        for (int i = 0; i < _toFlush.Count; i++)
        {
            ClientConnection client = _toFlush[i];
            client.IsFlushScheduled = false;
            if (client is { IsDoomed: true, IsClosed: false })
                CloseForOutput(client);
            if (client.IsClosed)
            {
                client.SegmentLength = 0;
                continue;
            }
            if (mark == 0 && client.Hold.IsHolding)
                client.Hold.Clear();
            if (client.SegmentLength > 0)
                SendSegment(client);
            if (!client.Queue.IsEmpty && !client.IsClosed)
            {
                if (client.AwaitsRoom)
                    Restrain(client);
                else
                    SendQueued(client);
            }
            if (client.CloseAfterReply && client.Queue.IsEmpty && !client.IsClosed)
                Close(client);
        }
        _toFlush.Clear();
        _reply.Clear();
        _reply.Trim(2 * ReplyBytesMax);
    }

    /// <summary>This turn's replies go into the queues, from where they may leave once the mark is reached.</summary>
    private void HoldReplies(long mark)
    {
        foreach (ClientConnection client in _toFlush)
        {
            if (client.IsClosed || client.IsReplica || client.IsMasterLink)
                continue;
            if (client.SegmentLength > 0)
                client.Queue.Prepend(_reply.Segment(client.SegmentStart, client.SegmentLength));
            client.SegmentLength = 0;
            if (client.Queue.IsEmpty)
                continue;
            if (!client.Hold.IsHolding)
                _held.Add(client);
            client.Hold.Hold(mark, client.Queue.Bytes);
            Account.Settle(client);
        }
    }

    /// <summary>A mark of the gate has been reached: what waited for it leaves.</summary>
    public void Release(long mark)
    {
        int kept = 0;
        for (int i = 0; i < _held.Count; i++)
        {
            ClientConnection client = _held[i];
            if (client.IsClosed || !client.Hold.IsHolding)
                continue;
            client.Hold.Reach(mark);
            if (client.Hold.Cleared > 0 && !client.AwaitsRoom)
                SendQueued(client);
            if (client.IsClosed)
                continue;
            if (client.Queue.IsEmpty)
                client.Hold.Clear();
            else
                _held[kept++] = client;
        }
        _held.RemoveRange(kept, _held.Count - kept);
    }

    /// <summary>Sends what it can by all threads; what did not go out whole is dealt with client by client, as without them.</summary>
    private void SendSegments(IoThreads helpers)
    {
        foreach (ClientConnection client in _toFlush)
        {
            if (client is { IsClosed: false, IsDoomed: false, SegmentLength: > 0, AwaitsRoom: false })
                _sharedOutput.Add(client);
        }
        _state.SharedWrites += _sharedOutput.Count;
        helpers.Share(_sharedOutput, _sharedOutput.Count);
        _sharedOutput.Clear();
    }

    private void SendSegment(ClientConnection client)
    {
        ReadOnlySpan<byte> segment = _reply.Segment(client.SegmentStart, client.SegmentLength);
        client.SegmentLength = 0;
        int sent = 0;
        if (!client.AwaitsRoom)
        {
            sent = client.SentAhead ?? client.Channel.Send(segment);
            client.SentAhead = null;
            _state.WritesProcessed++;
            if (sent == SocketResult.Failed)
            {
                Close(client);
                return;
            }
            sent = Math.Max(sent, 0);
            CountSent(client, sent);
        }
        if (sent == segment.Length)
            return;
        client.Queue.Prepend(segment[sent..]);
        Account.Settle(client);
        AwaitRoom(client);
    }

    private void SendQueued(ClientConnection client)
    {
        while (!client.Queue.IsEmpty)
        {
            ReadOnlySpan<byte> front = client.Queue.Front;
            if (client.Hold.IsHolding)
            {
                if (client.Hold.Cleared == 0)
                {
                    StopAwaitingRoom(client);
                    return;
                }
                front = front[..(int)Math.Min(front.Length, client.Hold.Cleared)];
            }
            int sent = client.Channel.Send(front);
            _state.WritesProcessed++;
            if (sent == SocketResult.Failed)
            {
                Close(client);
                return;
            }
            if (sent == SocketResult.WouldBlock)
            {
                AwaitRoom(client);
                return;
            }
            CountSent(client, sent);
            client.Queue.Consume(sent);
            if (client.Hold.IsHolding)
                client.Hold.Sent(sent);
            Account.Settle(client);
        }
        if (client.AwaitsRoom || client.IsThrottled)
        {
            client.AwaitsRoom = false;
            client.IsThrottled = false;
            // A replica may still be far behind in the stream.
            if (client.Feed is null)
                client.SoftLimitSinceMs = 0;
            client.Channel.Watch(reads: true, writes: false);
            if (client.HasMoreInput)
                ScheduleTurn(client);
        }
        if (client.Feed is { } feed)
            feed.RoomAvailable();
        if (client.CloseAfterReply)
            Close(client);
    }

    /// <summary>The socket has room, but what is left may not leave yet: it says so when it may.</summary>
    private static void StopAwaitingRoom(ClientConnection client)
    {
        if (!client.AwaitsRoom)
            return;
        client.AwaitsRoom = false;
        client.Channel.Watch(reads: !client.IsThrottled, writes: false);
    }

    private void CountSent(ClientConnection client, int bytes)
    {
        if (client.IsReplica)
            _state.ReplicationBytesSent += bytes;
        else
            _state.BytesSent += bytes;
    }

    private void AwaitRoom(ClientConnection client)
    {
        client.AwaitsRoom = true;
        client.Channel.Watch(reads: !client.IsThrottled, writes: true);
        Restrain(client);
    }

    /// <summary>Whoever does not take what it asked for gets no more: it is not read from, or disconnected.</summary>
    private void Restrain(ClientConnection client)
    {
        if (client.Queue.Bytes > QueuedBytesMax && !client.IsThrottled && !client.IsMasterLink)
        {
            client.IsThrottled = true;
            client.Channel.Watch(reads: false, writes: true);
        }
        EnforceOutputLimit(client);
    }

    /// <summary>Disconnects a client whose unread output passed its class's limit.</summary>
    public void EnforceOutputLimit(ClientConnection client)
    {
        if (!client.IsClosed && IsOverOutputLimit(client))
            CloseForOutput(client);
    }

    private bool IsOverOutputLimit(ClientConnection client)
    {
        OutputLimit limit = LimitOf(client);
        if (!limit.IsSet)
            return false;
        ulong bytes = (ulong)OwedBytes(client);
        // To disconnect a replica for less than the backlog holds would be in vain: it could go on from there at once.
        ulong hardBytes = client.IsReplica ? Math.Max(limit.HardBytes, (ulong)_config.ReplBacklogSize) : limit.HardBytes;
        bool hard = limit.HardBytes > 0 && bytes >= hardBytes;
        bool soft = limit.SoftBytes > 0 && bytes >= limit.SoftBytes;
        if (!soft)
            client.SoftLimitSinceMs = 0;
        else if (client.SoftLimitSinceMs == 0)
            client.SoftLimitSinceMs = Clock.SteadyMs;
        return hard || (soft && Clock.SteadyMs - client.SoftLimitSinceMs > limit.SoftSeconds * 1000L);
    }

    /// <summary>How many bytes of replies the client may be owed beyond what it is owed now; 0 = any number.</summary>
    private int RoomForReplies(ClientConnection client)
    {
        ulong hardBytes = LimitOf(client).HardBytes;
        if (hardBytes == 0 || client.IsReplica)
            return 0;
        long left = (long)Math.Min(hardBytes, int.MaxValue) - OwedBytes(client) + client.Queue.BufferBytes;
        return (int)Math.Clamp(left, 1, int.MaxValue);
    }

    private OutputLimit LimitOf(ClientConnection client) => client.IsMasterLink ? default : _config.ClientOutputBufferLimit[client.OutputClass];

    /// <summary>What limits count: without what a reply buffer has room for. Of a replica, with what it is behind in the stream; that of one that is being synchronised does not count as long as it
    /// is kept on the disk.</summary>
    private static long OwedBytes(ClientConnection client) => client.IsReplica
        ? client.Queue.Bytes + (client.Feed?.HeldBytes ?? 0)
        : Math.Max(0, client.Queue.Bytes + client.SegmentLength - client.Queue.BufferBytes);

    private void CloseForOutput(ClientConnection client)
    {
        _state.OutputLimitDisconnections++;
        _log.OutputLimitReached(ClientLine.Of(client));
        Close(client);
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /// <summary>Closes now; replies that were not sent are lost.</summary>
    public void Close(ClientConnection client)
    {
        if (client.IsClosed)
            return;
        client.IsClosed = true;
        client.Channel.Close();
        client.Queue.Clear();
        InputBuffers.Return(client.Rest);
        client.Rest = [];
        client.RestLength = 0;
        client.Transaction = null;
        _byId.Remove(client.Id);
        ClientConnection last = _inOrder[^1];
        _inOrder[client.Place] = last;
        last.Place = client.Place;
        _inOrder.RemoveAt(_inOrder.Count - 1);
        Account.Forget(client);
        Closed?.Invoke(client);
    }

    public void CloseAll()
    {
        foreach (ClientConnection client in _byId.Values.ToArray())
            Close(client);
    }
}
