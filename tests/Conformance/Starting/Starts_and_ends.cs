using System.Net;
using System.Net.Sockets;
using Redoubt.Testing;

namespace Redoubt.Conformance.Starting;

/// <summary>How the process begins and ends, as init systems and people at a shell see it. Where the words matter, both kinds say them.</summary>
public sealed class Starts_and_ends : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-test-").FullName;

    public static TheoryData<ServerKind> Kinds => [.. Enum.GetValues<ServerKind>()];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_port_that_is_taken_ends_the_start_with_a_clear_line(ServerKind kind)
    {
        using PortLease lease = PortLease.Take();
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, lease.Port));
        holder.Listen(1);
        ToolRun run = Run(kind, "--port", $"{lease.Port}", "--bind", "127.0.0.1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"Could not create server TCP listening socket 127.0.0.1:{lease.Port}: bind: Address already in use", run.Output, StringComparison.Ordinal);
        Assert.Contains($"Failed listening on port {lease.Port} (TCP), aborting.", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_unknown_directive_is_named_on_standard_error(ServerKind kind)
    {
        ToolRun run = Run(kind, "--no-such-directive", "1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***", run.Errors, StringComparison.Ordinal);
        Assert.Contains(">>> 'no-such-directive \"1\"'\nBad directive or wrong number of arguments\n", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_snapshot_stops_the_start_and_stays_as_it_was(ServerKind kind)
    {
        byte[] damaged = "REDIS0010\xfa, and then something else"u8.ToArray();
        string path = Path.Combine(_folder, "dump.rdb");
        File.WriteAllBytes(path, damaged);
        using PortLease lease = PortLease.Take();
        ToolRun run = Run(kind, "--port", $"{lease.Port}", "--bind", "127.0.0.1", "--dir", _folder);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("RDB", run.Output, StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(ServerKind.Redis, "TERM")]
    [InlineData(ServerKind.Redoubt, "TERM")]
    [InlineData(ServerKind.Redis, "INT")]
    [InlineData(ServerKind.Redoubt, "INT")]
    public void A_signal_saves_when_save_points_are_set_and_ends_well(ServerKind kind, string signal)
    {
        string pidFile = Path.Combine(_folder, "server.pid");
        using ServerProcess server = RedisServers.Start(kind, "--save", "3600", "1", "--pidfile", pidFile);
        server.Call("SET", "k", "v").OrThrow();
        Assert.Equal($"{server.ProcessId}\n", File.ReadAllText(pidFile));
        ToolRun.Of("/bin/sh", ["-c", $"kill -{signal} {server.ProcessId}"]).Succeeded();
        server.WaitForExit(TimeSpan.FromSeconds(10));
        Assert.Contains("Saving the final RDB snapshot before exiting.", server.Log, StringComparison.Ordinal);
        Assert.Contains("bye bye", server.Log, StringComparison.Ordinal);
        Assert.False(File.Exists(pidFile));
        server.Restart("--save", "");
        Assert.Equal("v", server.Call("GET", "k").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Without_save_points_a_signal_saves_nothing(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        server.Call("SET", "k", "v").OrThrow();
        server.Stop();
        Assert.False(File.Exists(Path.Combine(server.Folder, "dump.rdb")));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_exit_code_of_a_stop_on_request_is_0(ServerKind kind)
    {
        using PortLease lease = PortLease.Take();
        string log = Path.Combine(_folder, "server.log");
        Task<ToolRun> run = Task.Run(() => Run(kind, "--port", $"{lease.Port}", "--bind", "127.0.0.1", "--save", "", "--logfile", log));
        Wait.Until(() => File.Exists(log) && File.ReadAllText(log).Contains("Ready to accept connections", StringComparison.Ordinal), "the log file to say that the server is ready");
        using RespConnection connection = RespConnection.Connect(lease.Port);
        connection.Send("SHUTDOWN", "NOSAVE");
        Assert.True(connection.IsClosedByPeer(10_000));
        ToolRun ended = await run;
        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Output);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_configuration_can_come_from_standard_input(ServerKind kind)
    {
        using PortLease lease = PortLease.Take();
        string log = Path.Combine(_folder, "server.log");
        byte[] input = Wire.Bytes($"port {lease.Port}\nbind 127.0.0.1\nsave \"\"\ntimeout 77\nlogfile {log}\n");
        Task<ToolRun> run = Task.Run(() => ToolRun.Of(ServerBinaries.PathOf(kind), ["-"], input));
        Wait.Until(() => File.Exists(log) && File.ReadAllText(log).Contains("Ready to accept connections", StringComparison.Ordinal), "the log file to say that the server is ready");
        using RespConnection connection = RespConnection.Connect(lease.Port);
        Assert.Equal("77", connection.Call("CONFIG", "GET", "timeout")[1].Text);
        connection.Send("SHUTDOWN", "NOSAVE");
        Assert.Equal(0, (await run).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_version_is_that_of_the_Redis_it_stands_for(ServerKind kind)
    {
        string output = ToolRun.Of(ServerBinaries.PathOf(kind), ["--version"]).Succeeded();
        Assert.Matches("^Redis server v=7\\.0\\.15 sha=[0-9a-f]{8}:[01] malloc=\\S+ bits=64 build=[0-9a-f]+", output);
    }

    private static ToolRun Run(ServerKind kind, params string[] arguments) =>
        ToolRun.Of(ServerBinaries.PathOf(kind), kind == ServerKind.Redoubt ? [.. arguments, .. ServerBinaries.RedoubtOptions] : arguments, limit: TimeSpan.FromSeconds(20));
}
