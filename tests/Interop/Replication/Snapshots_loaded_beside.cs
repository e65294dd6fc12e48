using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>`repl-diskless-load swapdb`: the same with either server as the replica.</summary>
public sealed class Snapshots_loaded_beside
{
    public static TheoryData<ServerKind, ServerKind> Pairs => Nodes.Pairs;

    public static TheoryData<ServerKind> Replicas => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Take_the_place_of_the_dataset_under_load(ServerKind masterKind, ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(masterKind);
        using ServerProcess replica = StartSwapping(replicaKind);
        WriteLoad.Fill(master, seed: 301, count: 3_000);
        WriteLoad.Fill(replica, seed: 302, count: 500);
        replica.Call("SET", "only-here", "v").OrThrow();
        using (WriteLoad load = WriteLoad.Start(master, seed: 303))
        {
            replica.Follow(master);
            load.WaitFor(300);
            load.Stop();
        }
        Nodes.AssertSame(master, replica);
        Assert.Equal(0, replica.Call("EXISTS", "only-here").Integer);
        Wait.Until(() => replica.Log.Contains("Swapping active DB with loaded DB", StringComparison.Ordinal), "the log line");
    }

    [Theory]
    [MemberData(nameof(Replicas))]
    public void Of_the_same_history_leave_the_old_dataset_in_service(ServerKind replicaKind)
    {
        using ServerProcess master = StartSlow(ServerKind.Redis);
        using ServerProcess replica = StartSwapping(replicaKind, "--replica-read-only", "no", "--enable-debug-command", "yes");
        replica.Follow(master);
        Populate(master);
        master.Call("SET", "shared", "v").OrThrow();
        replica.WaitUntilCaughtUp(master);
        replica.Call("SET", "only-here", "v").OrThrow();
        LoseHistory(master);

        Wait.For("1", () => replica.Info("persistence", "async_loading"), "async_loading");
        Assert.Equal("0", replica.Info("persistence", "loading"));
        Assert.NotEqual("", replica.Info("persistence", "loading_start_time"));
        Assert.Equal("v", replica.Call("GET", "only-here").Text);
        Assert.Equal("v", replica.Call("GET", "shared").Text);
        foreach (string[] refused in new string[][]
        {
            ["REPLICAOF", "NO", "ONE"], ["BGSAVE"], ["SAVE"], ["BGREWRITEAOF"], ["SYNC"],
        })
        {
            Assert.Equal("LOADING Redis is loading the dataset in memory", replica.Call(refused).Text);
        }
        Assert.Contains("LOADING", replica.Call("CONFIG", "SET", "repl-diskless-load", "disabled").Text, StringComparison.Ordinal);

        // The link breaks: all is as it was.
        master.Call("CONFIG", "SET", "repl-diskless-sync-delay", "2").OrThrow();
        master.Call("CLIENT", "KILL", "TYPE", "replica").OrThrow();
        Wait.For("0", () => replica.Info("persistence", "async_loading"), "async_loading");
        Assert.Equal("v", replica.Call("GET", "only-here").Text);
        Wait.Until(() => replica.Log.Contains("Discarding temporary DB in background", StringComparison.Ordinal), "the log line");

        master.Call("CONFIG", "SET", "rdb-key-save-delay", "0").OrThrow();
        Nodes.AssertSame(master, replica);
        Assert.Equal(0, replica.Call("EXISTS", "only-here").Integer);
    }

    [Theory]
    [MemberData(nameof(Replicas))]
    public void Of_another_history_hold_the_clients_off_and_give_the_old_dataset_back_when_they_fail(ServerKind replicaKind)
    {
        using ServerProcess master = StartSlow(ServerKind.Redis);
        using ServerProcess replica = StartSwapping(replicaKind);
        Populate(master);
        replica.Call("SET", "only-here", "v").OrThrow();
        replica.StartFollowing(master.Port);
        Wait.For("1", () => replica.Info("persistence", "loading"), "loading");
        Assert.Equal("0", replica.Info("persistence", "async_loading"));
        Assert.Equal("LOADING Redis is loading the dataset in memory", replica.Call("GET", "only-here").Text);
        master.Call("CONFIG", "SET", "repl-diskless-sync-delay", "2").OrThrow();
        master.Call("CLIENT", "KILL", "TYPE", "replica").OrThrow();
        Wait.For("0", () => replica.Info("persistence", "loading"), "loading");
        Assert.Equal("v", replica.Call("GET", "only-here").Text);
        Assert.Equal(1, replica.Call("DBSIZE").Integer);

        master.Call("CONFIG", "SET", "rdb-key-save-delay", "0").OrThrow();
        Nodes.AssertSame(master, replica);
    }

    [Theory]
    [MemberData(nameof(Replicas))]
    public void Break_the_transactions_that_watch_what_they_change(ServerKind replicaKind)
    {
        using ServerProcess master = Nodes.Start(ServerKind.Redis, "--enable-debug-command", "yes");
        using ServerProcess replica = StartSwapping(replicaKind, "--replica-read-only", "no");
        replica.Follow(master);
        replica.Call("SET", "goes", "1").OrThrow();
        master.Call("CLIENT", "PAUSE", "0", "WRITE").OrThrow();
        Dictionary<string, RespConnection> watchers = new() { ["goes"] = replica.Connect(), ["comes"] = replica.Connect(), ["neither"] = replica.Connect() };
        foreach ((string key, RespConnection watcher) in watchers)
            watcher.Call("WATCH", key).OrThrow();
        string full = master.Info("stats", "sync_full");
        using (RespConnection writer = master.Connect())
            writer.Pipeline([["MULTI"], ["CLIENT", "KILL", "TYPE", "replica"], ["SET", "comes", "1"], ["DEBUG", "CHANGE-REPL-ID"], ["EXEC"]]);
        Wait.Until(() => master.Info("stats", "sync_full") != full, "another full sync");
        replica.WaitUntilCaughtUp(master);
        foreach ((string key, RespConnection watcher) in watchers)
        {
            RespValue outcome = watcher.Pipeline([["MULTI"], ["PING"], ["EXEC"]])[^1];
            Assert.Equal(key != "neither", outcome.IsNull);
            watcher.Dispose();
        }
    }

    private static ServerProcess StartSwapping(ServerKind kind, params string[] arguments) => Nodes.Start(kind, ["--repl-diskless-load", "swapdb", .. arguments]);

    /// <summary>A master whose snapshots take long enough to be looked at.</summary>
    private static ServerProcess StartSlow(ServerKind kind) =>
        Nodes.Start(kind, "--enable-debug-command", "yes", "--rdb-key-save-delay", "10000", "--rdbcompression", "no", "--repl-backlog-size", "16384");

    private static void Populate(ServerProcess master) => master.Call("DEBUG", "POPULATE", "1000", "key", "100000").OrThrow();

    /// <summary>Cuts the replicas off in one step with writes that the backlog cannot hold.</summary>
    private static void LoseHistory(ServerProcess master)
    {
        using RespConnection client = master.Connect();
        string[][] writes = [.. Enumerable.Range(0, 10).Select(static i => new[] { "SET", i.ToString(CultureInfo.InvariantCulture), new string('A', 16384) })];
        client.Pipeline([["MULTI"], ["CLIENT", "KILL", "TYPE", "replica"], .. writes, ["EXEC"]]);
    }
}
