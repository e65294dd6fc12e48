namespace Redoubt.Conformance.Generation;

internal static class StringRecipes
{
    public static IEnumerable<Recipe> All { get; } =
    [
        new("SET", 60, d => [d.Case("SET"), d.Key(), d.Value(), .. SetOptions(d)], Makes: true),
        new("SET plain", 30, d => ["SET", d.Key(), d.Value()], Makes: true),
        new("SET counter", 20, d => ["SET", d.Key(), d.Integer()], Makes: true),
        new("GET", 40, d => [d.Case("GET"), d.Key()]),
        new("SETNX", 6, d => ["SETNX", d.Key(), d.Value()]),
        new("SETEX", 8, d => ["SETEX", d.Key(), d.RelativeExpiry(), d.Value()]),
        new("PSETEX", 8, d => ["PSETEX", d.Key(), d.RelativeExpiry(), d.Value()]),
        new("GETSET", 8, d => ["GETSET", d.Key(), d.Value()]),
        new("GETDEL", 6, d => ["GETDEL", d.Key()]),
        new("GETEX", 20, d => ["GETEX", d.Key(), .. d.Some(["EX", d.RelativeExpiry()], ["PX", d.RelativeExpiry()], ["EXAT", d.AbsoluteSeconds()],
            ["PXAT", d.AbsoluteMilliseconds()], ["PERSIST"], [d.Pick("KEEPTTL", "NX", "GET", "bogus")])]),
        new("MGET", 10, d => ["MGET", .. d.KeyList(6)]),
        new("MSET", 10, d => ["MSET", .. Pairs(d)]),
        new("MSETNX", 6, d => ["MSETNX", .. Pairs(d)]),
        new("APPEND", 15, d => ["APPEND", d.Key(), d.Value()]),
        new("STRLEN", 10, d => ["STRLEN", d.Key()]),
        new("INCR", 12, d => [d.Case("INCR"), d.Key()]),
        new("DECR", 12, d => ["DECR", d.Key()]),
        new("INCRBY", 15, d => ["INCRBY", d.Key(), d.Integer()]),
        new("DECRBY", 15, d => ["DECRBY", d.Key(), d.Integer()]),
        new("INCRBYFLOAT", 20, d => ["INCRBYFLOAT", d.Key(), d.Float()]),
        new("GETRANGE", 15, d => ["GETRANGE", d.Key(), d.Index(), d.Index()]),
        new("SUBSTR", 5, d => ["SUBSTR", d.Key(), d.Index(), d.Index()]),
        new("LCS", 8, d => ["LCS", d.Key(), d.Key(), .. d.Some(["LEN"], ["IDX"], ["IDX"], ["WITHMATCHLEN"], ["MINMATCHLEN", d.Pick("0", "2", "-1", "abc", "5")], [d.Pick("bogus", "MINMATCHLEN")])]),
        new("SETRANGE", 15, d => ["SETRANGE", d.Key(), SetRangeOffset(d), d.Value()]),
    ];

    /// <summary>
    /// No times that are past: such a key stays until somebody meets it, and whether the clock of the one server or of the other was first
    /// shows in DBSIZE. EXPIREAT and GETEX delete at once and are given past times too.
    /// </summary>
    private static string[] SetOptions(Draw d) => d.Some(["EX", d.RelativeExpiry()], ["PX", d.RelativeExpiry()], ["EXAT", NotPast(d.AbsoluteSeconds())],
        ["PXAT", NotPast(d.AbsoluteMilliseconds())], ["NX"], ["XX"], ["KEEPTTL"], ["GET"], [d.Pick("bogus", "EX", "PERSIST", "")]);

    private static string NotPast(string time) => time is "1" or "1000000000" or "1000000000000" or "9223372036854775" ? "0" : time;

    private static IEnumerable<string> Pairs(Draw d) =>
        d.KeyList(5).SelectMany(k => new[] { k, d.Value() }).Concat(d.Chance(0.05) ? [d.Key()] : []);

    private static string SetRangeOffset(Draw d) => d.Next(10) switch
    {
        // Past the largest string or no offset at all; anything large that is valid would cost both servers half a gigabyte.
        0 => d.Pick("-1", "536870912", "9223372036854775807", "4294967296", "abc", ""),
        _ => Draw.Number(d.Next(60)),
    };
}
