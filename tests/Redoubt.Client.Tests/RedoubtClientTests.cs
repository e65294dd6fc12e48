using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Client.Tests;

public class RedoubtClientTests
{
    private static readonly CommandOptions Retrying = new() { RetryFor = TimeSpan.FromSeconds(20), Idempotent = true };
    private static readonly ClientOptions Once = new() { RetryFor = TimeSpan.Zero };

    [Fact]
    public async Task Values_of_all_kinds_are_set_and_read_back()
    {
        using ServerProcess server = RedisServers.Redis();
        await using RedoubtClient client = Connect(server);
        byte[] binary = [0, 13, 10, 255, 36];
        Assert.Equal("OK", (await client.CommandAsync("SET", "key", binary)).ToString());
        Assert.Equal(binary, (await client.CommandAsync("GET", "key")).Bytes.ToArray());
        Assert.True((await client.CommandAsync("GET", "absent")).IsNull);
        Assert.Equal(-7, (await client.CommandAsync("INCRBY", "number", -7)).ToInteger());
        await client.CommandAsync("RPUSH", "list", "a", "b");
        Assert.Equal("a b", (await client.CommandAsync("LRANGE", "list", 0, -1)).ToString());
    }

    [Fact]
    public async Task Commands_given_without_waiting_are_answered_in_order()
    {
        using ServerProcess server = RedisServers.Redis();
        await using RedoubtClient client = Connect(server);
        Task<Reply>[] replies = [.. Enumerable.Range(1, 5000).Select(_ => client.CommandAsync("INCR", "n"))];
        Reply[] numbers = await Task.WhenAll(replies);
        Assert.Equal(Enumerable.Range(1, 5000).Select(n => (long)n), numbers.Select(reply => reply.ToInteger()));
    }

    [Fact]
    public async Task An_error_is_thrown_by_its_kind_and_the_connection_goes_on()
    {
        using ServerProcess server = RedisServers.Redis();
        using ServerProcess replica = RedisServers.ReplicaOf(server);
        replica.WaitUntilLinked();
        await using RedoubtClient client = Connect(replica, Once);
        CommandException unknown = await Assert.ThrowsAsync<CommandException>(() => client.CommandAsync("NOSUCH"));
        Assert.Equal("ERR", unknown.Code);
        await Assert.ThrowsAsync<ReadOnlyReplicaException>(() => client.CommandAsync("SET", "a", "b"));
        Assert.Equal("PONG", (await client.CommandAsync("PING")).ToString());
        Assert.Contains("total_connections_received:", server.Ask("INFO", "stats"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_user_with_the_right_password_gets_in_and_one_with_the_wrong_does_not(int protocol)
    {
        using ServerProcess server = RedisServers.Redis("--requirepass", "secret", "--user", "ops", "on", ">word", "~*", "+@all");
        var options = new ClientOptions { Protocol = protocol, ClientName = "the-client" };
        await using (RedoubtClient nobody = Connect(server, options))
            await Assert.ThrowsAsync<AccessDeniedException>(() => nobody.CommandAsync("GET", "a"));
        await using (RedoubtClient wrong = Connect(server, options with { Password = "wrong" }))
            await Assert.ThrowsAsync<AccessDeniedException>(() => wrong.CommandAsync("GET", "a"));
        await using (RedoubtClient right = Connect(server, options with { Password = "secret" }))
            Assert.Equal("the-client", (await right.CommandAsync("CLIENT", "GETNAME")).ToString());
        await using RedoubtClient user = Connect(server, options with { User = "ops", Password = "word" });
        Assert.Equal("ops", (await user.CommandAsync("ACL", "WHOAMI")).ToString());
    }

    [Fact]
    public async Task With_protocol_3_maps_and_pushes_arrive_as_such()
    {
        using ServerProcess server = RedisServers.Redis();
        var news = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", server.Port), new ClientOptions { Protocol = 3 })
        {
            Pushed = push => news.TrySetResult(push),
        };
        await client.CommandAsync("HSET", "hash", "field", "value");
        Assert.Equal(ReplyKind.Map, (await client.CommandAsync("HGETALL", "hash")).Kind);
        await client.CommandAsync("CLIENT", "TRACKING", "ON");
        await client.CommandAsync("GET", "watched");
        server.Ask("SET", "watched", "x");
        Reply push = await news.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("invalidate watched", push.ToString());
    }

    [Fact]
    public async Task A_silent_server_costs_the_timeout_and_the_connection()
    {
        using ServerProcess server = RedisServers.Redis();
        await using RedoubtClient client = Connect(server);
        long id = (await client.CommandAsync("CLIENT", "ID")).ToInteger();
        var brief = new CommandOptions { Timeout = TimeSpan.FromMilliseconds(50) };
        MaybeAppliedException late = await Assert.ThrowsAsync<MaybeAppliedException>(() => client.CommandAsync(brief, "BLPOP", "nothing", 0));
        Assert.IsType<CommandTimeoutException>(late.InnerException);
        Assert.True((await client.CommandAsync("CLIENT", "ID")).ToInteger() > id);
    }

    [Fact]
    public async Task Nobody_listening_says_so_and_names_the_address()
    {
        var address = new NodeAddress("127.0.0.1", PortLease.Free());
        await using var client = new RedoubtClient(address, Once);
        ConnectException refused = await Assert.ThrowsAsync<ConnectException>(() => client.CommandAsync("PING"));
        Assert.Equal($"{address}: connection refused (nothing listens there)", refused.Message);
    }

    [Fact]
    public async Task A_listener_that_never_answers_is_given_up_after_the_connect_timeout()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new ClientOptions { Password = "x", ConnectTimeout = TimeSpan.FromMilliseconds(100), RetryFor = TimeSpan.Zero };
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), options);
        ConnectException error = await Assert.ThrowsAsync<ConnectException>(() => client.CommandAsync("PING"));
        Assert.Contains("within 100 ms", error.Message);
    }

