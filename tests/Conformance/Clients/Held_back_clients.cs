using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>Clients that must wait go on where they stopped, in their order. Run on both kinds of server.</summary>
public sealed class Held_back_clients
{
    public static TheoryData<ServerKind> Kinds => [.. Enum.GetValues<ServerKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pipeline_that_a_pause_stopped_goes_on_in_order_and_nothing_runs_twice(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection pausing = server.Connect();
        using RespConnection client = server.Connect();
        pausing.Call("CLIENT", "PAUSE", "60000", "WRITE").OrThrow();
        client.SendRaw("GET none\r\nINCR a\r\n");
        client.SendRaw(Wire.Encode("INCR", "a"));
        client.SendRaw("SET \"quoted\\x20key\" 'a value'\r\nGET \"quoted\\x20key\"\r\nAPPEND list \"\\\"1\\\"\"\r\nAPPEND list '\\'2\\''\r\nINCR a\r\n");
        Assert.True(client.ReadReply().IsNull);
        Assert.Empty(client.ReadSome(waitMs: 50));
        pausing.Call("CLIENT", "UNPAUSE").OrThrow();
        Assert.Equal(1, client.ReadReply().Integer);
        Assert.Equal(2, client.ReadReply().Integer);
        Assert.Equal("OK", client.ReadReply().Text);
        Assert.Equal("a value", client.ReadReply().Text);
        Assert.Equal(3, client.ReadReply().Integer);
        Assert.Equal(6, client.ReadReply().Integer);
        Assert.Equal(3, client.ReadReply().Integer);
        Assert.Equal("\"1\"'2'", client.Call("GET", "list").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Clients_that_a_pause_stopped_go_on_in_the_order_in_which_they_came(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection pausing = server.Connect();
        RespConnection[] clients = [.. Enumerable.Range(0, 20).Select(_ => server.Connect())];
        try
        {
            pausing.Call("CLIENT", "PAUSE", "60000", "WRITE").OrThrow();
            for (int i = 0; i < clients.Length; i++)
            {
                // The oldest connection comes last. A read before the write shows that the server has seen both.
                RespConnection client = clients[clients.Length - 1 - i];
                client.SendRaw([.. Wire.Encode("GET", "none"), .. Wire.Encode("APPEND", "order", $"{i},")]);
                Assert.True(client.ReadReply().IsNull);
            }

            pausing.Call("CLIENT", "UNPAUSE").OrThrow();
            Array.ForEach(clients, c => c.ReadReply().OrThrow());
            Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i},")), server.Call("GET", "order").Text);
        }
        finally
        {
            Array.ForEach(clients, c => c.Dispose());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pause_of_all_stops_reads_and_new_clients_too(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection client = server.Connect();
        using RespConnection pausing = server.Connect();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        pausing.Call("CLIENT", "PAUSE", "300", "ALL").OrThrow();
        client.Send("GET", "none");
        using RespConnection late = server.Connect();
        late.Send("PING");
        Assert.True(client.ReadReply().IsNull);
        Assert.Equal("PONG", late.ReadReply().Text);
        Assert.InRange(clock.ElapsedMilliseconds, 290, 10_000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_transaction_that_writes_waits_at_its_EXEC(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection pausing = server.Connect();
        using RespConnection client = server.Connect();
        pausing.Call("CLIENT", "PAUSE", "60000", "WRITE").OrThrow();
        Assert.Equal("OK", client.Call("MULTI").Text);
        Assert.Equal("QUEUED", client.Call("GET", "k").Text);
        Assert.Single(client.Call("EXEC").Items);
        Assert.Equal("OK", client.Call("MULTI").Text);
        client.SendRaw([.. Wire.Encode("SET", "k", "v"), .. Wire.Encode("EXEC")]);
        Wait.For(1L, () => server.InfoNumber("clients", "blocked_clients"), "blocked_clients");
        pausing.Call("CLIENT", "UNPAUSE").OrThrow();
        Assert.Equal("QUEUED", client.ReadReply().Text);
        Assert.Equal("OK", client.ReadReply()[0].Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_goes_away_while_held_back_has_not_written(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        server.Call("CLIENT", "PAUSE", "60000", "WRITE").OrThrow();
        using (RespConnection client = server.Connect())
        {
            client.SendRaw([.. Wire.Encode("GET", "k"), .. Wire.Encode("SET", "k", "v")]);
            Assert.True(client.ReadReply().IsNull);
        }

        Wait.For(1, () => server.Call("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, "clients");
        server.Call("CLIENT", "UNPAUSE").OrThrow();
        Assert.Equal(0, server.Call("EXISTS", "k").Integer);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_follows_a_WAIT_in_a_pipeline_runs_after_it(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection client = server.Connect();
        client.SendRaw("INCR a\r\nWAIT 1 100\r\nSET \"b c\" 'd e'\r\nGET \"b c\"\r\n");
        Assert.Equal(1, client.ReadReply().Integer);
        Assert.Equal(0, client.ReadReply().Integer);
        Assert.Equal("OK", client.ReadReply().Text);
        Assert.Equal("d e", client.ReadReply().Text);
    }
}
