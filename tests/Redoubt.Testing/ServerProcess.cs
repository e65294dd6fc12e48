using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Redoubt.Testing;

/// <summary>
/// A server under test, real Redis or Redoubt, on a loopback port and in a folder of its own. It answers PING when <see cref="Start"/>
/// returns, is gone when <see cref="Dispose"/> returns (SIGTERM, then SIGKILL, always by process id), and dies with the test host otherwise.
/// Stop and Start may alternate on one instance: port and folder stay, so a restart finds its files.
/// </summary>
public sealed class ServerProcess : IDisposable
{
    private readonly string _binary;
    private readonly PortLease? _lease;
    private readonly StringBuilder _log = new();
    private List<string> _arguments;
    private Process? _process;
    private RespConnection? _control;

    private readonly string[] _launcher;

    private ServerProcess(ServerKind kind, string binary, string host, int port, IEnumerable<string> arguments, string[]? launcher = null)
    {
        _launcher = launcher ?? [];
        Kind = kind;
        Host = host;
        _lease = port == 0 ? PortLease.Take() : null;
        Port = _lease?.Port ?? port;
        _binary = binary;
        _arguments = [.. arguments];
        Folder = Directory.CreateTempSubdirectory("redoubt-test-").FullName;
    }

    public ServerKind Kind { get; }

    public string Host { get; }

    public int Port { get; }

    public string Folder { get; }

    public int ProcessId => _process!.Id;

    /// <summary>Of a server that has ended; 128 and the number of the signal that ended it.</summary>
    public int ExitCode => _process!.ExitCode;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What the server has printed so far, over all its runs.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts a server with directives as on a command line (<c>"--maxmemory", "1mb"</c>); they come after, and so override, the defaults.</summary>
    public static ServerProcess Start(ServerKind kind, params string[] arguments) => StartAt("127.0.0.1", 0, kind, arguments);

    /// <summary>The same on a loopback address and port of the caller's choice; port 0 takes a free one.</summary>
    public static ServerProcess StartAt(string host, int port, ServerKind kind, params string[] arguments) =>
        Start(new ServerProcess(kind, ServerBinaries.PathOf(kind), host, port, arguments));

    /// <summary>The same by way of another program, which must end in becoming the server.</summary>
    public static ServerProcess StartBy(string[] launcher, string host, int port, ServerKind kind, params string[] arguments) =>
        Start(new ServerProcess(kind, ServerBinaries.PathOf(kind), host, port, arguments, launcher));

