using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Redoubt.Testing;

/// <summary>A real redis-server of its own on a free loopback port, in a temporary folder, gone when disposed.</summary>
public sealed class RealRedis : IDisposable
{
    private readonly Process _process;

    private RealRedis(Process process, string host, int port, string folder)
    {
        _process = process;
        Host = host;
        Port = port;
        Folder = folder;
    }

    public string Host { get; }

    public int Port { get; }

    public string Folder { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts it and returns once it answers PING.</summary>
    public static RealRedis Start(params string[] directives) => StartAt("127.0.0.1", 0, directives);

    /// <summary>The same on a given loopback address and port; port 0 picks a free one.</summary>
    public static RealRedis StartAt(string host, int wantedPort, params string[] directives)
    {
        // Another process may take the port between the look and the start; then the server exits and the next one is tried.
        for (int attempt = 0; ; attempt++)
        {
            int port = wantedPort == 0 ? FreePort() : wantedPort;
            string folder = Directory.CreateTempSubdirectory("redoubt-test-").FullName;
            var start = new ProcessStartInfo("redis-server") { WorkingDirectory = folder };
            string[] fixedPart = ["--port", $"{port}", "--bind", host, "--save", "", "--repl-diskless-sync-delay", "0", "--logfile", "redis.log"];
            foreach (string argument in fixedPart.Concat(directives))
                start.ArgumentList.Add(argument);
            var server = new RealRedis(Process.Start(start)!, host, port, folder);
            if (server.AnswersWithin(TimeSpan.FromSeconds(20)))
                return server;
            string log = File.Exists(Path.Combine(folder, "redis.log")) ? File.ReadAllText(Path.Combine(folder, "redis.log")) : "";
            server.Dispose();
            if (attempt == 3)
                throw new InvalidOperationException("redis-server does not start:\n" + log);
        }
    }

    public static RealRedis StartReplicaOf(RealRedis master, params string[] directives) =>
        Start(["--replicaof", $"{master.Host} {master.Port}", .. directives]);

    /// <summary>A port nobody listens on, below the range from which the system takes the ports of outgoing connections: one of
    /// those could be taken by any client at any moment.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(11_000, 20_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one will do.
            }
        }
    }

    /// <summary>Sends one command and returns its reply: the text of a simple, error or number reply with its mark, the
    /// content of a bulk string without it.</summary>
    public string Ask(params string[] command)
    {
        using var client = new TcpClient();
        client.Connect(Host, Port);
        client.ReceiveTimeout = 10_000;
        using NetworkStream stream = client.GetStream();
        var request = new StringBuilder().Append($"*{command.Length}\r\n");
        foreach (string part in command)
            request.Append($"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        stream.Write(Encoding.UTF8.GetBytes(request.ToString()));
        string head = ReadLine(stream);
        if (head[0] != '$' || head == "$-1")
            return head;
        byte[] body = new byte[int.Parse(head[1..]) + 2];
        stream.ReadExactly(body);
        return Encoding.UTF8.GetString(body, 0, body.Length - 2);
    }

    /// <summary>Asks until the answer satisfies; fails with the last answer after ten seconds.</summary>
    public string AskUntil(Func<string, bool> satisfied, params string[] command)
    {
        string answer = "";
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            answer = Ask(command);
            if (satisfied(answer))
                return answer;
            Thread.Sleep(10); // a server tells nobody when its answer has changed
        }

        throw new TimeoutException($"{string.Join(' ', command)} on port {Port} last answered:\n{answer}");
    }

    /// <summary>Waits, as a replica, until the stream flows.</summary>
    public void WaitForLink() => AskUntil(info => info.Contains("master_link_status:up"), "INFO", "replication");

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{ProcessId}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private bool AnswersWithin(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit && !_process.HasExited)
        {
            try
            {
                // -NOAUTH is an answer too: the server is there, it only wants a password first.
                string answer = Ask("INFO", "server");
                if (answer.Contains($"process_id:{ProcessId}") || answer.StartsWith("-NOAUTH"))
                    return true;
                if (answer.StartsWith('#'))
                    return false;
            }
            catch (SocketException)
            {
            }
            catch (IOException)
            {
            }

            Thread.Sleep(5); // a process tells nobody when its port is open
        }

        return false;
    }

    private static string ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        while (true)
        {
            int next = stream.ReadByte();
            if (next < 0)
                throw new IOException("The server closed the connection.");
            if (next == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }
    }
}
