using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Redoubt.Loadbench;

/// <summary>A blocking connection for measuring: no threads, no queues, nothing between the call and the wire.</summary>
internal sealed class Link : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _input = new byte[1 << 16];
    private int _position;
    private int _end;

    public Link(int port, int timeoutMs = 120_000)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = timeoutMs,
            SendTimeout = timeoutMs,
        };
        try
        {
            _socket.Connect(IPAddress.Loopback, port);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>The command as bytes for the wire.</summary>
    public static byte[] Encode(params string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
            text.Append($"${word.Length}\r\n{word}\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Sends a command and gives its reply as text: a bulk string's content, an array's elements by lines.</summary>
    /// <exception cref="InvalidOperationException">An error reply.</exception>
    public string Ask(params string[] words)
    {
        Send(Encode(words));
        return Reply();
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Reads that many replies and forgets them; how many of them were errors. Allocates nothing.</summary>
    public int Skip(int replies)
    {
        int errors = 0;
        for (; replies > 0; replies--)
        {
            byte mark = Next();
            int length = 0;
            bool none = false;
            for (byte b = Next(); b != '\n'; b = Next())
            {
                none |= b == '-';
                if (b is >= (byte)'0' and <= (byte)'9')
                    length = (length * 10) + b - '0';
            }

            if (mark == '-')
                errors++;
            if (mark == '*')
                throw new NotSupportedException("arrays cannot be skipped");
            for (int left = mark == '$' && !none ? length + 2 : 0; left > 0; left--)
                Next();
        }

        return errors;
    }

    /// <summary>INFO's fields.</summary>
    public Dictionary<string, string> Info(string section) => Ask("INFO", section).Split("\r\n").Where(line => line.Contains(':', StringComparison.Ordinal))
        .ToDictionary(line => line[..line.IndexOf(':', StringComparison.Ordinal)], line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]);

    public void Dispose() => _socket.Dispose();

    private string Reply()
    {
        string line = Line();
        switch (line[0])
        {
            case '-':
                throw new InvalidOperationException(line[1..]);
            case '$':
                int length = int.Parse(line[1..], CultureInfo.InvariantCulture);
                if (length < 0)
                    return "";
                byte[] body = new byte[length + 2];
                for (int i = 0; i < body.Length; i++)
                    body[i] = Next();
                return Encoding.Latin1.GetString(body, 0, length);
            case '*':
                int count = int.Parse(line[1..], CultureInfo.InvariantCulture);
                return string.Join('\n', Enumerable.Range(0, Math.Max(0, count)).Select(_ => Reply()));
            default:
                return line[1..];
        }
    }

    private string Line()
    {
        var line = new StringBuilder();
        for (byte b = Next(); b != '\n'; b = Next())
            line.Append((char)b);
        return line.ToString().TrimEnd('\r');
    }

    private byte Next()
    {
        if (_position == _end)
        {
            _end = _socket.Receive(_input);
            _position = 0;
            if (_end == 0)
                throw new IOException("the server closed the connection");
        }

        return _input[_position++];
    }
}
