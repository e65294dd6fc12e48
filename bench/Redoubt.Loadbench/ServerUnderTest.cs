using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Redoubt.Loadbench;

/// <summary>A running server on a free loopback port in a temporary folder; gone when disposed.</summary>
internal sealed class ServerUnderTest : IDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private ServerUnderTest(string name, Process process, int port, string folder, double readyMs)
    {
        (Name, _process, Port, _folder, ReadyMs) = (name, process, port, folder, readyMs);
    }

    public string Name { get; }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>From its start to its first PONG.</summary>
    public double ReadyMs { get; }

    public double CpuSeconds => ProcessFigures.CpuSeconds(ProcessId);

    public long ResidentBytes => ProcessFigures.ResidentBytes(ProcessId);

    public static ServerUnderTest Start(ServerChoice choice)
    {
        int port = FreePort();
        string folder = Directory.CreateTempSubdirectory("redoubt-bench-").FullName;
        string number = port.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["--port", number, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no", "--logfile", "server.log",
            "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb", "--client-output-buffer-limit", "replica 0 0 0", .. choice.Arguments];
        long began = Stopwatch.GetTimestamp();
        Process process = Process.Start(new ProcessStartInfo(choice.Program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        while (!Answers(port))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                var failed = new ServerUnderTest(choice.Name, process, port, folder, 0);
                string log = Path.Combine(folder, "server.log");
                string words = File.Exists(log) ? File.ReadAllText(log) : "it has logged nothing";
                failed.Dispose();
                throw new InvalidOperationException($"{choice.Program} does not start: {words}");
            }

            Thread.Sleep(1); // a process tells nobody when its port is open
        }

        return new ServerUnderTest(choice.Name, process, port, folder, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    public Link Connect() => new(Port);

    public string Ask(params string[] words)
    {
        using Link link = Connect();
        return link.Ask(words);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool Answers(int port)
    {
        try
        {
            using var link = new Link(port, 1000);
            return link.Ask("PING") == "PONG";
        }
        catch (Exception error) when (error is SocketException or IOException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Below the range from which the system takes the ports of outgoing connections, of which a load has thousands.</summary>
    private static int FreePort()
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
}
