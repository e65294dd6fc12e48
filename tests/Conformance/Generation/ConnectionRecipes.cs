namespace Redoubt.Conformance.Generation;

internal static class ConnectionRecipes
{
    public static IEnumerable<Recipe> All { get; } =
    [
        new("PING", 6, d => [d.Case("PING"), .. d.Chance(0.5) ? [d.Value()] : Array.Empty<string>()]),
        new("ECHO", 5, d => ["ECHO", d.Value()]),
        new("SELECT", 6, d => ["SELECT", d.Pick("0", "1", "2", "0", "1", "15", "16", "-1", "abc", "", "99999999999")]),
        new("HELLO", 3, d => ["HELLO", .. d.Pick<string[]>([], ["2"], ["3"], ["3"], ["1"], ["4"], ["abc"], ["3", "SETNAME", "me"], ["3", "SETNAME", "a b"],
            ["2", "bogus"], ["3", "AUTH", "default"], ["3", "AUTH", "nobody", "wrong"])]),
        new("RESET", 1, _ => ["RESET"]),
        new("AUTH", 1, d => ["AUTH", .. d.Pick<string[]>(["wrong"], ["default", "any"], ["nobody", "wrong"], ["a", "b", "c"])]),
        new("CLIENT ID", 2, _ => ["CLIENT", "ID"]),
        new("CLIENT GETNAME", 3, _ => ["CLIENT", "GETNAME"]),
        new("CLIENT SETNAME", 3, d => ["CLIENT", d.Case("SETNAME"), d.Pick("name", "", "with space", "new\nline", "other-name", "\xe9")]),
        new("CLIENT SETINFO", 1, d => ["CLIENT", "SETINFO", d.Pick("LIB-NAME", "LIB-VER", "bogus"), d.Pick("x", "with space")]),
        new("CLIENT LIST", 2, d => ["CLIENT", "LIST", .. d.Pick<string[]>([], ["TYPE", "normal"], ["TYPE", "replica"], ["TYPE", "bogus"], ["ID", "999999"], ["ID", "abc"],
            ["bogus"], ["TYPE"])]),
        new("CLIENT INFO", 2, _ => ["CLIENT", "INFO"]),
        new("CLIENT KILL", 3, d => ["CLIENT", "KILL", .. d.Pick<string[]>(["ID", "999999"], ["ID", "abc"], ["ID", "0"], ["ADDR", "1.2.3.4:5"], ["LADDR", "1.2.3.4:5"],
            ["TYPE", "bogus"], ["TYPE", "pubsub"], ["1.2.3.4:5"], ["USER", "nobody"], ["SKIPME", "maybe"], ["ID", "999999", "SKIPME", "no"], ["ID"], ["bogus", "1"])]),
        new("CLIENT NO-EVICT", 1, d => ["CLIENT", "NO-EVICT", d.Pick("on", "off", "ON", "bogus")]),
        new("CLIENT PAUSE", 1, d => ["CLIENT", "PAUSE", .. d.Pick<string[]>(["0"], ["0", "WRITE"], ["0", "ALL"], ["abc"], ["-1"], ["1", "bogus"])]),
        new("CLIENT UNPAUSE", 1, _ => ["CLIENT", "UNPAUSE"]),
        new("CLIENT UNBLOCK", 1, d => ["CLIENT", "UNBLOCK", d.Pick("99999999", "0", "-1", "abc"), .. d.Some(["TIMEOUT"], ["ERROR"], ["bogus"])]),
        new("CLIENT REPLY", 1, d => ["CLIENT", "REPLY", d.Pick("ON", "on", "bogus", "")]),
        new("CLIENT errors", 1, d => ["CLIENT", .. d.Pick<string[]>(["bogus"], ["ID", "1"], ["GETNAME", "x"], ["SETNAME"], ["UNPAUSE", "1"], ["NO-EVICT"], [""])]),
    ];
}
