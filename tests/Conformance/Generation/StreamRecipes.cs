using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>
/// Streams: IDs are written out and rise slowly, so that commands meet on the same entries; the clock makes an ID only where nothing is left
/// of it afterwards.
/// </summary>
internal static class StreamRecipes
{
    private static readonly string[] OddIds =
    [
        "0-0", "0-1", "0", "-", "+", "$", ">", "*", "18446744073709551615-18446744073709551615", "18446744073709551615-18446744073709551614", "1-", "-1",
        "1--5", "1--05", "1-+5", " 5-1", "05-01", "x-1", "1-x", "", "5-*", "99999999999999999999-1", "5-18446744073709551615", "1-2-3", "5-\0" + "1", "1-1\0x",
    ];

    private static readonly string[] Fields = ["a", "b", "field", "12", "a-longer-name-of-a-field"];

    public static IEnumerable<Recipe> All { get; } = Family(
        new("XADD", 40, d => [d.Case("XADD"), Key(d), .. d.Some(["NOMKSTREAM"]), .. TrimOrNone(d), NewId(d), .. Content(d)]),
        new("XADD rising", 60, d => ["XADD", Key(d), Rising(d), .. Content(d)], Makes: true),
        new("XADD clock", 2, _ => ["XADD", "stream-of-the-clock", "*", "f", "v"], ClockId),
        new("XLEN", 6, d => ["XLEN", Key(d)]),
        new("XRANGE", 12, d => ["XRANGE", Key(d), RangeEnd(d), RangeEnd(d), .. d.Some(["COUNT", Count(d)])]),
        new("XREVRANGE", 12, d => ["XREVRANGE", Key(d), RangeEnd(d), RangeEnd(d), .. d.Some(["COUNT", Count(d)], ["bogus"])]),
        new("XREAD", 12, d => ["XREAD", .. d.Some(["COUNT", Count(d)], ["BLOCK", d.Pick("1", "-1", "abc")]), d.Case("STREAMS"), .. Streams(d, 0.1)]),
        new("XREAD errors", 2, d => ["XREAD", .. d.Some(["NOACK"], ["GROUP", "g1", "c"], ["bogus"]), "STREAMS", .. Streams(d, 0.1), .. d.Some([Key(d)])]),
        new("XREADGROUP", 40, d => ["XREADGROUP", "GROUP", Group(d), Consumer(d), .. d.Some(["COUNT", Count(d)], ["NOACK"], ["BLOCK", "1"]), "STREAMS", .. Streams(d, 0.7)]),
        new("XREADGROUP errors", 2, d => ["XREADGROUP", .. d.Some(["GROUP", "g1", "c"]), "COUNT", Count(d), "STREAMS", .. Streams(d, 0.3), .. d.Some([Key(d)])]),
        new("XACK", 20, d => ["XACK", Key(d), Group(d), .. Ids(d)]),
        new("XCLAIM", 20, d => ["XCLAIM", Key(d), Group(d), Consumer(d), d.Pick("0", "0", "0", "100000000", "-1", "abc"), .. Ids(d), .. ClaimOptions(d)]),
        new("XAUTOCLAIM", 15, d => ["XAUTOCLAIM", Key(d), Group(d), Consumer(d), d.Pick("0", "0", "100000000", "-1", "abc"), RangeEnd(d),
            .. d.Some(["COUNT", Count(d)], ["JUSTID"])]),
        new("XPENDING", 12, d => ["XPENDING", Key(d), Group(d), .. PendingFilter(d)]),
        new("XDEL", 20, d => ["XDEL", Key(d), .. Ids(d)]),
        new("XTRIM", 10, d => ["XTRIM", Key(d), .. Trim(d)]),
        new("XSETID", 5, d => ["XSETID", Key(d), Id(d), .. d.Some(["ENTRIESADDED", d.Pick(Count(d), "1000")], ["MAXDELETEDID", Id(d)])]),
        new("XGROUP CREATE", 25, d => ["XGROUP", d.Case("CREATE"), Key(d), Group(d), d.Pick("$", "0", Id(d)),
            .. d.Some(["MKSTREAM"], ["ENTRIESREAD", Count(d)])], Makes: true),
        new("XGROUP SETID", 8, d => ["XGROUP", "SETID", Key(d), Group(d), d.Pick("$", "0", "-", Id(d)), .. d.Some(["ENTRIESREAD", Count(d)])]),
        new("XGROUP DESTROY", 3, d => ["XGROUP", "DESTROY", Key(d), Group(d)]),
        new("XGROUP CREATECONSUMER", 6, d => ["XGROUP", "CREATECONSUMER", Key(d), Group(d), Consumer(d)]),
        new("XGROUP DELCONSUMER", 6, d => ["XGROUP", "DELCONSUMER", Key(d), Group(d), Consumer(d)]),
        new("XGROUP HELP", 1, d => ["XGROUP", d.Pick("HELP", "bogus"), .. d.Some([Key(d)])]),
        new("XINFO STREAM", 10, d => ["XINFO", d.Case("STREAM"), Key(d), .. d.Some(["FULL"])]),
        new("XINFO STREAM FULL", 10, d => ["XINFO", "STREAM", Key(d), d.Case("FULL"), "COUNT", Count(d)]),
        new("XINFO GROUPS", 10, d => ["XINFO", "GROUPS", Key(d)]),
        new("XINFO CONSUMERS", 10, d => ["XINFO", "CONSUMERS", Key(d), Group(d)]),
        new("XINFO HELP", 1, d => ["XINFO", d.Pick("HELP", "bogus", "STREAM"), .. d.Some([Key(d)])]),
        new("COPY of a stream", 4, d => ["COPY", Key(d), Key(d), .. d.Some(["REPLACE"])]),
        new("RENAME of a stream", 2, d => ["RENAME", Key(d), Key(d)]),
        new("DEL of a stream", 2, d => ["DEL", Key(d)]));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "stream" })];

    private static string Key(Draw d) => d.Chance(0.95) ? d.Pick("s1", "s2", "s3") : d.Key();

    private static string Group(Draw d) => d.Chance(0.9) ? d.Pick("g1", "g2") : d.Pick("", "nothing", "a\0group\r\n");

    private static string Consumer(Draw d) => d.Pick("alice", "bob", "al", "carol", "", "\xff");

    /// <summary>An ID that may well be in use.</summary>
    private static string Id(Draw d) => d.Next(20) switch
    {
        0 => d.Pick(OddIds),
        < 4 => Draw.Number(d.Next((int)d.Steps + 2)),
        _ => $"{d.Next((int)d.Steps + 2)}-{d.Next(3)}",
    };

    private static string[] Ids(Draw d) => [.. Enumerable.Range(0, 1 + d.Next(4)).Select(_ => Id(d))];

    /// <summary>Each is beyond those before it, most of the time.</summary>
    private static string Rising(Draw d) => $"{d.Step(d.Pick(0, 1, 1, 2, 40))}-{(d.Chance(0.2) ? "*" : Draw.Number(d.Next(4)))}";

    private static string NewId(Draw d) => d.Chance(0.8) ? Rising(d) : Id(d) is var id && id == "*" ? "5-*" : id;

    private static string RangeEnd(Draw d) => d.Next(6) switch
    {
        0 => "-",
        1 => "+",
        2 => "(" + Id(d),
        _ => Id(d),
    };

    private static string Count(Draw d) => d.Next(12) switch
    {
        0 => d.Integer(),
        1 => d.Pick("0", "-1", "9223372036854775807"),
        _ => Draw.Number(1 + d.Next(12)),
    };

    private static string[] Content(Draw d)
    {
        var content = new List<string>();
        for (int i = 0; i < d.Pick(1, 1, 1, 2, 2, 3); i++)
        {
            content.Add(d.Chance(0.7) ? Fields[i] : d.Pick(Fields));
            content.Add(d.Value());
        }

        return d.Chance(0.02) ? [.. content, "odd"] : [.. content];
    }

    private static string[] TrimOrNone(Draw d) => d.Chance(0.3) ? Trim(d) : [];

    private static string[] Trim(Draw d)
    {
        string[] kind = d.Chance(0.5) ? ["~"] : d.Some(["="]);
        string[] trim = d.Chance(0.6)
            ? [d.Case("MAXLEN"), .. kind, d.Pick(Count(d), "20", "40")]
            : [d.Case("MINID"), .. kind, Id(d)];
        string[] limit = d.Chance(kind is ["~"] ? 0.4 : 0.05) ? [d.Case("LIMIT"), Count(d)] : [];
        return d.Chance(0.03) ? [.. limit, .. d.Some(["MAXLEN", "3"], ["bogus"])] : [.. trim, .. limit];
    }

    private static string[] Streams(Draw d, double newEntries)
    {
        int count = d.Pick(1, 1, 1, 2, 3);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => Key(d)),
            .. Enumerable.Range(0, count).Select(_ => d.Chance(newEntries) ? d.Pick(">", ">", ">", "$") : Id(d)),
        ];
    }

    private static string[] ClaimOptions(Draw d) => d.Some(
        ["FORCE"], ["JUSTID"], ["IDLE", d.Pick("0", "1000", "abc")], ["TIME", d.Pick("1000", "-5", "99999999999999", "abc")],
        ["RETRYCOUNT", Count(d)], ["LASTID", Id(d)], [d.Chance(0.1) ? "bogus" : "FORCE"]);

    private static string[] PendingFilter(Draw d) => d.Chance(0.3) ? d.Some(["bogus"]) :
    [
        .. d.Chance(0.3) ? [d.Case("IDLE"), d.Pick("0", "100000000", "abc")] : Array.Empty<string>(),
        RangeEnd(d), RangeEnd(d), Count(d),
        .. d.Chance(0.4) ? [Consumer(d)] : Array.Empty<string>(),
    ];

    /// <summary>The ID is of now; nothing of the stream stays.</summary>
    private static string ClockId(RespConnection connection, string[] command)
    {
        string[] id = connection.Call(command).Text.Split('-');
        string next = connection.Call(command).Text;
        connection.Call("DEL", command[1]).OrThrow();
        long age = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - long.Parse(id[0]);
        return $"of now: {age is >= -1000 and < 60_000}, sequence {id[1]}, rising: {string.CompareOrdinal(next, string.Join('-', id)) > 0}";
    }
}
