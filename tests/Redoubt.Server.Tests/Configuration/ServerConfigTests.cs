using System.Text;
using Redoubt.Server.Configuration;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Configuration;

public sealed class ServerConfigTests : IDisposable
{
    private readonly string _folder = RealRedis.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_hook_sees_the_new_value_and_runs_once_for_all_its_directives()
    {
        var config = Load();
        var seen = new List<(string, int)>();
        config.WhenSet(() =>
        {
            seen.Add((string.Join(' ', config.Bind), config.Port));
            return null;
        }, "bind", "port");

        Assert.Null(Set(config, "bind", "127.0.0.1", "port", "7000"));

        Assert.Equal([("127.0.0.1", 7000)], seen);
    }

    [Fact]
    public void A_hook_does_not_run_for_a_value_that_stays()
    {
        var config = Load();
        var runs = 0;
        config.WhenSet(() =>
        {
            runs++;
            return null;
        }, "maxclients");

        Assert.Null(Set(config, "maxclients", "10000"));

        Assert.Equal(0, runs);
    }

    [Fact]
    public void A_refusing_hook_brings_all_values_back_and_runs_again_with_them()
    {
        var config = Load();
        var ports = new List<int>();
        config.WhenSet(() =>
        {
            ports.Add(config.Port);
            return config.Port == 1 ? "Unable to listen on this port. Check server logs." : null;
        }, "port");

        var error = Set(config, "hz", "99", "Port", "1", "save", "");

        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.", error);
        Assert.Equal([1, 6379], ports);
        Assert.Equal(10, config.Hz);
        Assert.Equal([new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10000)], config.SavePoints);
    }

    [Fact]
    public void A_hook_on_an_unknown_name_is_a_mistake_of_the_program() =>
        Assert.Throws<ArgumentException>(() => Load().WhenSet(() => null, "prot"));

    [Fact]
    public void Protected_values_are_set_from_this_machine_only_when_the_file_says_local()
    {
        var config = Load("--enable-protected-configs", "local");
        KeyValuePair<string, string>[] pair = [new("dbfilename", "x.rdb")];

        Assert.Contains("can't set protected config", config.Set(pair, new ConfigCaller(IsLocal: false)));
        Assert.Null(config.Set(pair, new ConfigCaller(IsLocal: true)));
        Assert.Equal(Path.Combine(_folder, "x.rdb"), config.RdbPath);
    }

    [Fact]
    public void What_must_wait_for_the_dataset_answers_loading()
    {
        KeyValuePair<string, string>[] pair = [new("repl-diskless-load", "swapdb")];
        Assert.Equal("LOADING Redis is loading the dataset in memory", Load().Set(pair, new ConfigCaller(IsLocal: true, IsLoading: true)));
    }

    [Fact]
    public void Passwords_keep_their_bytes_and_names_their_characters()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.conf"), [.. "requirepass \"p\\xff\xe4\u00fc\"\ndir "u8, .. Encoding.UTF8.GetBytes("größe\n")]);
        Directory.CreateDirectory(Path.Combine(_folder, "größe"));

        var config = Load("a.conf", "--masterauth", "ü");

        Assert.Equal([(byte)'p', 0xff, 0xc3, 0xa4, 0xc3, 0xbc], config.RequirePass!);
        Assert.Equal(Encoding.UTF8.GetBytes("ü"), config.MasterAuth);
        Assert.Equal(Path.Combine(_folder, "größe"), config.Dir);
        Assert.True(config.IsSecret("MASTERAUTH"));
        Assert.False(config.IsSecret("dir"));
    }

    [Fact]
    public void The_role_at_run_time_is_what_config_get_and_rewrite_tell()
    {
        File.WriteAllText(Path.Combine(_folder, "a.conf"), "# keep\nslaveof old 1\n");
        var config = Load("a.conf");
        Assert.Equal(new MasterAddress("old", 1), config.ReplicaOf);

        config.ReplicaOf = new MasterAddress("new", 2);
        Assert.Equal("new 2", config.Get("slaveof")[0].Value);
        Assert.Null(config.Rewrite());
        Assert.StartsWith("# keep\nreplicaof new 2\n", File.ReadAllText(config.ConfigFilePath!), StringComparison.Ordinal);

        config.ReplicaOf = null;
        Assert.Null(config.Rewrite());
        Assert.DoesNotContain("replicaof", File.ReadAllText(config.ConfigFilePath!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rewritten_file_gives_the_same_configuration_and_leaves_nothing_else()
    {
        File.WriteAllText(Path.Combine(_folder, "a.conf"), "hz 20\nuser alice on\nrename-command KEYS \"\"\n");
        var config = Load("a.conf", "--timeout", "7", "--io", "portable");
        Assert.Null(Set(config, "requirepass", "a\"b \u00ff", "save", "1 2 3 4", "client-output-buffer-limit", "pubsub 1kb 2 3", "proto-max-bulk-len", "3mb"));

        Assert.Null(config.Rewrite());
        var again = Load("a.conf");

        Assert.Equal(config.Get("*"), again.Get("*"));
        Assert.Equal([["alice", "on"]], again.Users);
        Assert.Equal([new RenamedCommand("KEYS", "")], again.RenamedCommands);
        Assert.Equal(["a.conf"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Rewriting_needs_a_file() =>
        Assert.Equal("ERR The server is running without a config file", Load().Rewrite());

    [Fact]
    public void What_is_only_stored_is_named_once_it_is_set()
    {
        Assert.Empty(Load("--timeout", "20", "--appendfsync", "everysec").NotInEffect());
        Assert.Equal(["active-defrag-cycle-min", "cluster-enabled"], Load("--cluster-enabled", "yes", "--active-defrag-cycle-min", "2").NotInEffect());
    }

    /// <summary>The page promises that everything else is in effect, so each directive must be in it, and nothing else.</summary>
    [Fact]
    public void The_operating_page_lists_what_is_only_stored()
    {
        string page = File.ReadAllText(Path.Combine(ServerBinaries.RepositoryRoot, "docs", "operating.md"));
        int begin = page.IndexOf("### Accepted without effect", StringComparison.Ordinal);
        string table = page[begin..page.IndexOf("Of its own", begin, StringComparison.Ordinal)];
        string[] listed = [.. table.Split('\n').Where(static line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(static line => line.Split('|')[1].Split('`', StringSplitOptions.RemoveEmptyEntries)).Where(static name => name.Trim().Length > 0)];
        string[] stored = [.. Load().Table.InOrder.Where(static each => each.Has(Traits.NotInEffect)).Select(static each => each.Name)];

        Assert.All(stored, name => Assert.Contains(listed, pattern => ConfigPattern.Matches(pattern, name, ignoreCase: true)));
        Assert.All(listed, pattern => Assert.Contains(stored, name => ConfigPattern.Matches(pattern, name, ignoreCase: true)));
    }

    [Fact]
    public void An_error_names_the_line_of_the_included_file()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "conf.d"));
        File.WriteAllText(Path.Combine(_folder, "a.conf"), "hz 10\ninclude conf.d/*\n");
        File.WriteAllText(Path.Combine(_folder, "conf.d", "1.conf"), "hz 11\n");
        File.WriteAllText(Path.Combine(_folder, "conf.d", "2.conf"), "# remark\nporte 1\n");

        var result = Try("a.conf");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 3\n>>> 'porte 1'\n"
            + "Bad directive or wrong number of arguments\n(in line 2 of conf.d/2.conf)\n",
            result.Error);
    }

    [Fact]
    public void An_error_in_the_options_names_the_command_line() =>
        Assert.EndsWith("(in the command line)\n", Try("--port", "x").Error, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_includes_itself_is_refused()
    {
        File.WriteAllText(Path.Combine(_folder, "a.conf"), "include a.conf\n");
        Assert.Contains("Too many levels of include", Try("a.conf").Error);
    }

    [Fact]
    public void Standard_input_comes_after_the_file_and_before_the_options()
    {
        File.WriteAllText(Path.Combine(_folder, "a.conf"), "hz 20\ntimeout 1\ntcp-keepalive 1\n");
        var surroundings = new LoadSurroundings
        {
            CurrentDirectory = _folder,
            StandardInput = new MemoryStream(Encoding.UTF8.GetBytes("timeout 2\ntcp-keepalive 2")),
        };

        var result = ServerConfig.Load(["a.conf", "--tcp-keepalive", "3", "-"], surroundings);

        Assert.Contains("# Reading config from stdin\n", result.Output);
        Assert.Equal((20, 2, 3), (result.Config!.Hz, result.Config.TimeoutSeconds, result.Config.TcpKeepAliveSeconds));
    }

    [Fact]
    public void Renaming_needs_a_command_and_a_free_name()
    {
        string[] commands = ["GET", "SET"];
        var surroundings = new LoadSurroundings
        {
            CurrentDirectory = _folder,
            IsCommand = name => commands.Contains(name, StringComparer.OrdinalIgnoreCase),
        };

        Assert.Contains("No such command in rename-command", ServerConfig.Load(["--rename-command", "GOT", "x"], surroundings).Error);
        Assert.Contains("Target command name already exists", ServerConfig.Load(["--rename-command", "get", "set"], surroundings).Error);
        Assert.Contains("No such command", ServerConfig.Load(["--rename-command", "get", "x", "--rename-command", "get", "y"], surroundings).Error);
        Assert.Equal(
            [new RenamedCommand("get", ""), new RenamedCommand("set", "get")],
            ServerConfig.Load(["--rename-command", "get", "", "--rename-command", "set", "get"], surroundings).Config!.RenamedCommands);
    }

    [Fact]
    public void The_version_line_is_parsed_as_a_redis_of_7_0_15()
    {
        var result = Try("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches("^Redis server v=7\\.0\\.15 sha=00000000:0 malloc=redoubt bits=64 build=[0-9a-f]{16} redoubt=[0-9.]+\n$", result.Output);
    }

    [Theory]
    [InlineData(1, "no Sentinel mode", "a.conf", "--sentinel")]
    [InlineData(1, "Usage: ./redoubt-server", "--help")]
    [InlineData(1, "does not test memory", "--test-memory", "64")]
    [InlineData(1, "does not load modules", "--loadmodule", "x.so")]
    [InlineData(1, "Unbalanced quotes", "--save", "\"60")]
    public void What_this_server_is_not_is_said_clearly(int exitCode, string words, params string[] arguments)
    {
        var result = Try(arguments);
        Assert.Null(result.Config);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(words, result.Error);
    }

    [Fact]
    public void The_title_of_the_process_follows_the_template()
    {
        var config = Load("--port", "7000", "--bind", "127.0.0.1", "--proc-title-template", "{{x} {title} {listen-addr} {port} {server-mode}");
        Assert.Equal("{x} redoubt-server 127.0.0.1:7000 7000", ProcessTitle.Of(config, "redoubt-server"));
    }

    private ServerConfig Load(params string[] arguments)
    {
        var result = Try(arguments);
        Assert.True(result.Config is not null, result.Error + result.Output);
        return result.Config;
    }

    private LoadResult Try(params string[] arguments) => ServerConfig.Load(arguments, new LoadSurroundings { CurrentDirectory = _folder });

    private static string? Set(ServerConfig config, params string[] words) =>
        config.Set(words.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1])).ToArray(), new ConfigCaller(IsLocal: true));
}
