using System.Diagnostics;
using System.Text.Json;
using Redoubt.Testing;

namespace Redoubt.Cli.Tests;

public sealed class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-cli-").FullName;

    public void Dispose()
    {
        ProgramRun.Of("down", "--dir", _folder).GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("status")]
    [InlineData("switchover")]
    [InlineData("init")]
    [InlineData("plan")]
    [InlineData("doctor")]
    [InlineData("clients")]
    [InlineData("failover")]
    [InlineData("fence")]
    [InlineData("unfence")]
    [InlineData("resume")]
    [InlineData("abort")]
    [InlineData("journal")]
    [InlineData("history")]
    public async Task Help_is_everywhere(string command)
    {
        ProgramRun run = await ProgramRun.Of([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, run.Code);
        Assert.Contains("Usage:", run.Output);
        Assert.Equal(command.Length > 0, run.Output.Contains("Exit codes:"));
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task The_version_is_a_version()
    {
        ProgramRun run = await ProgramRun.Of("--version");
        Assert.Equal(0, run.Code);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", run.Output);
    }

    [Theory]
    [InlineData("stauts")]
    [InlineData("up --port abc")]
    [InlineData("up --port 70000")]
    [InlineData("up --replicas -1")]
    [InlineData("status --nodes host:port")]
    [InlineData("status --watch --json")]
    [InlineData("switchover --max-lag many")]
    [InlineData("switchover --max-pause 5")]
    [InlineData("switchover --kill-stragglers maybe")]
    [InlineData("switchover --dns-wait long")]
    [InlineData("journal first")]
    [InlineData("status surplus")]
    [InlineData("status -o xml")]
    [InlineData("status --group a --nodes b:1")]
    [InlineData("init")]
    [InlineData("init --name a/b localhost:1")]
    public async Task Arguments_that_make_no_sense_end_with_2_and_a_hint_on_standard_error(string arguments)
    {
        ProgramRun run = await ProgramRun.Of(arguments.Split(' '));
        Assert.Equal(2, run.Code);
        Assert.Empty(run.Output);
        Assert.StartsWith("redoubt: ", run.Errors);
        Assert.Contains("--help", run.Errors);
    }

    [Fact]
    public async Task Without_a_group_status_and_switchover_say_how_to_get_one()
    {
        foreach (string command in new[] { "status", "switchover" })
        {
            ProgramRun run = await ProgramRun.Of(command, "--dir", _folder);
            Assert.Equal(2, run.Code);
            Assert.Contains("redoubt up", run.Errors);
            Assert.Contains("--nodes", run.Errors);
        }

        ProgramRun down = await ProgramRun.Of("down", "--dir", _folder);
        Assert.Equal(0, down.Code);
        Assert.Contains("No local group runs", down.Output);
    }

    [Theory]
    [InlineData(ServerKind.Redis, ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt, ServerKind.Redoubt)]
    [InlineData(ServerKind.Redoubt, ServerKind.Redis)]
    public async Task The_exit_code_of_status_tells_healthy_from_degraded_from_unreachable(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = RedisServers.Start(masterKind);
        string node = $"127.0.0.1:{master.Port}";
        ProgramRun lonely = await ProgramRun.Of("status", "--nodes", node);
        Assert.Equal(1, lonely.Code);
        Assert.Contains("no replica", lonely.Output);

        using ServerProcess replica = RedisServers.ReplicaOf(master, replicaKind);
        master.WaitForReplicas(1);
        ProgramRun healthy = await ProgramRun.Of("status", "--nodes", $"127.0.0.1:{replica.Port}");
        Assert.Equal(0, healthy.Code);
        Assert.Contains("HEALTHY", healthy.Output);
        Assert.DoesNotContain('\e', healthy.Output);
        Assert.DoesNotContain('\r', healthy.Output);
        Assert.Contains(node, healthy.Output);

        ProgramRun nobody = await ProgramRun.Of("status", "--nodes", $"127.0.0.1:{PortLease.Free()}");
        Assert.Equal(3, nobody.Code);
        Assert.Contains("connection refused", nobody.Output);
    }

    [Fact]
    public async Task JSON_is_one_object_and_nothing_else()
    {
        using ServerProcess master = RedisServers.Redis();
        ProgramRun status = await ProgramRun.Of("status", "--json", "--nodes", $"127.0.0.1:{master.Port}");
        using JsonDocument report = JsonDocument.Parse(status.Output);
        Assert.Equal("master", report.RootElement.GetProperty("nodes")[0].GetProperty("role").GetString());
        ProgramRun refused = await ProgramRun.Of("switchover", "--json", "--nodes", $"127.0.0.1:{master.Port}");
        Assert.Equal(3, refused.Code);
        using JsonDocument result = JsonDocument.Parse(refused.Output);
        Assert.Equal("refused", result.RootElement.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task The_password_comes_from_a_file_or_the_environment()
    {
        string file = Path.Combine(_folder, "password");
        File.WriteAllText(file, "secret\n");
        using ServerProcess server = RedisServers.Redis("--requirepass", "secret");
        string[] status = ["status", "--nodes", $"127.0.0.1:{server.Port}"];
        ProgramRun without = await ProgramRun.Of(status);
        Assert.Contains("REDISCLI_AUTH", without.Output);
        Assert.NotEqual(0, without.Code);
        Assert.Contains("master", (await ProgramRun.Of([.. status, "--password-file", file])).Output);
        Assert.Contains("is the master", (await ProgramRun.Of(new Dictionary<string, string> { ["REDISCLI_AUTH"] = "secret" }, status)).Output);
    }

    [Fact]
    public async Task Init_writes_a_group_file_that_status_then_understands_in_every_format()
    {
        using ServerProcess master = RedisServers.Redis();
        using ServerProcess replica = RedisServers.ReplicaOf(master);
        master.WaitForReplicas(1);
        var home = new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = _folder };
        ProgramRun init = await ProgramRun.Of(home, "init", "--name", "orders", $"127.0.0.1:{replica.Port}");
        Assert.True(init.Code == 0, init.Errors);
        ProgramRun twice = await ProgramRun.Of(home, "init", "--name", "orders", $"127.0.0.1:{replica.Port}");
        Assert.Equal(2, twice.Code);
        Assert.Contains("exists", twice.Errors);

        ProgramRun table = await ProgramRun.Of(home, "status", "--group", "orders");
        Assert.True(table.Code == 0, table.Output + table.Errors);
        Assert.Contains("node-1", table.Output);
        ProgramRun tsv = await ProgramRun.Of(home, "status", "-g", Path.Combine(_folder, "redoubt", "groups", "orders.yaml"), "-o", "tsv");
        string[] lines = tsv.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("name\taddress\trole", lines[0]);
        Assert.StartsWith($"node-1\t127.0.0.1:{master.Port}\tmaster", lines[1]);
        ProgramRun yaml = await ProgramRun.Of(home, "status", "-g", "orders", "-o", "yaml");
        Assert.Contains("severity: healthy\n", yaml.Output);
        Assert.Contains($"    address: \"127.0.0.1:{replica.Port}\"\n    role: replica\n", yaml.Output);
    }

    [Fact]
    public async Task An_error_in_the_group_file_ends_with_2_and_its_place()
    {
        string file = Path.Combine(_folder, "bad.yaml");
        File.WriteAllText(file, "group: bad\nnodes: [{ addr: a:1 }]\ngate: {}\n");
        ProgramRun run = await ProgramRun.Of("status", "--group", file);
        Assert.Equal(2, run.Code);
        Assert.Contains($"{file}:3:1: unknown key 'gate'; did you mean 'gates'?", run.Errors);
        ProgramRun missing = await ProgramRun.Of("status", "--group", "nosuchgroup");
        Assert.Equal(2, missing.Code);
        Assert.Contains("redoubt init", missing.Errors);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task A_detached_group_is_started_seen_switched_over_and_stopped(ServerKind kind)
    {
        ProgramRun up = await ProgramRun.Of("up", "--detach", "--server", ServerBinaries.PathOf(kind), "--port", $"{PortLease.Free()}", "--dir", _folder);
        Assert.True(up.Code == 0, up.Errors);
        Assert.DoesNotContain('\e', up.Output);
        Assert.Contains(_folder, up.Output);

        ProgramRun again = await ProgramRun.Of("up", "--detach", "--server", ServerBinaries.PathOf(kind), "--dir", _folder);
        Assert.Equal(1, again.Code);
        Assert.Contains("already runs", again.Errors);

        ProgramRun dry = await ProgramRun.Of("switchover", "--dry-run", "--dir", _folder);
        Assert.Equal(0, dry.Code);
        Assert.Contains("FAILOVER TO 127.0.0.1", dry.Output);

        ProgramRun switchover = await ProgramRun.Of("switchover", "--json", "--probe-key", "probe", "--dir", _folder);
        Assert.Equal(0, switchover.Code);
        using JsonDocument result = JsonDocument.Parse(switchover.Output);
        Assert.True(result.RootElement.GetProperty("nothing_lost_proven").GetBoolean());
        Assert.True(result.RootElement.GetProperty("write_pause_ms").GetDouble() > 0);

        using JsonDocument status = JsonDocument.Parse((await ProgramRun.Of("status", "--json", "--dir", _folder)).Output);
        JsonElement master = status.RootElement.GetProperty("nodes").EnumerateArray().Single(node => node.GetProperty("role").GetString() == "master");
        Assert.Equal("node-2", master.GetProperty("name").GetString());

        ProgramRun down = await ProgramRun.Of("down", "--dir", _folder);
        Assert.Equal(0, down.Code);
        Assert.Contains("Stopped 2 servers", down.Output);
        Assert.Equal(2, (await ProgramRun.Of("status", "--dir", _folder)).Code);
    }

    [Theory]
    [InlineData("INT", ServerKind.Redoubt)]
    [InlineData("TERM", ServerKind.Redis)]
    [InlineData("HUP", ServerKind.Redoubt)]
    public async Task An_attached_group_is_stopped_by_a_signal_and_leaves_no_process(string signal, ServerKind kind)
    {
        using Process up = ProgramRun.Start(new Dictionary<string, string>(), "up", "--server", ServerBinaries.PathOf(kind), "--port", $"{PortLease.Free()}", "--dir", _folder);
        string read = "";
        while (!read.Contains("Ctrl-C"))
            read += await up.StandardOutput.ReadLineAsync() ?? throw new EndOfStreamException(await up.StandardError.ReadToEndAsync());
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "group.json")));
        int[] servers = [.. file.RootElement.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("processId").GetInt32())];
        Assert.All(servers, id => Assert.True(Directory.Exists($"/proc/{id}")));
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{up.Id}"]))
            await kill.WaitForExitAsync();
        ProgramRun ended = await ProgramRun.Finish(up, read);
        Assert.True(ended.Code == 0, ended.Errors);
        Assert.Contains("Stopped", ended.Output);
        Assert.All(servers, id => Assert.False(Directory.Exists($"/proc/{id}")));
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_quoted_and_nothing_is_left_running()
    {
        ProgramRun run = await ProgramRun.Of("up", "--server", "/bin/false", "--dir", _folder);
        Assert.Equal(1, run.Code);
        Assert.Contains("exit code 1", run.Errors);
        ProgramRun missing = await ProgramRun.Of("up", "--server", "/no/such/server", "--dir", _folder);
        Assert.Equal(1, missing.Code);
        Assert.Contains("/no/such/server", missing.Errors);
    }
}
