using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Shutdowns
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    public static TheoryData<ServerKind> Both => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Wait_for_a_replica_that_lags(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        master.WaitForReplicas(1);
        link.Stall();
        master.Call("SET", "late", "v").OrThrow();
        using RespConnection asker = master.Connect();
        asker.Send("SHUTDOWN", "NOSAVE");
        Assert.False(asker.IsClosedByPeer(300));
        Assert.True(master.IsRunning);
        link.Resume();
        master.WaitForExit(TimeSpan.FromSeconds(8));
        Wait.Until(() => replica.Call("EXISTS", "late").Integer == 1, "the late write to arrive");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Given_up_answer_those_who_asked_and_let_writes_go_on(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using ServerProcess replica = Nodes.Start(ServerKind.Redis);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        master.WaitForReplicas(1);
        link.Stall();
        master.Call("SET", "late", "v").OrThrow();
        using RespConnection asker = master.Connect();
        using RespConnection writer = master.Connect();
        asker.Send("SHUTDOWN", "NOSAVE");
        Assert.False(asker.HasData(200));
        writer.Send("SET", "held", "v");
        Assert.False(writer.HasData(200));
        Assert.Equal("OK", master.Call("SHUTDOWN", "ABORT").Text);
        Assert.Equal("ERR Errors trying to SHUTDOWN. Check logs.", asker.ReadReply().Text);
        Assert.Equal("OK", writer.ReadReply().Text);
        if (kind == ServerKind.Redoubt)
        {
            // Redis 7.0 leaves the asker's parser in the middle of a request, and closes the connection at the next one.
            Assert.Equal("PONG", asker.Call("PING").Text);
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Under_writers_keep_every_acknowledged_write_in_the_file(ServerKind kind)
    {
        using ServerProcess server = Nodes.Start(kind, "--save", "3600 1");
        using NumberedWriters writers = NumberedWriters.Start(4, server);
        writers.WaitFor(500);
        server.Stop();
        writers.Stop();
        server.Restart();
        Assert.Empty(writers.LostOn(server));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void By_signal_while_loading_are_quick_and_leave_the_file_alone(ServerKind kind)
    {
        using ServerProcess server = Nodes.Start(kind, "--save", "3600 1");
        WriteLoad.Fill(server, seed: 61, count: 2_000);
        server.Stop();
        string file = Path.Combine(server.Folder, "dump.rdb");
        byte[] before = File.ReadAllBytes(file);
        server.RestartWhileLoading(["--save", "3600 1", .. SlowLoad(kind)]);
        Wait.Until(() => server.Call("DBSIZE").Text.StartsWith("LOADING", StringComparison.Ordinal), "the load to begin");
        server.Stop();
        Assert.Equal(before, File.ReadAllBytes(file));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_replica_that_loads_at_start_is_a_replica_already(ServerKind kind)
    {
        using ServerProcess server = Nodes.Start(kind, "--save", "3600 1");
        WriteLoad.Fill(server, seed: 62, count: 500);
        server.Stop();
        server.RestartWhileLoading(["--replicaof", "127.0.0.1 1", .. SlowLoad(kind)]);
        Wait.Until(() => server.Info("persistence", "loading") == "1", "the load to begin");
        Assert.Equal("slave", server.Role());
        Assert.Equal("down", server.Info("replication", "master_link_status"));
        server.Stop();
    }

    private static string[] SlowLoad(ServerKind kind) => kind == ServerKind.Redis
        ? ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024"]
        : ["--key-load-delay", "20000"];
}
