using System.Diagnostics;
using System.Text;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Tests.Configuration;

public class ConfigAgainstRedisTests
{
    /// <summary>What is meant to differ from Redis 7.0.15, and why.</summary>
    private static readonly Dictionary<string, string> OnlyHere = new()
    {
        ["io"] = "our own directive: the choice of the event loop",
        ["http-port"] = "our own directive: answers for load balancers",
        ["replica-guard"] = "our own directive: what a replica does not give its dataset up for",
        ["replica-follow-dns"] = "our own directive: the name of the master is followed",
        ["replica-candidates"] = "our own directive: nodes of which one is the master",
        ["repl-sync-spill-size"] = "our own directive: what of the stream stays in memory for replicas in synchronisation",
    };

    private static readonly Dictionary<(string Name, string Value), string> MeantToDiffer = new()
    {
        [("latency-tracking-info-percentiles", "0x10")] = "C reads hexadecimal fractions; nobody writes a percentile so",
    };

    /// <summary>Parameters that the long table must not touch, because they harm the judge or depend on the machine.</summary>
    private static readonly Dictionary<string, string> NotTried = new()
    {
        ["port"] = "moves the listening socket",
        ["bind"] = "moves the listening socket",
        ["dir"] = "tested with folders of its own",
        ["maxclients"] = "depends on the limit of open files; tested by itself",
        ["maxmemory-clients"] = "small values evict the connection of the test; tested by itself",
        ["appendonly"] = "starts an AOF in Redis; stored here until there is one",
        ["oom-score-adj"] = "needs privileges in Redis",
        ["oom-score-adj-values"] = "needs privileges in Redis",
        ["watchdog-period"] = "interrupts the process with signals in Redis",
        ["crash-log-enabled"] = "removes signal handlers in Redis, which ends the judge rudely",
    };

    private static readonly string[] HiddenNames =
        ["rdb-key-save-delay", "key-load-delay", "use-exit-on-panic", "loading-process-events-interval-bytes"];

    private static readonly string[] Values =
    [
        "", "yes", "no", "YES", "No", "maybe", "0", "1", "-1", "-100", "-101", "007", "+5", " 5", "5 ", "12", "99999999999999999999",
        "18446744073709551615", "18446744073709551616", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296", "65535", "65536", "1024", "1023", "1048576", "1048575",
        "1kb", "1KB", "1k", "2mb", "3m", "1gb", "1tb", "kb", "b", "5%", "101%", "-5%", "%", "1.5", "0x10", "abc", "a b", "a  b",
        "60 1", "60 1 30", "60 1 30 2", "0 1", "60 -1", "60 ", "60  1", "9999999999 1",
        "normal 0 0 0", "replica 1mb 512kb 10 pubsub 2mb 1mb 5", "SLAVE 1gb 1gb 0", "slave 1 2", "foo 1 2 3", "master 0 0 0", "normal 1 x 3", "normal 0 0 -1",
        "KEA", "A", "AKE", "gxn", "AnmKE", "dtzhsl$g", "q", "50 99.9 100", "0", "100", "100.1", "nan", "1e1", "33.3333333", "50 ", "default",
        "save", "SAVE now", "nosave save", "force now", "now default", "always", "everysec", "allkeys-lru", "ALLKEYS-LFU", "volatile-ttl",
        "debug", "warning", "swapdb", "on-empty-db", "local", "relative", "clients", "optional", "panic-on-replicas", "hostname", "unknown-endpoint",
        "allchannels", "a/b", "a\\b", "host.name-1", "bad_host", "{title}", "{title} {port}", "{{x", "{x", "{foo}", "  ", "\"quoted\"", "\u00ff\u0001",
    ];

