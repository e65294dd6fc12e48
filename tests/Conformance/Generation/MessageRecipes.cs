using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>
/// Subscriptions, publishing, and client-side caching. A subscriber of RESP2 can do little else, and in RESP3 messages come between replies: so each is a
/// short conversation that ends with no subscription left.
/// </summary>
internal static class MessageRecipes
{
    private const string Marker = "end-of-the-conversation";

    public static IEnumerable<Recipe> All { get; } =
    [
        new("SUBSCRIBE", 1, d => [d.Case("SUBSCRIBE"), .. Channels(d)], Conversation),
        new("PSUBSCRIBE", 1, d => ["PSUBSCRIBE", .. d.Chance(0.9) ? [d.Pick("n*", "*", "news", "[nw]e*"), .. d.Some(["n?ws"])] : Array.Empty<string>()], Conversation),
        new("SSUBSCRIBE", 1, d => ["SSUBSCRIBE", .. Channels(d)], Conversation),
        new("UNSUBSCRIBE", 1, d => ["UNSUBSCRIBE", .. Channels(d)], Conversation),
        new("PUNSUBSCRIBE", 1, d => ["PUNSUBSCRIBE", .. Channels(d)], Conversation),
        new("SUNSUBSCRIBE", 1, d => ["SUNSUBSCRIBE", .. Channels(d)], Conversation),
        new("PUBLISH", 2, d => ["PUBLISH", Channel(d), .. d.Chance(0.95) ? [d.Value()] : Array.Empty<string>()]),
        new("SPUBLISH", 2, d => ["SPUBLISH", Channel(d), .. d.Chance(0.95) ? [d.Value()] : Array.Empty<string>()]),
        new("PUBSUB", 2, d => ["PUBSUB", .. d.Pick<string[]>(["CHANNELS"], ["CHANNELS", "n*"], ["CHANNELS", "a", "b"], ["NUMSUB"], ["NUMSUB", "news", "x"], ["NUMPAT"], ["NUMPAT", "x"],
            ["SHARDCHANNELS"], ["SHARDCHANNELS", "n*"], ["SHARDNUMSUB"], ["SHARDNUMSUB", "news"], ["bogus"], [])]),
        new("CLIENT TRACKING", 2, d => ["CLIENT", d.Case("TRACKING"), d.Pick("ON", "ON", "OFF", "off", "bogus"), .. d.Some(["BCAST"], ["OPTIN"], ["OPTOUT"], ["NOLOOP"],
            ["PREFIX", d.Pick("k", "key", "l", "")], ["PREFIX", "k1"], ["REDIRECT", d.Pick("0", "99999999", "abc", "-1")], [d.Pick("bogus", "REDIRECT", "PREFIX")])]),
        new("CLIENT CACHING", 1, d => ["CLIENT", "CACHING", d.Pick("YES", "NO", "no", "bogus")]),
        new("CLIENT GETREDIR", 1, _ => ["CLIENT", "GETREDIR"]),
        new("CLIENT TRACKINGINFO", 2, _ => ["CLIENT", "TRACKINGINFO"]),
    ];

    private static string Channel(Draw d) => d.Pick("news", "weather", "", "\0\r\n", "new");

    private static string[] Channels(Draw d) => [.. Enumerable.Range(0, d.Pick(0, 1, 1, 2, 3)).Select(_ => Channel(d))];

    /// <summary>The command, what is said while it has its effect, and how all of it is taken back; with everything that came, in order.</summary>
    private static string Conversation(RespConnection connection, string[] command)
    {
        // What a cache is told of the commands before comes at the end of a turn of the server's loop: by the second request.
        connection.Call("PING");
        connection.Call("PING");
        var heard = new List<string>();
        Say(connection, heard, command);
        Say(connection, heard, "PUBLISH", "news", "hello");
        Say(connection, heard, "SPUBLISH", "news", "hello");
        Say(connection, heard, "PUBSUB", "NUMSUB", "news");
        Say(connection, heard, "GET", "k1");
        Say(connection, heard, "UNSUBSCRIBE");
        Say(connection, heard, "PUNSUBSCRIBE");
        Say(connection, heard, "SUNSUBSCRIBE");
        return string.Join(' ', heard);
    }

    private static void Say(RespConnection connection, List<string> heard, params string[] command)
    {
        connection.Send(command);
        connection.Send("PING", Marker);
        var said = new List<RespValue>();
        while (said.Count == 0 || !said[^1].ToString().Contains(Marker, StringComparison.Ordinal))
            said.Add(connection.Read());

        // Who leaves everything, and whose patterns match, is told in the order of a table with a random seed; the counts are told in theirs.
        bool ofAll = command.Length == 1;
        IEnumerable<string> texts = said.Select(value => ofAll && value.Items.Count == 3 ? value[1].ToString() : value.ToString());
        heard.AddRange(command[0] is "PUBLISH" || ofAll ? texts.Order(StringComparer.Ordinal) : texts);
        heard.AddRange(said.Where(value => ofAll && value.Items.Count == 3).Select(value => value[2].ToString()));
    }
}
