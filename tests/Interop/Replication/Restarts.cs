using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

public sealed class Restarts
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_a_replica_continue_from_its_RDB_by_partial_resync(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        WriteLoad.Fill(master, seed: 51, count: 1_000);
        replica.Follow(master);
        replica.WaitUntilCaughtUp(master);
        Shutdown(replica);
        WriteLoad.Fill(master, seed: 52, count: 300);
        replica.Restart("--replicaof", $"127.0.0.1 {master.Port}");
        WriteLoad.Fill(master, seed: 53, count: 300);
        Nodes.AssertSame(master, replica);
        Assert.Equal(new SyncCounts(1, 1, 0), SyncCounts.Of(master) with { PartialErr = 0 });
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_a_master_from_its_RDB_keep_the_history_for_its_replicas(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        WriteLoad.Fill(master, seed: 54, count: 500);
        replica.Follow(master);
        replica.WaitUntilCaughtUp(master);
        string history = master.Position().ReplicationId;
        Shutdown(master);
        master.Restart();

        // The id of before is the second one now; the replica continues on it, or takes a snapshot if the master moved on.
        Assert.Equal(history, master.Info("replication", "master_replid2"));
        WriteLoad.Fill(master, seed: 55, count: 300);
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_a_master_tell_its_replicas_of_the_keys_that_expired_meanwhile(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        master.Call("SET", "gone", "v", "PX", "300").OrThrow();
        master.Call("SET", "written", "v", "PX", "300").OrThrow();
        master.Call("SET", "stays", "v").OrThrow();
        long expiry = master.Call("PEXPIRETIME", "gone").Integer;
        replica.WaitUntilCaughtUp(master);
        Shutdown(master);
        Wait.Until(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > expiry + 50, "the keys to expire");
        master.Restart();
        master.Call("SETRANGE", "written", "3", "new").OrThrow();
        replica.WaitUntilLinked();
        Wait.Until(() => replica.Call("DBSIZE").Integer == 2, "the expired key to be deleted on the replica");
        Nodes.AssertSame(master, replica);
        Assert.Equal(0, SyncCounts.Of(master).Full);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void With_the_files_of_the_other_kind_load_the_same_dataset(ServerKind writerKind, ServerKind readerKind)
    {
        using ServerProcess writer = Nodes.Start(writerKind);
        using ServerProcess reader = Nodes.Start(readerKind);
        WriteLoad.Fill(writer, seed: 56, count: 2_000);
        writer.Call("SET", "compressible", new string('c', 100_000)).OrThrow();
        Assert.Equal("OK", writer.Call("SAVE").Text);
        reader.Stop();
        File.Copy(Path.Combine(writer.Folder, "dump.rdb"), Path.Combine(reader.Folder, "dump.rdb"), overwrite: true);
        reader.Restart();
        Assert.True(Dataset.Compare(writer, reader) > 100);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void After_a_background_save_under_load_find_a_file_that_both_kinds_load(ServerKind writerKind, ServerKind readerKind)
    {
        using ServerProcess writer = Nodes.Start(writerKind);
        using ServerProcess reader = Nodes.Start(readerKind);
        WriteLoad.Fill(writer, seed: 57, count: 2_000);
        long before = writer.Call("LASTSAVE").Integer;
        using (WriteLoad load = WriteLoad.Start(writer, seed: 58))
        {
            Assert.StartsWith("Background saving started", writer.Call("BGSAVE").Text, StringComparison.Ordinal);
            load.WaitFor(500);
            load.Stop();
        }

        Wait.Until(() => writer.Info("persistence", "rdb_bgsave_in_progress") == "0", "the save to end");
        Assert.Equal("ok", writer.Info("persistence", "rdb_last_bgsave_status"));
        Assert.True(writer.Call("LASTSAVE").Integer >= before);
        reader.Stop();
        File.Copy(Path.Combine(writer.Folder, "dump.rdb"), Path.Combine(reader.Folder, "dump.rdb"), overwrite: true);
        reader.Restart();
        Assert.True(reader.Call("DBSIZE").Integer > 50);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void After_a_background_save_find_the_dataset_of_the_moment_it_began(ServerKind writerKind, ServerKind readerKind)
    {
        using ServerProcess writer = Nodes.Start(writerKind, "--rdb-key-save-delay", "100");
        using ServerProcess reader = Nodes.Start(readerKind);
        using RespConnection client = writer.Connect();
        client.Pipeline(Enumerable.Range(0, 3_000).Select(i => new[] { "SET", $"key:{i}", $"old:{i}" }));
        client.Pipeline(Enumerable.Range(0, 1_000).Select(i => new[] { "PEXPIRE", $"key:{i * 3}", $"{1_000_000 + i}" }));
        Dictionary<string, Dataset.Entry> moment = Dataset.Read(client, 0);

        // In one piece, so that nothing comes between the beginning of the save and the changes.
        List<string[]> changes = [["BGSAVE"], ["SELECT", "7"], ["SET", "elsewhere", "v"], ["SELECT", "0"]];
        for (int i = 0; i < 3_000; i++)
        {
            changes.Add((i % 5) switch
            {
                0 => ["DEL", $"key:{i}"],
                1 => ["SET", $"key:{i}", "new"],
                2 => ["APPEND", $"key:{i}", "more"],
                3 => ["PERSIST", $"key:{i}"],
                _ => ["SET", $"born:{i}", "new"],
            });
        }

        changes.Add(["FLUSHDB"]);
        Assert.StartsWith("Background saving started", client.Pipeline(changes)[0].Text, StringComparison.Ordinal);
        Wait.Until(() => writer.Info("persistence", "rdb_bgsave_in_progress") == "0", "the save to end");
        Assert.Equal("ok", writer.Info("persistence", "rdb_last_bgsave_status"));
        reader.Stop();
        File.Copy(Path.Combine(writer.Folder, "dump.rdb"), Path.Combine(reader.Folder, "dump.rdb"), overwrite: true);
        reader.Restart();
        using RespConnection check = reader.Connect();
        Dictionary<string, Dataset.Entry> loaded = Dataset.Read(check, 0);
        Assert.Equal(moment.Count, loaded.Count);
        Assert.All(moment, pair =>
        {
            Assert.Equal(pair.Value.Value, loaded[pair.Key].Value);
            Assert.Equal(pair.Value.ExpiresAtMs, loaded[pair.Key].ExpiresAtMs);
        });
        Assert.Empty(Dataset.Read(check, 7));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void From_a_save_asked_for_inside_a_transaction_apply_nothing_twice(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = Nodes.Start(replicaKind);
        replica.Follow(master);
        master.WaitForReplicas(1);
        using RespConnection client = master.Connect();
        RespValue[] replies = client.Pipeline([["MULTI"], ["INCR", "n"], ["BGSAVE"], ["INCR", "n"], ["EXEC"]]);
        Assert.Equal("Background saving scheduled", replies[^1][1].Text);
        string file = Path.Combine(master.Folder, "dump.rdb");
        Wait.Until(() => File.Exists(file), "the scheduled save");

        // The master's file becomes that of a replica, which goes on from where the save began.
        replica.Kill();
        File.Copy(file, Path.Combine(replica.Folder, "dump.rdb"), overwrite: true);
        replica.Restart("--replicaof", $"127.0.0.1 {master.Port}");
        Nodes.AssertSame(master, replica);
        Assert.Equal("2", replica.Call("GET", "n").Text);
        Assert.Equal(1, SyncCounts.Of(master).Full);
    }

    /// <summary>SHUTDOWN SAVE writes the position in the history into the file, whatever the save points are.</summary>
    private static void Shutdown(ServerProcess server)
    {
        using RespConnection connection = server.Connect();
        connection.Send("SHUTDOWN", "SAVE");
        Assert.True(connection.IsClosedByPeer(5_000));
        server.WaitForExit(TimeSpan.FromSeconds(5));
    }
}
