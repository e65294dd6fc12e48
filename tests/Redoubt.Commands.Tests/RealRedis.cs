using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>A redis-server of its own on a free port, with a connection that asks and one that listens as a replica.</summary>
internal sealed class RealRedis : IDisposable
{
    private readonly Process _process;
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-commands-").FullName;
    private readonly Task<string> _log;
    private readonly Socket _client;
    private readonly Dictionary<Socket, byte[]> _rest = [];

    public RealRedis()
    {
        Port = FreePort();
        _process = Process.Start(new ProcessStartInfo("redis-server")
        {
            ArgumentList =
            {
                "--port", Port.ToString(), "--bind", "127.0.0.1", "--dir", _folder, "--save", "", "--appendonly", "no",
                "--repl-diskless-sync", "no", "--enable-debug-command", "yes", "--hz", "1",
            },
            RedirectStandardOutput = true,
        })!;
        // The log says when the server is up; it is read further, so that the pipe does not fill up.
        while (_process.StandardOutput.ReadLine() is { } line && !line.Contains("Ready to accept connections", StringComparison.Ordinal))
        {
        }
        _log = _process.StandardOutput.ReadToEndAsync();
        _client = Connect();
    }

    public int Port { get; }

    public byte[] Run(byte[][] words) => RunAll([words])[0];

    /// <summary>Sends all commands at once and returns a reply for each.</summary>
    public List<byte[]> RunAll(IReadOnlyList<byte[][]> commands)
    {
        var request = new List<byte>();
        foreach (byte[][] words in commands)
            Append(request, words);
        _client.Send([.. request]);
        return [.. commands.Select(_ => ReadReply(_client))];
    }

    /// <summary>Becomes a replica (SYNC) and reads over the dataset; what follows is the stream.</summary>
    public Socket OpenStream()
    {
        Socket socket = Connect();
        socket.Send("SYNC\r\n"u8);
        byte[] rest = [];
        while (true)
        {
            rest = Receive(socket, rest);
            ReadOnlySpan<byte> bytes = rest.AsSpan().TrimStart((byte)'\n');
            int end = bytes.IndexOf("\r\n"u8);
            if (end < 0)
                continue;
            int length = int.Parse(Encoding.ASCII.GetString(bytes[1..end]));
            if (bytes.Length < end + 2 + length)
                continue;
            _rest[socket] = bytes[(end + 2 + length)..].ToArray();
            return socket;
        }
    }

    /// <summary>The commands of the stream up to a marker that is set now; the frame around them (SELECT, MULTI, EXEC, PING) left out.</summary>
    public List<string> ReadStream(Socket stream, string marker)
    {
        Run(CommandRig.Words($"PUBLISH {marker} end"));
        var commands = new List<string>();
        while (true)
        {
            string command = RespText.Commands(ReadReply(stream))[0];
            if (command == $"PUBLISH {marker} end")
                return commands;
            if (command.ToUpperInvariant() is not ("MULTI" or "EXEC" or "PING") && !command.StartsWith("SELECT ", StringComparison.OrdinalIgnoreCase))
                commands.Add(command);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        foreach (Socket socket in _rest.Keys)
            socket.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _log.Wait();
        _process.Dispose();
        Directory.Delete(_folder, true);
    }

    private Socket Connect()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
        socket.Connect(IPAddress.Loopback, Port);
        _rest[socket] = [];
        return socket;
    }

    private byte[] ReadReply(Socket socket)
    {
        byte[] rest = _rest[socket];
        int length;
        while ((length = RespText.ReplyLength(rest)) == 0)
            rest = Receive(socket, rest);
        _rest[socket] = rest[length..];
        return rest[..length];
    }

    private static byte[] Receive(Socket socket, byte[] before)
    {
        byte[] buffer = new byte[64 * 1024];
        int count = socket.Receive(buffer);
        if (count == 0)
            throw new IOException("redis-server closed the connection");
        return [.. before, .. buffer.AsSpan(0, count)];
    }

    private static void Append(List<byte> request, byte[][] words)
    {
        request.AddRange(Encoding.ASCII.GetBytes($"*{words.Length}\r\n"));
        foreach (byte[] word in words)
        {
            request.AddRange(Encoding.ASCII.GetBytes($"${word.Length}\r\n"));
            request.AddRange(word);
            request.AddRange("\r\n"u8);
        }
    }

    private static int FreePort()
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
