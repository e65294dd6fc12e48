namespace Redoubt.Conformance.Generation;

internal static class ServerRecipes
{
    /// <summary>Parameters that both servers have, whose values a test run may change without changing what other commands answer.</summary>
    private static readonly string[] Parameters =
    [
        "maxmemory", "timeout", "databases", "repl-timeout", "repl-ping-replica-period", "replica-read-only", "slave-read-only", "repl-diskless-sync",
        "min-replicas-to-write", "min-replicas-max-lag", "replica-priority", "hz", "maxclients", "tcp-keepalive", "appendonly", "repl-backlog-size", "save",
        "masterauth", "requirepass", "replica-announce-ip", "replica-announce-port", "replica-serve-stale-data", "repl-diskless-sync-delay", "loglevel",
    ];

    private static readonly string[] Documented =
    [
        "get", "set", "del", "mget", "mset", "expire", "scan", "incrbyfloat", "ping", "echo", "select", "setex", "getex", "rename", "append", "strlen", "ttl", "dbsize",
        "flushall", "keys", "randomkey", "type", "exists", "unlink", "persist", "time", "role", "wait", "replicaof", "failover", "psync", "sync", "lastsave",
    ];

    public static IEnumerable<Recipe> All { get; } =
    [
        new("CONFIG GET", 5, d => ["CONFIG", d.Case("GET"), .. d.Pick<string[]>([d.Pick(Parameters)], [d.Pick(Parameters), d.Pick(Parameters)],
            ["no-such-parameter"], [d.Pick(Parameters).ToUpperInvariant()], [d.Pick("min-repl*", "repl-diskless-sync*", "replica-announce-*", "maxmemor[y]", "time?ut")])]),
        new("CONFIG SET", 5, d => ["CONFIG", d.Case("SET"), .. ConfigSet(d)]),
        new("CONFIG errors", 1, d => ["CONFIG", .. d.Pick<string[]>(["bogus"], ["GET"], ["SET", "timeout"], ["SET"], ["RESETSTAT", "x"], ["SET", "timeout", "1", "hz"])]),
        new("COMMAND COUNT", 1, _ => ["COMMAND", "COUNT"]),
        new("COMMAND INFO", 2, d => ["COMMAND", "INFO", d.Case(d.Pick(Documented)), .. d.Chance(0.3) ? ["no-such-command"] : Array.Empty<string>()]),
        new("COMMAND DOCS", 2, d => ["COMMAND", "DOCS", d.Pick(Documented), .. d.Chance(0.3) ? ["no-such-command"] : Array.Empty<string>()]),
        new("COMMAND GETKEYS", 3, d => ["COMMAND", "GETKEYS", .. d.Pick<string[]>(["GET", "a"], ["MGET", "a", "b", "c"], ["MSET", "a", "1", "b", "2"], ["SET", "a", "b", "EX", "1"],
            ["PING"], ["no-such-command", "a"], ["GET"], ["DEL", "x", "y"], ["RENAME", "a", "b"], ["CONFIG", "GET", "x"])]),
        new("COMMAND LIST", 1, d => ["COMMAND", "LIST", .. d.Pick<string[]>([], ["FILTERBY", "PATTERN", "get*"], ["FILTERBY", "PATTERN", "no-such*"], ["FILTERBY", "bogus", "x"],
            ["FILTERBY", "MODULE", "none"], ["bogus"])]),
        new("COMMAND errors", 1, d => ["COMMAND", d.Pick("bogus", "GETKEYS", "COUNT x")]),
        new("TIME", 2, _ => ["TIME"]),
        new("LASTSAVE", 1, _ => ["LASTSAVE"]),
        new("ROLE", 2, _ => ["ROLE"]),
        new("WAITAOF", 1, d => ["WAITAOF", .. d.Pick<string[]>(["0", "0", "0"], ["0", "0", "1"], ["1", "0", "1"], ["2", "0", "0"], ["0", "-1", "0"], ["0", "0", "x"], ["0", "1"])]),
        new("WAIT", 2, d => ["WAIT", .. d.Pick<string[]>(["0", "0"], ["0", "0"], ["0", "1"], ["0", "1"], ["2", "a", "b"], ["x", "y"], ["abc", "0"], ["0", "abc"], ["0", "-1"], ["-1", "0"])]),
        new("REPLICAOF NO ONE", 1, d => [d.Pick("REPLICAOF", "SLAVEOF", "replicaof"), d.Pick("NO", "no"), d.Pick("ONE", "one")]),
        new("REPLICAOF errors", 1, d => ["REPLICAOF", .. d.Pick<string[]>(["host", "abc"], ["host", "99999"], ["host", "-1"], ["host"])]),
        new("FAILOVER errors", 2, d => ["FAILOVER", .. d.Pick<string[]>([], ["ABORT"], ["TO", "127.0.0.1", "1"], ["TO", "127.0.0.1"], ["TIMEOUT", "0"], ["TIMEOUT", "abc"],
            ["FORCE"], ["TO", "127.0.0.1", "1", "FORCE"], ["bogus"], ["TO", "127.0.0.1", "abc"], ["ABORT", "TIMEOUT", "1"], ["TIMEOUT", "100"])]),
        new("DEBUG SLEEP", 1, _ => ["DEBUG", "SLEEP", "0"]),
        new("DEBUG PROTOCOL", 2, d => ["DEBUG", d.Case("PROTOCOL"), d.Pick("string", "integer", "double", "bignum", "null", "array", "set", "map", "attrib", "verbatim", "true", "false", "bogus")]),
        new("DEBUG DIGEST", 2, _ => ["DEBUG", "DIGEST"]),
        new("DEBUG DIGEST-VALUE", 3, d => ["DEBUG", "DIGEST-VALUE", .. d.KeyList(3)]),
        new("DEBUG switches", 1, d => ["DEBUG", .. d.Pick<string[]>(["CHANGE-REPL-ID"], ["SET-ACTIVE-EXPIRE", "1"], ["PAUSE-CRON", "0"], ["SET-SKIP-CHECKSUM-VALIDATION", "0"],
            ["SET-DISABLE-DENY-SCRIPTS", "0"], ["DROP-CLUSTER-PACKET-FILTER", "-1"], ["DROP-CLUSTER-PACKET-FILTER", "x"], ["AOF-FLUSH-SLEEP", "0"],
            ["ERROR", "MYCODE a\nb"], ["ERROR", ""], ["REPLICATE", "PING"])]),
        new("DEBUG errors", 2, d => ["DEBUG", .. d.Pick<string[]>(["bogus"], ["RELOAD", "bogus"], ["OBJECT", "no-such-key"], ["OBJECT"], ["HTSTATS", "abc"], ["HTSTATS", "99"], ["LISTPACK", "no-such-key"],
            ["QUICKLIST", "no-such-key"], ["PROTOCOL"], ["POPULATE", "abc"], ["SLEEP"], [""], ["DIGEST", "x"], ["DIGEST-VALUE"], ["HTSTATS-KEY", "no-such-key"], ["QUICKLIST-PACKED-THRESHOLD", "abc"])]),
        new("SLOWLOG", 2, d => ["SLOWLOG", .. d.Pick<string[]>(["RESET"], ["GET", "0"], ["GET", "-2"], ["GET", "abc"], ["GET", "1", "2"], ["bogus"], ["LEN", "x"], [])]),
        new("LATENCY", 2, d => ["LATENCY", .. d.Pick<string[]>(["LATEST"], ["HISTORY", "bogus"], ["HISTORY"], ["GRAPH", "bog\nus"], ["RESET"], ["RESET", "bogus", "command"], ["HISTOGRAM", "bogus"],
            ["bogus"], ["DOCTOR", "x"], [])]),
        new("LOLWUT", 1, d => ["LOLWUT", .. d.Pick<string[]>([], ["VERSION", "7"], ["VERSION", "abc"], ["VERSION"], ["1", "2"], ["VERSION", "5", "abc"], ["VERSION", "6", "1", "abc"])]),
        new("COMMAND GETKEYSANDFLAGS", 1, d => ["COMMAND", "GETKEYSANDFLAGS", .. d.Pick<string[]>(["GET", "a"], ["SET", "a", "b"], ["SET", "a", "b", "GET"], ["LCS", "a", "b"], ["COPY", "a", "b"],
            ["RENAME", "a", "b"], ["PING"], ["bogus"], ["MSET", "a", "1", "b"], ["WATCH", "a", "b"])]),
        new("INFO", 1, d => ["INFO", .. d.Pick<string[]>(["no-such-section"], ["cluster"], ["modules"], ["no-such-section", "cluster"])]),
        new("BGSAVE errors", 1, d => ["BGSAVE", .. d.Pick<string[]>(["bogus"], ["SCHEDULE", "x"], [""])]),
        new("BGREWRITEAOF errors", 1, d => ["BGREWRITEAOF", d.Pick("x", "")]),
        new("MIGRATE without a target", 1, d => ["MIGRATE", "127.0.0.1", "1", .. d.Pick<string[]>(["no-such-key", "0", "100"], ["", "0", "100", "KEYS", "no-such-key", "nor-this"],
            ["no-such-key", "0", "100", "COPY", "REPLACE"], ["no-such-key", "abc", "100"], ["no-such-key", "0", "abc"], ["k1", "0", "100", "KEYS", "k2"], ["", "0", "100", "KEYS"],
            ["no-such-key", "0", "100", "bogus"], ["no-such-key", "0", "100", "AUTH"], ["no-such-key", "0", "100", "AUTH2", "user"], ["no-such-key", "0"])]),
        new("CONFIG REWRITE", 1, d => ["CONFIG", "REWRITE", .. d.Chance(0.2) ? ["x"] : Array.Empty<string>()]),
        new("CONFIG RESETSTAT", 1, _ => ["CONFIG", "RESETSTAT"]),
        new("MEMORY of the server", 1, d => ["MEMORY", .. d.Pick<string[]>(["DOCTOR"], ["STATS"], ["PURGE"], ["MALLOC-STATS"], ["STATS", "x"], ["bogus"], [])]),
        new("HELP", 2, d => [d.Pick("CLIENT", "COMMAND", "CONFIG", "LATENCY", "MEMORY", "OBJECT", "PUBSUB", "SLOWLOG", "XGROUP", "XINFO"), d.Case("HELP"), .. d.Chance(0.1) ? ["x"] : Array.Empty<string>()]),
        new("SLOWLOG LEN", 1, _ => ["SLOWLOG", "LEN"], (connection, command) => { connection.Call("SLOWLOG", "RESET"); return connection.Call(command).ToString(); }),
        new("REPLCONF", 1, d => ["REPLCONF", .. d.Pick<string[]>(["bogus", "1"], ["listening-port", "abc"], ["listening-port"])]),
        new("SHUTDOWN errors", 1, d => ["SHUTDOWN", .. d.Pick<string[]>(["bogus"], ["SAVE", "NOSAVE"], ["ABORT"], ["ABORT", "NOW"])]),
    ];