    [Fact]
    public void Every_parameter_has_redis_name_and_default()
    {
        using var redis = StartRedis(out var config);

        var theirs = Pairs(redis.Command("CONFIG", "GET", "*"));
        var ours = config.Get("*").Where(pair => !OnlyHere.ContainsKey(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value);

        Assert.Equal(theirs.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        Assert.All(theirs, pair => Assert.Equal((pair.Key, pair.Value), (pair.Key, ours[pair.Key])));
        Assert.All(OnlyHere.Keys, name => Assert.Single(config.Get(name)));
    }

    [Fact]
    public void Every_parameter_takes_and_refuses_values_as_redis_does()
    {
        using var redis = StartRedis(out var config);
        var names = Pairs(redis.Command("CONFIG", "GET", "*")).Keys.Concat(HiddenNames).Where(name => !NotTried.ContainsKey(name));
        var differences = new List<string>();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            var original = redis.Command("CONFIG", "GET", name)[1];
            foreach (var value in Values.Append(new string('x', 300)))
            {
                Compare(redis, config, differences, name, value);
                Compare(redis, config, differences, name, original);
            }
        }
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n" + string.Join('\n', differences.Take(60)));
    }

    [Theory]
    [InlineData("maxmemory-clients", new[] { "5%", "0%", "100%", "101%", "-5%", "1gb", "-1", "-100", "x", "%", "1.5%" })]
    [InlineData("maxclients", new[] { "0", "-1", "100", "x", "4294967296" })]
    [InlineData("oom-score-adj", new[] { "maybe", "", "no" })]
    [InlineData("oom-score-adj-values", new[] { "1 2", "0 200 2001", "-2001 0 0", "x 0 0", "", "0 200 800" })]
    [InlineData("port", new[] { "-1", "65536", "x", "" })]
    [InlineData("dir", new[] { "/nonexistent", "/etc/passwd", "/etc/passwd/x", "", "/tmp", ".", ".." })]
    [InlineData("appendonly", new[] { "maybe", "", "no" })]
    [InlineData("crash-log-enabled", new[] { "maybe", "", "yes" })]
    [InlineData("bind", new[] { "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17" })]
    public void Delicate_parameters_take_and_refuse_harmless_values_as_redis_does(string name, string[] values)
    {
        using var redis = StartRedis(out var config);
        var differences = new List<string>();
        foreach (var value in values) Compare(redis, config, differences, name, value);
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData("hz", "20", "timeout", "5")]
    [InlineData("hz", "20", "nonsense", "5")]
    [InlineData("nonsense", "1", "other", "2")]
    [InlineData("hz", "20", "HZ", "30")]
    [InlineData("slave-priority", "1", "replica-priority", "2")]
    [InlineData("slave-priority", "1", "replica-priority", "x")]
    [InlineData("hz", "20", "databases", "3")]
    [InlineData("DATABASES", "3", "nonsense", "1")]
    [InlineData("dbfilename", "x.rdb", "hz", "1")]
    [InlineData("hz", "20", "Timeout", "x")]
    [InlineData("save", "", "maxmemory", "oops")]
    [InlineData("hz", "20", "save", "10 20 30")]
    [InlineData("client-output-buffer-limit", "replica 1mb 1mb 1", "hz", "many")]
    [InlineData("requirepass", "secret", "tls-port", "1")]
    public void Several_pairs_are_set_all_or_none(params string[] words)
    {
        using var redis = StartRedis(out var config, protectedConfigs: false);

        var theirs = redis.Command(["CONFIG", "SET", .. words])[0];
        var ours = Set(config, words);

        Assert.Equal(theirs, ours);
        Assert.Equal(
            Pairs(redis.Command("CONFIG", "GET", "*")).OrderBy(pair => pair.Key, StringComparer.Ordinal),
            config.Get("*").Where(pair => !OnlyHere.ContainsKey(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("PORT")]
    [InlineData("PORT", "port")]
    [InlineData("port", "por*", "hz")]
    [InlineData("*slave*", "*REPLICA*")]
    [InlineData("repl-[a-b]*", "maxm?mory", "h[^a]")]
    [InlineData("key-load-delay", "*load-delay*", "Key-*")]
    [InlineData("nonsense", "slaveof", "")]
    [InlineData("m[a-", "[", "\\port", "p\\o*")]
    public void Patterns_find_what_redis_finds(params string[] patterns)
    {
        using var redis = StartRedis(out var config);
        Assert.Equal(
            Pairs(redis.Command(["CONFIG", "GET", .. patterns])).OrderBy(pair => pair.Key, StringComparer.Ordinal),
            config.Get(patterns).Where(pair => !OnlyHere.ContainsKey(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--port")]
    [InlineData("--port", "1", "2")]
    [InlineData("--port", "six")]
    [InlineData("--nonsense", "1")]
    [InlineData("--port", "1", "--port")]
    [InlineData("--replicaof", "localhost")]
    [InlineData("--replicaof", "localhost 99999")]
    [InlineData("--replicaof", "localhost", "12x")]
    [InlineData("--maxmemory 12x")]
    [InlineData("--save", "60")]
    [InlineData("--shutdown-on-sigint", "")]
    [InlineData("--shutdown-on-sigint", "now what")]
    [InlineData("--loglevel", "loud")]
    [InlineData("--sentinel-something")]
    [InlineData("--rename-command", "get")]
    [InlineData("--list-max-ziplist-entries", "1", "2")]
    [InlineData("--unixsocketperm", "778")]
    [InlineData("--unixsocketperm", "1000")]
    [InlineData("--dir", "nowhere")]
    [InlineData("--appendfilename", "")]
    [InlineData("--appenddirname", "a/b")]
    [InlineData("--port 'x")]
    [InlineData("--logfile", "/nonexistent/log")]
    [InlineData("--cluster-enabled", "yes", "--replicaof", "a 1")]
    [InlineData("--test-memory", "one", "two")]
    [InlineData("bad.conf")]
    [InlineData("bad.conf", "loglevel", "verbose")]
    [InlineData("bad.conf", "--port", "1")]
    [InlineData("outer.conf")]
    [InlineData("quotes.conf")]
    public void A_configuration_that_redis_refuses_is_refused_in_the_same_words(params string[] arguments)
    {
        var directory = RealRedis.NewFolder();
        File.WriteAllText(Path.Combine(directory, "bad.conf"), "# a comment\n\nhz 10\n  tcp-backlog many  \nport x\n");
        File.WriteAllText(Path.Combine(directory, "outer.conf"), "hz 10\ninclude bad.conf\n");
        File.WriteAllText(Path.Combine(directory, "quotes.conf"), "hz 10\nrequirepass \"a\"b\n");
        try
        {
            var theirs = RealRedis.Run(directory, arguments);
            var ours = ServerConfig.Load(arguments, new LoadSurroundings { CurrentDirectory = directory });

            Assert.Null(ours.Config);
            Assert.Equal(theirs.ExitCode, ours.ExitCode);
            Assert.Equal(theirs.Error.Replace("redis-server", "redoubt-server", StringComparison.Ordinal), WithoutPlace(ours.Error));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("missing.conf")]
    [InlineData("outer.conf")]
    public void A_file_that_cannot_be_opened_is_reported_as_redis_reports_it(string file)
    {
        var directory = RealRedis.NewFolder();
        File.WriteAllText(Path.Combine(directory, "outer.conf"), "include conf.d/*.conf\ninclude missing.conf\n");
        try
        {
            var theirs = RealRedis.Run(directory, file);
            var ours = ServerConfig.Load([file], new LoadSurroundings { CurrentDirectory = directory });

            Assert.Equal((theirs.ExitCode, theirs.Error), (ours.ExitCode, ours.Error));
            Assert.Equal(AfterTime(theirs.Output), AfterTime(ours.Output));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("--save", "100", "100", "--save 5 5")]
    [InlineData("--save", "")]
    [InlineData("--save", "--hz", "11")]
    [InlineData("--hz", "11", "--save")]
    [InlineData("--save 1 2 3 4")]
    [InlineData("--maxmemory 700mb", "--hz 12")]
    [InlineData("--proc-title-template", "--my--{title}--template")]
    [InlineData("--shutdown-on-sigint", "nosave force now", "--shutdown-on-sigterm", "force", "now")]
    [InlineData("--replicaof", "127.0.0.1 1")]
    [InlineData("--slaveof", "127.0.0.1", "1", "--slave-priority", "7")]
    [InlineData("--replicaof", "no", "one")]
    [InlineData("--requirepass", "a \"b\" \\ 'c'", "--masterauth", "--dashes")]
    [InlineData("--hz", "100000", "--HZ", "9999", "--maxclients", "20")]
    [InlineData("--client-output-buffer-limit", "slave 1mb 1mb 3", "--client-output-buffer-limit", "pubsub", "1", "2", "3")]
    [InlineData("--notify-keyspace-events", "AKE", "--latency-tracking-info-percentiles", "1", "2.50")]
    [InlineData("--unixsocketperm", "0755", "--oom-score-adj-values", "1", "2", "3", "--maxmemory-clients", "7%")]
    [InlineData("all.conf", "loglevel", "verbose")]
    [InlineData("all.conf", "--hz", "33")]
    [InlineData("saves.conf", "--save", "7 7")]
    public void A_configuration_that_redis_accepts_gives_the_same_values(params string[] arguments)
    {
        var directory = RealRedis.NewFolder();
        Directory.CreateDirectory(Path.Combine(directory, "conf.d"));
        // No include before a save that adds up: in Redis an include ends the adding up, which is a slip of its own.
        File.WriteAllText(Path.Combine(directory, "saves.conf"), "save 9 9\nsave 8 8\n");
        File.WriteAllText(Path.Combine(directory, "conf.d", "b.conf"), "timeout 2\n");
        File.WriteAllText(Path.Combine(directory, "conf.d", "a.conf"), "timeout 1\ntcp-keepalive 9\n");
        File.WriteAllText(Path.Combine(directory, "conf.d", ".hidden.conf"), "timeout 3\n");
        File.WriteAllText(Path.Combine(directory, "all.conf"), """
            # everything that a file may hold
            HZ 20
               SAVE 900 1

            save 300 10 60 1000
            requirepass "p\x41\"s\tt' "
            masterauth 'it\'s "raw" \n'
            appendfilename "\" file seq \x2d\n.aof \""
            slave-read-only no
            hash-max-ziplist-entries 7
            lua-time-limit 77
            client-output-buffer-limit normal 1gb 1gb 1 replica 2gb 1gb 2
            include conf.d/*.conf
            include none.d/*.conf
            lua-replicate-commands yes
            rename-command FLUSHALL ""
            rename-command KEYS "my keys"
            bind 127.0.0.1 -::1
            dir ./conf.d
            dbfilename ""
            logfile ""
            """ + "\r\nproto-max-bulk-len 2mb\r\n");
        var port = RealRedis.FreePort();
        string[] all = [.. arguments, "--port", port.ToString()];
        using var redis = RealRedis.Start(directory, port, all);

        var result = ServerConfig.Load(all, new LoadSurroundings { CurrentDirectory = directory });

        Assert.Equal("", result.Error);
        Authenticate(redis, result.Config!);
        Assert.Equal(
            Pairs(redis.Command("CONFIG", "GET", "*")).OrderBy(pair => pair.Key, StringComparer.Ordinal),
            result.Config!.Get("*").Where(pair => !OnlyHere.ContainsKey(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void A_rewritten_file_has_redis_lines()
    {
        const string Old = """
            # head
            port 0


            # saves
            save 900 1
            save 300 10
            save 60 1000
            slave-priority 5
            replica-priority 6
            include empty.conf
            unknown-to-all 1
            rename-command KEYS ""

            maxmemory 100mb
            dbfilename 'a b.rdb'
            requirepass x
            hz 10
            """;
        var (directory, port) = (RealRedis.NewFolder(), RealRedis.FreePort());
        var ownDirectory = RealRedis.NewFolder();
        var text = Old.Replace("port 0", $"port {port}", StringComparison.Ordinal);
        foreach (var each in new[] { directory, ownDirectory })
        {
            File.WriteAllText(Path.Combine(each, "empty.conf"), "");
            File.WriteAllText(Path.Combine(each, "redis.conf"), text.Replace("unknown-to-all 1\n", "", StringComparison.Ordinal));
        }
        using var redis = RealRedis.Start(directory, port, "redis.conf");
        var config = ServerConfig.Load(["redis.conf"], new LoadSurroundings { CurrentDirectory = ownDirectory }).Config!;
        redis.Command("AUTH", "x");
        File.WriteAllText(Path.Combine(directory, "redis.conf"), text);
        File.WriteAllText(Path.Combine(ownDirectory, "redis.conf"), text);

        string[] changes =
        [
            "save", "100 1", "replica-priority", "9", "requirepass", "", "maxmemory", "1048577", "timeout", "9", "masterauth", "a\u00ff\"b\n",
            "client-output-buffer-limit", "pubsub 1mb 0 1", "notify-keyspace-events", "KEA", "shutdown-on-sigint", "now force", "repl-backlog-size", "3mb",
            "maxmemory-clients", "5%", "latency-tracking-info-percentiles", "",
        ];
        Assert.Equal(redis.Command(["CONFIG", "SET", .. changes])[0], Set(config, changes));
        Assert.Equal("OK", redis.Command("CONFIG", "REWRITE")[0]);
        Assert.Null(config.Rewrite());

        var theirs = File.ReadAllText(Path.Combine(directory, "redis.conf"), Encoding.Latin1);
        var ours = File.ReadAllText(Path.Combine(ownDirectory, "redis.conf"), Encoding.Latin1).Replace(ownDirectory, directory, StringComparison.Ordinal);
        var (theirHead, theirTail) = Split(theirs);
        var (ourHead, ourTail) = Split(ours);
        Assert.Equal(theirHead, ourHead);

        // Redis adds the users of its access lists; here their lines in the file stay as they are.
        Assert.Equal(theirTail.Where(line => !line.StartsWith("user ", StringComparison.Ordinal)).Order(StringComparer.Ordinal), ourTail.Order(StringComparer.Ordinal));
        Directory.Delete(ownDirectory, recursive: true);
    }

    private static (string Head, string[] Tail) Split(string file)
    {
        var at = file.IndexOf("# Generated by CONFIG REWRITE", StringComparison.Ordinal);
        Assert.True(at > 0, file);
        return (file[..at], file[at..].Split('\n'));
    }

    private static RealRedis StartRedis(out ServerConfig config, bool protectedConfigs = true)
    {
        var (directory, port) = (RealRedis.NewFolder(), RealRedis.FreePort());
        string[] arguments = ["--port", port.ToString(), "--enable-protected-configs", protectedConfigs ? "yes" : "no"];
        var redis = RealRedis.Start(directory, port, arguments);
        config = ServerConfig.Load(arguments, new LoadSurroundings { CurrentDirectory = directory }).Config!;
        return redis;
    }

    private static void Compare(RealRedis redis, ServerConfig config, List<string> differences, string name, string value)
    {
        if (MeantToDiffer.ContainsKey((name, value))) return;
        var theirs = redis.Command("CONFIG", "SET", name, value)[0];
        var ours = Set(config, [name, value]);
        if (theirs != ours) differences.Add($"SET {name} '{value}':\n  redis   {theirs}\n  redoubt {ours}");

        var theirValue = redis.Command("CONFIG", "GET", name)[1];
        var ourValue = config.Get(name)[0].Value;
        if (theirValue != ourValue) differences.Add($"GET {name} after '{value}':\n  redis   '{theirValue}'\n  redoubt '{ourValue}'");
    }

    private static string Set(ServerConfig config, string[] words)
    {
        var pairs = words.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1])).ToArray();
        return config.Set(pairs, new ConfigCaller(IsLocal: true)) is { } error ? "-" + error : "OK";
    }

    private static void Authenticate(RealRedis redis, ServerConfig config)
    {
        if (config.RequirePass is { } password) Assert.Equal("OK", redis.Command("AUTH", ConfigText.FromBytes(password))[0]);
    }

    private static Dictionary<string, string> Pairs(List<string> reply) =>
        reply.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    private static string WithoutPlace(string error)
    {
        var at = error.IndexOf("(in ", StringComparison.Ordinal);
        return at < 0 ? error : error[..at];
    }

    private static string AfterTime(string line)
    {
        var at = line.IndexOf('#', StringComparison.Ordinal);
        Debug.Assert(at > 0);
        return line[at..];
    }
}
