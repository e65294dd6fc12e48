using System.Text;
using Redoubt.Interop.Replication;
using Redoubt.Testing;

namespace Redoubt.Interop;

/// <summary>That the tests of this project can fail: faults are put between two real Redis servers and must be found.</summary>
public sealed class The_harness_itself
{
    [Fact]
    public void Finds_a_write_that_was_altered_on_its_way_to_the_replica()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(ServerKind.Redis);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        link.AlterReplies = chunk => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(chunk).Replace("honest", "forged", StringComparison.Ordinal));
        master.Call("SET", "k", "honest").OrThrow();
        replica.WaitUntilCaughtUp(master);
        Assert.Contains("forged", Assert.Throws<InvalidOperationException>(() => Nodes.AssertSame(master, replica)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_an_acknowledged_write_that_a_careless_failover_lost()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(ServerKind.Redis);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        using NumberedWriters writers = NumberedWriters.Start(2, master, replica);
        writers.WaitFor(100);
        link.Stall();
        writers.WaitFor(100);
        replica.Promote();
        writers.Stop();
        Assert.NotEmpty(writers.LostOn(replica));
    }

    [Fact]
    public void Does_not_take_a_stalled_replica_for_one_that_has_caught_up()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis);
        using ServerProcess replica = Nodes.Start(ServerKind.Redis);
        using var link = new CuttingProxy(master.Port);
        replica.Follow(link);
        master.Call("SET", "k", "1").OrThrow();
        replica.WaitUntilCaughtUp(master);
        link.Stall();
        master.Call("SET", "k", "2").OrThrow();
        Assert.NotEqual(master.Position(), replica.Position());
        Assert.Throws<InvalidOperationException>(() => Dataset.Compare(master, replica));
        link.Resume();
        Nodes.AssertSame(master, replica);
    }

    [Fact]
    public void Servers_are_gone_with_their_folders_when_a_test_ends()
    {
        int processId;
        string folder;
        using (ServerProcess server = RedisServers.Redis())
        {
            processId = server.ProcessId;
            folder = server.Folder;
            Assert.True(Directory.Exists($"/proc/{processId}"));
        }

        Assert.False(Directory.Exists($"/proc/{processId}"));
        Assert.False(Directory.Exists(folder));
    }
}
