using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>Counters and messages whose moment matters, beside Redis's.</summary>
public sealed class What_is_counted_and_told(ServerPair servers) : IClassFixture<ServerPair>
{
    [Fact]
    public void A_command_that_is_unblocked_with_an_error_has_failed() => Assert.Equal(Unblocked(servers.Redis), Unblocked(servers.Redoubt));

    [Fact]
    public void A_save_in_the_foreground_is_no_fork() => Assert.Equal(Forks(servers.Redis), Forks(servers.Redoubt));

    [Fact]
    public void The_client_that_asks_sees_its_question_in_its_query_buffer() => Assert.Equal(OwnInput(servers.Redis), OwnInput(servers.Redoubt));

    [Fact]
    public void An_evicted_key_is_told_before_the_reply_that_it_made_room_for() => Assert.Equal(Evicted(servers.Redis), Evicted(servers.Redoubt));

    [Fact]
    public void Keys_cached_beyond_the_limit_are_told_before_the_next_command_is_queued() => Assert.Equal(Surplus(servers.Redis), Surplus(servers.Redoubt));

    [Fact]
    public void Broadcast_keys_come_in_the_order_of_their_bytes() => Assert.Equal(Broadcast(servers.Redis), Broadcast(servers.Redoubt));

    [Fact]
    public void Values_that_are_checked_in_depth_are_counted_where_that_is_asked_for() => Assert.Equal(Sanitized(servers.Redis), Sanitized(servers.Redoubt));

