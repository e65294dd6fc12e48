using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>What a server does while it cannot save: refuses writes, or, as a replica, ends.</summary>
public sealed class Writes_that_cannot_be_saved
{
    public static TheoryData<ServerKind> Kinds => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Fact]
    public void Writes_and_pings_are_refused_from_a_failed_save_to_the_next_that_succeeds()
    {
        using ServerProcess redis = RedisServers.Redis("--save", "3600 1000");
        using ServerProcess redoubt = RedisServers.Redoubt("--save", "3600 1000");
        Assert.Equal(Story(redis), Story(redoubt));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_replica_ends_rather_than_apply_what_it_cannot_save(ServerKind kind)
    {
        using ServerProcess master = RedisServers.Redis("--repl-diskless-sync-delay", "0");
        using ServerProcess replica = RedisServers.ReplicaOf(master, kind, "--save", "3600 1000");
        Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");
        FailSave(replica);
        master.Call("SET", "k", "v").OrThrow();
        replica.WaitForExit(TimeSpan.FromSeconds(20));
        Assert.Contains("Replica was unable to write command to disk.", replica.Log, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_replica_that_may_ignore_it_applies_all_the_same(ServerKind kind)
    {
        using ServerProcess master = RedisServers.Redis("--repl-diskless-sync-delay", "0");
        using ServerProcess replica = RedisServers.ReplicaOf(master, kind, "--save", "3600 1000", "--replica-ignore-disk-write-errors", "yes");
        Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");
        FailSave(replica);
        master.Call("SET", "k", "v").OrThrow();
        Wait.For("v", () => replica.Call("GET", "k").Text, "the write");
        Wait.Until(() => replica.Log.Contains("Replica is applying a command even though it is unable to write to disk.", StringComparison.Ordinal), "the line in the log");
    }

    private static string[] Story(ServerProcess server)
    {
        List<string> told = [];
        void Say(params string[] command) => told.Add($"{string.Join(' ', command)}: {server.Call(command).Text}");

        server.Call("SET", "k", "v").OrThrow();
        Block(server);
        Say("SAVE");
        Say("SET", "k", "u");
        FailSave(server);
        Say("SET", "k", "w");
        Say("PING");
        Say("GET", "k");
        Say("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
        Say("SET", "k", "x");
        Say("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
        Say("DEL", "k");
        Say("CONFIG", "SET", "save", "");
        Say("SET", "k", "y");
        Say("CONFIG", "SET", "save", "3600 1000");
        Say("INCR", "n");
        Directory.Delete(FileOf(server), recursive: true);
        Say("SAVE");
        Say("INCR", "n");
        told.Add(server.Info("errorstats", "errorstat_MISCONF"));
        told.Add(server.Info("commandstats", "cmdstat_set").Split(",rejected_calls=")[1]);
        return [.. told];
    }

    private static string FileOf(ServerProcess server) => Path.Combine(server.Folder, "dump.rdb");

    /// <summary>Puts a folder of the file's name in the way.</summary>
    private static void Block(ServerProcess server)
    {
        if (File.Exists(FileOf(server)))
            File.Delete(FileOf(server));
        Directory.CreateDirectory(Path.Combine(FileOf(server), "full"));
    }

    private static void FailSave(ServerProcess server)
    {
        Block(server);
        server.Call("BGSAVE").OrThrow();
        Wait.For("err", () => server.Info("persistence", "rdb_last_bgsave_status"), "the save to fail");
    }
}
