using System.Diagnostics;
using System.Globalization;

namespace Redoubt.Loadbench;

/// <summary>A master and its replica.</summary>
internal static class Group
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Makes a replica and waits until it has what its master had when the link came up.</summary>
    public static void Attach(ServerUnderTest master, ServerUnderTest replica)
    {
        replica.Ask("REPLICAOF", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture));
        WaitUntilCaughtUp(master, replica);
    }

    public static void WaitUntilCaughtUp(ServerUnderTest master, ServerUnderTest replica)
    {
        long began = Stopwatch.GetTimestamp();
        long? target = null;
        using Link up = master.Connect(), down = replica.Connect();
        while (Stopwatch.GetElapsedTime(began) < Limit)
        {
            Dictionary<string, string> info = down.Info("replication");
            if (info.GetValueOrDefault("master_link_status") == "up")
            {
                target ??= Offset(up.Info("replication"), "master_repl_offset");
                if (Offset(down.Info("replication"), "slave_repl_offset") >= target)
                    return;
            }

            Thread.Sleep(2); // nothing announces the end of a resync
        }

        throw new TimeoutException($"{replica.Name} has not caught up within {Limit.TotalMinutes} minutes");
    }

    private static long Offset(Dictionary<string, string> info, string field) => long.Parse(info.GetValueOrDefault(field, "-1"), CultureInfo.InvariantCulture);
}
