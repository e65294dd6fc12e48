using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Client.Tests;

public class FollowingTests
{
    private static readonly ClientOptions Watchful = new() { RoleCheckEvery = TimeSpan.FromMilliseconds(50), Protocol = 3 };

    [Theory]
    [InlineData(ServerKind.Redis, false)]
    [InlineData(ServerKind.Redis, true)]
    [InlineData(ServerKind.Redoubt, false)]
    public async Task Through_a_planned_switchover_writers_see_no_error_and_every_write_is_there_once(ServerKind kind, bool byFile)
    {
        using var pair = new FollowingPair(kind, byFile);
        await using RedoubtClient client = pair.Connect();
        var writers = new CountingWriters(client, 8);
        await writers.WaitForAsync(200);
        // The name moves first, as the procedure has it; a connection that stands is not disturbed by that.
        pair.Point("127.0.0.2");
        pair.HandOver();
        await writers.WaitForAsync(200);
        await writers.StopAsync();
        Assert.Empty(writers.Errors);
        Assert.All(writers.Maybe, count => Assert.Equal(0, count));
        Assert.Equal(writers.Acknowledged, CountersOn(pair.Second));
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task Through_a_crash_what_was_replicated_stays_and_what_is_unknown_is_told(ServerKind kind)
    {
        using var pair = new FollowingPair(kind);
        await using RedoubtClient client = pair.Connect();
        var before = new CountingWriters(client, 4);
        await before.WaitForAsync(100);
        await before.StopAsync();
        pair.WaitUntilEqual();
        IReadOnlyList<int> replicated = CountersOn(pair.Second);
        Assert.Equal(before.Acknowledged, replicated);

        var writers = new CountingWriters(client, 4);
        await writers.WaitForAsync(100);
        pair.First.Kill();
        pair.Second.Ask("REPLICAOF", "NO", "ONE");
        IReadOnlyList<int> promoted = CountersOn(pair.Second);
        pair.Point("127.0.0.2");
        await writers.WaitForAsync(100);
        await writers.StopAsync();
        Assert.Empty(writers.Errors);
        int[] final = CountersOn(pair.Second);
        for (int i = 0; i < 4; i++)
        {
            Assert.True(promoted[i] >= replicated[i], $"counter {i} fell from {replicated[i]} to {promoted[i]}");
            // No write is in twice, and none that was acknowledged after the promotion is missing.
            Assert.InRange(final[i], replicated[i], replicated[i] + writers.Acknowledged[i] + writers.Maybe[i]);
        }
    }

    [Fact]
    public async Task Pipelined_writes_that_a_replica_refuses_are_all_known_not_to_be_applied()
    {
        using var pair = new FollowingPair(ServerKind.Redis);
        await using RedoubtClient client = pair.Connect();
        await client.ConnectAsync();
        pair.HandOver();
        pair.Point("127.0.0.2");
        Task<Reply>[] writes = [.. Enumerable.Range(0, 500).Select(_ => client.CommandAsync("INCR", "n"))];
        long[] numbers = [.. (await Task.WhenAll(writes)).Select(reply => reply.ToInteger())];
        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), numbers.Order());
    }

    [Fact]
    public async Task A_write_whose_answer_never_comes_is_reported_and_not_repeated_unless_that_does_no_harm()
    {
        using ServerProcess server = RedisServers.Redis();
        using var client = new RedoubtClient(new NodeAddress("127.0.0.1", server.Port), new ClientOptions { CommandTimeout = TimeSpan.FromSeconds(1) });
        await client.ConnectAsync();
        server.Freeze();
        Task<Reply> write = client.CommandAsync("INCR", "once");
        Task<Reply> idempotent = client.CommandAsync(new CommandOptions { Idempotent = true }, "SET", "again", "value");
        Task<Reply> read = client.CommandAsync("GET", "again");
        MaybeAppliedException maybe = await Assert.ThrowsAsync<MaybeAppliedException>(() => write);
        Assert.Equal("INCR", maybe.Command);
        server.Thaw();
        Assert.Equal("OK", (await idempotent).ToString());
        Assert.True((await read).ToString() is "value" or "(nil)");
        Assert.Equal("1", server.Ask("GET", "once"));
    }

    [Fact]
    public async Task A_transaction_goes_through_whole_or_is_repeated_whole()
    {
        using var pair = new FollowingPair(ServerKind.Redis);
        await using RedoubtClient client = pair.Connect();
        Reply first = await client.TransactionAsync(CommandOptions.Default, ["INCR", "a"], ["INCR", "b"]);
        Assert.Equal("1 1", first.ToString());
        Reply mixed = await client.TransactionAsync(CommandOptions.Default, ["INCR", "a"], ["LPUSH", "a", "x"]);
        Assert.Equal(ReplyKind.Error, mixed[1].Kind);
        await Assert.ThrowsAsync<CommandException>(() => client.TransactionAsync(CommandOptions.Default, ["INCR", "a"], ["NOSUCH"]));
        pair.HandOver();
        pair.Point("127.0.0.2");
        Assert.Equal("3 2", (await client.TransactionAsync(CommandOptions.Default, ["INCR", "a"], ["INCR", "b"])).ToString());
    }

    [Fact]
    public async Task An_idle_connection_leaves_a_master_that_became_a_replica_and_takes_its_subscriptions_along()
    {
        using var pair = new FollowingPair(ServerKind.Redis);
        var messages = new ConcurrentQueue<string>();
        var events = new ConcurrentQueue<ClientEvent>();
        await using var client = new RedoubtClient(pair.Address, pair.OptionsOf(Watchful)) { Pushed = push => messages.Enqueue(push.ToString()) };
        client.Changed += events.Enqueue;
        await client.CommandAsync("SUBSCRIBE", "news", "more");
        pair.First.Ask("PUBLISH", "news", "one");
        await Poll.UntilAsync(() => messages.Contains("message news one"), "the first message");
        pair.HandOver();
        pair.Point("127.0.0.2");
        await Poll.UntilAsync(() => pair.Second.Ask("PUBSUB", "NUMSUB", "news", "more").Split("\r\n").Count(line => line == ":1") == 2, "subscriptions on the new master");
        pair.Second.Ask("PUBLISH", "news", "two");
        await Poll.UntilAsync(() => messages.Contains("message news two"), "the second message");
        Assert.Contains(events, one => one is { Kind: ClientEventKind.Left, Reason: "it is a replica now" } && one.Server!.Address.ToString() == "127.0.0.1");
        Assert.Contains(events, one => one is { Kind: ClientEventKind.Connected } && one.Server!.Address.ToString() == "127.0.0.2");
    }

    [Fact]
    public async Task Of_several_addresses_the_one_with_the_role_is_taken()
    {
        using var pair = new FollowingPair(ServerKind.Redis);
        IPAddress[] both = [IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.1")];
        foreach (ExpectedRole role in new[] { ExpectedRole.Master, ExpectedRole.Replica })
        {
            await using var client = new RedoubtClient(pair.Address, new ClientOptions { ExpectedRole = role, Resolve = (_, _) => Task.FromResult(both) });
            string answer = (await client.CommandAsync("ROLE"))[0].ToString();
            Assert.Equal(role == ExpectedRole.Master ? "master" : "slave", answer);
        }
    }

    [Fact]
    public async Task A_server_that_announces_its_move_is_left_for_the_one_it_names()
    {
        using ServerProcess successor = RedisServers.Redis();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", port), new ClientOptions { Protocol = 3, RoleCheckEvery = TimeSpan.Zero });
        Task connected = client.ConnectAsync();
        using Socket accepted = await listener.AcceptSocketAsync();
        await HeardAsync(accepted, "HELLO");
        await accepted.SendAsync("%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"u8.ToArray());
        await connected;
        await accepted.SendAsync(Encoding.ASCII.GetBytes(FormattableString.Invariant($">4\r\n$6\r\nMOVING\r\n:1\r\n:10\r\n+127.0.0.1:{successor.Port}\r\n")));
        await Poll.UntilAsync(() => successor.Ask("CLIENT", "LIST").Contains("cmd=hello"), "a connection to the successor");
        await client.CommandAsync("SET", "moved", "yes");
        Assert.Equal("yes", successor.Ask("GET", "moved"));
    }

    [Theory]
    [InlineData("-MOVED 3999 127.0.0.1:{0}\r\n")]
    [InlineData("-REDIRECT 127.0.0.1:{0}\r\n")]
    public async Task A_server_that_sends_the_client_elsewhere_is_obeyed(string answer)
    {
        using ServerProcess other = RedisServers.Redis();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port));
        Task<Reply> write = client.CommandAsync("SET", "key", "there");
        using Socket accepted = await listener.AcceptSocketAsync();
        await HeardAsync(accepted, "HELLO");
        await accepted.SendAsync("*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"u8.ToArray());
        await HeardAsync(accepted, "there");
        await accepted.SendAsync(Encoding.ASCII.GetBytes(string.Format(CultureInfo.InvariantCulture, answer, other.Port)));
        Assert.Equal("OK", (await write).ToString());
        Assert.Equal("there", other.Ask("GET", "key"));
    }

    private static async Task HeardAsync(Socket socket, string word)
    {
        byte[] buffer = new byte[1024];
        int count = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, count).Contains(word, StringComparison.Ordinal))
            count += await socket.ReceiveAsync(buffer.AsMemory(count));
    }

    private static int[] CountersOn(ServerProcess server) =>
        [.. Enumerable.Range(0, 8).Select(i => server.Ask("GET", $"counter:{i}")).TakeWhile(text => text != "$-1").Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
}