    [Fact]
    public void A_slow_command_in_a_pipeline_of_brief_ones_does_not_escape_the_slow_log()
    {
        ServerProcess server = servers.Redoubt;
        using RespConnection client = server.Connect();
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "5000").OrThrow();
        client.Call("SET", "small", "v").OrThrow();
        client.Call("SETRANGE", "huge", "268435455", "v").OrThrow();
        client.Call("SLOWLOG", "RESET").OrThrow();
        client.Pipeline([["GET", "small"], ["GET", "small"], ["GET", "huge"], ["GET", "small"], ["GET", "small"]]);
        RespValue[] entries = [.. client.Call("SLOWLOG", "GET").Items];
        client.Call("DEL", "huge").OrThrow();
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "10000").OrThrow();
        Assert.Contains(entries, static entry => entry[3].Items.Select(static word => word.Text).SequenceEqual(["GET", "huge"]));
    }

    [Fact]
    public void A_table_moves_to_a_larger_one_in_idle_time_where_activerehashing_lets_it()
    {
        using ServerProcess server = ServerProcess.Start(ServerKind.Redoubt, "--activerehashing", "no", "--enable-debug-command", "yes");
        using RespConnection client = server.Connect();
        string Tables() => client.Call("DEBUG", "HTSTATS", "0").Text;
        int keys = 0;
        while (!Tables().Contains("rehashing target", StringComparison.Ordinal))
        {
            Assert.InRange(keys, 0, 1_000_000);
            client.Pipeline(Enumerable.Range(0, 200).Select(_ => new[] { "SET", $"key:{keys++}", "" }));
        }
        string before = Tables();
        // Ten ticks of the timer, in which nothing may move.
        long ticks = server.InfoNumber("server", "uptime_in_seconds");
        Wait.Until(() => server.InfoNumber("server", "uptime_in_seconds") > ticks + 1, "time to pass");
        Assert.Equal(before, Tables());

        client.Call("CONFIG", "SET", "activerehashing", "yes").OrThrow();

        Wait.Until(() => !Tables().Contains("rehashing target", StringComparison.Ordinal), "the rest to move");
        Assert.Equal(keys, client.Call("DBSIZE").Integer);
    }

    private static string[] Unblocked(ServerProcess server)
    {
        using RespConnection waiting = server.Connect();
        string id = waiting.Call("CLIENT", "ID").Text;
        server.Call("CONFIG", "RESETSTAT").OrThrow();
        waiting.Send("BLPOP", "nothing", "0");
        Wait.For("1", () => server.Info("clients", "blocked_clients"), "the client to wait");
        server.Call("CLIENT", "UNBLOCK", id, "ERROR").OrThrow();
        string[] commands = ["cmdstat_blpop", "cmdstat_client|unblock"];
        return [waiting.ReadReply().Text, .. commands.Select(name => server.Info("commandstats", name).Split(",rejected_calls=")[1]), server.Info("errorstats", "errorstat_UNBLOCKED")];
    }

    private static string[] Forks(ServerProcess server)
    {
        server.Call("CONFIG", "RESETSTAT").OrThrow();
        server.Call("SAVE").OrThrow();
        string before = server.Info("stats", "total_forks");
        server.Call("BGSAVE").OrThrow();
        Wait.For("0", () => server.Info("persistence", "rdb_bgsave_in_progress"), "the save");
        return [before, server.Info("stats", "total_forks")];
    }

    private static string[] OwnInput(ServerProcess server)
    {
        using RespConnection client = server.Connect();
        return [.. client.Pipeline([["CLIENT", "INFO"], ["PING"]]).Concat(client.Pipeline([["CLIENT", "INFO"]]))
            .Select(static reply => reply.Text.Split(' ').FirstOrDefault(static field => field.StartsWith("qbuf=", StringComparison.Ordinal)) ?? "")];
    }

    private static string[] Evicted(ServerProcess server)
    {
        server.Call("FLUSHALL").OrThrow();
        using RespConnection client = server.Connect(protocol: 3);
        client.Call("SETEX", "volatile", "10000", "x").OrThrow();
        client.Call("CLIENT", "TRACKING", "on").OrThrow();
        client.Call("GET", "volatile").OrThrow();
        client.Call("CONFIG", "SET", "maxmemory-policy", "volatile-random").OrThrow();
        client.Call("SETRANGE", "big", "1000000", "x").OrThrow();
        client.Call("CONFIG", "SET", "maxmemory", "500000").OrThrow();
        client.Send("GET", "none");
        string[] order = [Shown(client.Read()), Shown(client.Read())];
        client.Call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction").OrThrow();
        return order;
    }

    private static string[] Surplus(ServerProcess server)
    {
        server.Call("FLUSHALL").OrThrow();
        server.Call("DEBUG", "PAUSE-CRON", "1").OrThrow();
        using RespConnection client = server.Connect(protocol: 3);
        client.Call("CLIENT", "TRACKING", "on").OrThrow();
        client.Call("MGET", "a", "b").OrThrow();
        client.Call("MULTI").OrThrow();
        server.Call("CONFIG", "SET", "tracking-table-max-keys", "1").OrThrow();
        client.Send("PING");
        server.Call("DEBUG", "PAUSE-CRON", "0").OrThrow();
        string[] order = [client.Read().Type.ToString(), Shown(client.Read())];
        server.Call("CONFIG", "SET", "tracking-table-max-keys", "1000000").OrThrow();
        return order;
    }

    private static string[] Broadcast(ServerProcess server)
    {
        server.Call("FLUSHALL").OrThrow();
        using RespConnection client = server.Connect(protocol: 3);
        client.Call("CLIENT", "TRACKING", "on", "BCAST", "PREFIX", "user:", "PREFIX", "object:").OrThrow();
        using RespConnection writer = server.Connect();
        writer.Pipeline([["SET", "user:2", "x"], ["SET", "object:9", "x"], ["SET", "user:10", "x"], ["SET", "object:1", "x"], ["SET", "user:1", "x"], ["SET", "other", "x"]]);
        return [Shown(client.Read()), Shown(client.Read())];
    }

    private static string[] Sanitized(ServerProcess server)
    {
        List<string> counts = [];
        server.Call("FLUSHALL").OrThrow();
        server.Call("CONFIG", "RESETSTAT").OrThrow();
        using RespConnection client = server.Connect();
        client.Call("HSET", "hash", "field", "value").OrThrow();
        byte[] payload = client.Call("DUMP", "hash").Bytes;
        foreach (string mode in (string[])["no", "yes", "clients"])
        {
            server.Call("CONFIG", "SET", "sanitize-dump-payload", mode).OrThrow();
            client.Call([.. Wire.Arguments(["RESTORE", "copy", "0"]), payload, .. Wire.Arguments(["REPLACE"])]).OrThrow();
            counts.Add(server.Info("stats", "dump_payload_sanitizations"));
        }
        server.Call("CONFIG", "SET", "sanitize-dump-payload", "no").OrThrow();
        return [.. counts];
    }

    private static string Shown(RespValue value) =>
        value.Items.Count == 0 ? $"{value.Type} {value.Text}" : $"{value.Type}({string.Join(", ", value.Items.Select(Shown))})";
}
