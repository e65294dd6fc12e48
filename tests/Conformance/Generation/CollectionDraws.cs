using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>
/// What hash and set recipes draw from. Each family has keys of its own, or most commands would only find the wrong type; some keys get short elements
/// only and so keep the compact form, others anything.
/// </summary>
internal static class CollectionDraws
{
    /// <summary>A key of the family, now and then one that anybody uses.</summary>
    public static string Key(Draw d, char family) => d.Chance(0.04) ? d.Key() : family + Draw.Number(1 + d.Next(5));

    public static string[] Keys(Draw d, char family, int most) => [.. Enumerable.Range(0, 1 + d.Next(most)).Select(_ => Key(d, family))];

    /// <summary>An element that suits the key: of the last two keys it may be long or binary.</summary>
    public static string Element(Draw d, string key) => d.Next(10) switch
    {
        0 when TakesAll(key) => d.Value(),
        0 or 1 => Draw.Number(d.Next(40) * 1_000_000_007L),
        2 => d.Pick("a", "b", "c", "", "-1", "007", "+1"),
        _ => (d.Chance(0.5) ? "e" : "") + Draw.Number(d.Next(30)),
    };

    /// <summary>Numbers only for the first keys, so that there are intsets.</summary>
    public static string Member(Draw d, string key) =>
        TakesAll(key) || key.EndsWith('3') ? Element(d, key) : Draw.Number((long)d.Pick(1, -1, 100_000, 10_000_000_000) * d.Next(40));

    public static string[] Some(Draw d, int most, Func<string> make) => [.. Enumerable.Range(0, 1 + d.Next(most)).Select(_ => make())];

    /// <summary>The reply with its elements in an order that does not depend on a table's seed, where the value is a table.</summary>
    public static string InOrder(RespConnection connection, string[] arguments, int groupSize)
    {
        RespValue reply = connection.Call(arguments);
        bool isTable = arguments.Skip(1).Any(key => connection.Call("OBJECT", "ENCODING", key).Text == "hashtable");
        if (!isTable || reply.Items.Count == 0)
            return reply.ToString();
        IEnumerable<string> groups = reply.Items.Chunk(groupSize).Select(group => string.Join('=', group.Select(item => item.ToString())));
        return $"{reply.Type} {string.Join(' ', groups.Order(StringComparer.Ordinal))}";
    }

    private static bool TakesAll(string key) => key.EndsWith('4') || key.EndsWith('5');
}
