namespace Redoubt.Conformance.Generation;

/// <summary>Commands that are wrong as such. Wrong options and numbers of otherwise right commands come from the recipes of those commands.</summary>
internal static class MalformedRecipes
{
    private static readonly string[] Names =
    [
        "GET", "SET", "SETNX", "SETEX", "PSETEX", "GETSET", "GETDEL", "GETEX", "MGET", "MSET", "APPEND", "STRLEN", "INCR", "DECR", "INCRBY", "DECRBY", "INCRBYFLOAT",
        "GETRANGE", "SETRANGE", "DEL", "UNLINK", "EXISTS", "TYPE", "RENAME", "RENAMENX", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "TTL", "PTTL", "EXPIRETIME",
        "PEXPIRETIME", "PERSIST", "SCAN", "KEYS", "DBSIZE", "ECHO", "SELECT", "CLIENT", "CONFIG", "OBJECT", "WAIT", "REPLICAOF", "SLAVEOF",
        "LASTSAVE", "TIME", "ROLE", "RESET", "REPLCONF", "DEBUG", "SUBSTR", "MSETNX", "AUTH",
    ];

    public static IEnumerable<Recipe> All { get; } =
    [
        new("wrong arity", 12, d => [d.Case(d.Pick(Names))]),
        new("too many arguments", 8, d => [d.Case(d.Pick("GET", "STRLEN", "INCR", "TTL", "PERSIST", "TYPE", "RENAME", "SETNX", "GETRANGE", "DBSIZE", "TIME", "ROLE", "LASTSAVE",
            "ECHO", "PING", "GETDEL", "KEYS", "RANDOMKEY", "SELECT", "SETEX", "DECRBY", "RESET", "WAIT")), .. Enumerable.Repeat("x", 6)]),
        new("unknown command", 6, d => [d.Pick("no-such-command", "", "GETT", "get ", "\0", "bad\r\nname", new string('x', 200), "hset ", "%s%n"),
            .. Enumerable.Range(0, d.Next(5)).Select(_ => d.Chance(0.2) ? new string('y', 150) : d.Value())]),
        new("unknown subcommand", 3, d => [d.Pick("CLIENT", "CONFIG", "OBJECT", "COMMAND"), d.Pick("bogus", "", "list ", new string('z', 150), "\r\n"), .. d.Chance(0.3) ? ["x"] : Array.Empty<string>()]),
        new("long arguments", 1, d => [d.Pick("SET", "APPEND", "ECHO", "GET"), new string('k', d.Next(70_000)), .. d.Chance(0.5) ? [new string('v', d.Next(100_000))] : Array.Empty<string>()]),
    ];
}
