using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Redoubt.Testing;

/// <summary>
/// A client that hides nothing: blocking, one socket, any bytes in any pieces out, every reply in with its bytes and its tree. It shares
/// no code with the server, so that a misunderstanding of the protocol cannot hide on both sides. Not for use by two threads at once.
/// </summary>
public sealed class RespConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _position;
    private int _end;
    private int _replyStart;

    private RespConnection(Socket socket) => _socket = socket;

    /// <summary>What the other side sent out of turn (RESP3 push messages), in order of arrival, when read by <see cref="Call(string[])"/>.</summary>
    public List<RespValue> Pushes { get; } = [];

    public EndPoint LocalEndPoint => _socket.LocalEndPoint!;

    public static RespConnection Connect(int port, int timeoutMs = 20_000) => Connect("127.0.0.1", port, timeoutMs);

    public static RespConnection Connect(string host, int port, int timeoutMs = 20_000)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = timeoutMs,
            SendTimeout = timeoutMs,
        };
        try
        {
            socket.Connect(IPAddress.Parse(host), port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new RespConnection(socket);
    }

    /// <summary>A socket that stands already: one that a test accepted, or a Unix socket.</summary>
    public static RespConnection Over(Socket accepted, int timeoutMs = 20_000)
    {
        if (accepted.AddressFamily != AddressFamily.Unix)
        {
            accepted.NoDelay = true;
        }

        accepted.ReceiveTimeout = timeoutMs;
        accepted.SendTimeout = timeoutMs;
        return new RespConnection(accepted);
    }

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    public void SendRaw(string latin1) => SendRaw(Wire.Bytes(latin1));

    public void Send(params string[] arguments) => SendRaw(Wire.Encode(arguments));

    public void Send(IReadOnlyList<byte[]> arguments) => SendRaw(Wire.Encode(arguments));

    /// <summary>Sends one command and gives its reply; push messages on the way go to <see cref="Pushes"/>.</summary>
    public RespValue Call(params string[] arguments)
    {
        Send(arguments);
        return ReadReply();
    }

    public RespValue Call(IReadOnlyList<byte[]> arguments)
    {
        Send(arguments);
        return ReadReply();
    }

    /// <summary>Sends all commands in one piece and gives their replies in order.</summary>
    public RespValue[] Pipeline(IReadOnlyList<IReadOnlyList<byte[]>> commands)
    {
        var output = new MemoryStream();
        foreach (IReadOnlyList<byte[]> command in commands)
        {
            Wire.EncodeTo(output, command);
        }

        SendRaw(output.GetBuffer().AsSpan(0, (int)output.Length));
        var replies = new RespValue[commands.Count];
        for (int i = 0; i < replies.Length; i++)
        {
            replies[i] = ReadReply();
        }

        return replies;
    }

    public RespValue[] Pipeline(IEnumerable<string[]> commands) =>
        Pipeline(commands.Select(c => (IReadOnlyList<byte[]>)Wire.Arguments(c)).ToList());

    /// <summary>The next reply; push messages before it go to <see cref="Pushes"/>.</summary>
    public RespValue ReadReply()
    {
        while (true)
        {
            RespValue value = Read();
            if (value.Type != RespType.Push)
            {
                return value;
            }

            Pushes.Add(value);
        }
    }

    /// <summary>The next value on the wire, be it a reply or a push message.</summary>
    public RespValue Read()
    {
        _replyStart = _position;
        RespValue value = ReadValue();
        value.Raw = _buffer.AsSpan(_replyStart, _position - _replyStart).ToArray();
        _replyStart = _position;
        return value;
    }

    /// <summary>One line without its line end, for streams that are not replies (the header of a snapshot).</summary>
    public string ReadRawLine()
    {
        _replyStart = _position;
        string line = Wire.Show(ReadLine(), int.MaxValue);
        _replyStart = _position;
        return line[1..^1];
    }

    /// <summary>Passes over empty lines, by which one side of replication tells the other that it lives.</summary>
    public void SkipEmptyLines()
    {
        while (true)
        {
            while (_position < _end && _buffer[_position] is (byte)'\n' or (byte)'\r')
            {
                _position++;
            }

            _replyStart = _position;
            if (_position < _end)
            {
                return;
            }

            Fill();
        }
    }

    /// <summary>Exactly this many bytes, for streams that are not replies.</summary>
    public byte[] ReadRaw(int count)
    {
        _replyStart = _position;
        byte[] bytes = ReadExact(count).ToArray();
        _replyStart = _position;
        return bytes;
    }

    /// <summary>All bytes before this mark, which is read too.</summary>
    public byte[] ReadRawUntil(byte[] mark)
    {
        _replyStart = _position;
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_position + searched, _end - _position - searched).IndexOf(mark);
            if (found >= 0)
            {
                byte[] bytes = _buffer.AsSpan(_position, searched + found).ToArray();
                _position += bytes.Length + mark.Length;
                _replyStart = _position;
                return bytes;
            }

            searched = Math.Max(0, _end - _position - mark.Length + 1);
            Fill();
        }
    }

    /// <summary>What has arrived by now or arrives within the time: at least one byte, or nothing at the end of the stream or of the time.</summary>
    public byte[] ReadSome(int waitMs)
    {
        _replyStart = _position;
        if (_position == _end && !(_socket.Poll(waitMs * 1000, SelectMode.SelectRead) && TryFill()))
        {
            return [];
        }

        byte[] bytes = _buffer.AsSpan(_position, _end - _position).ToArray();
        _position = _end;
        _replyStart = _position;
        return bytes;
    }

    /// <summary>Everything until the other side closes (or resets) the connection.</summary>
    public byte[] ReadUntilClosed()
    {
        var all = new MemoryStream();
        do
        {
            all.Write(_buffer, _position, _end - _position);
            _position = _end;
            _replyStart = _end;
        }
        while (TryFill());
        return all.ToArray();
    }

    /// <summary>Whether bytes, or the end of the stream, are there to be read within the time.</summary>
    public bool HasData(int waitMs) => _position < _end || _socket.Poll(waitMs * 1000, SelectMode.SelectRead);

    /// <summary>True once the other side has closed and nothing is left to read.</summary>
    public bool IsClosedByPeer(int waitMs = 0)
    {
        _replyStart = _position;
        return _position == _end && _socket.Poll(waitMs * 1000, SelectMode.SelectRead) && !TryFill();
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    private RespValue ReadValue()
    {
        RespValue? attribute = null;
        while (true)
        {
            ReadOnlySpan<byte> line = ReadLine();
            byte type = line.Length > 0 ? line[0] : throw Malformed(line);
            ReadOnlySpan<byte> rest = line[1..];
            if (type == (byte)'|')
            {
                attribute = new RespValue { Type = RespType.Map, Items = ReadItems(2 * Length(rest)) };
                continue;
            }

            return type switch
            {
                (byte)'+' => Scalar(RespType.SimpleString, rest, attribute),
                (byte)'-' => Scalar(RespType.Error, rest, attribute),
                (byte)':' => Scalar(RespType.Integer, rest, attribute),
                (byte)',' => Scalar(RespType.Double, rest, attribute),
                (byte)'#' => Scalar(RespType.Boolean, rest, attribute),
                (byte)'(' => Scalar(RespType.BigNumber, rest, attribute),
                (byte)'_' => new RespValue { Type = RespType.Null, Attribute = attribute },
                (byte)'$' => ReadBulk(RespType.BulkString, Length(rest), attribute),
                (byte)'!' => ReadBulk(RespType.BulkError, Length(rest), attribute),
                (byte)'=' => ReadBulk(RespType.Verbatim, Length(rest), attribute),
                (byte)'*' => ReadAggregate(RespType.Array, Length(rest), attribute),
                (byte)'%' => ReadAggregate(RespType.Map, 2 * Length(rest), attribute),
                (byte)'~' => ReadAggregate(RespType.Set, Length(rest), attribute),
                (byte)'>' => ReadAggregate(RespType.Push, Length(rest), attribute),
                _ => throw Malformed(line),
            };
        }
    }

    private static RespValue Scalar(RespType type, ReadOnlySpan<byte> payload, RespValue? attribute) =>
        new() { Type = type, Bytes = payload.ToArray(), Attribute = attribute };

    private RespValue ReadBulk(RespType type, int length, RespValue? attribute)
    {
        if (length < 0)
        {
            return new RespValue { Type = RespType.Null, Attribute = attribute };
        }

        ReadOnlySpan<byte> bytes = ReadExact(length + 2);
        return bytes[^2] == '\r' && bytes[^1] == '\n' ? Scalar(type, bytes[..^2], attribute) : throw Malformed(bytes);
    }

    private RespValue ReadAggregate(RespType type, int count, RespValue? attribute) => count < 0
        ? new RespValue { Type = RespType.Null, Attribute = attribute }
        : new RespValue { Type = type, Items = ReadItems(count), Attribute = attribute };

    private RespValue[] ReadItems(int count)
    {
        var items = new List<RespValue>(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            items.Add(ReadValue());
        }

        return [.. items];
    }

    private static int Length(ReadOnlySpan<byte> digits) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int length) ? length : throw Malformed(digits);

    private ReadOnlySpan<byte> ReadLine()
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_position + searched, _end - _position - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                int length = searched + found;
                ReadOnlySpan<byte> line = _buffer.AsSpan(_position, length);
                _position += length + 1;
                return line.EndsWith("\r"u8) ? line[..^1] : line;
            }

            searched = _end - _position;
            Fill();
        }
    }

    private ReadOnlySpan<byte> ReadExact(int count)
    {
        while (_end - _position < count)
        {
            Fill();
        }

        _position += count;
        return _buffer.AsSpan(_position - count, count);
    }

    private void Fill()
    {
        if (!TryFill())
        {
            throw new EndOfStreamException("the server closed the connection" + (_position == _replyStart && _end == _position
                ? "" : $" inside a reply: {Wire.Show(_buffer.AsSpan(_replyStart, _end - _replyStart))}"));
        }
    }

    private bool TryFill()
    {
        if (_replyStart > 0 && (_replyStart == _end || _end == _buffer.Length))
        {
            _buffer.AsSpan(_replyStart, _end - _replyStart).CopyTo(_buffer);
            _position -= _replyStart;
            _end -= _replyStart;
            _replyStart = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read;
        try
        {
            read = _socket.Receive(_buffer, _end, _buffer.Length - _end, SocketFlags.None);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new TimeoutException($"no reply within {_socket.ReceiveTimeout} ms; so far: {Wire.Show(_buffer.AsSpan(_replyStart, _end - _replyStart))}", e);
        }

        _end += read;
        return read > 0;
    }

    private static InvalidDataException Malformed(ReadOnlySpan<byte> bytes) => new($"not a reply: {Wire.Show(bytes)}");
}
