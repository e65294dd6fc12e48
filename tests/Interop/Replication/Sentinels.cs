using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>Three unmodified Sentinels over a group: the way to an automatic failover for those who want one.</summary>
public sealed class Sentinels : IDisposable
{
    private const int Count = 3;
    private const string Group = "mymaster";

    private readonly List<Process> _processes = [];
    private readonly List<PortLease> _ports = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-sentinels-").FullName;

    public static TheoryData<ServerKind, ServerKind> Mixes => new()
    {
        { ServerKind.Redoubt, ServerKind.Redoubt },
        { ServerKind.Redoubt, ServerKind.Redis },
        { ServerKind.Redis, ServerKind.Redoubt },
    };

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        foreach (PortLease port in _ports)
            port.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Mixes))]
    public void Promote_another_when_the_master_is_killed_and_take_it_back_as_a_replica(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess first = Nodes.Start(replicaKind);
        using ServerProcess second = Nodes.Start(ServerKind.Redoubt);
        Watch(master, first, second);
        WriteLoad.Fill(master, seed: 91, count: 300);
        first.WaitUntilCaughtUp(master);
        second.WaitUntilCaughtUp(master);

        master.Kill();
        ServerProcess promoted = WaitForAnotherMaster(master, [first, second]);
        ServerProcess other = promoted == first ? second : first;
        Wait.For(Text(promoted.Port), () => other.Info("replication", "master_port"), "the other replica to follow", TimeSpan.FromSeconds(40));
        other.WaitUntilLinked();
        WriteLoad.Fill(promoted, seed: 92, count: 100);

        master.Restart();
        Wait.For("slave", master.Role, "the old master to be told its place", TimeSpan.FromSeconds(40));
        master.WaitUntilLinked();
        Nodes.AssertSame(promoted, other, master);
        // The others had it all: nobody copied the dataset but the one that lost its own.
        Assert.Equal(1, SyncCounts.Of(promoted).Full);
    }

    [Fact]
    public void Fail_over_on_request_and_disconnect_those_who_talk_to_the_old_master()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        Watch(master, replica);
        WriteLoad.Fill(master, seed: 93, count: 100);
        replica.WaitUntilCaughtUp(master);
        using RespConnection writer = master.Connect();
        using RespConnection subscriber = master.Connect();
        writer.Call("PING").OrThrow();
        subscriber.Call("SUBSCRIBE", "channel").OrThrow();

        using (RespConnection sentinel = RespConnection.Connect(_ports[0].Port))
            Assert.Equal("OK", sentinel.Call("SENTINEL", "FAILOVER", Group).Text);
        WaitForAnotherMaster(master, [replica]);
        Wait.For("slave", master.Role, "the old master to be told its place", TimeSpan.FromSeconds(40));
        Assert.True(writer.IsClosedByPeer(10_000));
        subscriber.ReadUntilClosed();
        master.WaitUntilLinked();
        Nodes.AssertSame(replica, master);
    }

    private void Watch(ServerProcess master, params ServerProcess[] replicas)
    {
        foreach (ServerProcess replica in replicas)
            replica.Follow(master);
        for (int i = 0; i < Count; i++)
        {
            PortLease port = PortLease.Take();
            _ports.Add(port);
            string file = Path.Combine(_folder, $"sentinel-{i}.conf");
            File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
                port {port.Port}
                bind 127.0.0.1
                dir {_folder}
                sentinel monitor {Group} 127.0.0.1 {master.Port} 2
                sentinel down-after-milliseconds {Group} 1500
                sentinel failover-timeout {Group} 10000

                """));
            _processes.Add(ChildProcesses.Start("/usr/bin/redis-sentinel", [file], _folder));
        }
        foreach (PortLease port in _ports)
        {
            Wait.Until(
                () => State(port.Port) is { } state && state["num-slaves"] == Text(replicas.Length) && state["num-other-sentinels"] == Text(Count - 1),
                "the sentinels to find everybody", TimeSpan.FromSeconds(40));
        }
    }

    private ServerProcess WaitForAnotherMaster(ServerProcess old, ServerProcess[] candidates)
    {
        ServerProcess? promoted = null;
        Wait.Until(
            () => State(_ports[0].Port) is { } state && state["port"] != Text(old.Port)
                && (promoted = Array.Find(candidates, each => Text(each.Port) == state["port"])) is not null && promoted.Role() == "master",
            "the failover", TimeSpan.FromSeconds(60));
        return promoted!;
    }

    private static Dictionary<string, string>? State(int port)
    {
        try
        {
            using RespConnection connection = RespConnection.Connect(port);
            RespValue reply = connection.Call("SENTINEL", "MASTER", Group);
            string[] words = [.. reply.Items.Select(item => item.Text)];
            return words.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        }
        catch (Exception failure) when (failure is SocketException or IOException or TimeoutException)
        {
            return null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
