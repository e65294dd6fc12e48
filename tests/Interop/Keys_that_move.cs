using Redoubt.Testing;

namespace Redoubt.Interop;

/// <summary>MIGRATE between servers of both makes.</summary>
public sealed class Keys_that_move
{
    public static TheoryData<ServerKind, ServerKind> Pairs => new()
    {
        { ServerKind.Redoubt, ServerKind.Redis }, { ServerKind.Redis, ServerKind.Redoubt }, { ServerKind.Redoubt, ServerKind.Redoubt },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Arrive_as_they_were_and_are_gone_where_they_came_from(ServerKind from, ServerKind to)
    {
        using var source = ServerProcess.Start(from, "--enable-debug-command", "yes");
        using var target = ServerProcess.Start(to, "--enable-debug-command", "yes");
        string[][] writes =
        [
            ["SET", "string", new string('x', 200_000)], ["RPUSH", "list", .. Numbers(3000)], ["SADD", "set", .. Numbers(700)], ["ZADD", "sorted", "1.5", "a", "-2", "b"],
            ["HSET", "hash", "f", "v", "g", "5"], ["XADD", "stream", "5-1", "f", "v"], ["SET", "short", "1", "PX", "600000"],
        ];
        foreach (string[] write in writes)
            source.Call(write).OrThrow();
        string[] keys = ["string", "list", "set", "sorted", "hash", "stream", "short"];
        string[] digests = [.. keys.Select(key => Digest(source, key))];

        string port = target.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("OK", source.Call(["MIGRATE", "127.0.0.1", port, "", "0", "5000", "KEYS", .. keys, "nokey"]).Text);

        Assert.Equal(0, source.Call("DBSIZE").Integer);
        Assert.Equal(digests, keys.Select(key => Digest(target, key)));
        Assert.InRange(target.Call("PTTL", "short").Integer, 500_000, 600_000);

        source.Call("SET", "string", "another").OrThrow();
        Assert.Equal("ERR Target instance replied with error: BUSYKEY Target key name already exists.", source.Call("MIGRATE", "127.0.0.1", port, "string", "0", "5000").Text);
        Assert.Equal("OK", source.Call("MIGRATE", "127.0.0.1", port, "string", "0", "5000", "COPY", "REPLACE").Text);
        Assert.Equal("another", target.Call("GET", "string").Text);
        Assert.Equal("another", source.Call("GET", "string").Text);
    }

    private static string Digest(ServerProcess server, string key) => server.Call("DEBUG", "DIGEST-VALUE", key).OrThrow()[0].Text;

    private static IEnumerable<string> Numbers(int count) => Enumerable.Range(0, count).Select(i => $"n{i}");
}
