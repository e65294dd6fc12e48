namespace Redoubt.Commands;

internal static class Information
{
    [Command("INFO", -1, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "dangerous", Group = "server", Since = "1.0.0", Summary = "Get information and statistics about the server",
        Complexity = "O(1)", Syntax = "[section+]", History = ["7.0.0: Added support for taking multiple section arguments."],
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])]
    public static void Info(CommandContext c)
    {
        var sections = new string[c.Count - 1];
        for (int i = 0; i < sections.Length; i++)
            sections[i] = c.Text(i + 1).ToLowerInvariant();
        c.ReplyText(c.Ports.Status.Info(sections));
    }

    /// <summary>The clock itself, finer than the time that commands share.</summary>
    [Command("TIME", 1, CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Group = "server", Since = "2.6.0", Summary = "Return the current server time", Complexity = "O(1)",
        Tips = ["nondeterministic_output"])]
    public static void Time(CommandContext c)
    {
        long microseconds = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        c.Reply.Array(2);
        c.Reply.BulkInteger(microseconds / 1_000_000);
        c.Reply.BulkInteger(microseconds % 1_000_000);
    }
}
