using Redoubt.Testing;

namespace Redoubt.Server.Tests.Information;

/// <summary>
/// INFO beside redis-server's after the same commands: the same sections and fields in the same order, values of the same shape, and,
/// but for what is measured or listed with its reason, the same values.
/// </summary>
public sealed class InfoAgainstRedisTests
{
    [Fact]
    public void A_fresh_server_reports_as_redis_does()
    {
        using ServerProcess redis = RedisServers.Redis();
        using ServerProcess redoubt = RedisServers.Redoubt();

        Compare(redis, redoubt);
    }

    [Fact]
    public void After_reads_writes_and_errors_the_counters_are_those_of_redis()
    {
        using ServerProcess redis = RedisServers.Redis("--maxmemory", "100mb", "--maxclients", "77", "--repl-backlog-size", "2mb");
        using ServerProcess redoubt = RedisServers.Redoubt("--maxmemory", "100mb", "--maxclients", "77", "--repl-backlog-size", "2mb");
        foreach (ServerProcess server in new[] { redis, redoubt })
            Exercise(server);

        List<InfoField> fields = Compare(redis, redoubt);

        // The comparison would be worthless if these were all zero.
        Assert.Contains(fields, field => field is { Name: "keyspace_hits", Value: not "0" });
        Assert.Contains(fields, field => field is { Name: "rdb_changes_since_last_save", Value: not "0" });
        Assert.Contains(fields, field => field is { Name: "errorstat_WRONGTYPE" or "errorstat_EXECABORT" });
        Assert.Contains(fields, field => field is { Name: "db3", Section: "Keyspace" });
    }

    [Fact]
    public void Calls_failures_and_rejections_of_each_command_are_those_of_redis()
    {
        using ServerProcess redis = RedisServers.Redis();
        using ServerProcess redoubt = RedisServers.Redoubt();
        foreach (ServerProcess server in new[] { redis, redoubt })
            Exercise(server);

        string[] expected = CallCounts(redis);
        string[] actual = CallCounts(redoubt);

        Assert.Contains(expected, line => line.Contains("failed_calls=1", StringComparison.Ordinal));
        Assert.Contains(expected, line => line.Contains("rejected_calls=1", StringComparison.Ordinal));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_master_and_its_replica_report_as_redis_does()
    {
        using ServerProcess redis = RedisServers.Redis("--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1");
        using ServerProcess redisReplica = RedisServers.Redis();
        using ServerProcess redoubt = RedisServers.Redoubt("--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1");
        using ServerProcess redoubtReplica = RedisServers.Redoubt();
        foreach ((ServerProcess master, ServerProcess replica) in new[] { (redis, redisReplica), (redoubt, redoubtReplica) })
        {
            replica.Call("REPLICAOF", "127.0.0.1", master.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)).OrThrow();
            Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");
            Wait.For("1", () => master.Info("replication", "min_slaves_good_slaves"), "good replicas");
            master.Call("SET", "a", "1").OrThrow();
            Assert.Equal(1, master.Call("WAIT", "1", "10000").Integer);
        }

        string[] timed = ["total_commands_processed", "master_repl_offset", "repl_backlog_histlen", "slave_repl_offset", "slave_read_repl_offset"];
        Compare(redis, redoubt, timed);
        Compare(redisReplica, redoubtReplica, timed);
    }

    [Fact]
    public void A_replica_whose_master_is_not_there_reports_as_redis_does()
    {
        using PortLease nobody = PortLease.Take();
        using ServerProcess redis = RedisServers.Redis("--replicaof", $"127.0.0.1 {nobody.Port}");
        using ServerProcess redoubt = RedisServers.Redoubt("--replicaof", $"127.0.0.1 {nobody.Port}");

        List<InfoField> fields = Compare(redis, redoubt);

        Assert.Contains(fields, field => field is { Name: "master_link_down_since_seconds", Value: "-1" });
    }

    [Fact]
    public void A_server_that_loads_its_file_reports_as_redis_does()
    {
        using ServerProcess redis = RedisServers.Redis();
        using ServerProcess redoubt = RedisServers.Redoubt();

        List<InfoField> expected = WhileLoading(redis);
        List<InfoField> actual = WhileLoading(redoubt);

        // How often the harness knocked meanwhile differs.
        CompareShapes(expected.FindAll(IsNotOfCommands), actual.FindAll(IsNotOfCommands));
        Assert.Contains(actual, field => field is { Name: "loading_total_bytes", Value: not "0" });
        Assert.Equal("2000", redoubt.Info("persistence", "rdb_last_load_keys_loaded"));
    }

    [Theory]
    [InlineData()]
    [InlineData("default")]
    [InlineData("all")]
    [InlineData("everything")]
    [InlineData("ALL")]
    [InlineData("keyspace", "Server")]
    [InlineData("nosuch")]
    [InlineData("nosuch", "cpu", "cpu")]
    [InlineData("commandstats", "default")]
    [InlineData("modules", "latencystats", "errorstats", "cluster")]
    public void The_sections_asked_for_are_printed_as_redis_prints_them(params string[] sections)
    {
        using ServerProcess redis = RedisServers.Redis();
        using ServerProcess redoubt = RedisServers.Redoubt();

        string expected = redis.Call(["INFO", .. sections]).OrThrow().Text;
        string actual = redoubt.Call(["INFO", .. sections]).OrThrow().Text;

        Assert.Equal(Headings(expected), Headings(actual));
        Assert.Equal(BlankLines(expected), BlankLines(actual));
    }

