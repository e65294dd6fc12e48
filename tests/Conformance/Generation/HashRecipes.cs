using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

internal static class HashRecipes
{
    public static IEnumerable<Recipe> All { get; } = Family(
        new("HSET", 30, d => Setting(d, d.Case("HSET")), Makes: true),
        new("HMSET", 10, d => Setting(d, "HMSET"), Makes: true),
        new("HSETNX", 10, d => WithField(d, "HSETNX", key => [CollectionDraws.Element(d, key)])),
        new("HGET", 20, d => WithField(d, d.Case("HGET"), _ => [])),
        new("HMGET", 10, d => WithKey(d, "HMGET", key => CollectionDraws.Some(d, 5, () => CollectionDraws.Element(d, key)))),
        new("HDEL", 15, d => WithKey(d, "HDEL", key => CollectionDraws.Some(d, 4, () => CollectionDraws.Element(d, key)))),
        new("HLEN", 8, d => ["HLEN", Key(d)]),
        new("HEXISTS", 8, d => WithField(d, "HEXISTS", _ => [])),
        new("HSTRLEN", 8, d => WithField(d, "HSTRLEN", _ => [])),
        new("HINCRBY", 15, d => WithField(d, "HINCRBY", _ => [d.Integer()])),
        new("HINCRBYFLOAT", 15, d => WithField(d, "HINCRBYFLOAT", _ => [d.Float()])),
        new("HRANDFIELD refused or empty", 4, d => ["HRANDFIELD", d.Chance(0.5) ? "nohash" : Key(d), d.Pick("0", "x", "", "-9223372036854775808", "1.5", "0"),
            .. d.Some(["WITHVALUES"], ["bogus"])]),
        new("HSCAN refused", 4, d => ["HSCAN", Key(d), d.Pick("x", "-", " 0", "0"),
            .. d.Pick<string[]>(["COUNT", "0"], ["COUNT", "x"], ["COUNT"], ["MATCH"], ["TYPE", "set"], ["bogus"])]),
        new("OBJECT ENCODING of a hash", 10, d => ["OBJECT", "ENCODING", Key(d)]),
        new("DEL of a hash", 5, d => ["DEL", Key(d)]),
        new("COPY of a hash", 4, d => ["COPY", Key(d), Key(d), "REPLACE"]),
        new("HGETALL", 4, d => ["HGETALL", Key(d)], (c, words) => CollectionDraws.InOrder(c, words, 2)),
        new("HKEYS", 3, d => ["HKEYS", Key(d)], (c, words) => CollectionDraws.InOrder(c, words, 1)),
        new("HVALS", 3, d => ["HVALS", Key(d)], (c, words) => CollectionDraws.InOrder(c, words, 1)),
        new("HSCAN", 3, d => ["HSCAN", Key(d), "0", .. d.Some(["COUNT", Draw.Number(1 + d.Next(30))], ["MATCH", d.Pick("*", "e*", "?", "1*", "[ab]")])], WholeScan),
        new("HRANDFIELD", 3, d => ["HRANDFIELD", Key(d), Draw.Number(d.Next(40) - 20), .. d.Some(["WITHVALUES"])], Sample));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "hash" })];

    private static string Key(Draw d) => CollectionDraws.Key(d, 'h');

    private static string[] Setting(Draw d, string name) => WithKey(d, name, key =>
    [
        .. CollectionDraws.Some(d, 4, () => CollectionDraws.Element(d, key)).SelectMany(field => new[] { field, CollectionDraws.Element(d, key) }),
        .. d.Chance(0.03) ? new[] { "odd" } : [],
    ]);

    private static string[] WithField(Draw d, string name, Func<string, string[]> rest) =>
        WithKey(d, name, key => [CollectionDraws.Element(d, key), .. rest(key)]);

    private static string[] WithKey(Draw d, string name, Func<string, string[]> rest)
    {
        string key = Key(d);
        return [name, key, .. rest(key)];
    }

    private static string WholeScan(RespConnection connection, string[] words) => Scans.Whole(connection, words, groupSize: 2);

    /// <summary>What can be said of a random sample: how many, all there, different ones for a positive count.</summary>
    private static string Sample(RespConnection connection, string[] words)
    {
        RespValue reply = connection.Call(words);
        if (reply.IsError)
            return reply.ToString();
        bool withValues = words.Length > 3;
        List<RespValue> flat = [.. reply.Items.SelectMany(item => item.Items.Count > 0 ? item.Items : [item])];
        List<string> names = [.. flat.Where((_, i) => !withValues || i % 2 == 0).Select(item => item.Text)];
        bool areThere = names.All(name => connection.Call("HEXISTS", words[1], name).Integer == 1);
        bool areDifferent = words[2].StartsWith('-') || names.Distinct().Count() == names.Count;
        bool haveValues = !withValues || Enumerable.Range(0, names.Count).All(i => connection.Call("HGET", words[1], names[i]).Text == flat[(2 * i) + 1].Text);
        return $"{reply.Type} {reply.Items.Count} {areThere} {areDifferent} {haveValues}";
    }
}
