using System.Text.RegularExpressions;
using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>What MONITOR, SLOWLOG and LATENCY tell of commands: the same as Redis's, apart from times, numbers and ports.</summary>
public sealed partial class Monitors_and_logs(ServerPair servers) : IClassFixture<ServerPair>
{
    private static readonly string[][] Commands =
    [
        ["SET", "k", "v"], ["get", "k"], ["SET", "quoted", "a\"b\\c\r\n\t\a\b\0\x7f\xe9 ~"], ["APPEND", "k", ""], ["INCR", "k"], ["bogus"], ["GET"], ["SELECT", "3"], ["PING"], ["SELECT", "0"],
        ["AUTH", "secret"], ["AUTH", "default", "secret"], ["HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me"], ["CONFIG", "SET", "masterauth", "secret"], ["CONFIG", "SET", "masteruser", "secret", "timeout", "0"],
        ["CONFIG", "GET", "timeout"], ["CLIENT", "SETNAME", "me"], ["CLIENT", "LIST"], ["MULTI"], ["SET", "in", "1"], ["GET", "in"], ["EXEC"], ["MULTI"], ["DISCARD"], ["WATCH", "a", "b"], ["UNWATCH"],
        ["DEBUG", "DIGEST-VALUE", "k"], ["MSET", .. Enumerable.Range(0, 40).Select(static i => $"{i}")], ["SET", "long", new string('x', 200)], ["DEL", "long"], ["EXISTS", "k"], ["COMMAND", "COUNT"], ["EXPIRE", "k", "100"],
        ["GETSET", "k", "1"], ["INCRBYFLOAT", "k", "1.5"], ["WAIT", "0", "1"], ["FLUSHALL"], ["LASTSAVE"], ["TIME"], ["ECHO", "end"],
    ];

    [Fact]
    public void A_monitor_sees_what_it_sees_on_Redis() => Assert.Equal(Monitored(servers.Redis), Monitored(servers.Redoubt));

    [Fact]
    public void The_slow_log_has_what_it_has_on_Redis() => Assert.Equal(Logged(servers.Redis), Logged(servers.Redoubt));

    [Fact]
    public void A_monitor_sees_its_own_commands_after_their_replies_and_may_not_touch_keys()
    {
        string[][] commands = [["MONITOR"], ["MONITOR"], ["PING"], ["GET", "k"], ["SET", "k", "v"], ["INFO", "cluster"], ["CLIENT", "GETNAME"], ["MULTI"], ["PING"], ["EXEC"], ["RESET"], ["GET", "k"], ["QUIT"]];
        Assert.Equal(OwnView(servers.Redis, commands), OwnView(servers.Redoubt, commands));
    }

    [Fact]
    public void A_monitor_inside_a_transaction_is_refused()
    {
        string[][] commands = [["MULTI"], ["MONITOR"], ["EXEC"], ["QUIT"]];
        Assert.Equal(OwnView(servers.Redis, commands), OwnView(servers.Redoubt, commands));
    }

    [Fact]
    public void Slow_commands_are_latency_events_as_on_Redis() => Assert.Equal(Events(servers.Redis), Events(servers.Redoubt));

    [Fact]
    public void Histograms_count_calls_in_buckets_that_Redis_has()
    {
        using RespConnection connection = servers.Redoubt.Connect();
        connection.Call("CONFIG", "RESETSTAT").OrThrow();
        for (int i = 0; i < 20; i++)
            connection.Call("GET", "nothing").OrThrow();
        connection.Call("DEBUG", "SLEEP", "0.01").OrThrow();
        RespValue[] entries = [.. connection.Call("LATENCY", "HISTOGRAM", "get", "debug", "no-such", "config").Items];
        Assert.Equal(["get", "debug", "config|resetstat"], entries.Where((_, i) => i % 2 == 0).Select(static e => e.Text));
        foreach (RespValue histogram in entries.Where((_, i) => i % 2 == 1))
        {
            long[] buckets = [.. histogram[3].Items.Select(static i => i.Integer)];
            Assert.Equal(histogram[1].Integer, buckets[^1]);
            // The upper ends of buckets of 1024 ns times powers of two, as redis-server prints them in microseconds.
            Assert.All(buckets.Where((_, i) => i % 2 == 0), static end => Assert.Contains(end, (long[])[1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266, 270532, 541065, 1073741]));
        }
    }

