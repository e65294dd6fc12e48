using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Full_resync
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void By_socket_gives_the_replica_the_masters_dataset_while_writes_go_on(ServerKind masterKind, ServerKind replicaKind) =>
        SyncUnderLoad(masterKind, replicaKind, diskless: "yes");

    [Theory]
    [MemberData(nameof(Pairs))]
    public void By_disk_gives_the_replica_the_masters_dataset_while_writes_go_on(ServerKind masterKind, ServerKind replicaKind) =>
        SyncUnderLoad(masterKind, replicaKind, diskless: "no");

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Replaces_what_the_replica_held_before(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        WriteLoad.Fill(master, seed: 1, count: 500);
        WriteLoad.Fill(replica, seed: 2, count: 5_000);
        replica.Call("SET", "only-here", "v").OrThrow();
        replica.Follow(master);
        Nodes.AssertSame(master, replica);
        Assert.Equal(0, replica.Call("EXISTS", "only-here").Integer);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_an_empty_master_leaves_an_empty_replica_that_then_follows(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Call("SET", "old", "v").OrThrow();
        replica.Follow(master);
        Assert.Equal(0, replica.Call("DBSIZE").Integer);
        master.Call("SET", "new", "v").OrThrow();
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Carries_every_shape_of_string_and_expiry(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using RespConnection connection = master.Connect();
        byte[] noise = new byte[3_000_000];
        new Random(7).NextBytes(noise);
        connection.Call([.. Wire.Arguments("SET", "noise"), noise]).OrThrow();
        connection.Call("SET", "compressible", new string('z', 2_000_000)).OrThrow();
        connection.Call("SET", "", "empty key").OrThrow();
        connection.Call("SET", "empty value", "").OrThrow();
        connection.Call("SET", "\0\xff\r\n*3\r\n", "\0").OrThrow();
        foreach (string number in new[] { "0", "-1", "127", "128", "-129", "32767", "-32769", "2147483647", "-2147483649", "9223372036854775807", "-9223372036854775808", "007", "1.5" })
        {
            connection.Call("SET", $"number {number}", number).OrThrow();
        }

        foreach (int length in new[] { 1, 20, 21, 44, 45, 63, 64, 16_383, 16_384, 70_000 })
        {
            connection.Call("SET", new string('k', length), new string('v', length)).OrThrow();
            connection.Call("SET", $"ex{length}", string.Concat(Enumerable.Range(0, length)), "PXAT", "33177117420123").OrThrow();
        }

        connection.Call("SELECT", "15").OrThrow();
        connection.Call("SET", "last database", "v", "EX", "1000").OrThrow();
        replica.Follow(master);
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Serves_several_replicas_that_ask_together(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess first = Nodes.Start(replicaKind);
        using ServerProcess second = Nodes.Start(replicaKind);
        using ServerProcess third = Nodes.Start(ServerKind.Redis);
        WriteLoad.Fill(master, seed: 3, count: 5_000);
        using WriteLoad load = WriteLoad.Start(master, seed: 4);
        first.StartFollowing(master.Port);
        second.StartFollowing(master.Port);
        third.StartFollowing(master.Port);
        first.WaitUntilLinked();
        second.WaitUntilLinked();
        third.WaitUntilLinked();
        load.WaitFor(500);
        load.Stop();
        Nodes.AssertSame(master, first, second, third);
        Assert.Equal("3", master.Info("replication", "connected_slaves"));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Cut_in_the_middle_begins_again_and_completes(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        using var link = new CuttingProxy(master.Port);
        using (RespConnection connection = master.Connect())
        {
            byte[] noise = new byte[20_000];
            for (int i = 0; i < 500; i++)
            {
                new Random(i).NextBytes(noise);
                connection.Call([.. Wire.Arguments("SET", $"noise{i}"), noise]).OrThrow();
            }
        }

        link.Delay = TimeSpan.FromMilliseconds(2);
        replica.StartFollowing(link.Port);
        Wait.Until(() => link.Forwarded > 2_000_000, "the snapshot to be on its way", seen: () => $"{link.Forwarded}");
        Assert.False(replica.IsLinked());
        link.Cut();
        link.Delay = TimeSpan.Zero;
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public void By_disk_leaves_no_file_where_nothing_is_to_be_kept(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind, "--repl-diskless-sync", "no", "--save", "", "--rdb-del-sync-files", "yes");
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        WriteLoad.Fill(master, seed: 71, count: 100);
        replica.Follow(master);
        Nodes.AssertSame(master, replica);
        Wait.Until(() => !File.Exists(Path.Combine(master.Folder, "dump.rdb")), "the file to be removed");
        Assert.Contains("Removing the RDB file used to feed replicas in a persistence-less instance", master.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void By_disk_leaves_the_file_to_a_server_that_saves()
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redoubt, "--repl-diskless-sync", "no", "--save", "3600", "1", "--rdb-del-sync-files", "yes");
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        WriteLoad.Fill(master, seed: 72, count: 100);
        replica.Follow(master);
        Nodes.AssertSame(master, replica);
        Thread.Sleep(1500); // nothing announces that the file was left alone
        Assert.True(File.Exists(Path.Combine(master.Folder, "dump.rdb")));
    }

    private static void SyncUnderLoad(ServerKind masterKind, ServerKind replicaKind, string diskless)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--repl-diskless-sync", diskless);
        using ServerProcess replica = Nodes.Start(replicaKind);
        WriteLoad.Fill(master, seed: 5, count: 10_000);
        using WriteLoad load = WriteLoad.Start(master, seed: 6);
        replica.Follow(master);
        load.WaitFor(2_000);
        load.Stop();
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void That_takes_the_replica_longer_to_load_than_the_timeout_is_waited_for(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind, "--repl-timeout", "2");
        using RespConnection client = master.Connect();
        client.Pipeline(Enumerable.Range(0, 50).Select(i => new[] { "SET", $"key:{i}", string.Concat(Enumerable.Range(0, 400).Select(n => $"{i * n}")) }));
        using ServerProcess replica = Nodes.Start(replicaKind, ["--key-load-delay", "100000", .. replicaKind == ServerKind.Redis ? ["--loading-process-events-interval-bytes", "1024"] : Array.Empty<string>()]);
        replica.Follow(master);
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }
}
