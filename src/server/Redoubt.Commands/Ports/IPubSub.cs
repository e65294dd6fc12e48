namespace Redoubt.Commands;

/// <summary>What a subscription names.</summary>
public enum SubscriptionKind
{
    Channel,
    Pattern,

    /// <summary>A channel of one shard, apart from the others and without patterns.</summary>
    ShardChannel,
}

/// <summary>Who listens to what, and handing messages to them.</summary>
public interface IPubSub
{
    /// <summary>Does nothing for who is subscribed already.</summary>
    void Subscribe(ClientSession client, SubscriptionKind kind, ReadOnlySpan<byte> name);

    /// <summary>Does nothing for who is not subscribed.</summary>
    void Unsubscribe(ClientSession client, SubscriptionKind kind, ReadOnlySpan<byte> name);

    /// <summary>What the client is subscribed to, in the order in which it subscribed.</summary>
    IReadOnlyCollection<byte[]> NamesOf(ClientSession client, SubscriptionKind kind);

    /// <summary>How many subscriptions of this kind the client has.</summary>
    int CountOf(ClientSession client, SubscriptionKind kind);

    /// <summary>
    /// Hands a message to everybody who listens. One for <paramref name="publisher"/> itself goes to its reply, where it is; otherwise after it.
    /// </summary>
    /// <returns>How many got it; a client counts once for each of its subscriptions that fits.</returns>
    int Publish(CommandContext publisher, SubscriptionKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message);

    /// <summary>The names that anybody is subscribed to.</summary>
    IReadOnlyCollection<byte[]> NamesOf(SubscriptionKind kind);

    /// <summary>How many clients are subscribed to this name.</summary>
    int SubscribersOf(SubscriptionKind kind, ReadOnlySpan<byte> name);

    /// <summary>Sends a confirmation, which reaches the client even where replies are turned off.</summary>
    void Confirm(CommandContext c, ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, bool hasName, int count);
}