    private static string[] Monitored(ServerProcess server)
    {
        server.Call("FLUSHALL").OrThrow();
        using RespConnection monitor = server.Connect();
        monitor.Call("MONITOR").OrThrow();
        using RespConnection client = server.Connect();
        foreach (string[] command in Commands)
            client.Call(command);
        var lines = new List<string>();
        do
            lines.Add(Anonymous(monitor.ReadReply().Text));
        while (!lines[^1].Contains("\"ECHO\" \"end\"", StringComparison.Ordinal));
        return [.. lines];
    }

    private static string[] OwnView(ServerProcess server, string[][] commands)
    {
        server.Call("FLUSHALL").OrThrow();
        using RespConnection monitor = server.Connect();
        foreach (string[] command in commands)
            monitor.Send(command);
        return Anonymous(System.Text.Encoding.Latin1.GetString(monitor.ReadUntilClosed())).Split("\r\n");
    }

    private static string[] Logged(ServerProcess server)
    {
        server.Call("FLUSHALL").OrThrow();
        using RespConnection client = server.Connect();
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000").OrThrow();
        client.Call("SLOWLOG", "RESET").OrThrow();
        foreach (string[] command in Commands)
            client.Call(command);
        RespValue log = client.Call("SLOWLOG", "GET", "-1").OrThrow();
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "10000", "slowlog-max-len", "128").OrThrow();
        string self = client.LocalEndPoint.ToString()!;
        long first = log.Items[^1][0].Integer;
        long[] numbers = [.. log.Items.Select(static entry => entry[0].Integer)];
        Assert.Equal(Enumerable.Range(0, numbers.Length).Select(i => first + numbers.Length - 1 - i), numbers);
        Assert.All(log.Items, entry => Assert.True(entry[2].Integer >= 0 && entry[4].Text == self));
        return [.. log.Items.Select(static entry => string.Join(' ', entry[3].Items.Select(static i => Wire.Show(i.Bytes))) + " by " + entry[5].Text)];
    }

    private static string[] Events(ServerProcess server)
    {
        using RespConnection client = server.Connect();
        client.Call("LATENCY", "RESET").OrThrow();
        client.Call("CONFIG", "SET", "latency-monitor-threshold", "50").OrThrow();
        client.Call("DEBUG", "SLEEP", "0.06").OrThrow();
        client.Call("MULTI").OrThrow();
        client.Call("DEBUG", "SLEEP", "0.12").OrThrow();
        client.Call("EXEC").OrThrow();
        client.Call("CONFIG", "SET", "latency-monitor-threshold", "0").OrThrow();
        RespValue latest = client.Call("LATENCY", "LATEST").Items.Single(static each => each[0].Text == "command");
        RespValue history = client.Call("LATENCY", "HISTORY", "command");
        Assert.InRange(latest[3].Integer, 120, 10_000);
        Assert.InRange(history.Items.Count, 1, 2);
        Assert.Equal(latest[1].Integer, history.Items[^1][0].Integer);
        string graph = client.Call("LATENCY", "GRAPH", "command").Text;
        Assert.Matches("^command - high [0-9]+ ms, low [0-9]+ ms \\(all time high [0-9]+ ms\\)\n-{80}\n", graph);
        string[] kinds = [.. client.Call("LATENCY", "LATEST").Items.Select(static each => each[0].Text).Order(StringComparer.Ordinal)];
        return [.. kinds, $"{client.Call("LATENCY", "RESET", "COMMAND").Integer}", $"{client.Call("LATENCY", "HISTORY", "command").Items.Count}"];
    }

    private static string Anonymous(string text) => Address().Replace(Time().Replace(text, "<time>"), "<address>");

    [GeneratedRegex(@"[0-9]{10}\.[0-9]{6}")]
    private static partial Regex Time();

    [GeneratedRegex(@"127\.0\.0\.1:[0-9]+")]
    private static partial Regex Address();
}
