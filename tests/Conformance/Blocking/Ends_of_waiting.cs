using System.Diagnostics;
using Redoubt.Testing;

namespace Redoubt.Conformance.Blocking;

/// <summary>The ways in which waiting ends without what was waited for. Run on both kinds of server.</summary>
public sealed class Ends_of_waiting
{
    public static TheoryData<ServerKind> Kinds => [.. Enum.GetValues<ServerKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_time_out_comes_after_its_milliseconds_and_no_sooner(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection later = server.Connect();
        using RespConnection sooner = server.Connect();
        Stopwatch clock = Stopwatch.StartNew();
        later.Send("BLPOP", "none", "0.2");
        sooner.Send("BLMOVE", "none", "other", "LEFT", "LEFT", "0.03");
        Assert.Equal("*-1\r\n", Latin1(sooner.ReadReply().Raw));
        Assert.True(clock.ElapsedMilliseconds >= 30);
        Assert.Equal("*-1\r\n", Latin1(later.ReadReply().Raw));
        Assert.True(clock.ElapsedMilliseconds >= 200);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Only_those_with_a_deadline_are_in_the_table_of_timeouts_and_leave_it_when_served(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection patient = server.Connect();
        using RespConnection hurried = server.Connect();
        patient.Send("BLPOP", "list", "0");
        hurried.Send("BRPOP", "list", "1000");
        AwaitBlocked(server, 2);
        Assert.Equal("1", server.Info("clients", "clients_in_timeout_table"));
        server.Call("RPUSH", "list", "a", "b").OrThrow();
        patient.ReadReply().OrThrow();
        hurried.ReadReply().OrThrow();
        Assert.Equal(("0", "0"), (server.Info("clients", "blocked_clients"), server.Info("clients", "clients_in_timeout_table")));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_waiting_client_sends_is_executed_afterwards_in_order(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection waiting = server.Connect();
        waiting.SendRaw([.. Wire.Encode("BLPOP", "list", "0"), .. Wire.Encode("INCR", "n"), .. Wire.Encode("BLPOP", "list", "0"), .. Wire.Encode("INCR", "n")]);
        AwaitBlocked(server, 1);
        waiting.Send("INCR", "n");
        server.Call("RPUSH", "list", "first").OrThrow();
        Assert.Equal("first", waiting.ReadReply()[1].Text);
        Assert.Equal(1, waiting.ReadReply().Integer);
        AwaitBlocked(server, 1);
        server.Call("RPUSH", "list", "second").OrThrow();
        Assert.Equal("second", waiting.ReadReply()[1].Text);
        Assert.Equal(2, waiting.ReadReply().Integer);
        Assert.Equal(3, waiting.ReadReply().Integer);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_served_client_is_counted_as_one_call_and_as_not_blocked_at_once(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection waiting = server.Connect();
        using RespConnection pushing = server.Connect();
        waiting.Send("BLPOP", "list", "0");
        AwaitBlocked(server, 1);
        RespValue[] replies = pushing.Pipeline(new string[][] { ["RPUSH", "list", "x"], ["INFO", "clients"], ["EXISTS", "list"] });
        Assert.Equal(1, replies[0].Integer);
        Assert.Contains("blocked_clients:0\r\n", replies[1].Text, StringComparison.Ordinal);
        Assert.Equal(0, replies[2].Integer);
        Assert.Equal("x", waiting.ReadReply()[1].Text);
        Assert.Contains("calls=1,", server.Info("commandstats", "cmdstat_blpop"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Skipped_and_switched_off_replies_stay_away_when_they_come_late(ServerKind kind)
    {
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection waiting = server.Connect();
        waiting.SendRaw([.. Wire.Encode("CLIENT", "REPLY", "SKIP"), .. Wire.Encode("BLPOP", "list", "0"), .. Wire.Encode("PING", "after")]);
        AwaitBlocked(server, 1);
        server.Call("RPUSH", "list", "x").OrThrow();
        Assert.Equal("after", waiting.ReadReply().Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_server_that_becomes_a_replica_says_so_and_hangs_up(ServerKind kind)
    {
        using ServerProcess master = RedisServers.Redis();
        using ServerProcess server = RedisServers.Start(kind);
        using RespConnection list = server.Connect();
        using RespConnection wait = server.Connect();
        list.Send("BLPOP", "list", "0");
        wait.Send("WAIT", "1", "0");
        AwaitBlocked(server, 2);
        server.Call("REPLICAOF", master.Host, Generation.Draw.Number(master.Port)).OrThrow();
        const string told = "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
        Assert.Equal(told, list.ReadReply().Text);
        Assert.Equal(told, wait.ReadReply().Text);
        Assert.True(list.IsClosedByPeer(5000));
        Assert.True(wait.IsClosedByPeer(5000));
        Assert.Equal("0", server.Info("clients", "blocked_clients"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_thousand_waiters_are_served_in_the_order_in_which_they_came(ServerKind kind)
    {
        const int count = 1000;
        using ServerProcess server = RedisServers.Start(kind);
        RespConnection[] clients = [.. Enumerable.Range(0, count).Select(_ => server.Connect())];
        try
        {
            for (int i = 0; i < count; i++)
            {
                // The reply to the first request shows that the second, sent with it, has been seen as well.
                clients[i].SendRaw([.. Wire.Encode("PING"), .. Wire.Encode("BLPOP", "other", "list", "100")]);
                clients[i].ReadReply().OrThrow();
            }
            AwaitBlocked(server, count);
            server.Call(["RPUSH", "list", .. Enumerable.Range(0, count).Select(i => Generation.Draw.Number(i))]).OrThrow();
            for (int i = 0; i < count; i++)
                Assert.Equal(i, clients[i].ReadReply()[1].Integer);
            Assert.Equal("0", server.Info("clients", "clients_in_timeout_table"));
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    private static void AwaitBlocked(ServerProcess server, int clients) =>
        Wait.For($"{clients}", () => server.Info("clients", "blocked_clients"), "clients wait");

    private static string Latin1(byte[] bytes) => System.Text.Encoding.Latin1.GetString(bytes);
}
