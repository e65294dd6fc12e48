// Subscribing and unsubscribing. Each name is confirmed by a message of its own: one request, as many replies as names.

namespace Redoubt.Commands;

internal static class Subscribing
{
    [Command("SUBSCRIBE", -2, CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.0.0", Summary = "Listen for messages published to the given channels",
        Complexity = "O(N) where N is the number of channels to subscribe to.", Syntax = "channel+")]
    public static void Subscribe(CommandContext c) => Subscribe(c, SubscriptionKind.Channel, "subscribe"u8);

    [Command("UNSUBSCRIBE", -1, CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.0.0", Summary = "Stop listening for messages posted to the given channels",
        Complexity = "O(N) where N is the number of clients already subscribed to a channel.", Syntax = "[channel+]")]
    public static void Unsubscribe(CommandContext c) => Unsubscribe(c, SubscriptionKind.Channel, "unsubscribe"u8);

    [Command("PSUBSCRIBE", -2, CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.0.0", Summary = "Listen for messages published to channels matching the given patterns",
        Complexity = "O(N) where N is the number of patterns the client is already subscribed to.",
        Syntax = "pattern{pattern:pattern}+")]
    public static void PSubscribe(CommandContext c) => Subscribe(c, SubscriptionKind.Pattern, "psubscribe"u8);

    [Command("PUNSUBSCRIBE", -1, CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "pubsub", Since = "2.0.0", Summary = "Stop listening for messages posted to channels matching the given patterns",
        Complexity = "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns "
            + "subscribed in the system (by any client).",
        Syntax = "[pattern:pattern+]")]
    public static void PUnsubscribe(CommandContext c) => Unsubscribe(c, SubscriptionKind.Pattern, "punsubscribe"u8);

    [Command("SSUBSCRIBE", -2, CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "not_key",
        Group = "pubsub", Since = "7.0.0", Summary = "Listen for messages published to the given shard channels",
        Complexity = "O(N) where N is the number of shard channels to subscribe to.", Syntax = "shardchannel+")]
    public static void SSubscribe(CommandContext c) => Subscribe(c, SubscriptionKind.ShardChannel, "ssubscribe"u8);

    [Command("SUNSUBSCRIBE", -1, CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "not_key",
        Group = "pubsub", Since = "7.0.0", Summary = "Stop listening for messages posted to the given shard channels",
        Complexity = "O(N) where N is the number of clients already subscribed to a shard channel.", Syntax = "[shardchannel+]")]
    public static void SUnsubscribe(CommandContext c) => Unsubscribe(c, SubscriptionKind.ShardChannel, "sunsubscribe"u8);

    private static void Subscribe(CommandContext c, SubscriptionKind kind, ReadOnlySpan<byte> word)
    {
        IPubSub pubSub = c.Ports.PubSub;
        for (int i = 1; i < c.Count; i++)
        {
            pubSub.Subscribe(c.Session, kind, c[i]);
            pubSub.Confirm(c, word, c[i], hasName: true, Total(c, kind));
        }
    }

    private static void Unsubscribe(CommandContext c, SubscriptionKind kind, ReadOnlySpan<byte> word)
    {
        IPubSub pubSub = c.Ports.PubSub;
        for (int i = 1; i < c.Count; i++)
        {
            pubSub.Unsubscribe(c.Session, kind, c[i]);
            pubSub.Confirm(c, word, c[i], hasName: true, Total(c, kind));
        }
        if (c.Count > 1)
            return;
        byte[][] names = [.. pubSub.NamesOf(c.Session, kind)];
        foreach (byte[] name in names)
        {
            pubSub.Unsubscribe(c.Session, kind, name);
            pubSub.Confirm(c, word, name, hasName: true, Total(c, kind));
        }
        if (names.Length == 0)
            pubSub.Confirm(c, word, default, hasName: false, Total(c, kind));
    }

    /// <summary>Channels and patterns are counted together, channels of a shard by themselves.</summary>
    private static int Total(CommandContext c, SubscriptionKind kind)
    {
        IPubSub pubSub = c.Ports.PubSub;
        return kind == SubscriptionKind.ShardChannel ? pubSub.CountOf(c.Session, kind)
            : pubSub.CountOf(c.Session, SubscriptionKind.Channel) + pubSub.CountOf(c.Session, SubscriptionKind.Pattern);
    }
}
