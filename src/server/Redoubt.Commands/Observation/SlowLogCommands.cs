namespace Redoubt.Commands;

[CommandContainer("SLOWLOG", Group = "server", Since = "2.2.12", Summary = "A container for slow log commands", Complexity = "Depends on subcommand.")]
internal static class SlowLogCommands
{
    private const long DefaultCount = 10;

    [Command("SLOWLOG|GET", -2, CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.2.12", Summary = "Get the slow log's entries",
        Complexity = "O(N) where N is the number of entries returned", Syntax = "[count:integer]",
        History = ["4.0.0: Added client IP address, port and name to the reply."],
        Tips = ["request_policy:all_nodes", "nondeterministic_output"])]
    public static void Get(CommandContext c)
    {
        if (c.Count > 3)
        {
            c.SubcommandError();
            return;
        }
        long count = DefaultCount;
        if (c.Count == 3)
        {
            if (!c.TryInteger(2, out count, Errors.SlowLogCount))
                return;
            if (count < -1)
            {
                c.Error(Errors.SlowLogCount);
                return;
            }
        }
        SlowLog log = c.Ports.SlowLog;
        int shown = count == -1 ? log.Count : (int)Math.Min(count, log.Count);
        c.Reply.Array(shown);
        foreach (SlowLogEntry entry in log.Entries.Take(shown))
            Write(c, entry);
    }

    [Command("SLOWLOG|LEN", 2, CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.2.12", Summary = "Get the slow log's length", Complexity = "O(1)",
        Tips = ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])]
    public static void Len(CommandContext c) => c.Reply.Integer(c.Ports.SlowLog.Count);

    [Command("SLOWLOG|RESET", 2, CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.2.12", Summary = "Clear all entries from the slow log",
        Complexity = "O(N) where N is the number of entries in the slowlog",
        Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    public static void Reset(CommandContext c)
    {
        c.Ports.SlowLog.Clear();
        c.Reply.Ok();
    }

    [Command("SLOWLOG|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "6.2.0", Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "GET [<count>]",
        "    The latest <count> slow commands (default: 10; -1: all). Of each: its number, when it ran, how",
        "    many microseconds it took, its arguments, and the client's address and name.",
        "LEN",
        "    How many slow commands are kept.",
        "RESET",
        "    Forget them.");

    private static void Write(CommandContext c, SlowLogEntry entry)
    {
        c.Reply.Array(6);
        c.Reply.Integer(entry.Id);
        c.Reply.Integer(entry.UnixSeconds);
        c.Reply.Integer(entry.Microseconds);
        c.Reply.Array(entry.Arguments.Length);
        foreach (byte[] argument in entry.Arguments)
            c.Reply.Bulk(argument);
        c.Reply.Bulk(entry.ClientAddress);
        c.Reply.Bulk(entry.ClientName);
    }
}
