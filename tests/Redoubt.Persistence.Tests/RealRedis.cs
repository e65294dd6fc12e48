using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Redoubt.Persistence.Tests;

/// <summary>A redis-server of its own folder, spoken to through a Unix socket; stopped and removed at the end.</summary>
internal sealed class RealRedis : IDisposable
{
    private readonly Process _process;
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RealRedis(string folder, string[] arguments)
    {
        Folder = folder;
        string path = Path.Combine(folder, "s");
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true };
        string[] common = ["--port", "0", "--unixsocket", path, "--dir", folder, "--save", "", "--enable-debug-command", "yes"];
        foreach (string argument in common.Concat(arguments))
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        var log = new StringBuilder();
        // What it logs after its start fits into the pipe and need not be read.
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            log.AppendLine(line);
            if (line.Contains("ready to accept connections", StringComparison.OrdinalIgnoreCase) && File.Exists(path))
                break;
        }
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (!File.Exists(path))
        {
            Dispose();
            throw new InvalidOperationException($"redis-server did not start:\n{log}");
        }
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _stream = new NetworkStream(_socket);
    }

    public string Folder { get; }

    public static RealRedis Start(params string[] arguments) => new(NewFolder(), arguments);

    /// <summary>Starts on what the folder holds, and removes the folder at the end.</summary>
    public static RealRedis StartIn(string folder, params string[] arguments) => new(folder, arguments);

    public static string NewFolder() => Directory.CreateTempSubdirectory("redoubt-rdb-").FullName;

    public string RdbPath => Path.Combine(Folder, "dump.rdb");

    public object? Call(params string[] command) => Call(command.Select(Encoding.UTF8.GetBytes).ToArray());

    /// <summary>The reply: byte[], long, object?[] or null; an error reply throws.</summary>
    public object? Call(params byte[][] command)
    {
        using var request = new MemoryStream();
        request.Write(Encoding.ASCII.GetBytes($"*{command.Length}\r\n"));
        foreach (byte[] argument in command)
        {
            request.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            request.Write(argument);
            request.Write("\r\n"u8);
        }
        _stream.Write(request.ToArray());
        return ReadReply();
    }

    public string Text(params string[] command) => Encoding.UTF8.GetString((byte[])Call(command)!);

    public void Dispose()
    {
        _socket.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private object? ReadReply()
    {
        string line = ReadLine();
        string rest = line[1..];
        switch (line[0])
        {
            case '+':
                return Encoding.UTF8.GetBytes(rest);
            case ':':
                return long.Parse(rest);
            case '$' or '*' when rest == "-1":
                return null;
            case '$':
                byte[] bulk = new byte[int.Parse(rest) + 2];
                _stream.ReadExactly(bulk);
                return bulk[..^2];
            case '*':
                var items = new object?[int.Parse(rest)];
                for (int i = 0; i < items.Length; i++)
                    items[i] = ReadReply();
                return items;
            default:
                throw new InvalidOperationException(line);
        }
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            int b = _stream.ReadByte();
            if (b < 0)
                throw new EndOfStreamException();
            if (b == '\n')
                return line.ToString(0, line.Length - 1);
            line.Append((char)b);
        }
    }
}
