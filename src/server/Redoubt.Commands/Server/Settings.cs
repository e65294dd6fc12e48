namespace Redoubt.Commands;

[CommandContainer("CONFIG",
    Group = "server", Since = "2.0.0", Summary = "A container for server configuration commands",
    Complexity = "Depends on subcommand.")]
internal static class Settings
{
    [Command("CONFIG|GET", -3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.0.0", Summary = "Get the values of configuration parameters",
        Complexity = "O(N) when N is the number of configuration parameters provided", Syntax = "parameter{parameter}+",
        History = ["7.0.0: Added the ability to pass multiple pattern parameters in one call"])]
    public static void Get(CommandContext c)
    {
        var patterns = new string[c.Count - 2];
        for (int i = 0; i < patterns.Length; i++)
            patterns[i] = c.Text(i + 2);
        IReadOnlyList<KeyValuePair<string, string>> found = c.Ports.Configuration.Get(patterns);
        c.Reply.Map(found.Count);
        foreach ((string name, string value) in found)
        {
            c.Reply.Bulk(name);
            c.Reply.Bulk(value);
        }
    }

    [Command("CONFIG|SET", -4, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.0.0", Summary = "Set configuration parameters to the given values",
        Complexity = "O(N) when N is the number of configuration parameters provided", Syntax = "parameter_value{parameter value}+",
        History = ["7.0.0: Added the ability to set multiple parameters in one call."],
        Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    public static void Set(CommandContext c)
    {
        if (c.Count % 2 != 0)
        {
            c.Error(Errors.Syntax);
            return;
        }
        var pairs = new KeyValuePair<string, string>[(c.Count - 2) / 2];
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = new(c.Text(2 * i + 2), c.Text(2 * i + 3));
            if (c.Ports.Configuration.IsSecret(pairs[i].Key))
                c.Redact(2 * i + 3);
        }
        ReplyOutcome(c, c.Ports.Configuration.Set(pairs));
    }

    [Command("CONFIG|REWRITE", 2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.0", Summary = "Rewrite the configuration file with the in memory configuration",
        Complexity = "O(1)")]
    public static void Rewrite(CommandContext c) => ReplyOutcome(c, c.Ports.Configuration.Rewrite());

    [Command("CONFIG|RESETSTAT", 2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.0.0", Summary = "Reset the stats returned by INFO", Complexity = "O(1)")]
    public static void ResetStat(CommandContext c)
    {
        c.Ports.Configuration.ResetStatistics();
        c.Reply.Ok();
    }

    [Command("CONFIG|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "5.0.0", Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "GET <pattern> [<pattern> ...]",
        "    Names and values of the parameters that match a pattern.",
        "SET <directive> <value> [<directive> <value> ...]",
        "    Change parameters, all or none.",
        "RESETSTAT",
        "    Set the counters of INFO to zero.",
        "REWRITE",
        "    Write the present parameters to the configuration file.");

    private static void ReplyOutcome(CommandContext c, string? error)
    {
        if (error is null)
            c.Reply.Ok();
        else
            c.Error(error);
    }
}
