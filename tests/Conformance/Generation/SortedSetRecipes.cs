using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>
/// Sorted sets: few keys, few members and many equal scores, so that commands meet; now and then the limits change, so that both forms are met. Ranges
/// between members have keys of their own, in which all scores are equal: elsewhere Redis promises nothing about them.
/// </summary>
internal static class SortedSetRecipes
{
    private static readonly string[] Members =
        ["a", "b", "c", "d", "e", "f", "g", "aa", "ab", "", "10", "9", "-3", "1.5", "\0\xff", "\xff", new string('m', 63), new string('n', 65)];

    private static readonly string[] Ends = ["-", "+", "[a", "(a", "[c", "(d", "[aa", "(ab", "[", "(", "[\xff", "[10", "a", "", "+x", "[zz"];

    public static IEnumerable<Recipe> All { get; } = Family(
        new("ZADD", 40, d => [d.Case("ZADD"), Key(d), .. Conditions(d), .. Pairs(d)], Makes: true),
        new("ZADD of one score", 15, d => ["ZADD", LexKey(d), .. Enumerable.Range(0, 1 + d.Next(3)).SelectMany(_ => new[] { "0", Member(d) })], Makes: true),
        new("ZADD INCR", 6, d => ["ZADD", Key(d), .. Conditions(d), "INCR", Score(d), Member(d)]),
        new("ZINCRBY", 10, d => ["ZINCRBY", Key(d), Score(d), Member(d)]),
        new("ZREM", 8, d => ["ZREM", Key(d), .. MemberList(d)]),
        new("ZCARD", 4, d => ["ZCARD", Key(d)]),
        new("ZCOUNT", 6, d => ["ZCOUNT", Key(d), ScoreEnd(d), ScoreEnd(d)]),
        new("ZLEXCOUNT", 4, d => ["ZLEXCOUNT", LexKey(d), d.Pick(Ends), d.Pick(Ends)]),
        new("ZSCORE", 4, d => ["ZSCORE", Key(d), Member(d)]),
        new("ZMSCORE", 4, d => ["ZMSCORE", Key(d), .. MemberList(d)]),
        new("ZRANK", 5, d => ["ZRANK", Key(d), Member(d)]),
        new("ZREVRANK", 5, d => ["ZREVRANK", Key(d), Member(d)]),
        new("ZRANGE", 10, d => ["ZRANGE", Key(d), d.Index(), d.Index(), .. d.Some(["REV"], ["WITHSCORES"], ["LIMIT", "0", "-1"], ["bogus"])]),
        new("ZRANGE BYSCORE", 10, d => ["ZRANGE", Key(d), ScoreEnd(d), ScoreEnd(d), "BYSCORE", .. d.Some(["REV"], ["WITHSCORES"], Limit(d))]),
        new("ZRANGE BYLEX", 8, d => ["ZRANGE", LexKey(d), d.Pick(Ends), d.Pick(Ends), "BYLEX", .. d.Some(["REV"], ["WITHSCORES"], Limit(d))]),
        new("ZRANGESTORE", 6, d => ["ZRANGESTORE", Key(d), Key(d), d.Index(), d.Index(), .. d.Some(["REV"], ["WITHSCORES"])]),
        new("ZRANGESTORE BYSCORE", 4, d => ["ZRANGESTORE", Key(d), Key(d), ScoreEnd(d), ScoreEnd(d), "BYSCORE", .. d.Some(["REV"], Limit(d))]),
        new("ZRANGESTORE BYLEX", 3, d => ["ZRANGESTORE", Key(d), LexKey(d), d.Pick(Ends), d.Pick(Ends), "BYLEX", .. d.Some(["REV"], Limit(d))]),
        new("ZREVRANGE", 4, d => ["ZREVRANGE", Key(d), d.Index(), d.Index(), .. d.Some(["WITHSCORES"], ["REV"])]),
        new("ZRANGEBYSCORE", 6, d => ["ZRANGEBYSCORE", Key(d), ScoreEnd(d), ScoreEnd(d), .. d.Some(["WITHSCORES"], Limit(d), ["REV"])]),
        new("ZREVRANGEBYSCORE", 6, d => ["ZREVRANGEBYSCORE", Key(d), ScoreEnd(d), ScoreEnd(d), .. d.Some(["WITHSCORES"], Limit(d))]),
        new("ZRANGEBYLEX", 6, d => ["ZRANGEBYLEX", LexKey(d), d.Pick(Ends), d.Pick(Ends), .. d.Some(Limit(d), ["WITHSCORES"])]),
        new("ZREVRANGEBYLEX", 6, d => ["ZREVRANGEBYLEX", LexKey(d), d.Pick(Ends), d.Pick(Ends), .. d.Some(Limit(d))]),
        new("ZREMRANGEBYRANK", 3, d => ["ZREMRANGEBYRANK", Key(d), d.Index(), d.Index()]),
        new("ZREMRANGEBYSCORE", 3, d => ["ZREMRANGEBYSCORE", Key(d), ScoreEnd(d), ScoreEnd(d)]),
        new("ZREMRANGEBYLEX", 3, d => ["ZREMRANGEBYLEX", LexKey(d), d.Pick(Ends), d.Pick(Ends)]),
        new("ZPOPMIN", 4, d => [d.Pick("ZPOPMIN", "ZPOPMAX"), Key(d), .. PopCount(d)]),
        new("ZMPOP", 4, d => ["ZMPOP", .. KeysWithNumber(d), d.Case(d.Pick("MIN", "MAX", "bogus")), .. d.Some(["COUNT", d.Integer()])]),
        new("BZPOPMIN", 1, d => [d.Pick("BZPOPMIN", "BZPOPMAX"), .. KeyList(d, 2), d.Pick("0.001", "0.001", "0.001", "-1", "abc")]),
        new("BZMPOP", 1, d => ["BZMPOP", d.Pick("0.001", "0.001", "0.001", "-1", "abc"), .. KeysWithNumber(d), d.Pick("MIN", "MAX"), .. d.Some(["COUNT", d.Integer()])]),
        new("ZUNION", 6, d => ["ZUNION", .. KeysWithNumber(d), .. Combination(d), .. d.Some(["WITHSCORES"])]),
        new("ZUNIONSTORE", 6, d => ["ZUNIONSTORE", Key(d), .. KeysWithNumber(d), .. Combination(d)]),
        new("ZINTER", 6, d => ["ZINTER", .. KeysWithNumber(d), .. Combination(d), .. d.Some(["WITHSCORES"])]),
        new("ZINTERSTORE", 6, d => ["ZINTERSTORE", Key(d), .. KeysWithNumber(d), .. Combination(d)]),
        new("ZINTERCARD", 4, d => ["ZINTERCARD", .. KeysWithNumber(d), .. d.Some(["LIMIT", d.Integer()])]),
        new("ZDIFF", 4, d => ["ZDIFF", .. KeysWithNumber(d), .. d.Some(["WITHSCORES"], ["WEIGHTS", "1"])]),
        new("ZDIFFSTORE", 4, d => ["ZDIFFSTORE", Key(d), .. KeysWithNumber(d), .. d.Some(["WITHSCORES"])]),
        new("ZRANDMEMBER", 4, d => ["ZRANDMEMBER", Key(d), .. d.Chance(0.2) ? Array.Empty<string>() : [PickCount(d), .. d.Some(["WITHSCORES"])]], SomeMembers),
        new("ZSCAN iteration", 3, d => ["ZSCAN", Key(d), "0", .. d.Some(["MATCH", d.Pick("*", "a*", "[a-d]", "")], ["COUNT", d.Pick("1", "5", "0", "abc")])], ScanAll),
        new("ZSCAN errors", 2, d => ["ZSCAN", d.Chance(0.5) ? Key(d) : "nothing", d.Pick("abc", "0", "0"), .. d.Some(["bogus", "1"], ["MATCH"], ["COUNT", "0"])], ScanAll),
        new("OBJECT ENCODING of sorted sets", 4, d => ["OBJECT", "ENCODING", Key(d)]),
        new("CONFIG SET zset-max-listpack", 1, d => ["CONFIG", "SET", .. d.Chance(0.7)
            ? ["zset-max-listpack-entries", d.Pick("0", "4", "4", "128")] : new[] { "zset-max-listpack-value", d.Pick("64", "64", "1") }]));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "sortedset" })];

    public static string Key(Draw d) => d.Chance(0.05) ? d.Key() : d.Pick("z1", "z2", "z3", "z4");

    private static string LexKey(Draw d) => d.Chance(0.05) ? d.Key() : d.Pick("lex1", "lex2");

    private static string[] KeyList(Draw d, int most) => [.. Enumerable.Range(0, 1 + d.Next(most)).Select(_ => Key(d))];

    private static string Member(Draw d) => d.Chance(0.05) ? d.Value() : d.Pick(Members);

    private static string[] MemberList(Draw d) => [.. Enumerable.Range(0, 1 + d.Next(4)).Select(_ => Member(d))];

    private static string Score(Draw d) => d.Next(12) switch
    {
        0 => d.Pick("inf", "-inf", "+inf", "Infinity"),
        1 => d.Float(),
        2 => d.Pick("0x10", "-0", "1e300", "-1e300", "1e-300", "4611686018427387904", "4611686018427387905", "1e17", "0.1", "3.0", "123456789012345678"),
        _ => Draw.Number(d.Next(7) - 2),
    };

    private static string ScoreEnd(Draw d) => d.Next(10) switch
    {
        0 => d.Pick("-inf", "+inf", "inf", "(inf", "(-inf"),
        1 => d.Pick("", "(", "abc", "nan", " 1", "1 ", "((1", "1\0x"),
        _ => (d.Chance(0.3) ? "(" : "") + Score(d),
    };

    private static string[] Pairs(Draw d)
    {
        List<string> pairs = [];
        for (int count = 1 + d.Next(d.Chance(0.1) ? 8 : 3); count > 0; count--)
        {
            pairs.Add(Score(d));
            pairs.Add(Member(d));
        }

        if (d.Chance(0.02))
        {
            pairs.RemoveAt(pairs.Count - 1);
        }

        return [.. pairs];
    }

    private static string[] Conditions(Draw d) => d.Chance(0.6) ? [] : d.Some(["NX"], ["XX"], ["GT"], ["LT"], ["CH"]);

    private static string[] Limit(Draw d) => ["LIMIT", d.Pick("0", "1", "2", "-1", "abc", "100"), d.Pick("0", "1", "3", "-1", "-2", "abc")];

    private static string[] PopCount(Draw d) => d.Next(4) switch
    {
        0 => [],
        1 => [d.Integer()],
        2 => ["1", "2"],
        _ => [Draw.Number(d.Next(4))],
    };

    /// <summary>How many members to pick; a negative number is how many replies there will be, however large.</summary>
    private static string PickCount(Draw d) => d.Chance(0.1)
        ? d.Pick("9223372036854775807", "-9223372036854775808", "-9223372036854775807x", "4611686018427387904", "abc", "1.5")
        : Draw.Number(d.Next(30) - 10);

    private static string[] KeysWithNumber(Draw d)
    {
        string[] keys = KeyList(d, 3);
        return [d.Chance(0.05) ? d.Integer() : Draw.Number(keys.Length), .. keys];
    }

    private static string[] Combination(Draw d) => d.Some(
        ["AGGREGATE", d.Pick("SUM", "MIN", "MAX", "bogus")], ["WEIGHTS", .. Enumerable.Range(0, 1 + d.Next(3)).Select(_ => Score(d))]);

    /// <summary>A choice is right when it has as many members as asked for, distinct or not, and their scores.</summary>
    private static string SomeMembers(RespConnection connection, string[] command)
    {
        RespValue reply = connection.Call(command);
        if (reply.Type == RespType.BulkString)
        {
            return $"a member: {!connection.Call([.. Wire.Arguments("ZSCORE", command[1]), reply.Bytes]).IsNull}";
        }

        bool withScores = command.Length > 3;
        bool isNested = withScores && reply.Items.Count > 0 && reply[0].Items.Count == 2;
        List<RespValue> flat = isNested ? [.. reply.Items.SelectMany(pair => pair.Items)] : [.. reply.Items];
        List<RespValue> members = [.. flat.Where((_, i) => !withScores || i % 2 == 0)];
        int wrong = 0;
        for (int i = 0; i < members.Count; i++)
        {
            RespValue score = connection.Call([.. Wire.Arguments("ZSCORE", command[1]), members[i].Bytes]);
            wrong += score.IsNull || (withScores && score.Text != flat[2 * i + 1].Text) ? 1 : 0;
        }

        bool isDistinct = command.Length > 2 && !command[2].StartsWith('-') && members.Select(m => m.Text).Distinct().Count() == members.Count;
        return reply.IsError ? reply.ToString() : $"{reply.Items.Count} items, {isNested}, {wrong} wrong, distinct: {isDistinct}";
    }

    private static string ScanAll(RespConnection connection, string[] command)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        string cursor = command[2];
        do
        {
            RespValue reply = connection.Call([.. command[..2], cursor, .. command[3..]]);
            if (reply.IsError)
            {
                return reply.ToString();
            }

            cursor = reply[0].Text;
            found.UnionWith(reply[1].Items.Chunk(2).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{Wire.Show(pair[0].Bytes)}={pair[1].Text}")));
        }
        while (cursor != "0");
        return string.Join(' ', found);
    }
}
