using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>What many clients, slow ones and greedy ones may cost a server. Only Redoubt: Redis bounds some of this differently or not at all.</summary>
public sealed class Output_and_numbers
{
    [Fact]
    public void A_client_that_asks_and_does_not_read_costs_a_bounded_amount_of_memory_and_misses_nothing()
    {
        const int Requests = 100_000;
        using ServerProcess server = RedisServers.Redoubt();
        using RespConnection greedy = RespConnection.Connect(server.Port, timeoutMs: 60_000);
        string value = new('v', 10_000);
        greedy.Call("SET", "big", value).OrThrow();
        byte[] request = Wire.Encode("GET", "big");
        var sender = new Thread(() =>
        {
            byte[] hundred = [.. Enumerable.Repeat(request, 100).SelectMany(r => r)];
            for (int i = 0; i < Requests / 100; i++)
            {
                greedy.SendRaw(hundred);
            }
        }) { IsBackground = true };
        sender.Start();

        // All of the replies are a gigabyte. The server stops reading long before, and others do not notice.
        long before = ResidentBytes(server);
        long peak = before;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 1_500)
        {
            Assert.Equal("PONG", server.Call("PING").Text);
            peak = Math.Max(peak, ResidentBytes(server));
        }

        Assert.InRange(peak, 0, before + (150L << 20));
        for (int i = 0; i < Requests; i++)
        {
            Assert.Equal(value.Length, greedy.ReadReply().Bytes.Length);
        }

        Assert.Equal("PONG", greedy.Call("PING").Text);
        sender.Join();
    }

    [Fact]
    public void A_client_above_its_output_limit_is_disconnected()
    {
        using ServerProcess server = RedisServers.Redoubt("--client-output-buffer-limit", "normal 1mb 0 0");
        using RespConnection greedy = server.Connect();
        greedy.Call("SET", "big", new string('v', 100_000)).OrThrow();
        byte[] requests = [.. Enumerable.Repeat(Wire.Encode("GET", "big"), 500).SelectMany(r => r)];
        greedy.SendRaw(requests);
        Wait.For(1, () => server.Call("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, "clients", TimeSpan.FromSeconds(10));
        Assert.Equal("PONG", server.Call("PING").Text);
    }

    [Fact]
    public void Five_thousand_connections_at_once_are_all_served()
    {
        using ServerProcess server = RedisServers.Redoubt();
        var connections = new List<RespConnection>();
        try
        {
            for (int i = 0; i < 5_000; i++)
            {
                connections.Add(RespConnection.Connect(server.Port));
            }

            connections.ForEach(c => c.Send("PING"));
            Assert.All(connections, c => Assert.Equal("PONG", c.ReadReply().Text));
            Assert.Equal(5_001, server.InfoNumber("clients", "connected_clients"));
        }
        finally
        {
            connections.ForEach(c => c.Dispose());
        }

        Wait.For(1L, () => server.InfoNumber("clients", "connected_clients"), "connected_clients");
    }

    [Fact]
    public void A_value_of_512_megabytes_is_stored_and_one_byte_more_is_refused()
    {
        const int Length = 512 * 1024 * 1024;
        using ServerProcess server = RedisServers.Redoubt();
        using RespConnection connection = RespConnection.Connect(server.Port, timeoutMs: 60_000);
        connection.SendRaw($"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n${Length}\r\n");
        byte[] piece = new byte[1 << 20];
        for (int i = 0; i < Length / piece.Length; i++)
        {
            connection.SendRaw(piece);
        }

        connection.SendRaw("\r\n");
        Assert.Equal("OK", connection.ReadReply().Text);
        Assert.Equal(Length, connection.Call("STRLEN", "huge").Integer);
        Assert.StartsWith("ERR string exceeds", connection.Call("APPEND", "huge", "x").Text, StringComparison.Ordinal);

        // Four times that is more than one reply can be: this client is lost, the server is not.
        connection.Send("MGET", "huge", "huge", "huge", "huge", "huge");
        Assert.True(connection.IsClosedByPeer(30_000));
        Assert.Equal(1, server.Call("DEL", "huge").Integer);
        using RespConnection other = server.Connect();
        other.SendRaw($"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n${Length + 1}\r\n");
        Assert.Equal("ERR Protocol error: invalid bulk length", other.ReadReply().Text);
    }

    [Fact]
    public void Announced_lengths_cost_nothing_until_the_bytes_come()
    {
        using ServerProcess server = RedisServers.Redoubt();
        long before = ResidentBytes(server);
        RespConnection[] connections = [.. Enumerable.Range(0, 200).Select(_ => server.Connect())];
        try
        {
            foreach (RespConnection connection in connections)
            {
                connection.SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nsome bytes of it");
            }

            Assert.Equal("PONG", server.Call("PING").Text);
            Assert.InRange(ResidentBytes(server), 0, before + (300L << 20));
        }
        finally
        {
            Array.ForEach(connections, c => c.Dispose());
        }
    }

    private static long ResidentBytes(ServerProcess server)
    {
        string line = File.ReadLines($"/proc/{server.ProcessId}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }
}
