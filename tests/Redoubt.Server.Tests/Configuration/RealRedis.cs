using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Redoubt.Server.Tests.Configuration;

/// <summary>
/// The judge: a redis-server of its own, in a folder of its own, on a free port, with one connection to it. Replies come as lines of text: errors
/// with their minus sign, arrays as their elements.
/// </summary>
internal sealed class RealRedis : IDisposable
{
    private readonly Process _process;
    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    private RealRedis(Process process, Socket socket, string directory, int port)
    {
        _process = process;
        _socket = socket;
        _stream = new BufferedStream(new NetworkStream(socket));
        Folder = directory;
        Port = port;
    }

    public string Folder { get; }

    public int Port { get; }

    public static string NewFolder() => Directory.CreateTempSubdirectory("redoubt-config-").FullName;

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a server that is ready. The port and the folder are added to the arguments unless a file gives them.</summary>
    public static RealRedis Start(string directory, int port, params string[] arguments)
    {
        var process = Launch(directory, arguments, Encoding.Latin1);
        var ready = new TaskCompletionSource<bool>();

        // Read to the end, although only one line is of interest: a full pipe would stop the server.
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) ready.TrySetResult(false);
            else if (e.Data.Contains("Ready to accept connections", StringComparison.Ordinal)) ready.TrySetResult(true);
        };
        process.BeginOutputReadLine();
        if (!ready.Task.Wait(TimeSpan.FromSeconds(30)) || !ready.Task.Result)
        {
            process.Kill();
            Assert.Fail("redis-server did not get ready: " + process.StandardError.ReadToEnd());
        }
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000 };
        socket.Connect(IPAddress.Loopback, port);
        return new RealRedis(process, socket, directory, port);
    }

    /// <summary>Starts a server that logs into a file: it is ready when it can be reached.</summary>
    public static RealRedis StartQuietly(string directory, int port, params string[] arguments)
    {
        var process = Launch(directory, arguments, Encoding.Latin1);
        var patience = Stopwatch.StartNew();
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000 };
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                return new RealRedis(process, socket, directory, port);
            }
            catch (SocketException) when (patience.Elapsed < TimeSpan.FromSeconds(30) && !process.HasExited)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Sends a command after which the server is gone.</summary>
    public void CommandThatEnds(params string[] words)
    {
        Send(words);
        Assert.True(_process.WaitForExit(20_000), "redis-server did not end.");
    }

    /// <summary>Runs a start that fails or answers, to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(string directory, params string[] arguments)
    {
        using var process = Launch(directory, arguments, Encoding.UTF8);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(20_000))
        {
            process.Kill();
            Assert.Fail("redis-server did not end.");
        }
        return (process.ExitCode, output.Result, error.Result);
    }

    public List<string> Command(params string[] words)
    {
        Send(words);
        var reply = new List<string>();
        ReadReply(reply);
        return reply;
    }

    private void Send(string[] words)
    {
        var request = new StringBuilder().Append('*').Append(words.Length).Append("\r\n");
        foreach (var word in words) request.Append('$').Append(word.Length).Append("\r\n").Append(word).Append("\r\n");
        _stream.Write(Encoding.Latin1.GetBytes(request.ToString()));
        _stream.Flush();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static Process Launch(string directory, string[] arguments, Encoding encoding)
    {
        var start = new ProcessStartInfo("redis-server", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = encoding,
            StandardErrorEncoding = encoding,
        };
        return Process.Start(start)!;
    }

    private void ReadReply(List<string> into)
    {
        var line = ReadLine();
        switch (line[0])
        {
            case '*':
                for (var i = int.Parse(line[1..]); i > 0; i--) ReadReply(into);
                break;
            case '$':
                var bytes = new byte[int.Parse(line[1..]) + 2];
                _stream.ReadExactly(bytes);
                into.Add(Encoding.Latin1.GetString(bytes, 0, bytes.Length - 2));
                break;
            case '-':
                into.Add(line);
                break;
            default:
                into.Add(line[1..]);
                break;
        }
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        for (var b = _stream.ReadByte(); b != '\n'; b = _stream.ReadByte())
        {
            Assert.True(b >= 0, "redis-server closed the connection.");
            if (b != '\r') line.Append((char)b);
        }
        return line.ToString();
    }
}