    [Fact]
    public async Task What_is_no_redis_is_a_protocol_error()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port));
        Task<Reply> reply = client.CommandAsync("PING");
        using Socket accepted = await listener.AcceptSocketAsync();
        await accepted.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        await Assert.ThrowsAsync<ProtocolException>(() => reply);
    }

    [Fact]
    public async Task A_lost_connection_fails_the_command_under_way_and_the_next_one_connects_anew()
    {
        using ServerProcess server = RedisServers.Redis();
        await using RedoubtClient client = Connect(server);
        long id = (await client.CommandAsync("CLIENT", "ID")).ToInteger();
        Task<Reply> waiting = client.CommandAsync("BLPOP", "nothing", 0);
        server.AskUntil(info => info.Contains("blocked_clients:1"), "INFO", "clients");
        server.Ask("CLIENT", "KILL", "ID", $"{id}");
        MaybeAppliedException lost = await Assert.ThrowsAsync<MaybeAppliedException>(() => waiting);
        Assert.Equal("BLPOP", lost.Command);
        Assert.IsType<ConnectionLostException>(lost.InnerException);
        Assert.Equal("PONG", (await client.CommandAsync("PING")).ToString());
    }

    [Fact]
    public async Task The_name_is_resolved_before_every_connection_so_a_DNS_switch_takes_effect()
    {
        using ServerProcess first = RedisServers.Redis();
        using ServerProcess second = ServerProcess.StartAt("127.0.0.2", first.Port, ServerKind.Redis);
        first.Ask("SET", "who", "first");
        second.Ask("SET", "who", "second");
        IPAddress current = IPAddress.Parse("127.0.0.1");
        var options = new ClientOptions { Resolve = (_, _) => Task.FromResult<IPAddress[]>([current]) };
        await using var client = new RedoubtClient(new NodeAddress("redis.example.net", first.Port), options);
        Assert.Equal("first", (await client.CommandAsync("GET", "who")).ToString());

        // Planned: the name moves, the old master becomes a replica of the new one and answers READONLY.
        current = IPAddress.Parse("127.0.0.2");
        first.Ask("REPLICAOF", "127.0.0.2", $"{second.Port}");
        await client.CommandAsync(Retrying, "SET", "written", "after");
        Assert.Equal("after", second.Ask("GET", "written"));

        // Unplanned: the second dies while the name already points back.
        first.Ask("REPLICAOF", "NO", "ONE");
        current = IPAddress.Parse("127.0.0.1");
        second.Signal("KILL");
        await client.CommandAsync(Retrying, "SET", "again", "here");
        Assert.Equal("here", first.Ask("GET", "again"));
    }

    [Fact]
    public async Task Without_time_to_retry_nothing_is_sent_twice()
    {
        using ServerProcess master = RedisServers.Redis();
        using ServerProcess replica = RedisServers.ReplicaOf(master);
        replica.WaitUntilLinked();
        await using RedoubtClient client = Connect(replica, Once);
        await Assert.ThrowsAsync<ReadOnlyReplicaException>(() => client.CommandAsync("SET", "a", "1"));
        Assert.Contains("cmdstat_set:calls=0", replica.Ask("INFO", "commandstats"));
        Assert.Contains("rejected_calls=1", replica.Ask("INFO", "commandstats"));
    }

    [Fact]
    public async Task Retrying_ends_with_its_time_and_the_last_error()
    {
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", PortLease.Free()));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<ConnectException>(() => client.CommandAsync(new CommandOptions { RetryFor = TimeSpan.FromMilliseconds(200) }, "PING"));
        Assert.InRange(clock.ElapsedMilliseconds, 50, 5000);
    }

    [Fact]
    public async Task Commands_that_turn_the_connection_into_a_stream_are_refused()
    {
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", 1));
        await Assert.ThrowsAsync<NotSupportedException>(() => client.CommandAsync("subscribe", "news"));
    }

    private static RedoubtClient Connect(ServerProcess server, ClientOptions? options = null) =>
        new(new NodeAddress(server.Host, server.Port), options);
}
