using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>The mixes of servers that replication is tested in, and nodes set up so that tests do not wait for timers.</summary>
internal static class Nodes
{
    /// <summary>Every mix and every scenario is run, where continuous integration runs a part: REDOUBT_ALL_MIXES=1, some minutes.</summary>
    public static bool RunsAll => Environment.GetEnvironmentVariable("REDOUBT_ALL_MIXES") == "1";

    /// <summary>Master and replica. Redis to Redis is left out: it is the model, not the question.</summary>
    public static TheoryData<ServerKind, ServerKind> Pairs => new()
    {
        { ServerKind.Redis, ServerKind.Redoubt },
        { ServerKind.Redoubt, ServerKind.Redis },
        { ServerKind.Redoubt, ServerKind.Redoubt },
    };

    /// <summary>Master, replica, and the replica's replica.</summary>
    public static TheoryData<ServerKind, ServerKind, ServerKind> Chains => new()
    {
        { ServerKind.Redis, ServerKind.Redoubt, ServerKind.Redis },
        { ServerKind.Redoubt, ServerKind.Redis, ServerKind.Redoubt },
        { ServerKind.Redoubt, ServerKind.Redoubt, ServerKind.Redoubt },
    };

    /// <summary>A server whose full syncs begin at once and whose backlog covers all that a test writes; directives given override these.</summary>
    public static ServerProcess Start(ServerKind kind, params string[] arguments) =>
        RedisServers.Start(kind, ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb", .. arguments]);

    /// <summary>With active expiry turned off beside them: see <see cref="StartStill"/>.</summary>
    public static readonly string[] StillOptions = ["--enable-debug-command", "yes", "--repl-ping-replica-period", "50", "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb"];

    /// <summary>
    /// The same, but nothing enters its history that no client asked for: an old master whose key expires, or (Redis) whose heartbeat goes out, after
    /// its replica was promoted has a write of its own, and rightly gets a full resync.
    /// </summary>
    public static ServerProcess StartStill(ServerKind kind, params string[] arguments)
    {
        ServerProcess server = Start(kind, [.. StillOptions, .. arguments]);
        server.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0").OrThrow();
        return server;
    }

    /// <summary>After the writers have stopped: the same position in the same history, and the same dataset.</summary>
    public static void AssertSame(ServerProcess master, params ServerProcess[] replicas)
    {
        foreach (ServerProcess replica in replicas)
        {
            replica.WaitUntilCaughtUp(master);
            Assert.True(Dataset.Compare(master, replica) > 0, "nothing was compared");
        }
    }
}