    private static string[] ConfigSet(Draw d) => d.Pick<string[]>(
        ["timeout", d.Pick("0", "100000", "-1", "abc", "")],
        ["repl-timeout", d.Pick("60", "120", "0", "abc")],
        ["min-replicas-max-lag", d.Pick("10", "11", "-1", "abc")],
        ["replica-priority", d.Pick("100", "50", "0", "-1", "abc")],
        ["replica-read-only", d.Pick("yes", "no", "maybe", "YES")],
        ["slave-read-only", d.Pick("yes", "no", "1")],
        ["repl-diskless-sync-delay", d.Pick("0", "5", "-1", "abc")],
        ["repl-backlog-size", d.Pick("1mb", "2mb", "1048576", "2m", "abc", "-1")],
        ["replica-announce-port", d.Pick("0", "7000", "65536", "-1")],
        ["replica-announce-ip", d.Pick("", "10.0.0.1")],
        ["hz", d.Pick("10", "20", "abc")],
        ["tcp-keepalive", d.Pick("300", "0", "abc")],
        ["loglevel", d.Pick("notice", "bogus")],
        ["no-such-parameter", "1"],
        ["databases", "32"],
        ["timeout", "0", "hz", "10"],
        ["timeout", "0", "timeout", "1"],
        ["timeout", "7", "hz", "abc"],
        ["port", "abc"]);
}
