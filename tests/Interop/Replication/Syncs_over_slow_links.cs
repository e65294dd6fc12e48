using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>What is written while a replica cannot take it, in bounded memory of the master.</summary>
public sealed class Syncs_over_slow_links
{
    public static TheoryData<ServerKind> Replicas => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Theory]
    [MemberData(nameof(Replicas))]
    public void Keep_on_the_disk_what_the_replica_has_not_taken_and_finish(ServerKind replicaKind)
    {
        using ServerProcess master = StartMaster("--rdb-key-save-delay", "1000", "--rdbcompression", "no");
        using ServerProcess replica = Nodes.Start(replicaKind);
        using CuttingProxy link = new(master.Port);
        using RespConnection writer = master.Connect();
        Overwrite(writer, 'a');
        replica.StartFollowing(link.Port);
        Wait.Until(() => master.Call("INFO", "replication").Text.Contains("state=wait_bgsave", StringComparison.Ordinal) && link.Forwarded > 100_000, "the snapshot to be under way");
        link.Stall();

        Overwrite(writer, 'b');
        Overwrite(writer, 'c');
        Wait.Until(() => SpilledBytes(master) > 40_000_000, "the stream to be on the disk", seen: () => master.Call("INFO", "replication").Text);
        Wait.Until(() => master.InfoNumber("memory", "mem_total_replication_buffers") < 6_000_000, "the memory of it to be given back");
        Wait.Until(() => HasOpen(master, "sync-snapshot") && HasOpen(master, "sync-stream"), "old values and the stream to be in files");
        Assert.Empty(Directory.GetFiles(master.Folder, "temp-*"));
        Assert.Equal(1, SyncCounts.Of(master).Full);

        link.Resume();
        Nodes.AssertSame(master, replica);
        Assert.Equal(1, SyncCounts.Of(master).Full);
        Wait.Until(() => SpilledBytes(master) == 0 && !HasOpen(master, "sync-snapshot"), "the files to be given back");
        writer.Call("SET", "afterwards", "1").OrThrow();
        Nodes.AssertSame(master, replica);
    }

    [Fact]
    public void Are_over_when_the_replica_has_caught_up_and_then_the_output_limit_holds()
    {
        using ServerProcess master = StartMaster();
        using ServerProcess replica = Nodes.Start(ServerKind.Redoubt);
        using CuttingProxy link = new(master.Port);
        replica.Follow(link);
        using RespConnection writer = master.Connect();
        writer.Call("SET", "key", "value").OrThrow();
        replica.WaitUntilCaughtUp(master);
        link.Stall();
        Overwrite(writer, 'a');
        Wait.Until(() => master.Log.Contains("output buffer limits", StringComparison.Ordinal), "the stuck replica to be disconnected");
    }

    private static ServerProcess StartMaster(params string[] arguments) => Nodes.Start(
        ServerKind.Redoubt, ["--repl-sync-spill-size", "1mb", "--repl-backlog-size", "1mb", "--client-output-buffer-limit", "replica 8mb 0 0", .. arguments]);

    /// <summary>30 MB.</summary>
    private static void Overwrite(RespConnection writer, char with)
    {
        for (int first = 0; first < 3000; first += 100)
            writer.Pipeline([.. Enumerable.Range(first, 100).Select(i => new[] { "SET", $"key:{i}", new string(with, 10_000) })]);
    }

    private static long SpilledBytes(ServerProcess server) => server.Info("replication", "repl_sync_spilled_bytes") is { Length: > 0 } bytes
        ? long.Parse(bytes, System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>The server holds such a file, which has no name any more.</summary>
    private static bool HasOpen(ServerProcess server, string name)
    {
        foreach (string descriptor in Directory.GetFiles($"/proc/{server.ProcessId}/fd"))
        {
            if (new FileInfo(descriptor).LinkTarget is { } target && target.Contains(name, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