    private static ServerProcess Start(ServerProcess server)
    {
        try
        {
            server.Launch();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts it again after <see cref="Stop"/> or <see cref="Kill"/>, with other directives if any are given.</summary>
    public void Restart(params string[] arguments)
    {
        if (arguments.Length > 0)
        {
            _arguments = [.. arguments];
        }

        Launch();
    }

    /// <summary>The same, but returns as soon as the server answers at all, with -LOADING for instance.</summary>
    public void RestartWhileLoading(params string[] arguments)
    {
        _arguments = [.. arguments];
        Launch(whileLoading: true);
    }

    /// <summary>A fresh connection, authenticated when the server was started with <c>--requirepass</c>.</summary>
    public RespConnection Connect(int protocol = 2)
    {
        RespConnection connection = RespConnection.Connect(Host, Port);
        string? password = ArgumentOf("--requirepass");
        if (password is not null)
        {
            connection.Call("AUTH", password).OrThrow();
        }

        if (protocol != 2)
        {
            connection.Call("HELLO", protocol.ToString(CultureInfo.InvariantCulture)).OrThrow();
        }

        return connection;
    }

    /// <summary>One command on the control connection (RESP2, opened again when it was lost); error replies are returned, not thrown.</summary>
    public RespValue Call(params string[] arguments)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _control ??= Connect();
                return _control.Call(arguments);
            }
            catch (Exception e) when (attempt == 0 && IsRunning && e is IOException or System.Net.Sockets.SocketException)
            {
                _control?.Dispose();
                _control = null;
            }
        }
    }

    /// <summary>INFO, or one section of it, by field.</summary>
    public IReadOnlyDictionary<string, string> Info(string section = "everything")
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Call("INFO", section).OrThrow().Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line[0] != '#' && colon > 0)
            {
                fields[line[..colon]] = line[(colon + 1)..];
            }
        }

        return fields;
    }

    public string Info(string section, string field) => Info(section).TryGetValue(field, out string? value) ? value : "";

    public long InfoNumber(string section, string field) => long.Parse(Info(section, field), CultureInfo.InvariantCulture);

    /// <summary>SIGTERM, as an init system sends it; after ten seconds SIGKILL and a failure.</summary>
    public void Stop()
    {
        CloseControl();
        Signal("TERM");
        if (!_process!.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            Kill();
            throw new TimeoutException($"the server did not stop on SIGTERM; its log:\n{Log}");
        }
    }

    /// <summary>SIGKILL: the crash of a process.</summary>
    public void Kill()
    {
        CloseControl();
        if (IsRunning)
        {
            _process!.Kill();
            _process.WaitForExit();
        }
    }

    /// <summary>SIGSTOP: the process hangs with its connections open, as a machine does that swaps.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    public void WaitForExit(TimeSpan limit)
    {
        if (!_process!.WaitForExit(limit))
        {
            throw new TimeoutException($"the server is still running; its log:\n{Log}");
        }

        // Only this form waits for the last lines of the output too.
        _process.WaitForExit();
    }

    public void Dispose()
    {
        CloseControl();
        if (IsRunning)
        {
            Signal("CONT");
            Signal("TERM");
            if (!_process!.WaitForExit(TimeSpan.FromSeconds(3)))
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }

        _process?.Dispose();
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A child of the server (a snapshot being written) may still hold on to its folder; the system clears it.
        }

        _lease?.Dispose();
    }

    private void Launch(bool whileLoading = false)
    {
        CloseControl();
        _process?.Dispose();
        List<string> all = ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", Host, "--dir", Folder, "--save", "", "--repl-diskless-sync-delay", "0"];
        if (Kind == ServerKind.Redoubt)
        {
            all.AddRange(ServerBinaries.RedoubtOptions);
        }

        all.AddRange(_arguments);
        string[] command = [.. _launcher, _binary, .. all];
        _process = ChildProcesses.Start(command[0], command[1..], Folder);
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Wait.Until(() => AnswersOrExited(whileLoading), $"{_binary} to answer PING", seen: () => Log);
        if (!IsRunning)
        {
            _process.WaitForExit();
            throw new InvalidOperationException($"{_binary} {string.Join(' ', all)} ended with {_process.ExitCode}; its log:\n{Log}");
        }
    }

    private bool AnswersOrExited(bool whileLoading)
    {
        if (!IsRunning)
        {
            return true;
        }

        try
        {
            using RespConnection connection = Connect();
            RespValue reply = connection.Call("PING");
            return !reply.IsError || reply.Text.StartsWith("MASTERDOWN", StringComparison.Ordinal)
                || (whileLoading && reply.Text.StartsWith("LOADING", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            return false;
        }
    }

    private string? ArgumentOf(string directive)
    {
        int index = _arguments.LastIndexOf(directive);
        return index >= 0 ? _arguments[index + 1] : null;
    }

    /// <summary>Sends a signal by its short name; returns before it has had its effect.</summary>
    public void Signal(string name) => ToolRun.Of("/bin/sh", ["-c", $"kill -{name} {ProcessId}"]);

    private void CloseControl()
    {
        _control?.Dispose();
        _control = null;
    }

    private void Append(string? line)
    {
        if (line is not null)
        {
            lock (_log)
            {
                _log.AppendLine(line);
            }
        }
    }
}
