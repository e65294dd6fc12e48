// DEBUG's switches: what the server does otherwise while a test wants it so.

using System.Text;

namespace Redoubt.Commands;

/// <summary>Set by DEBUG, read by whoever is concerned.</summary>
public sealed class DebugSwitches
{
    /// <summary>Scripts may call commands that are denied to them.</summary>
    public bool ScriptsMayCallDenied { get; set; }

    /// <summary>How long to sleep before each write of the append-only file.</summary>
    public int AppendOnlyFlushSleepMicroseconds { get; set; }
}

internal static class SwitchDebugging
{
    public static bool TryRun(CommandContext c)
    {
        if (c.Count == 2 && c.Is(1, "CHANGE-REPL-ID"u8))
            Run(c, c.Ports.Replication.ChangeId);
        else if (c.Count == 2 && c.Is(1, "STRUCTSIZE"u8))
            ReplySizes(c);
        else if (c.Count >= 3 && c.Is(1, "REPLICATE"u8))
            Run(c, () => c.Ports.Replication.SendToReplicas(c, firstWord: 2));
        else
            return c.Count == 3 && TryTurn(c);
        return true;
    }

    private static bool TryTurn(CommandContext c)
    {
        double number = Debugging.LeadingNumber(c[2]);
        bool isOn = (int)Math.Clamp(number, int.MinValue, int.MaxValue) != 0;
        if (c.Is(1, "SLEEP"u8))
        {
            c.Ports.Lifecycle.Sleep(TimeSpan.FromSeconds(Math.Clamp(number, 0, int.MaxValue / 1000)));
        }
        else if (c.Is(1, "SET-ACTIVE-EXPIRE"u8))
        {
            c.Ports.Lifecycle.SetActiveExpiry(isOn);
        }
        else if (c.Is(1, "PAUSE-CRON"u8))
        {
            c.Ports.Lifecycle.PauseTimer(isOn);
        }
        else if (c.Is(1, "SET-SKIP-CHECKSUM-VALIDATION"u8))
        {
            c.Ports.Serialization.VerifiesChecksums = !isOn;
        }
        else if (c.Is(1, "SET-DISABLE-DENY-SCRIPTS"u8))
        {
            c.Ports.Debug.ScriptsMayCallDenied = isOn;
        }
        else if (c.Is(1, "AOF-FLUSH-SLEEP"u8))
        {
            c.Ports.Debug.AppendOnlyFlushSleepMicroseconds = (int)Math.Clamp(number, 0, int.MaxValue);
        }
        else if (c.Is(1, "QUICKLIST-PACKED-THRESHOLD"u8))
        {
            ListDebugging.SetPackedThreshold(c);
            return true;
        }
        else if (c.Is(1, "DROP-CLUSTER-PACKET-FILTER"u8))
        {
            if (!c.TryInteger(2, out _))
                return true;
        }
        else
        {
            return false;
        }
        c.Reply.Ok();
        return true;
    }

    private static void Run(CommandContext c, Action act)
    {
        act();
        c.Reply.Ok();
    }

    /// <summary>The sizes that this engine has a counterpart of: the header of an entry, a bucket of the table.</summary>
    private static void ReplySizes(CommandContext c) => c.Reply.Bulk(Encoding.ASCII.GetBytes($"bits:{nint.Size * 8} entry:8 bucket:64 "));
}
