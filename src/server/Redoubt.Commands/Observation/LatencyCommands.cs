using Redoubt.Commands.Introspection;

namespace Redoubt.Commands;

[CommandContainer("LATENCY", Group = "server", Since = "2.8.13", Summary = "A container for latency diagnostics commands",
    Complexity = "Depends on subcommand.")]
internal static class LatencyCommands
{
    [Command("LATENCY|LATEST", 2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.13", Summary = "Return the latest latency samples for all events.", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    public static void Latest(CommandContext c)
    {
        IReadOnlyDictionary<string, LatencySeries> all = c.Ports.Latency.Series;
        c.Reply.Array(all.Count);
        foreach ((string kind, LatencySeries series) in all)
        {
            c.Reply.Array(4);
            c.Reply.Bulk(kind);
            c.Reply.Integer(series.Latest.UnixSeconds);
            c.Reply.Integer(series.Latest.Milliseconds);
            c.Reply.Integer(series.WorstMs);
        }
    }

    [Command("LATENCY|HISTORY", 3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.13", Summary = "Return timestamp-latency samples for the event.", Complexity = "O(1)",
        Syntax = "event", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    public static void History(CommandContext c)
    {
        IReadOnlyList<LatencySample> samples = c.Ports.Latency.Find(c.Text(2))?.Samples ?? [];
        c.Reply.Array(samples.Count);
        foreach (LatencySample sample in samples)
        {
            c.Reply.Array(2);
            c.Reply.Integer(sample.UnixSeconds);
            c.Reply.Integer(sample.Milliseconds);
        }
    }

    [Command("LATENCY|GRAPH", 3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.13", Summary = "Return a latency graph for the event.", Complexity = "O(1)",
        Syntax = "event", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    public static void Graph(CommandContext c)
    {
        string kind = c.Text(2);
        if (c.Ports.Latency.Find(kind) is { } series)
            c.ReplyText(LatencyGraph.Of(kind, series, c.NowMs / 1000));
        else
            c.Error(Errors.NoLatencySamples, c[2], Errors.ClosingQuote);
    }

    [Command("LATENCY|DOCTOR", 2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.13", Summary = "Return a human readable latency analysis report.", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    public static void Doctor(CommandContext c) => c.ReplyText(LatencyReport.Of(c.Ports.Latency, c.NowMs / 1000));

    [Command("LATENCY|RESET", -2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.13", Summary = "Reset latency data for one or more events.", Complexity = "O(1)",
        Syntax = "[event+]", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    public static void Reset(CommandContext c)
    {
        int forgotten = c.Count == 2 ? c.Ports.Latency.ForgetAll() : 0;
        for (int i = 2; i < c.Count; i++)
            forgotten += c.Ports.Latency.Forget(c.Text(i)) ? 1 : 0;
        c.Reply.Integer(forgotten);
    }

    [Command("LATENCY|HISTOGRAM", -2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "7.0.0", Summary = "Return the cumulative distribution of latencies of a subset of commands or all.",
        Complexity = "O(N) where N is the number of commands with latency information being retrieved.", Syntax = "[command+]",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    public static void Histogram(CommandContext c)
    {
        List<CommandDescriptor> asked = [];
        if (c.Count == 2)
            asked.AddRange(CommandTable.All);
        for (int i = 2; i < c.Count; i++)
        {
            if (CommandCommand.ByFullName(c[i]) is { } command)
                asked.AddRange([command, .. command.Subcommands]);
        }
        asked.RemoveAll(static command => command.Latencies is null);
        c.Reply.Map(asked.Count);
        foreach (CommandDescriptor command in asked)
            Write(c, command.Name, command.Latencies!);
    }

    [Command("LATENCY|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "2.8.13", Summary = "Show helpful text about the different subcommands.", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "DOCTOR",
        "    What was slow lately, and what may help.",
        "GRAPH <event>",
        "    The samples of <event>, drawn with characters.",
        "HISTOGRAM [<command> ...]",
        "    How many calls took at most how many microseconds, of each command or of those named.",
        "HISTORY <event>",
        "    The samples of <event>: when, and how many milliseconds.",
        "LATEST",
        "    The latest and the worst sample of each event.",
        "RESET [<event> ...]",
        "    Forget the samples of these events, or of all.");

    private static void Write(CommandContext c, string name, LatencyHistogram histogram)
    {
        List<(long Microseconds, long Calls)> buckets = histogram.Cumulative();
        c.Reply.Bulk(name);
        c.Reply.Map(2);
        c.Reply.Bulk("calls"u8);
        c.Reply.Integer(histogram.Total);
        c.Reply.Bulk("histogram_usec"u8);
        c.Reply.Map(buckets.Count);
        foreach ((long microseconds, long calls) in buckets)
        {
            c.Reply.Integer(microseconds);
            c.Reply.Integer(calls);
        }
    }
}
