using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Waits
{
    public static TheoryData<ServerKind> Both => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Theory]
    [MemberData(nameof(Both))]
    public void Inside_a_transaction_count_and_do_not_wait(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using RespConnection client = master.Connect();
        RespValue[] replies = client.Pipeline([["MULTI"], ["SET", "k", "v"], ["WAIT", "3", "0"], ["EXEC"]]);
        Assert.Equal(0, replies[3][1].Integer);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void End_at_their_timeout_and_what_stands_behind_them_goes_on(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();
        long start = Environment.TickCount64;
        RespValue[] replies = client.Pipeline([["WAIT", "1", "300"], ["GET", "k"]]);
        Assert.InRange(Environment.TickCount64 - start, 290, 5_000);
        Assert.Equal(["0", "v"], replies.Select(reply => reply.Text));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Of_clients_that_leave_trouble_nobody(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using (RespConnection leaving = master.Connect())
        {
            leaving.Call("SET", "k", "v").OrThrow();
            leaving.Send("WAIT", "1", "0");
            Wait.For("1", () => master.Info("clients", "blocked_clients"), "the client to wait");
        }

        Wait.For("0", () => master.Info("clients", "blocked_clients"), "the client to be gone");
        using ServerProcess replica = Nodes.Start(ServerKind.Redis);
        replica.Follow(master);
        master.WaitForReplicas(1);
        using RespConnection staying = master.Connect();
        staying.Call("SET", "k", "w").OrThrow();
        Assert.Equal(1, staying.Call("WAIT", "1", "10000").Integer);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void End_when_the_master_becomes_a_replica(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();
        client.Send("WAIT", "1", "0");
        Wait.For("1", () => master.Info("clients", "blocked_clients"), "the client to wait");
        master.StartFollowing(1);
        Assert.StartsWith("UNBLOCKED force unblock", client.ReadReply().Text, StringComparison.Ordinal);
        Assert.True(client.IsClosedByPeer(5_000));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Do_not_move_the_offset_while_writes_are_paused(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind, "--repl-ping-replica-period", "3600");
        using ServerProcess replica = Nodes.Start(ServerKind.Redis);
        replica.Follow(master);
        master.WaitForReplicas(1);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();
        master.Call("CLIENT", "PAUSE", "60000", "WRITE").OrThrow();
        long before = master.Position().Offset;
        Assert.Equal(0, client.Call("WAIT", "2", "100").Integer / 2);
        Assert.Equal(before, master.Position().Offset);
        master.Call("CLIENT", "UNPAUSE").OrThrow();
        Wait.Until(() => master.Position().Offset > before, "the question to be asked after the pause");
    }
}
