// Publishing, and questions about who listens. Messages travel to replicas as they are, whether or not anybody listens here.

namespace Redoubt.Commands;

[CommandContainer("PUBSUB", Group = "pubsub", Since = "2.8.0", Summary = "A container for Pub/Sub commands", Complexity = "Depends on subcommand.")]
internal static class Publishing
{
    [Command("PUBLISH", 3, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.MayReplicate,
        Group = "pubsub", Since = "2.0.0", Summary = "Post a message to a channel",
        Complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed "
            + "patterns (by any client).",
        Syntax = "channel message")]
    public static void Publish(CommandContext c) => Publish(c, SubscriptionKind.Channel);

    [Command("SPUBLISH", 3, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.MayReplicate,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "not_key",
        Group = "pubsub", Since = "7.0.0", Summary = "Post a message to a shard channel",
        Complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.", Syntax = "shardchannel message")]
    public static void SPublish(CommandContext c) => Publish(c, SubscriptionKind.ShardChannel);

    [Command("PUBSUB|CHANNELS", -2, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.8.0", Summary = "List active channels",
        Complexity = "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels "
            + "and patterns)",
        Syntax = "[pattern:pattern]")]
    public static void Channels(CommandContext c) => ListNames(c, SubscriptionKind.Channel);

    [Command("PUBSUB|SHARDCHANNELS", -2, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "7.0.0", Summary = "List active shard channels",
        Complexity = "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short "
            + "shard channels).",
        Syntax = "[pattern:pattern]")]
    public static void ShardChannels(CommandContext c) => ListNames(c, SubscriptionKind.ShardChannel);

    [Command("PUBSUB|NUMSUB", -2, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.8.0", Summary = "Get the count of subscribers for channels",
        Complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels", Syntax = "[channel+]")]
    public static void NumSub(CommandContext c) => CountSubscribers(c, SubscriptionKind.Channel);

    [Command("PUBSUB|SHARDNUMSUB", -2, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "7.0.0", Summary = "Get the count of subscribers for shard channels",
        Complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels", Syntax = "[shardchannel+]")]
    public static void ShardNumSub(CommandContext c) => CountSubscribers(c, SubscriptionKind.ShardChannel);

    [Command("PUBSUB|NUMPAT", 2, CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.8.0", Summary = "Get the count of unique patterns pattern subscriptions", Complexity = "O(1)")]
    public static void NumPat(CommandContext c) => c.Reply.Integer(c.Ports.PubSub.NamesOf(SubscriptionKind.Pattern).Count);

    [Command("PUBSUB|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "6.2.0", Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)");

    private static void Publish(CommandContext c, SubscriptionKind kind)
    {
        int receivers = c.Ports.PubSub.Publish(c, kind, c[1], c[2]);
        c.Propagate.Always();
        c.Reply.Integer(receivers);
    }

    private static void ListNames(CommandContext c, SubscriptionKind kind)
    {
        if (c.Count > 3)
        {
            c.SubcommandError();
            return;
        }
        int mark = c.Reply.BeginArray(), count = 0;
        foreach (byte[] name in c.Ports.PubSub.NamesOf(kind))
        {
            if (c.Count == 3 && !GlobPattern.Matches(c[2], name))
                continue;
            c.Reply.Bulk(name);
            count++;
        }
        c.Reply.EndArray(mark, count);
    }

    private static void CountSubscribers(CommandContext c, SubscriptionKind kind)
    {
        c.Reply.Array(2 * (c.Count - 2));
        for (int i = 2; i < c.Count; i++)
        {
            c.Reply.Bulk(c[i]);
            c.Reply.Integer(c.Ports.PubSub.SubscribersOf(kind, c[i]));
        }
    }
}
