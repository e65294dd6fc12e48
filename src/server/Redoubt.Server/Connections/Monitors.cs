// MONITOR: clients that are shown every command as it is executed.
//
// A line is made once, for all of them, and only while there are any. It is sent outside of their turn, so a monitor that does not
// read would make the server hold everything that anybody does: past `UnreadBytesMax` it is disconnected.

using System.Buffers.Text;
using Redoubt.Commands;
using Redoubt.Resp;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Connections;

internal sealed class Monitors
{
    private const long UnreadBytesMax = 64L * 1024 * 1024;

    private readonly List<ClientConnection> _clients = [];
    private readonly RespWriter _line = new(1024);
    private readonly ConnectionTable _connections;
    private readonly RespWriter _reply;
    private readonly ServerLog _log;

    /// <param name="reply">Where the replies of the running turn stand.</param>
    public Monitors(ConnectionTable connections, RespWriter reply, ServerLog log)
    {
        _connections = connections;
        _reply = reply;
        _log = log;
        connections.Closed += Remove;
    }

    public bool Any => _clients.Count > 0;

    public void Add(ClientConnection client)
    {
        client.IsMonitor = true;
        _clients.Add(client);
    }

    public void Remove(ClientConnection client)
    {
        if (!client.IsMonitor)
            return;
        client.IsMonitor = false;
        _clients.Remove(client);
    }

    /// <summary>Shows the command that the context is aimed at, of this client.</summary>
    public void Show(CommandContext c, ClientConnection client, int database)
    {
        Write(c, client, database);
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            ClientConnection monitor = _clients[i];
            if (monitor == client)
                // Its reply to this very command stands in the reply buffer, and comes first.
                _reply.Raw(_line.Written);
            else
                _connections.Push(monitor, _line.Written);
            if (monitor.Queue.Bytes > UnreadBytesMax)
                Drop(monitor);
        }
        _line.Clear();
        _line.Trim(64 * 1024);
    }

    private void Drop(ClientConnection monitor)
    {
        _log.Write(LogLevel.Warning, LogMessages.Id.OutputLimit,
            $"Client id={monitor.Id} addr={monitor.Address} scheduled to be closed ASAP: a monitor that does not read.");
        _connections.Close(monitor);
    }

    private void Write(CommandContext c, ClientConnection client, int database)
    {
        long now = Clock.UnixMicroseconds;
        _line.Raw("+"u8);
        Number(now / 1_000_000, default);
        _line.Raw("."u8);
        Number(now % 1_000_000, new('D', 6));
        _line.Raw(" ["u8);
        Number(database, default);
        _line.Raw(" "u8);
        _line.Raw(System.Text.Encoding.UTF8.GetBytes(client.Address));
        _line.Raw("]"u8);
        for (int i = 0; i < c.Count; i++)
        {
            _line.Raw(" \""u8);
            Quote(c.Shown(i));
            _line.Raw("\""u8);
        }
        _line.Raw("\r\n"u8);
    }

    private void Number(long value, System.Buffers.StandardFormat format)
    {
        Utf8Formatter.TryFormat(value, _line.Reserve(24), out int length, format);
        _line.Advance(length);
    }

    /// <summary>What is not printable ASCII as an escape, so that the line stays a line.</summary>
    private void Quote(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        Span<byte> target = _line.Reserve(4 * text.Length);
        int length = 0;
        foreach (byte each in text)
        {
            byte escape = EscapeOf(each);
            if (escape == 0 && each is >= 0x20 and < 0x7F)
            {
                target[length++] = each;
                continue;
            }
            target[length++] = (byte)'\\';
            target[length++] = escape == 0 ? (byte)'x' : escape;
            if (escape != 0)
                continue;
            target[length++] = digits[each >> 4];
            target[length++] = digits[each & 15];
        }
        _line.Advance(length);
    }

    private static byte EscapeOf(byte character) => character switch
    {
        (byte)'\\' or (byte)'"' => character,
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        7 => (byte)'a',
        8 => (byte)'b',
        _ => 0,
    };
}
