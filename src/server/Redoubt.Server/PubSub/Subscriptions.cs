// Who listens to which channel, and the delivery of messages.
//
// A message is written once per protocol and handed to each listener as bytes. A message of the client that is being served
// (it publishes to itself, or a key it writes has a keyspace event it listens to) must not fall into the middle of its reply:
// it is kept until that reply is complete, except for PUBLISH's own, which stands before its number as it does in Redis.
//
// Threads: the keyspace thread.

using Redoubt.Commands;
using Redoubt.Resp;
using Redoubt.Server.Connections;

namespace Redoubt.Server.PubSub;

internal sealed class Subscriptions : IPubSub
{
    private readonly Dictionary<byte[], List<ClientConnection>>[] _listeners =
        [.. Enumerable.Range(0, 3).Select(static _ => new Dictionary<byte[], List<ClientConnection>>(ByteNames.Comparer))];

    private readonly ConnectionTable _connections;
    private readonly RespWriter[] _message = [new(4096) { Protocol = 2 }, new(4096) { Protocol = 3 }];

    public Subscriptions(ConnectionTable connections)
    {
        _connections = connections;
        connections.Closed += RemoveAll;
    }

    public void Subscribe(ClientSession client, SubscriptionKind kind, ReadOnlySpan<byte> name)
    {
        ClientConnection connection = (ClientConnection)client;
        ClientSubscriptions own = connection.Subscriptions ??= new ClientSubscriptions();
        byte[] kept = name.ToArray();
        if (!own.Add(kind, kept))
            return;
        if (!_listeners[(int)kind].TryGetValue(kept, out List<ClientConnection>? listeners))
            _listeners[(int)kind].Add(kept, listeners = []);
        listeners.Add(connection);
    }

    public void Unsubscribe(ClientSession client, SubscriptionKind kind, ReadOnlySpan<byte> name)
    {
        ClientConnection connection = (ClientConnection)client;
        byte[] sought = name.ToArray();
        if (connection.Subscriptions is not { } own || !own.Remove(kind, sought))
            return;
        List<ClientConnection> listeners = _listeners[(int)kind][sought];
        listeners.Remove(connection);
        if (listeners.Count == 0)
            _listeners[(int)kind].Remove(sought);
        if (own.Total == 0)
            connection.Subscriptions = null;
    }

    public void RemoveAll(ClientConnection client)
    {
        foreach (SubscriptionKind kind in Enum.GetValues<SubscriptionKind>())
        {
            foreach (byte[] name in NamesOf(client, kind).ToArray())
                Unsubscribe(client, kind, name);
        }
    }

    public IReadOnlyCollection<byte[]> NamesOf(ClientSession client, SubscriptionKind kind) =>
        ((ClientConnection)client).Subscriptions?.Names(kind) ?? [];

    public int CountOf(ClientSession client, SubscriptionKind kind) => ((ClientConnection)client).Subscriptions?.Count(kind) ?? 0;

    public IReadOnlyCollection<byte[]> NamesOf(SubscriptionKind kind) => _listeners[(int)kind].Keys;

    public int SubscribersOf(SubscriptionKind kind, ReadOnlySpan<byte> name) =>
        _listeners[(int)kind].GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out List<ClientConnection>? listeners) ? listeners.Count : 0;

    public int Publish(CommandContext publisher, SubscriptionKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message) =>
        Send(publisher.IsInTransaction ? null : publisher, kind, channel, message);

    /// <summary>A message that no client published, such as a keyspace event.</summary>
    public int Publish(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message) => Send(null, SubscriptionKind.Channel, channel, message);

    private int Send(CommandContext? publisher, SubscriptionKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        int receivers = 0;
        if (_listeners[(int)kind].GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out List<ClientConnection>? listeners))
        {
            Clear();
            foreach (ClientConnection listener in listeners)
                Deliver(publisher, listener, Message(listener, kind == SubscriptionKind.Channel ? "message"u8 : "smessage"u8, default, channel, message));
            receivers += listeners.Count;
        }
        if (kind == SubscriptionKind.ShardChannel)
            return receivers;
        foreach ((byte[] pattern, List<ClientConnection> matching) in _listeners[(int)SubscriptionKind.Pattern])
        {
            if (!GlobPattern.Matches(pattern, channel))
                continue;
            Clear();
            foreach (ClientConnection listener in matching)
                Deliver(publisher, listener, Message(listener, "pmessage"u8, pattern, channel, message));
            receivers += matching.Count;
        }
        return receivers;
    }

    public void Confirm(CommandContext c, ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, bool hasName, int count)
    {
        ClientConnection client = (ClientConnection)c.Session;
        bool isHeard = client.ReplyMode is ReplyMode.On or ReplyMode.SkipNext;
        RespWriter writer = isHeard ? c.Reply : c.Scratch;
        writer.Protocol = client.Protocol;
        writer.Push(3);
        writer.Bulk(word);
        if (hasName)
            writer.Bulk(name);
        else
            writer.Null();
        writer.Integer(count);
        if (!isHeard)
            _connections.Push(client, writer.Written);
    }

    private void Clear()
    {
        _message[0].Clear();
        _message[1].Clear();
    }

    /// <summary>The message in the words of the listener's protocol, written for the first of them only.</summary>
    private ReadOnlySpan<byte> Message(
        ClientConnection listener, ReadOnlySpan<byte> word, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        RespWriter writer = _message[listener.Protocol - 2];
        if (writer.Length > 0)
            return writer.Written;
        bool matched = word.SequenceEqual("pmessage"u8);
        writer.Trim(64 * 1024);
        writer.Push(matched ? 4 : 3);
        writer.Bulk(word);
        if (matched)
            writer.Bulk(pattern);
        writer.Bulk(channel);
        writer.Bulk(message);
        return writer.Written;
    }

    private void Deliver(CommandContext? publisher, ClientConnection listener, ReadOnlySpan<byte> message)
    {
        if (publisher is not null && publisher.Session == listener && listener.ReplyMode is ReplyMode.On or ReplyMode.SkipNext)
            publisher.Reply.Raw(message);
        else
            _connections.PushAside(listener, message);
    }
}
