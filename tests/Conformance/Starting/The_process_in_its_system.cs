using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Redoubt.Testing;

namespace Redoubt.Conformance.Starting;

/// <summary>What the operating system, init scripts and people with ps see of a server; the same of both kinds.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class The_process_in_its_system : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-test-").FullName;

    public static TheoryData<ServerKind> Kinds => [.. Enum.GetValues<ServerKind>()];

    /// <summary>A daemon's last line may come into its log after its pid file has gone.</summary>
    public void Dispose() => Wait.Until(
        () =>
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
            }
            catch (IOException)
            {
                return false;
            }
            return true;
        },
        "the folder to be given up");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_title_follows_its_template(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        Assert.Equal($"{ServerBinaries.PathOf(kind)} 127.0.0.1:{server.Port}", TitleOf(server));
        server.Call("CONFIG", "SET", "proc-title-template", "a {port} of {{mine} {unixsocket}").OrThrow();
        Assert.Equal($"a {server.Port} of {{mine}}", TitleOf(server));
        string longer = new('x', 200);
        server.Call("CONFIG", "SET", "proc-title-template", longer + "{port}").OrThrow();
        Assert.Equal($"{longer}{server.Port}", TitleOf(server));
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'proc-title-template') - template format is invalid or contains unknown variables",
            server.Call("CONFIG", "SET", "proc-title-template", "{nothing}").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Without_set_proc_title_the_arguments_stay(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind, "--set-proc-title", "no");
        Assert.Contains("--set-proc-title\0no", Arguments(server), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_Unix_socket_serves_clients_that_are_listed_by_its_path(ServerKind kind)
    {
        string path = Path.Combine(_folder, "server.sock");
        File.WriteAllText(path, "left by another");
        using ServerProcess server = RedisServers.Start(kind, "--unixsocket", path, "--unixsocketperm", "750");
        Assert.Equal("750", Convert.ToString((int)File.GetUnixFileMode(path), 8));
        Wait.Until(() => server.Log.Contains($"The server is now ready to accept connections at {path}", StringComparison.Ordinal), "the line that says so");
        using (Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            using RespConnection connection = RespConnection.Over(socket);
            string line = connection.Call("CLIENT", "INFO").OrThrow().Text;
            Assert.Contains($" addr={path}:0 laddr={path}:0 ", line, StringComparison.Ordinal);
            Assert.Contains(" flags=U ", line, StringComparison.Ordinal);
        }
        server.Stop();
        Assert.False(File.Exists(path));
        Assert.Contains("Removing the unix socket file.", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Port_0_and_no_Unix_socket_is_no_server(ServerKind kind)
    {
        ToolRun run = ToolRun.Of(ServerBinaries.PathOf(kind), ["--port", "0"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("# Configured to not listen anywhere, exiting.\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_renamed_command_has_one_name_and_a_removed_one_none(ServerKind kind)
    {
        string file = Path.Combine(_folder, "redis.conf");
        File.WriteAllText(file, "rename-command flushdb Hidden-One\nrename-command KEYS \"\"\nrename-command append flushdb\n");
        using ServerProcess server = RedisServers.Start(kind, "--include", file);
        Assert.StartsWith("ERR unknown command 'keys'", server.Call("keys", "*").Text, StringComparison.Ordinal);
        Assert.Equal(3, server.Call("FLUSHDB", "k", "abc").Integer);
        Assert.StartsWith("ERR unknown command 'append'", server.Call("append", "k", "d").Text, StringComparison.Ordinal);
        Assert.Equal("abc", server.Call("GET", "k").Text);
        Assert.Equal("OK", server.Call("hidden-one").Text);
        Assert.True(server.Call("GET", "k").IsNull);
        Assert.True(server.Call("COMMAND", "INFO", "keys")[0].IsNull);
        Assert.DoesNotContain("keys", server.Call("COMMAND", "LIST").Items.Select(name => name.Text));
    }

    [Theory]
    [InlineData("ABRT", 6)]
    [InlineData("SEGV", 11)]
    [InlineData("BUS", 7)]
    [InlineData("FPE", 8)]
    [InlineData("ILL", 4)]
    public void A_signal_from_outside_leaves_a_report_and_ends_the_process(string name, int number)
    {
        using ServerProcess server = RedisServers.Redoubt();
        server.Call("SET", "k", "v").OrThrow();
        ToolRun.Of("/bin/sh", ["-c", $"kill -{name} {server.ProcessId}"]).Succeeded();
        server.WaitForExit(TimeSpan.FromSeconds(10));
        Assert.Equal(128 + number, server.ExitCode);
        AssertIsReport(server.Log, $"crashed by signal: {number}, si_code: 0");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Killed by PID: "), server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SEGFAULT", 11, "crashed by signal: 11")]
    [InlineData("PANIC", 6, "Guru Meditation: InvalidOperationException: DEBUG PANIC called at Unix time ")]
    [InlineData("ASSERT", 6, "=== ASSERTION FAILED ===")]
    [InlineData("OOM", 6, "OUT OF MEMORY")]
    public void A_crash_in_a_command_is_reported_with_the_command(string how, int signal, string words)
    {
        using ServerProcess server = RedisServers.Redoubt("--enable-debug-command", "yes");
        using RespConnection connection = server.Connect();
        connection.Send("DEBUG", how);
        Assert.True(connection.IsClosedByPeer(10_000));
        server.WaitForExit(TimeSpan.FromSeconds(10));
        Assert.Equal(128 + signal, server.ExitCode);
        AssertIsReport(server.Log, words);
        Assert.Contains("------ CURRENT CLIENT INFO ------", server.Log, StringComparison.Ordinal);
        Assert.Contains($"argv[1]: '\"{how}\"'", server.Log, StringComparison.Ordinal);
        Assert.Contains("Redoubt.Commands.ProcessDebugging.TryRun", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_crash_log_there_is_no_report_but_the_same_end()
    {
        using ServerProcess server = RedisServers.Redoubt("--crash-log-enabled", "no", "--enable-debug-command", "yes");
        ToolRun.Of("/bin/sh", ["-c", $"kill -SEGV {server.ProcessId}"]).Succeeded();
        server.WaitForExit(TimeSpan.FromSeconds(10));
        Assert.Equal(128 + 11, server.ExitCode);
        Assert.DoesNotContain("STACK TRACE", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stuck_server_is_reported_by_another_thread()
    {
        using ServerProcess server = RedisServers.Redoubt("--enable-debug-command", "yes");
        using RespConnection connection = server.Connect();
        connection.Send("DEBUG", "SLEEP", "60");
        Wait.Until(() => SleepsIn(server, "keyspace"), "the command to run");
        ToolRun.Of("/bin/sh", ["-c", $"kill -ABRT {server.ProcessId}"]).Succeeded();
        server.WaitForExit(TimeSpan.FromSeconds(20));
        AssertIsReport(server.Log, "crashed by signal: 6");
        Assert.Contains("does not answer. It has been in command 'debug'", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_daemon_writes_its_own_pid_and_ends_by_a_signal(ServerKind kind)
    {
        using PortLease lease = PortLease.Take();
        string pidFile = Path.Combine(_folder, "server.pid"), log = Path.Combine(_folder, "server.log");
        ToolRun run = ToolRun.Of(ServerBinaries.PathOf(kind),
            ["-", "--port", $"{lease.Port}", "--daemonize", "yes", "--pidfile", pidFile, "--logfile", log, "--dir", _folder],
            Wire.Bytes("bind 127.0.0.1\nsave \"\"\ntimeout 55\n"));
        Assert.Equal("", run.Succeeded().ReplaceLineEndings("").Contains("Ready", StringComparison.Ordinal) ? "the daemon's log" : "");
        Wait.Until(() => File.Exists(pidFile) && File.ReadAllText(pidFile).EndsWith('\n'), "the pid file");
        int daemon = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        try
        {
            Wait.Until(() => File.Exists(log) && File.ReadAllText(log).Contains("Ready to accept connections", StringComparison.Ordinal), "the log");
            using RespConnection connection = RespConnection.Connect(lease.Port);
            Assert.Contains($"process_id:{daemon}\r", connection.Call("INFO", "server").Text, StringComparison.Ordinal);
            Assert.Equal("55", connection.Call("CONFIG", "GET", "timeout")[1].Text);
            Assert.Equal("/dev/null", File.ResolveLinkTarget($"/proc/{daemon}/fd/1", false)!.FullName);
            string[] stat = File.ReadAllText($"/proc/{daemon}/stat").Split(") ")[1].Split(' ');
            Assert.Equal(daemon.ToString(CultureInfo.InvariantCulture), stat[3]); // leads a session of its own
        }
        finally
        {
            ToolRun.Of("/bin/sh", ["-c", $"kill -TERM {daemon}"]).Succeeded();
        }
        Wait.Until(() => !File.Exists(pidFile), "the pid file to go");
    }

    [Fact]
    public void A_daemon_that_cannot_start_is_told_by_the_exit_code()
    {
        using PortLease lease = PortLease.Take();
        using ServerProcess holder = RedisServers.Redoubt();
        string log = Path.Combine(_folder, "server.log");
        ToolRun run = ToolRun.Of(ServerBinaries.PathOf(ServerKind.Redoubt),
            ["--port", $"{holder.Port}", "--bind", "127.0.0.1", "--daemonize", "yes", "--logfile", log, "--dir", _folder]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("The daemon ended before it was ready", run.Errors, StringComparison.Ordinal);
        Assert.Contains($"Failed listening on port {holder.Port} (TCP), aborting.", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_supervisor_is_told_of_readiness_and_of_the_end(ServerKind kind)
    {
        string path = Path.Combine(_folder, "notify.sock");
        using Socket supervisor = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        supervisor.Bind(new UnixDomainSocketEndPoint(path));
        using PortLease lease = PortLease.Take();
        Task<ToolRun> run = Task.Run(() => ToolRun.Of("/usr/bin/env",
            [$"NOTIFY_SOCKET={path}", ServerBinaries.PathOf(kind), "--port", $"{lease.Port}", "--bind", "127.0.0.1", "--supervised", "auto", "--dir", _folder]));
        Assert.Equal("STATUS=Redis is loading...\n", Received(supervisor));
        Assert.Equal("STATUS=Ready to accept connections\n", Received(supervisor));
        Assert.Equal("READY=1\n", Received(supervisor));
        using RespConnection connection = RespConnection.Connect(lease.Port);
        connection.Send("SHUTDOWN", "NOSAVE");
        Assert.Equal("STOPPING=1\n", Received(supervisor));
        Assert.Contains("Supervised by systemd.", (await run).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RESTART")]
    [InlineData("CRASH-AND-RECOVER")]
    public void The_server_can_start_anew_in_its_process(string how)
    {
        using ServerProcess server = RedisServers.Redoubt("--enable-debug-command", "yes", "--save", "3600", "1");
        server.Call("SET", "k", "v").OrThrow();
        if (how == "CRASH-AND-RECOVER")
            server.Call("SAVE").OrThrow();
        string run = server.Info("server", "run_id");
        using RespConnection connection = server.Connect();
        connection.Send("DEBUG", how);
        Assert.True(connection.IsClosedByPeer(10_000));
        Wait.Until(() => server.Log.Split("Ready to accept connections").Length == 3, "the second start");
        Assert.Equal("v", server.Call("GET", "k").Text);
        Assert.NotEqual(run, server.Info("server", "run_id"));
        Assert.Equal(server.ProcessId, server.InfoNumber("server", "process_id"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_second_interrupt_ends_the_process_at_once_and_leaves_no_half_file(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind, "--save", "3600", "1", "--rdb-key-save-delay", "1000000");
        for (int i = 0; i < 60; i++)
            server.Call("SET", $"k{i}", "v").OrThrow();
        string half = Path.Combine(server.Folder, $"temp-{server.ProcessId}.rdb");
        ToolRun.Of("/bin/sh", ["-c", $"kill -INT {server.ProcessId}"]).Succeeded();
        Wait.Until(() => File.Exists(half), "the save to begin");
        ToolRun.Of("/bin/sh", ["-c", $"kill -INT {server.ProcessId}"]).Succeeded();
        server.WaitForExit(TimeSpan.FromSeconds(10));
        Assert.Equal(1, server.ExitCode);
        Assert.False(File.Exists(half));
        Assert.Contains("You insist... exiting now.", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_clock_runs_as_often_as_hz_says_within_bounds(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind, "--hz", "25");
        Assert.Equal("25", server.Info("server", "hz"));
        server.Call("CONFIG", "SET", "hz", "100000").OrThrow();
        Assert.Equal("500", server.Info("server", "configured_hz"));
        server.Call("CONFIG", "SET", "hz", "0").OrThrow();
        Assert.Equal("1", server.Info("server", "configured_hz"));
    }

    [Fact]
    public void What_has_no_effect_yet_is_said_once()
    {
        using ServerProcess server = RedisServers.Redoubt("--replica-lazy-flush", "yes");
        server.Call("CONFIG", "SET", "replica-lazy-flush", "no").OrThrow();
        server.Call("CONFIG", "SET", "replica-lazy-flush", "yes").OrThrow();
        server.Call("CONFIG", "SET", "crash-memcheck-enabled", "no").OrThrow();
        server.Call("CONFIG", "SET", "crash-memcheck-enabled", "no").OrThrow();
        server.Stop();
        string[] lines = [.. server.Log.Split('\n').Where(line => line.Contains("without effect", StringComparison.Ordinal))];
        Assert.Equal(2, lines.Length);
        Assert.EndsWith("# Accepted, but without effect in this version: replica-lazy-flush.", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("# Accepted, but without effect in this version: crash-memcheck-enabled.", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_watchdog_names_the_command_that_takes_too_long()
    {
        using ServerProcess server = RedisServers.Redoubt("--watchdog-period", "200", "--enable-debug-command", "yes");
        server.Call("DEBUG", "SLEEP", "0.6").OrThrow();
        Assert.Contains("--- WATCHDOG TIMER EXPIRED ---", server.Log, StringComparison.Ordinal);
        Assert.Contains("In debugCommand (debug) of client id=", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Port_and_addresses_change_while_the_server_runs_or_stay(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using PortLease other = PortLease.Take();
        using PortLease taken = PortLease.Take();
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, taken.Port));
        holder.Listen(1);
        using RespConnection connection = server.Connect();
        connection.Call("CONFIG", "SET", "port", $"{other.Port}").OrThrow();
        using (RespConnection there = RespConnection.Connect(other.Port))
            Assert.Equal("PONG", there.Call("PING").Text);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
            connection.Call("CONFIG", "SET", "timeout", "99", "port", $"{taken.Port}").Text);
        Assert.Equal("0", connection.Call("CONFIG", "GET", "timeout")[1].Text);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
            connection.Call("CONFIG", "SET", "bind", "127.0.0.1 192.0.2.1").Text);
        connection.Call("CONFIG", "SET", "bind", "127.0.0.1 -192.0.2.1").OrThrow();
        using (RespConnection there = RespConnection.Connect(other.Port))
            Assert.Equal("PONG", there.Call("PING").Text);
        connection.Call("CONFIG", "SET", "port", "0").OrThrow();
        Assert.Throws<SocketException>(() => RespConnection.Connect(other.Port).Dispose());
        Assert.Equal("PONG", connection.Call("PING").Text);
    }

    private static void AssertIsReport(string log, string words)
    {
        string[] headings =
        [
            "=== REDIS BUG REPORT START: Cut & paste starting from here ===", words, "------ STACK TRACE ------", "------ INFO OUTPUT ------",
            "redis_version:7.0.15", "------ CLIENT LIST OUTPUT ------", "------ LAST COMMANDS ------", "=== REDIS BUG REPORT END.",
        ];
        int at = 0;
        foreach (string heading in headings)
        {
            int found = log.IndexOf(heading, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{heading}' is missing, or stands elsewhere, in:\n{log}");
            at = found;
        }
    }

    /// <summary>The thread of this name is in a sleep that is no wait for sockets.</summary>
    private static bool SleepsIn(ServerProcess server, string thread)
    {
        string? task = Directory.EnumerateDirectories($"/proc/{server.ProcessId}/task")
            .FirstOrDefault(each => File.ReadAllText(Path.Combine(each, "comm")).Trim() == thread);
        return task is not null && !File.ReadAllText(Path.Combine(task, "wchan")).Contains("poll", StringComparison.Ordinal);
    }

    /// <summary>A title that is shorter than the one before it leaves a trace behind its end, with Redis.</summary>
    private static string TitleOf(ServerProcess server) => Arguments(server).Split('\0')[0];

    private static string Arguments(ServerProcess server) => Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{server.ProcessId}/cmdline"));

    private static string Received(Socket socket)
    {
        byte[] datagram = new byte[1000];
        return Encoding.UTF8.GetString(datagram, 0, socket.Receive(datagram));
    }
}
