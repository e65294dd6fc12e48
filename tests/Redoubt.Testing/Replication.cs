using System.Globalization;

namespace Redoubt.Testing;

/// <summary>How many resyncs of each kind a master has served.</summary>
public sealed record SyncCounts(long Full, long PartialOk, long PartialErr)
{
    public static SyncCounts Of(ServerProcess master)
    {
        IReadOnlyDictionary<string, string> stats = master.Info("stats");
        return new SyncCounts(Number("sync_full"), Number("sync_partial_ok"), Number("sync_partial_err"));

        long Number(string field) => long.Parse(stats[field], CultureInfo.InvariantCulture);
    }

    public static SyncCounts operator -(SyncCounts a, SyncCounts b) => new(a.Full - b.Full, a.PartialOk - b.PartialOk, a.PartialErr - b.PartialErr);
}

/// <summary>The states of replication that tests bring about and wait for, in words. All read INFO, as an operator would.</summary>
public static class Replication
{
    /// <summary>Makes a replica of whatever listens on that port (a master, or a proxy before it) and waits for the link.</summary>
    public static void Follow(this ServerProcess replica, int port)
    {
        replica.StartFollowing(port);
        replica.WaitUntilLinked();
    }

    public static void Follow(this ServerProcess replica, ServerProcess master) => replica.Follow(master.Port);

    public static void Follow(this ServerProcess replica, CuttingProxy link) => replica.Follow(link.Port);

    public static void StartFollowing(this ServerProcess replica, int port) =>
        replica.Call("REPLICAOF", "127.0.0.1", port.ToString(CultureInfo.InvariantCulture)).OrThrow();

    public static void Promote(this ServerProcess replica) => replica.Call("REPLICAOF", "NO", "ONE").OrThrow();

    public static bool IsLinked(this ServerProcess replica) => replica.Info("replication", "master_link_status") == "up";

    public static void WaitUntilLinked(this ServerProcess replica) =>
        Wait.Until(replica.IsLinked, "the link to the master to be up", seen: () => Describe(replica));

    public static void WaitUntilUnlinked(this ServerProcess replica) =>
        Wait.Until(() => !replica.IsLinked(), "the link to the master to be down", seen: () => Describe(replica));

    /// <summary>
    /// Waits until the replica has applied what the master has sent: the same replication id and offset on both sides. The
    /// master's writers must have stopped.
    /// </summary>
    public static void WaitUntilCaughtUp(this ServerProcess replica, ServerProcess master)
    {
        replica.WaitUntilLinked();
        Wait.Until(() => Position(replica) == Position(master), "the replica to be where its master is",
            seen: () => $"\nmaster:\n{Describe(master)}\nreplica:\n{Describe(replica)}");
    }

    /// <summary>Where a server is in its history: replication id and offset.</summary>
    public static (string ReplicationId, long Offset) Position(this ServerProcess server)
    {
        IReadOnlyDictionary<string, string> info = server.Info("replication");
        string offset = info["role"] == "slave" ? info["slave_repl_offset"] : info["master_repl_offset"];
        return (info["master_replid"], long.Parse(offset, CultureInfo.InvariantCulture));
    }

    public static string Role(this ServerProcess server) => server.Info("replication", "role");

    public static void WaitForRole(this ServerProcess server, string role) => Wait.For(role, server.Role, "the role");

    /// <summary>
    /// Waits until the master counts this many replicas as online. A replica has its link up a little before its master knows of it.
    /// </summary>
    public static void WaitForReplicas(this ServerProcess master, int count) =>
        Wait.Until(() => OnlineReplicas(master) == count, $"{count} replicas to be online", seen: () => Describe(master));

    public static int OnlineReplicas(this ServerProcess master) => master.Info("replication")
        .Count(f => f.Key.StartsWith("slave", StringComparison.Ordinal) && f.Value.Contains(",state=online,", StringComparison.Ordinal));

    /// <summary>INFO replication as a failure shows it.</summary>
    public static string Describe(ServerProcess server) => $"{server.Kind} on port {server.Port}:\n{server.Call("INFO", "replication").Text}";
}
