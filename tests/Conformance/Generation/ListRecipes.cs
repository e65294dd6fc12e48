namespace Redoubt.Conformance.Generation;

/// <summary>Lists. Commands that can wait are given a millisecond: it is over before anybody could push.</summary>
internal static class ListRecipes
{
    private static readonly string[] Elements = ["a", "b", "c", "12", "-7", "", "an element of some length"];

    public static IEnumerable<Recipe> All { get; } = Family(
        new("LPUSH", 30, d => [d.Case("LPUSH"), Key(d), .. ElementList(d)], Makes: true),
        new("RPUSH", 40, d => [d.Case("RPUSH"), Key(d), .. ElementList(d)], Makes: true),
        new("LPUSHX", 6, d => ["LPUSHX", Key(d), .. ElementList(d)]),
        new("RPUSHX", 6, d => ["RPUSHX", Key(d), .. ElementList(d)]),
        new("LPOP", 12, d => [d.Case("LPOP"), Key(d), .. CountOrNone(d)]),
        new("RPOP", 12, d => ["RPOP", Key(d), .. CountOrNone(d)]),
        new("LLEN", 6, d => ["LLEN", Key(d)]),
        new("LINDEX", 12, d => ["LINDEX", Key(d), d.Index()]),
        new("LRANGE", 20, d => ["LRANGE", Key(d), d.Index(), d.Index()]),
        new("LSET", 12, d => ["LSET", Key(d), d.Index(), Element(d)]),
        new("LTRIM", 5, d => ["LTRIM", Key(d), d.Index(), d.Index()]),
        new("LINSERT", 20, d => ["LINSERT", Key(d), d.Case(d.Pick("BEFORE", "AFTER", "AFTER", "BEHIND")), Element(d), Element(d)]),
        new("LREM", 12, d => ["LREM", Key(d), Small(d), Element(d)]),
        new("LPOS", 20, d => ["LPOS", Key(d), Element(d), .. d.Some(["RANK", Small(d)], ["COUNT", Small(d)], ["MAXLEN", Small(d)], [d.Pick("RANK", "bogus", "COUNT")])]),
        new("LMOVE", 15, d => [d.Case("LMOVE"), Key(d), Key(d), End(d), End(d)]),
        new("RPOPLPUSH", 8, d => ["RPOPLPUSH", Key(d), Key(d)]),
        new("LMPOP", 12, d => ["LMPOP", .. ManyKeys(d)]),
        new("BLPOP", 8, d => [d.Case("BLPOP"), .. Keys(d), Timeout(d)]),
        new("BRPOP", 8, d => ["BRPOP", .. Keys(d), Timeout(d)]),
        new("BLMOVE", 8, d => ["BLMOVE", Key(d), Key(d), End(d), End(d), Timeout(d)]),
        new("BRPOPLPUSH", 5, d => ["BRPOPLPUSH", Key(d), Key(d), Timeout(d)]),
        new("BLMPOP", 8, d => ["BLMPOP", Timeout(d), .. ManyKeys(d)]),
        new("COPY of a list", 4, d => ["COPY", Key(d), Key(d), .. d.Some(["REPLACE"])]),
        new("RENAME of a list", 2, d => ["RENAME", Key(d), Key(d)]),
        new("OBJECT ENCODING of a list", 2, d => ["OBJECT", "ENCODING", Key(d)]),
        new("DEL of a list", 2, d => ["DEL", Key(d)]));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "list" })];

    private static string Key(Draw d) => d.Chance(0.95) ? d.Pick("l1", "l2", "l3") : d.Key();

    private static string[] Keys(Draw d) => [.. Enumerable.Range(0, 1 + d.Next(3)).Select(_ => Key(d))];

    private static string Element(Draw d) => d.Chance(0.8) ? d.Pick(Elements) : d.Value();

    private static string[] ElementList(Draw d) => [.. Enumerable.Range(0, 1 + d.Next(d.Chance(0.1) ? 12 : 3)).Select(_ => Element(d))];

    private static string Small(Draw d) => d.Chance(0.9) ? Draw.Number(d.Next(-3, 4)) : d.Integer();

    private static string[] CountOrNone(Draw d) => d.Chance(0.5) ? [] : d.Chance(0.95) ? [Small(d)] : [Small(d), Small(d)];

    private static string End(Draw d) => d.Chance(0.95) ? d.Case(d.Pick("LEFT", "RIGHT")) : d.Pick("", "UP");

    private static string Timeout(Draw d) => d.Chance(0.8) ? "0.001" : d.Pick("1e-3", "+.001", "-1", "-0.5", "abc", "", "nan", "inf", "1e400", "1e30", " 1", "0x0.01p0");

    private static string[] ManyKeys(Draw d)
    {
        string[] keys = Keys(d);
        string count = d.Chance(0.9) ? Draw.Number(keys.Length) : d.Pick("0", "-1", "abc", "1", "7", "2147483648");
        return [count, .. keys, End(d), .. d.Some(["COUNT", Small(d)], [d.Pick("COUNT", "bogus", "LEFT")])];
    }
}
