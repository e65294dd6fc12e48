// DEBUG, as far as it is about the process: how it ends, how it starts again, what it writes into its log and its file.

using System.Text;

namespace Redoubt.Commands;

internal static class ProcessDebugging
{
    /// <summary>False when it is none of these subcommands.</summary>
    public static bool TryRun(CommandContext c)
    {
        ILifecycle lifecycle = c.Ports.Lifecycle;
        if (c.Is(1, "SEGFAULT"u8))
            lifecycle.Crash(CrashKind.Segfault);
        else if (c.Is(1, "PANIC"u8))
            lifecycle.Crash(CrashKind.Panic);
        else if (c.Is(1, "ASSERT"u8))
            lifecycle.Crash(CrashKind.Assertion);
        else if (c.Is(1, "OOM"u8))
            lifecycle.Crash(CrashKind.OutOfMemory);
        else if (c.Is(1, "RESTART"u8))
            Restart(c, gracefully: true);
        else if (c.Is(1, "CRASH-AND-RECOVER"u8))
            Restart(c, gracefully: false);
        else if (c.Count == 3 && c.Is(1, "LOG"u8))
            WriteLog(c);
        else if (c.Count == 2 && c.Is(1, "CONFIG-REWRITE-FORCE-ALL"u8))
            RewriteEverything(c);
        else
            return false;
        return true;
    }

    private static void Restart(CommandContext c, bool gracefully)
    {
        long delayMs = 0;
        if (c.Count >= 3 && !c.TryInteger(2, out delayMs))
            return;
        if (c.Ports.Lifecycle.Restart(gracefully, TimeSpan.FromMilliseconds(Math.Clamp(delayMs, 0, int.MaxValue))) is { } error)
            c.Error(error);
    }

    private static void WriteLog(CommandContext c)
    {
        c.Ports.Lifecycle.WriteLog(Encoding.UTF8.GetString(c[2]));
        c.Reply.Ok();
    }

    private static void RewriteEverything(CommandContext c)
    {
        if (c.Ports.Configuration.Rewrite(everything: true) is { } error)
            c.Error(error);
        else
            c.Reply.Ok();
    }
}
