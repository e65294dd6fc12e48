using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Redoubt.Testing;

namespace Redoubt.Interop.Tools;

/// <summary>The tools that come with Redis, unchanged, against Redoubt.</summary>
public sealed class Command_line_tools : IDisposable
{
    private readonly ServerProcess _server = RedisServers.Redoubt();

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Redis_cli_runs_a_command()
    {
        Assert.Equal("PONG\n", Cli("PING"));
        Assert.Equal("OK\n", Cli("SET", "greeting", "hello world"));
        Assert.Equal("hello world\n", Cli("GET", "greeting"));
        Assert.Equal("\n", Cli("GET", "nothing"));
        Assert.StartsWith("ERR wrong number of arguments for 'get' command", Cli("GET"), StringComparison.Ordinal);
    }

    [Fact]
    public void Redis_cli_speaks_RESP3()
    {
        Assert.Equal("1) \"timeout\" => \"0\"\n", Cli("-3", "--no-raw", "CONFIG", "GET", "timeout").Replace("1# ", "1) ", StringComparison.Ordinal));
        Assert.Equal("(nil)\n", Cli("-3", "--no-raw", "GET", "nothing"));
    }

    [Fact]
    public void Redis_cli_reads_commands_from_its_input()
    {
        string output = Cli(Encoding.UTF8.GetBytes("SELECT 3\nSET k \"a b\"\nGET k\nDBSIZE\n"));
        Assert.Equal("OK\nOK\na b\n1\n", output);
    }

    [Fact]
    public void Redis_cli_pipes_many_commands()
    {
        var input = new MemoryStream();
        for (int i = 0; i < 20_000; i++)
        {
            Wire.EncodeTo(input, Wire.Arguments("SET", $"piped:{i}", $"value {i}"));
        }

        Assert.Contains("errors: 0, replies: 20000", Cli(input.ToArray(), "--pipe"), StringComparison.Ordinal);
        Assert.Equal(20_000, _server.Call("DBSIZE").Integer);
    }

    [Fact]
    public void Redis_cli_scans_with_a_pattern()
    {
        for (int i = 0; i < 200; i++)
        {
            _server.Call("SET", $"{(i % 2 == 0 ? "even" : "odd")}:{i}", "v").OrThrow();
        }

        string[] keys = Cli("--scan", "--pattern", "even:*").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"even:{i * 2}").Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Redis_cli_measures_latency_and_repeats_commands()
    {
        Assert.Equal("1\n2\n3\n4\n5\n", Cli("-r", "5", "INCR", "repeated"));
        Assert.Matches(@"^\d+ \d+ [\d.]+ \d+", Cli("--latency", "--raw", "-i", "0.2"));
    }

    [Fact]
    public void Redis_cli_takes_a_snapshot_as_a_replica_would()
    {
        _server.Call("SET", "k", new string('v', 1_000)).OrThrow();
        string file = Path.Combine(_server.Folder, "taken.rdb");
        Cli("--rdb", file);
        Assert.Contains("1 keys read", ToolRun.Of("/usr/bin/redis-check-rdb", [file]).Succeeded(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ping_inline,ping_mbulk,set,get,incr,mset", "16", "50")]
    [InlineData("ping_mbulk,set,get,incr", "1", "200")]
    public void Redis_benchmark_runs_to_its_end_without_errors(string tests, string pipeline, string clients)
    {
        ToolRun run = ToolRun.Of("/usr/bin/redis-benchmark",
            ["-h", "127.0.0.1", "-p", Port, "-t", tests, "-n", "20000", "-P", pipeline, "-c", clients, "-r", "1000", "--csv"]);
        string output = run.Succeeded();
        Assert.DoesNotContain("WARNING", run.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Error", output + run.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(tests.Split(',').Length, Regex.Count(output, @"^""(?!test)[^""]+"",""[\d.]+""", RegexOptions.Multiline));
        Assert.True(_server.Call("DBSIZE").Integer > 500);
    }

    [Fact]
    public void Redis_check_rdb_accepts_the_file_of_a_SAVE()
    {
        WriteLoad.Fill(_server, seed: 81, count: 2_000);
        _server.Call("SET", "compressible", new string('c', 50_000), "EX", "1000").OrThrow();
        Assert.Equal("OK", _server.Call("SAVE").Text);
        string output = ToolRun.Of("/usr/bin/redis-check-rdb", [Path.Combine(_server.Folder, "dump.rdb")]).Succeeded();
        Assert.Contains("\\o/ RDB looks OK! \\o/", output, StringComparison.Ordinal);
        Assert.Contains("Checksum OK", output, StringComparison.Ordinal);
    }

    private string Port => _server.Port.ToString(CultureInfo.InvariantCulture);

    private string Cli(params string[] arguments) => Cli(null, arguments);

    private string Cli(byte[]? input, params string[] arguments)
    {
        ToolRun run = ToolRun.Of("/usr/bin/redis-cli", ["-h", "127.0.0.1", "-p", Port, .. arguments], input);
        return run.Output.TrimEnd('\n') + "\n";
    }
}
