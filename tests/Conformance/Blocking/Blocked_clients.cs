using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;

namespace Redoubt.Conformance.Blocking;

/// <summary>Who waits for what, who is served first, and what replicas hear of it: as from Redis.</summary>
public sealed class Blocked_clients : IDisposable
{
    private readonly ServerPair _servers = ServerPair.With("--enable-debug-command", "yes");

    private const int Clients = 6;
    private const int Steps = 120;

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 2)]
    [InlineData(6, 3)]
    public void At_random_are_served_as_by_Redis(int seed, int protocol)
    {
        Draw draw = new(DifferentialRun.BaseSeed + seed);
        using Scenario scenario = new(_servers, Clients, protocol);
        for (int step = 0; step < Steps; step++)
        {
            int client = draw.Next(Clients);
            if (scenario.IsWaiting(client) && draw.Chance(0.1))
            {
                scenario.Unblock(client, draw.Pick("TIMEOUT", "ERROR"));
            }
            else if (scenario.IsWaiting(client) && draw.Chance(0.05))
            {
                scenario.Reconnect(client);
            }
            else if (!scenario.IsWaiting(client))
            {
                // One never waits, so that there is always somebody to wake the others.
                foreach (string[] command in client > 0 && draw.Chance(0.6) ? [Waiting(draw)] : Waking(draw))
                    scenario.Send(client, command);
            }
        }
        Assert.True(scenario.Finish() > 10);
    }

    [Fact]
    public void A_chain_of_moves_wakes_one_after_the_other()
    {
        using Scenario scenario = new(_servers, Clients, protocol: 2);
        scenario.Send(1, "BLMOVE", "a", "b", "LEFT", "RIGHT", "0");
        scenario.Send(2, "BRPOPLPUSH", "b", "c", "0");
        scenario.Send(3, "BLPOP", "c", "c", "b", "0");
        scenario.Send(4, "BRPOPLPUSH", "d", "d", "0");
        scenario.Send(0, "RPUSH", "a", "x");
        scenario.Send(0, "RPUSH", "d", "y");
        scenario.Send(0, "LRANGE", "d", "0", "-1");
        Assert.True(scenario.Finish() > 4);
    }

    [Fact]
    public void A_move_onto_a_key_of_another_type_fails_and_the_element_stays()
    {
        using Scenario scenario = new(_servers, Clients, protocol: 2);
        scenario.Send(1, "BLMOVE", "a", "text", "LEFT", "RIGHT", "0");
        scenario.Send(0, "SET", "text", "not a list");
        scenario.Send(0, "RPUSH", "a", "x");
        scenario.Send(0, "LRANGE", "a", "0", "-1");
        scenario.Finish();
    }

    [Fact]
    public void A_key_that_is_gone_or_of_another_type_by_the_end_of_the_transaction_serves_nobody()
    {
        using Scenario scenario = new(_servers, Clients, protocol: 2);
        scenario.Send(1, "BLPOP", "a", "b", "0");
        foreach (string[] command in new string[][] { ["MULTI"], ["RPUSH", "a", "x"], ["DEL", "a"], ["SET", "a", "text"], ["EXEC"] })
            scenario.Send(0, command);
        foreach (string[] command in new string[][] { ["MULTI"], ["RPUSH", "b", "1"], ["DEL", "a"], ["RPUSH", "a", "2"], ["LPUSH", "b", "0"], ["EXEC"] })
            scenario.Send(0, command);
        scenario.Send(0, "LRANGE", "b", "0", "-1");
        scenario.Finish();
    }

    [Fact]
    public void A_key_whose_time_is_up_by_the_end_of_the_transaction_serves_nobody()
    {
        using Scenario scenario = new(_servers, Clients, protocol: 2);
        scenario.Send(1, "BLPOP", "a", "0");
        foreach (string[] command in new string[][] { ["MULTI"], ["RPUSH", "a", "x"], ["PEXPIRE", "a", "20"], ["DEBUG", "SLEEP", "0.1"], ["EXEC"] })
            scenario.Send(0, command);
        Assert.True(scenario.IsWaiting(1));
        scenario.Finish();
    }

    [Fact]
    public void A_transaction_does_not_wait()
    {
        using Scenario scenario = new(_servers, Clients, protocol: 3);
        scenario.Send(1, "MULTI");
        scenario.Send(1, "BLPOP", "none", "0");
        scenario.Send(1, "BLMOVE", "none", "none", "LEFT", "LEFT", "0");
        scenario.Send(1, "BLMPOP", "0", "1", "none", "LEFT");
        scenario.Send(1, "BRPOPLPUSH", "none", "none", "0");
        scenario.Send(1, "EXEC");
        scenario.Finish();
    }

    /// <summary>A command that may have to wait.</summary>
    private static string[] Waiting(Draw d) => d.Next(8) switch
    {
        0 or 1 => [d.Pick("BLPOP", "BRPOP"), .. Keys(d), "0"],
        2 => ["BLMOVE", Key(d), Key(d), End(d), End(d), "0"],
        3 => ["BRPOPLPUSH", Key(d), Key(d), "0"],
        4 => ["BLMPOP", "0", "2", Key(d), Key(d), End(d), "COUNT", Draw.Number(1 + d.Next(4))],
        5 => [d.Pick("BZPOPMIN", "BZPOPMAX"), .. Keys(d), "0"],
        6 => ["BZMPOP", "0", "2", Key(d), Key(d), d.Pick("MIN", "MAX"), "COUNT", Draw.Number(1 + d.Next(4))],
        _ => ["XREAD", "BLOCK", "0", "STREAMS", Key(d), "$"],
    };

    private static string[][] Waking(Draw d) => d.Next(10) switch
    {
        0 => [["MULTI"], Write(d), Write(d), Write(d), ["EXEC"]],
        1 => [["SWAPDB", "0", "1"]],
        2 => [["SELECT", "1"], Write(d), Write(d), ["SELECT", "0"]],
        3 => [["FLUSHALL"]],
        _ => [Write(d)],
    };

    private static string[] Write(Draw d) => d.Next(12) switch
    {
        0 or 1 or 2 => [d.Pick("LPUSH", "RPUSH"), Key(d), .. Enumerable.Range(0, 1 + d.Next(4)).Select(i => $"e{d.Step(1)}")],
        3 or 4 => ["ZADD", Key(d), Draw.Number(d.Next(5)), $"m{d.Step(1)}", Draw.Number(d.Next(5)), $"m{d.Step(1)}"],
        5 => ["XADD", Key(d), $"{d.Step(1)}-1", "f", "v"],
        6 => ["SET", Key(d), "text"],
        7 or 8 => ["DEL", Key(d)],
        9 => ["RENAME", Key(d), Key(d)],
        10 => ["COPY", Key(d), Key(d), "REPLACE"],
        _ => ["LMOVE", Key(d), Key(d), End(d), End(d)],
    };

    private static string Key(Draw d) => d.Pick("k1", "k2", "k3", "k4");

    private static string[] Keys(Draw d) => [.. Enumerable.Range(0, 1 + d.Next(3)).Select(_ => Key(d))];

    private static string End(Draw d) => d.Pick("LEFT", "RIGHT");
}
