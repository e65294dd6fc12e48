using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

internal static class KeyRecipes
{
    public static IEnumerable<Recipe> All { get; } =
    [
        new("DEL", 10, d => [d.Case("DEL"), .. d.KeyList(3)]),
        new("UNLINK", 5, d => ["UNLINK", .. d.KeyList(3)]),
        new("EXISTS", 8, d => ["EXISTS", .. d.KeyList(4)]),
        new("TYPE", 6, d => ["TYPE", d.Key()]),
        new("RENAME", 8, d => ["RENAME", d.Key(), d.Key()]),
        new("RENAMENX", 6, d => ["RENAMENX", d.Key(), d.Key()]),
        new("EXPIRE", 15, d => ["EXPIRE", d.Key(), d.RelativeExpiry(), .. Conditions(d)]),
        new("PEXPIRE", 15, d => ["PEXPIRE", d.Key(), d.RelativeExpiry(), .. Conditions(d)]),
        new("EXPIREAT", 15, d => ["EXPIREAT", d.Key(), d.AbsoluteSeconds(), .. Conditions(d)], Makes: true),
        new("PEXPIREAT", 15, d => ["PEXPIREAT", d.Key(), d.AbsoluteMilliseconds(), .. Conditions(d)]),
        new("TTL", 8, d => ["TTL", d.Key()]),
        new("PTTL", 8, d => ["PTTL", d.Key()]),
        new("EXPIRETIME", 8, d => ["EXPIRETIME", d.Key()]),
        new("PEXPIRETIME", 8, d => ["PEXPIRETIME", d.Key()]),
        new("PERSIST", 8, d => ["PERSIST", d.Key()]),
        new("SCAN iteration", 3, d => ["SCAN", "0", .. ScanOptions(d)], ScanAll),
        new("SCAN errors", 3, d => ["SCAN", d.Pick("abc", "99999999999999999999999", "1.5", " 0"), .. ScanOptions(d)]),
        new("KEYS", 4, d => ["KEYS", d.Pattern()]),
        new("RANDOMKEY", 2, _ => ["RANDOMKEY"], RandomMember),
        new("DBSIZE", 6, _ => ["DBSIZE"]),
        new("FLUSHDB", 1, d => ["FLUSHDB", .. d.Some(["ASYNC"], ["SYNC"], ["bogus"])]),
        new("FLUSHALL", 1, d => ["FLUSHALL", .. d.Some(["ASYNC"], ["SYNC"], ["bogus"])]),
        new("OBJECT ENCODING", 6, d => ["OBJECT", d.Case("ENCODING"), d.Key()]),
        new("OBJECT errors", 1, d => ["OBJECT", d.Pick("FREQ", "bogus", "ENCODING"), .. d.KeyList(2)]),
        new("OBJECT REFCOUNT", 2, d => ["OBJECT", "REFCOUNT", d.Key()]),
        new("MEMORY USAGE", 3, d => ["MEMORY", d.Case("USAGE"), d.Key(), .. d.Some(["SAMPLES", d.Pick("0", "3", "-1", "abc")], [d.Pick("bogus", "SAMPLES")])]),
        new("OBJECT IDLETIME", 1, d => ["OBJECT", "IDLETIME", d.Key()]),
        new("COPY", 8, d => ["COPY", d.Key(), d.Key(), .. d.Some(["REPLACE"], ["REPLACE"], ["DB", d.Pick("0", "1", "2", "16", "-1", "abc")], [d.Pick("bogus", "DB")])]),
        new("MOVE", 4, d => ["MOVE", d.Key(), d.Pick("0", "1", "1", "2", "16", "-1", "abc", "")]),
        new("SWAPDB", 2, d => ["SWAPDB", d.Pick("0", "0", "1", "16", "abc"), d.Pick("1", "1", "2", "-1", "abc", "99999999999")]),
        new("TOUCH", 2, d => ["TOUCH", .. d.KeyList(3)]),
    ];

    private static string[] Conditions(Draw d) => d.Chance(0.4) ? [] : d.Some(["NX"], ["XX"], ["GT"], ["LT"], [d.Pick("bogus", "CH", "")]);

    private static string[] ScanOptions(Draw d) => d.Chance(0.1)
        ? d.Some(["MATCH", d.Pattern()], ["COUNT", d.Pick("0", "-1", "abc", "5")], ["bogus"], ["MATCH"])
        : d.Some(["MATCH", d.Pattern()], ["COUNT", Draw.Number(1 + d.Next(30))], ["TYPE", d.Pick("string", "list", "STRING", "bogus")]);

    /// <summary>Cursors are the server's own affair; what a full iteration finds is not.</summary>
    private static string ScanAll(RespConnection connection, string[] command)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        string cursor = "0";
        do
        {
            RespValue reply = connection.Call(["SCAN", cursor, .. command[2..]]);
            if (reply.IsError)
            {
                return reply.ToString();
            }

            cursor = reply[0].Text;
            found.UnionWith(reply[1].Items.Select(k => k.Text));
        }
        while (cursor != "0");
        return string.Join(' ', found.Select(k => Wire.Show(Wire.Bytes(k))));
    }

    private static string RandomMember(RespConnection connection, string[] command)
    {
        RespValue key = connection.Call(command);
        return key.Type == RespType.BulkString ? $"a key, and EXISTS says {connection.Call([.. Wire.Arguments("EXISTS"), key.Bytes])}" : key.ToString();
    }
}
