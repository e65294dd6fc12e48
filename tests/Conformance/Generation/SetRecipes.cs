using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

internal static class SetRecipes
{
    public static IEnumerable<Recipe> All { get; } = Family(
        new("SADD", 35, d => WithMembers(d, d.Case("SADD"), 5), Makes: true),
        new("SREM", 15, d => WithMembers(d, "SREM", 4)),
        new("SMOVE", 12, d => ["SMOVE", Key(d), Key(d), CollectionDraws.Member(d, "s" + Draw.Number(1 + d.Next(5)))]),
        new("SISMEMBER", 10, d => WithMembers(d, d.Case("SISMEMBER"), 1)),
        new("SMISMEMBER", 8, d => WithMembers(d, "SMISMEMBER", 5)),
        new("SCARD", 8, d => ["SCARD", Key(d)]),
        new("SINTERCARD", 10, d => SInterCard(d)),
        new("SINTERSTORE", 6, d => Storing(d, "SINTERSTORE")),
        new("SUNIONSTORE", 4, d => Storing(d, "SUNIONSTORE")),
        new("SDIFFSTORE", 8, d => Storing(d, "SDIFFSTORE")),
        new("SPOP refused, or of all", 4, d => ["SPOP", Key(d), d.Pick("0", "-1", "x", "", "1.5", "0"), .. d.Chance(0.1) ? new[] { "1" } : []]),
        new("SRANDMEMBER refused or empty", 4, d => ["SRANDMEMBER", d.Chance(0.5) ? "noset" : Key(d), d.Pick("0", "x", "", "-9223372036854775808", "0"),
            .. d.Chance(0.1) ? new[] { "1" } : []]),
        new("SSCAN refused", 4, d => ["SSCAN", Key(d), d.Pick("x", "-", " 0", "0"),
            .. d.Pick<string[]>(["COUNT", "0"], ["COUNT", "x"], ["COUNT"], ["MATCH"], ["TYPE", "set"], ["bogus"])]),
        new("OBJECT ENCODING of a set", 10, d => ["OBJECT", "ENCODING", Key(d)]),
        new("DEL of a set", 4, d => ["DEL", Key(d)]),
        new("COPY of a set", 4, d => ["COPY", Key(d), Key(d), "REPLACE"]),
        new("SMEMBERS", 4, d => ["SMEMBERS", Key(d)], (c, words) => CollectionDraws.InOrder(c, words, 1)),
        new("SINTER", 4, d => ["SINTER", .. CollectionDraws.Keys(d, 's', 3)], (c, words) => CollectionDraws.InOrder(c, words, 1)),
        new("SUNION", 4, d => ["SUNION", .. CollectionDraws.Keys(d, 's', 3)], (c, words) => CollectionDraws.InOrder(c, words, 1)),
        new("SDIFF", 4, d => ["SDIFF", .. CollectionDraws.Keys(d, 's', 4)], (c, words) => CollectionDraws.InOrder(c, words, 1)),
        new("SSCAN", 3, d => ["SSCAN", Key(d), "0", .. d.Some(["COUNT", Draw.Number(1 + d.Next(30))], ["MATCH", d.Pick("*", "e*", "?", "1*", "[ab]")])],
            (c, words) => Scans.Whole(c, words, groupSize: 1)),
        new("SRANDMEMBER", 3, d => ["SRANDMEMBER", Key(d), Draw.Number(d.Next(40) - 20)], Sample),
        new("SPOP", 4, d => ["SPOP", Key(d), .. d.Chance(0.7) ? new[] { Draw.Number(d.Next(30)) } : []], Pop));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "set" })];

    private static string Key(Draw d) => CollectionDraws.Key(d, 's');

    private static string[] WithMembers(Draw d, string name, int most)
    {
        string key = Key(d);
        return [name, key, .. CollectionDraws.Some(d, most, () => CollectionDraws.Member(d, key))];
    }

    private static string[] Storing(Draw d, string name) => [name, Key(d), .. CollectionDraws.Keys(d, 's', 4)];

    private static string[] SInterCard(Draw d)
    {
        string[] keys = CollectionDraws.Keys(d, 's', 3);
        string count = d.Chance(0.1) ? d.Pick("0", "-1", "x", "9", "9223372036854775807") : Draw.Number(keys.Length);
        return ["SINTERCARD", count, .. keys, .. d.Some(["LIMIT", d.Pick("0", "1", "3", "-1", "x")], ["bogus"])];
    }

    private static string Sample(RespConnection connection, string[] words)
    {
        RespValue reply = connection.Call(words);
        if (reply.IsError)
            return reply.ToString();
        List<string> members = [.. reply.Items.Select(item => item.Text)];
        bool areThere = members.All(member => connection.Call("SISMEMBER", words[1], member).Integer == 1);
        bool areDifferent = words[2].StartsWith('-') || members.Distinct().Count() == members.Count;
        return $"{reply.Type} {members.Count} {areThere} {areDifferent}";
    }

    /// <summary>What is popped was there and is gone, and is put back: the two servers choose differently.</summary>
    private static string Pop(RespConnection connection, string[] words)
    {
        string[] Members() => [.. connection.Call("SMEMBERS", words[1]).Items.Select(item => item.Text)];
        string[] before = Members();
        RespValue reply = connection.Call(words);
        if (reply.IsError || before.Length == 0)
            return reply.ToString();
        string[] popped = words.Length > 2 ? [.. reply.Items.Select(item => item.Text)] : [reply.Text];
        bool isConsistent = before.Except(popped).Order().SequenceEqual(Members().Order()) && popped.Distinct().Count() == popped.Length && !popped.Except(before).Any();
        connection.Call("DEL", words[1]);
        connection.Call(["SADD", words[1], .. before.Order(StringComparer.Ordinal)]).OrThrow();
        return $"{reply.Type} {popped.Length} {isConsistent}";
    }
}
