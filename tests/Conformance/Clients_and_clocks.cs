using Redoubt.Testing;

namespace Redoubt.Conformance;

/// <summary>What needs time to pass or a second connection; run on both kinds of server, so that the expectation is Redis's too.</summary>
public sealed class Clients_and_clocks
{
    public static TheoryData<ServerKind> Kinds => [.. Enum.GetValues<ServerKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_key_is_gone_when_its_time_has_come(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        server.Call("SET", "soon", "v", "PX", "60").OrThrow();
        server.Call("SET", "later", "v", "EX", "100").OrThrow();
        Assert.Equal("v", server.Call("GET", "later").Text);
        Wait.Until(() => server.Call("GET", "soon").IsNull, "the key to expire", TimeSpan.FromSeconds(5));
        Assert.Equal(-2, server.Call("PTTL", "soon").Integer);
        Assert.Equal(0, server.Call("EXISTS", "soon").Integer);
        Assert.InRange(server.Call("PTTL", "later").Integer, 90_000, 100_000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Expired_keys_are_removed_though_nobody_reads_them(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection connection = server.Connect();
        connection.Pipeline([.. Enumerable.Range(0, 2_000).Select(i => new[] { "SET", $"k{i}", "v", "PX", $"{50 + (i % 50)}" })]);
        connection.Call("SET", "stays", "v").OrThrow();
        Wait.For(1L, () => server.Call("DBSIZE").Integer, "DBSIZE", TimeSpan.FromSeconds(10));
        Assert.Equal(2_000, server.InfoNumber("stats", "expired_keys"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Expired_keys_are_removed_by_whoever_meets_them(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection connection = server.Connect();
        // KEYS leaves them out without removing them.
        foreach (string[] meeting in new[] { new[] { "SCAN", "0", "COUNT", "100" }, ["GET", "past"], ["EXISTS", "past"], ["RANDOMKEY"], ["TTL", "past"] })
        {
            // One pipeline is executed in one turn, so the server's own clock cannot come between.
            RespValue[] replies = connection.Pipeline(new[] { new[] { "SET", "past", "v", "PXAT", "1" }, ["DBSIZE"], meeting, ["DBSIZE"] });
            Assert.Equal("OK", replies[0].Text);
            Assert.True(replies[1].Integer == 1 && replies[3].Integer == 0, $"{meeting[0]} left the key where it was");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_killed_client_is_disconnected_and_the_killer_is_not(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection killer = server.Connect();
        using RespConnection byId = server.Connect();
        using RespConnection byAddress = server.Connect();
        using RespConnection byType = server.Connect();
        Assert.Equal(1, killer.Call("CLIENT", "KILL", "ID", byId.Call("CLIENT", "ID").Text).Integer);
        Assert.True(byId.IsClosedByPeer(5_000));
        Assert.Equal("OK", killer.Call("CLIENT", "KILL", byAddress.LocalEndPoint.ToString()!).Text);
        Assert.True(byAddress.IsClosedByPeer(5_000));
        Assert.True(killer.Call("CLIENT", "KILL", "TYPE", "normal").Integer >= 1);
        Assert.True(byType.IsClosedByPeer(5_000));
        Assert.Equal("PONG", killer.Call("PING").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_kills_itself_gets_its_reply_first(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection client = server.Connect();
        string id = client.Call("CLIENT", "ID").Text;
        Assert.Equal(1, client.Call("CLIENT", "KILL", "ID", id, "SKIPME", "no").Integer);
        Assert.True(client.IsClosedByPeer(5_000));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pause_of_writes_holds_writes_and_lets_reads_through(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection writer = server.Connect();
        using RespConnection reader = server.Connect();
        reader.Call("CLIENT", "PAUSE", "30000", "WRITE").OrThrow();
        writer.Send("SET", "k", "v");
        Assert.True(reader.Call("GET", "k").IsNull);
        Assert.True(reader.Call("GET", "k").IsNull);
        Assert.Empty(writer.ReadSome(waitMs: 50));
        reader.Call("CLIENT", "UNPAUSE").OrThrow();
        Assert.Equal("OK", writer.ReadReply().Text);
        Assert.Equal("v", reader.Call("GET", "k").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pause_of_all_ends_by_itself(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection client = server.Connect();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        client.Call("CLIENT", "PAUSE", "150").OrThrow();
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.InRange(clock.ElapsedMilliseconds, 140, 5_000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Waiting_for_a_replica_that_is_not_there_ends_with_the_time(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        server.Call("SET", "k", "v").OrThrow();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(0, server.Call("WAIT", "1", "100").Integer);
        Assert.InRange(clock.ElapsedMilliseconds, 95, 5_000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scan_finds_every_key_that_stays_while_others_come_and_go(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection scanner = server.Connect();
        using RespConnection writer = server.Connect();
        writer.Pipeline([.. Enumerable.Range(0, 2_000).Select(i => new[] { "SET", $"stays:{i}", "v" })]);
        var found = new HashSet<string>();
        string cursor = "0";
        int round = 0;
        do
        {
            RespValue reply = scanner.Call("SCAN", cursor, "COUNT", "20").OrThrow();
            cursor = reply[0].Text;
            found.UnionWith(reply[1].Items.Select(k => k.Text));
            // Growth to several times the size, then a shrinking back: the table is rebuilt under the iteration both ways.
            string command = round++ < 60 ? "SET" : "DEL";
            writer.Pipeline([.. Enumerable.Range(0, 200).Select(i => (string[])[command, $"goes:{round % 60}:{i}", .. command == "SET" ? ["v"] : Array.Empty<string>()])]);
        }
        while (cursor != "0");
        Assert.Equal(2_000, found.Count(k => k.StartsWith("stays:", StringComparison.Ordinal)));
    }
}
