using System.Globalization;
using System.Text.RegularExpressions;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Memory;

/// <summary>What clients may take, and what they give back.</summary>
public sealed class ClientMemoryTests : IDisposable
{
    private readonly ServerProcess _server = RedisServers.Redoubt("--enable-debug-command", "local");

    public void Dispose() => _server.Dispose();

    private void Configure(string name, string value) => _server.Call("CONFIG", "SET", name, value).OrThrow();

    private RespConnection Named(string name)
    {
        RespConnection client = _server.Connect();
        client.Call("CLIENT", "SETNAME", name).OrThrow();
        return client;
    }

    private string[] Lines(string name) => [.. _server.Call("CLIENT", "LIST").Text.Split('\n').Where(line => line.Contains($" name={name} ", StringComparison.Ordinal))];

    private void WaitForLog(string text) => Wait.Until(() => _server.Log.Contains(text, StringComparison.Ordinal), $"\"{text}\" in the log");

    private bool IsConnected(string name) => Lines(name).Length > 0;

    private long Field(string name, string field) =>
        long.Parse(Regex.Match(Lines(name).Single(), $" {field}=(-?\\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    [Fact]
    public void Nothing_of_a_reply_beyond_the_hard_limit_is_sent()
    {
        _server.Call("SET", "key", new string('v', 200_000)).OrThrow();
        Configure("client-output-buffer-limit", "normal 100000 0 0");
        using RespConnection client = Named("greedy");
        client.Send("GET", "key");

        Assert.Empty(client.ReadUntilClosed());
        Assert.False(IsConnected("greedy"));
        WaitForLog("scheduled to be closed ASAP for overcoming of output buffer limits");
    }

    [Fact]
    public void The_replies_of_a_pipeline_count_together_and_the_rest_of_it_is_not_run()
    {
        _server.Call("SET", "key", new string('v', 10_000)).OrThrow();
        Configure("client-output-buffer-limit", "normal 100000 0 0");
        using RespConnection client = Named("greedy");
        client.SendRaw(string.Concat(Enumerable.Repeat("INCR count\r\nGET key\r\n", 30)));

        Assert.Empty(client.ReadUntilClosed());
        Assert.InRange(_server.Call("GET", "count").Integer, 9, 13);
    }

    [Fact]
    public void A_transaction_runs_to_its_end_even_if_its_replies_are_dropped()
    {
        _server.Call("SET", "key", new string('v', 200_000)).OrThrow();
        Configure("client-output-buffer-limit", "normal 100000 0 0");
        using RespConnection client = Named("greedy");
        client.SendRaw("MULTI\r\nSET a 1\r\nGET key\r\nSET b 2\r\nEXEC\r\nSET c 3\r\n");

        Assert.Empty(client.ReadUntilClosed());
        Assert.Equal("1", _server.Call("GET", "a").Text);
        Assert.Equal("2", _server.Call("GET", "b").Text);
        Assert.True(_server.Call("GET", "c").IsNull);
    }

    [Fact]
    public void The_soft_limit_closes_only_after_its_time()
    {
        _server.Call("SET", "key", new string('v', 1_000_000)).OrThrow();
        Configure("client-output-buffer-limit", "normal 0 100000 1");
        using RespConnection client = Named("slow");
        for (int i = 0; i < 12; i++)
            client.Send("GET", "key");
        Wait.Until(() => !IsConnected("slow") || Field("slow", "omem") > 1_000_000, "output to pile up");
        Assert.True(IsConnected("slow"));

        Wait.Until(() => !IsConnected("slow"), "the client to be closed");
    }

    [Fact]
    public void Subscribers_who_do_not_read_are_closed_while_their_message_goes_out_to_all()
    {
        Configure("client-output-buffer-limit", "pubsub 100000 0 0");
        List<RespConnection> subscribers = [.. Enumerable.Range(0, 5).Select(i => Named("subscriber" + i))];
        subscribers.ForEach(static subscriber => subscriber.Call("SUBSCRIBE", "news").OrThrow());
        string message = new('m', 50_000);
        Wait.Until(
            () =>
            {
                _server.Call("PUBLISH", "news", message).OrThrow();
                return !Enumerable.Range(0, 5).Any(i => IsConnected("subscriber" + i));
            },
            "all of them to be closed");
        Assert.Equal(0, _server.Call("PUBLISH", "news", message).Integer);
        subscribers.ForEach(static subscriber => subscriber.Dispose());
    }

    [Fact]
    public void The_largest_clients_go_first_when_all_take_too_much_and_only_as_many_as_needed()
    {
        _server.Call("CLIENT", "NO-EVICT", "on").OrThrow();
        RespConnection[] small = [.. Enumerable.Range(0, 3).Select(i => Filled("small" + i, 200_000))];
        RespConnection[] large = [.. Enumerable.Range(0, 3).Select(i => Filled("large" + i, 2_000_000))];
        using RespConnection exempt = Filled("exempt", 3_000_000, noEvict: true);

        Configure("maxmemory-clients", "5mb");
        Wait.Until(() => Enumerable.Range(0, 3).Count(i => IsConnected("large" + i)) == 2, "one client to go");
        Assert.All(Enumerable.Range(0, 3), i => Assert.True(IsConnected("small" + i)));

        Configure("maxmemory-clients", "1mb");
        Wait.Until(() => !Enumerable.Range(0, 3).Any(i => IsConnected("large" + i)), "all large clients to go");
        Assert.All(Enumerable.Range(0, 3), i => Assert.True(IsConnected("small" + i)));
        Assert.True(IsConnected("exempt"));
        Assert.Equal(3, _server.InfoNumber("stats", "evicted_clients"));
        WaitForLog("Evicting client: id=");
        foreach (RespConnection client in small.Concat(large))
            client.Dispose();

        RespConnection Filled(string name, int bytes, bool noEvict = false)
        {
            RespConnection client = Named(name);
            if (noEvict)
                client.Call("CLIENT", "NO-EVICT", "on").OrThrow();
            client.SendRaw($"*2\r\n${bytes}\r\n{new string('v', bytes)}");
            Wait.Until(() => Field(name, "qbuf") == bytes, "the request to arrive");
            Assert.InRange(Field(name, "tot-mem"), bytes, bytes * 5 / 4);
            return client;
        }
    }

    [Fact]
    public void A_request_beyond_the_query_limit_closes_the_client()
    {
        Configure("client-query-buffer-limit", "1mb");
        using RespConnection client = Named("long");
        client.SendRaw($"*2\r\n$2000000\r\n{new string('v', 1_500_000)}");

        Assert.Empty(client.ReadUntilClosed());
        WaitForLog("Closing client that reached max query buffer length: id=");
    }

    [Fact]
    public void Buffers_follow_what_a_client_needs()
    {
        Configure("timeout", "0");
        _server.Call("DEBUG", "REPLYBUFFER", "PEAK-RESET-TIME", "100").OrThrow();
        _server.Call("SET", "key", new string('v', 40_000)).OrThrow();
        using RespConnection client = Named("changing");
        client.Call("SET", "large", new string('v', 400_000)).OrThrow();
        Assert.True(Field("changing", "qbuf-free") > 32 * 1024);
        Wait.Until(
            () =>
            {
                client.Call("GET", "key").OrThrow();
                return Field("changing", "qbuf-free") <= 32 * 1024 && Field("changing", "rbs") == 16 * 1024;
            },
            "buffers of another size");

        Wait.Until(() => Field("changing", "qbuf-free") == 0 && Field("changing", "rbs") == 1024, "the buffers of a silent client to shrink");
        Assert.True(_server.InfoNumber("stats", "reply_buffer_expands") >= 4);
        Assert.True(_server.InfoNumber("stats", "reply_buffer_shrinks") >= 1);
    }

    [Fact]
    public void Whatever_clients_did_their_memory_is_given_back_to_the_last_byte()
    {
        _server.Call("SET", "key", new string('v', 1_000_000)).OrThrow();
        using RespConnection asking = _server.Connect();
        // A client's first buffers are counted once its first turn is over.
        asking.Call("PING").OrThrow();
        long before = Baseline();
        Random random = new(7);
        for (int round = 0; round < 5; round++)
        {
            List<RespConnection> clients = [.. Enumerable.Range(0, 20).Select(i => Named("c" + i))];
            foreach (RespConnection client in clients)
            {
                switch (random.Next(6))
                {
                    case 0:
                        client.SendRaw("*2\r\n$100000\r\nabc");
                        break;
                    case 1:
                        for (int i = 0; i < 5; i++)
                            client.Send("GET", "key");
                        break;
                    case 2:
                        client.SendRaw("MULTI\r\nSET a 1\r\nSET b 2\r\n");
                        break;
                    case 3:
                        client.SendRaw("MULTI\r\nSET a 1\r\nEXEC\r\n");
                        break;
                    case 4:
                        client.SendRaw("PING\r\nPIN");
                        break;
                    default:
                        client.Call("SET", "x", new string('v', random.Next(200_000))).OrThrow();
                        break;
                }
            }
            Assert.True(_server.InfoNumber("memory", "mem_clients_normal") > before);
            clients.ForEach(static client => client.Dispose());
            Wait.For(2L, () => _server.InfoNumber("clients", "connected_clients"), "clients to be gone");
        }
        _server.Call("DEL", "x", "a", "b").OrThrow();

        Wait.For(before, Baseline, "the memory to be what it was");

        static long Number(Group group) => long.Parse(group.Value, CultureInfo.InvariantCulture);

        long Baseline()
        {
            // The buffers of those who ask follow their needs; both questions come in one turn of the server, so they are of one moment.
            RespValue[] replies = asking.Pipeline([["CLIENT", "LIST"], ["INFO", "memory"]]);
            long buffers = Regex.Matches(replies[0].Text, " (?:qbuf-free|rbs)=(\\d+)").Sum(static match => Number(match.Groups[1]));
            return Number(Regex.Match(replies[1].Text, "mem_clients_normal:(\\d+)").Groups[1]) - buffers;
        }
    }
}
