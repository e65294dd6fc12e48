namespace Redoubt.Commands;

internal static class Saving
{
    [Command("SAVE", 1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
        Group = "server", Since = "1.0.0", Summary = "Synchronously save the dataset to disk",
        Complexity = "O(N) where N is the total number of keys in all databases")]
    public static void Save(CommandContext c)
    {
        if (c.Ports.Persistence.Save() is { } error)
            c.Error(error);
        else
            c.Reply.Ok();
    }

    [Command("BGSAVE", -1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading,
        Group = "server", Since = "1.0.0", Summary = "Asynchronously save the dataset to disk", Complexity = "O(1)",
        Syntax = "[SCHEDULE@3.2.2]", History = ["3.2.2: Added the `SCHEDULE` option."])]
    public static void BgSave(CommandContext c)
    {
        bool isScheduled = c.Count == 2 && c.Is(1, "SCHEDULE"u8);
        if (c.Count > 1 && !isScheduled)
        {
            c.Error(Errors.Syntax);
            return;
        }
        Answer(c, c.Ports.Persistence.BackgroundSave(isScheduled));
    }

    private static void Answer(CommandContext c, (bool IsError, string Text) answer)
    {
        if (answer.IsError)
            c.Error(answer.Text);
        else
            c.Reply.SimpleString(System.Text.Encoding.ASCII.GetBytes(answer.Text));
    }

    [Command("BGREWRITEAOF", 1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading,
        Group = "server", Since = "1.0.0", Summary = "Asynchronously rewrite the append-only file", Complexity = "O(1)")]
    public static void BgRewriteAof(CommandContext c) => Answer(c, c.Ports.Persistence.RewriteLog());

    [Command("LASTSAVE", 1, CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Acl = "admin dangerous", Group = "server", Since = "1.0.0",
        Summary = "Get the UNIX time stamp of the last successful save to disk", Complexity = "O(1)",
        Tips = ["nondeterministic_output"])]
    public static void LastSave(CommandContext c) => c.Reply.Integer(c.Ports.Persistence.LastSaveSeconds);

    /// <summary>A shutdown that goes well is not answered: the connection ends with the server.</summary>
    [Command("SHUTDOWN", -1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
        | CommandFlags.NoMulti | CommandFlags.AllowBusy,
        Group = "server", Since = "1.0.0", Summary = "Synchronously save the dataset to disk and then shut down the server",
        Complexity = "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        Syntax = "[nosave_save(NOSAVE|SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]",
        History = ["7.0.0: Added the `NOW`, `FORCE` and `ABORT` modifiers."])]
    public static void Shutdown(CommandContext c)
    {
        bool? save = null;
        bool now = false, force = false, abort = false, isContradiction = false;
        for (int i = 1; i < c.Count; i++)
        {
            if (c.Is(i, "NOSAVE"u8) || c.Is(i, "SAVE"u8))
            {
                bool wanted = c.Is(i, "SAVE"u8);
                isContradiction |= save is { } before && before != wanted;
                save = wanted;
            }
            else if (c.Is(i, "NOW"u8))
            {
                now = true;
            }
            else if (c.Is(i, "FORCE"u8))
            {
                force = true;
            }
            else if (c.Is(i, "ABORT"u8))
            {
                abort = true;
            }
            else
            {
                isContradiction = true;
            }
        }
        if (isContradiction || (abort && (save.HasValue || now || force)))
        {
            c.Error(Errors.Syntax);
            return;
        }
        if (c.Ports.Lifecycle.Shutdown(save, now, force, abort) is { } error)
            c.Error(error);
        else if (abort)
            c.Reply.Ok();
    }
}