    private static bool IsNotOfCommands(InfoField field) => field.Section is not ("Commandstats" or "Latencystats" or "Errorstats");

    private static void Exercise(ServerProcess server)
    {
        using RespConnection client = server.Connect();
        client.Call("SET", "a", "1");
        client.Call("GET", "a");
        client.Call("GET", "missing");
        client.Call("INCR", "a");
        client.Call("SET", "word", "x", "EX", "1000");
        client.Call("INCR", "word");
        client.Call("GET");
        client.Call("NOSUCH", "command");
        client.Call("CONFIG", "GET", "port");
        client.Call("CONFIG", "NOSUCH");
        client.Call("CONFIG");
        client.Call("DEL", "a", "missing");
        client.Call("SELECT", "3");
        client.Call("MSET", "k1", "v", "k2", "v");
        client.Call("EXPIRE", "k1", "100");
        client.Call("MULTI");
        client.Call("INCR", "k2");
        client.Call("SET", "k3", "v");
        client.Call("EXEC");
        client.Call("MULTI");
        client.Call("GET");
        client.Call("EXEC");
        client.Call("PING");
    }

    private static string[] CallCounts(ServerProcess server) =>
    [
        .. InfoField.Of(server, "commandstats").Where(field => field.Name.Length > 0 && !field.Name.Contains("info", StringComparison.Ordinal))
            .Select(field => field.Name + " " + string.Join(' ', field.Value.Split(',').Where(pair => !pair.StartsWith("usec", StringComparison.Ordinal))))
            .Order(StringComparer.Ordinal),
    ];

    private static List<InfoField> WhileLoading(ServerProcess server)
    {
        using (RespConnection client = server.Connect())
            client.Pipeline(Enumerable.Range(0, 2000).Select(i => new[] { "SET", "key:" + i, new string('v', 100) }));
        server.Call("SAVE").OrThrow();
        server.Stop();
        Task restart = Task.Run(() => server.Restart("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"));
        List<InfoField> seen = [];
        Wait.Until(
            () =>
            {
                seen = TryInfo(server.Port);
                return seen.Exists(static field => field is { Name: "loading", Value: "1" }) && seen.Exists(static field => field.Name == "db0");
            },
            "a load that can be watched");
        restart.Wait(TimeSpan.FromSeconds(60));
        return seen;
    }

    private static List<InfoField> TryInfo(int port)
    {
        try
        {
            using RespConnection client = RespConnection.Connect(port);
            return InfoField.Parse(client.Call("INFO", "everything").Text);
        }
        catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
        {
            return [];
        }
    }

    private static List<InfoField> Compare(ServerProcess redis, ServerProcess redoubt, params string[] alsoTimed)
    {
        List<InfoField> expected = InfoField.Of(redis);
        List<InfoField> actual = InfoField.Of(redoubt);
        int own = actual.RemoveAll(InfoDifferences.IsOwn);
        Assert.Equal(own > 0, expected.Exists(field => field.Name == "slave0" || (field.Name == "role" && field.Value == "slave")));
        CompareShapes(expected, actual);
        Dictionary<(string, string), string> values = actual.DistinctBy(Key).ToDictionary(Key, field => field.Value);
        string[] different =
        [
            .. expected.Where(field => !InfoDifferences.IsMeasured(field) && !InfoDifferences.OfTheProcess.Contains(field.Name)
                    && !InfoDifferences.Reasons.ContainsKey(field.Name) && !alsoTimed.Contains(field.Name) && Comparable(values[Key(field)]) != Comparable(field.Value))
                .Select(field => $"{field.Name}: {field.Value} in Redis, {values[Key(field)]} here"),
        ];
        Assert.Equal("", string.Join(Environment.NewLine, different));
        return actual;

        // The mean time to live is taken of keys chosen by chance, at each server's own time.
        static string Comparable(string value) => value.StartsWith("keys=", StringComparison.Ordinal) ? value[..value.LastIndexOf(',')] : value;

        static (string, string) Key(InfoField field) => (field.Section, field.Name);
    }

    /// <summary>Commands and errors come in the order of a table with a random seed; everything else has its place.</summary>
    private static void CompareShapes(List<InfoField> expected, List<InfoField> actual) => Assert.Equal(Ordered(expected), Ordered(actual));

    private static string[] Ordered(List<InfoField> fields) =>
    [
        .. fields.GroupBy(field => field.Section).SelectMany(section => section.Key.EndsWith("stats", StringComparison.Ordinal) && section.Key != "Stats"
                ? section.OrderBy(field => field.Name, StringComparer.Ordinal)
                : section.AsEnumerable())
            .Select(field => $"{field.Section} {field.Name} {field.Shape}"),
    ];

    private static string[] Headings(string text) => [.. text.Split("\r\n").Where(line => line.StartsWith('#'))];

    private static int BlankLines(string text) => text.Split("\r\n").Count(line => line.Length == 0);
}
