using Redoubt.Interop.Replication;
using Redoubt.Testing;

namespace Redoubt.Interop.Persistence;

/// <summary>WAITAOF, which came with Redis 7.2.</summary>
public sealed class Waiting_for_disks
{
    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    [InlineData("no")]
    public void Ends_when_this_servers_disk_has_what_the_client_wrote(string policy)
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes", "--appendfsync", policy);
        using RespConnection client = server.Connect();
        for (int i = 0; i < 20; i++)
        {
            client.Call("SET", "k", $"{i}").OrThrow();
            Assert.Equal(["1", "0"], client.Call("WAITAOF", "1", "0", "0").Items.Select(item => item.Text));
        }
    }

    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public void Counts_replicas_whose_disk_has_it(string policy)
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes");
        using ServerProcess durable = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes", "--appendfsync", policy);
        using ServerProcess fleeting = Nodes.Start(ServerKind.Redoubt);
        durable.Follow(master);
        fleeting.Follow(master);
        master.WaitForReplicas(2);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();

        Assert.Equal(["1", "1"], client.Call("WAITAOF", "1", "1", "30000").Items.Select(item => item.Text));
        Assert.Equal(["1", "1"], client.Call("WAITAOF", "1", "2", "100").Items.Select(item => item.Text));
        Assert.Equal(2, client.Call("WAIT", "2", "30000").Integer);
        durable.Kill();
        durable.Restart();
        Assert.Equal("v", durable.Call("GET", "k").Text);
    }

    [Fact]
    public void Is_refused_without_a_file_and_on_a_replica_and_when_the_file_is_turned_off()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        replica.Follow(master);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();
        const string noLog = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
        Assert.Equal(noLog, client.Call("WAITAOF", "1", "0", "0").Text);
        Assert.Equal(["0", "0"], client.Call("WAITAOF", "0", "0", "0").Items.Select(item => item.Text));
        Assert.StartsWith("ERR WAITAOF cannot be used with replica instances.", replica.Call("WAITAOF", "0", "1", "0").Text, StringComparison.Ordinal);

        master.Call("CONFIG", "SET", "appendonly", "yes").OrThrow();
        client.Send("WAITAOF", "1", "3", "0");
        Wait.For("1", () => master.Info("clients", "blocked_clients"), "the client to wait");
        master.Call("CONFIG", "SET", "appendonly", "no").OrThrow();
        Assert.Equal(noLog, client.Read().Text);
    }

    [Fact]
    public void A_master_of_7_0_takes_acknowledgements_that_tell_of_the_disk()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes");
        replica.Follow(master);
        WriteLoad.Fill(master, seed: 61, count: 100);
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();
        Assert.Equal(1, client.Call("WAIT", "1", "30000").Integer);
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }
}
