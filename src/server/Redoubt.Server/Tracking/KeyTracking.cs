// Client-side caching: telling clients that a key they may have cached is not what it was.
//
// Two ways. By default the server remembers which client read which key and tells it once when the key changes. In broadcast
// mode it remembers nothing of reads: a client names prefixes, and at the end of each round of the loop gets the keys with
// them that changed in it, all in one message; prefixes and keys come in the order of their bytes.
//
// A message goes to the client itself (RESP3), or to another connection that it named; one of RESP2 gets it as a message of the channel
// `__redis__:invalidate` if it subscribed to anything. One about a client's own command follows the reply.
//
// While nobody tracks, none of this is reached: `Keyspace.TracksModifications` is off.
// Threads: the keyspace thread.

using Redoubt.Commands;
using Redoubt.Commands.Introspection;
using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.PubSub;

namespace Redoubt.Server.Tracking;

internal sealed class KeyTracking : ITracking
{
    private const int ForgottenAtOnceMax = 100;

    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly ConnectionTable _connections;
    private readonly Dispatcher _dispatcher;
    private readonly ServerConfig _config;
    private readonly TrackedKeys _keys = new();
    private readonly SortedDictionary<byte[], Broadcast> _broadcasts = new(ByteNames.Order);
    private readonly RespWriter _message = new(1024);
    private readonly RespWriter _names = new(1024);
    private readonly Random _random = new();

    public KeyTracking(Redoubt.Keyspace.Keyspace keyspace, ConnectionTable connections, Dispatcher dispatcher, ServerConfig config)
    {
        _keyspace = keyspace;
        _connections = connections;
        _dispatcher = dispatcher;
        _config = config;
        connections.Closed += Disable;
    }

    public int ClientCount { get; private set; }

    public long KeyCount => _keys.Count;

    public long ReaderCount => _keys.ReaderCount;

    public int PrefixCount => _broadcasts.Count;

    // ---- what CLIENT asks -------------------------------------------------------------------------------------------

    public bool IsOn(ClientSession client) => Of(client) is not null;

    public TrackingModes ModesOf(ClientSession client) => Of(client)?.Modes ?? TrackingModes.None;

    public bool IsCachingGiven(ClientSession client) => Of(client) is { IsCachingGiven: true };

    public void GiveCaching(ClientSession client) => Of(client)!.IsCachingGiven = true;

    public long RedirectionOf(ClientSession client) => Of(client)?.Redirection ?? 0;

    public bool IsRedirectionBroken(ClientSession client) => Of(client) is { IsRedirectionBroken: true };

    public IReadOnlyCollection<byte[]> PrefixesOf(ClientSession client) => Of(client)?.Prefixes ?? (IReadOnlyCollection<byte[]>)[];

    public void Enable(ClientSession client, TrackingModes modes, long redirection, IReadOnlyList<byte[]> prefixes)
    {
        ClientConnection connection = (ClientConnection)client;
        if (connection.Tracking is null)
            ClientCount++;
        ClientTracking tracking = connection.Tracking ??= new ClientTracking();
        tracking.Modes = modes;
        tracking.Redirection = redirection;
        tracking.IsRedirectionBroken = false;
        _keyspace.TracksModifications = true;
        if (!tracking.Broadcasts)
            return;
        foreach (byte[] prefix in prefixes.Count > 0 ? prefixes : [[]])
        {
            if (!_broadcasts.TryGetValue(prefix, out Broadcast? broadcast))
                _broadcasts.Add(prefix, broadcast = new Broadcast(prefix));
            broadcast.Clients.Add(connection);
            if (tracking.Prefixes.Add(prefix))
                tracking.PrefixBytes += prefix.Length;
        }
    }

    public void Disable(ClientSession client) => Disable((ClientConnection)client);

    private void Disable(ClientConnection client)
    {
        if (client.Tracking is not { } tracking)
            return;
        foreach (byte[] prefix in tracking.Prefixes)
        {
            Broadcast broadcast = _broadcasts[prefix];
            broadcast.Clients.Remove(client);
            if (broadcast.Clients.Count == 0)
                _broadcasts.Remove(prefix);
        }
        client.Tracking = null;
        if (--ClientCount == 0)
        {
            _keyspace.TracksModifications = false;
            _keys.Clear();
        }
    }

    // ---- reading ----------------------------------------------------------------------------------------------------

    /// <summary>After a command of a client that tracks: what it read is remembered.</summary>
    public void Remember(ClientConnection client, CommandContext c)
    {
        if (!client.Tracking!.Remembers || !c.Command.Has(CommandFlags.ReadOnly) || c.Command.Has(CommandFlags.PubSub))
            return;
        if (KeyExtraction.Find(c.Command, index => c[index], c.Count) is not { } keys)
            return;
        foreach (KeyUse key in keys)
            _keys.Remember(c[key.Argument], client.Id);
        ForgetSurplus();
    }

    /// <summary>Forgets keys beyond the configured number; those who read them are told as if they had changed.</summary>
    public void ForgetSurplus()
    {
        long keysMax = _config.Monitoring.TrackingTableMaxKeys.Value;
        for (int i = 0; keysMax > 0 && _keys.Count > keysMax && i < ForgottenAtOnceMax; i++)
            Tell(_keys.TakeAny(_random));
    }

    // ---- changes ----------------------------------------------------------------------------------------------------

    public void Modified(ReadOnlySpan<byte> key)
    {
        foreach (Broadcast broadcast in _broadcasts.Values)
        {
            if (key.StartsWith(broadcast.Prefix))
                broadcast.Changed[key.ToArray()] = _dispatcher.Serving;
        }
        if (_keys.Take(key) is { } known)
            Tell(known);
    }

    public void Flushed()
    {
        if (ClientCount == 0)
            return;
        _keys.Clear();
        foreach (ClientConnection client in _connections.All.Values)
        {
            if (client.Tracking is not null)
                Send(client, static (writer, _) => writer.Null(), null);
        }
    }

    /// <summary>At the end of a round: the messages of broadcast mode.</summary>
    public void SendBroadcasts()
    {
        if (_broadcasts.Count == 0)
            return;
        foreach (Broadcast broadcast in _broadcasts.Values)
        {
            if (broadcast.Changed.Count == 0)
                continue;
            foreach (ClientConnection client in broadcast.Clients)
                SendChanges(client, broadcast);
            broadcast.Changed.Clear();
        }
    }

    private void SendChanges(ClientConnection client, Broadcast broadcast)
    {
        bool leavesOutOwn = client.Tracking!.IsSilentAboutItself;
        int count = 0;
        _names.Clear();
        int mark = _names.BeginArray();
        foreach ((byte[] name, ClientConnection? writer) in broadcast.Changed)
        {
            if (leavesOutOwn && writer == client)
                continue;
            _names.Bulk(name);
            count++;
        }
        _names.EndArray(mark, count);
        if (count > 0)
            Send(client, static (writer, names) => writer.Raw(names!.Written), _names);
    }

    private void Tell(TrackedKey key)
    {
        _names.Clear();
        _names.Array(1);
        _names.Bulk(key.Name);
        foreach (long id in key.Readers)
        {
            if (_connections.Find(id) is not { Tracking: { Broadcasts: false } tracking } client)
                continue;
            if (tracking.IsSilentAboutItself && client == _dispatcher.Serving)
                continue;
            Send(client, static (writer, names) => writer.Raw(names!.Written), _names);
        }
    }

    /// <summary>One message, in the words of the connection that gets it.</summary>
    private void Send(ClientConnection client, Action<RespWriter, RespWriter?> content, RespWriter? names)
    {
        ClientConnection target = client;
        _message.Clear();
        if (client.Tracking!.Redirection is var redirection and not 0)
        {
            if (_connections.Find(redirection) is not { } found)
            {
                ReportBrokenRedirection(client, redirection);
                return;
            }
            target = found;
        }
        _message.Protocol = target.Protocol;
        if (target.Protocol == 3)
        {
            _message.Push(2);
            _message.Bulk("invalidate"u8);
        }
        else if (target != client && target.Subscriptions is not null)
        {
            _message.Array(3);
            _message.Bulk("message"u8);
            _message.Bulk("__redis__:invalidate"u8);
        }
        else
        {
            return;
        }
        content(_message, names);
        _connections.PushAside(target, _message.Written);
    }

    private void ReportBrokenRedirection(ClientConnection client, long redirection)
    {
        client.Tracking!.IsRedirectionBroken = true;
        if (client.Protocol != 3)
            return;
        _message.Protocol = 3;
        _message.Push(2);
        _message.Bulk("tracking-redir-broken"u8);
        _message.Integer(redirection);
        _connections.PushAside(client, _message.Written);
    }

    private static ClientTracking? Of(ClientSession client) => ((ClientConnection)client).Tracking;

    /// <summary>The keys with one prefix that changed in this round, in the order of their bytes, each with the client that changed it last.</summary>
    private sealed class Broadcast(byte[] prefix)
    {
        public byte[] Prefix { get; } = prefix;

        public HashSet<ClientConnection> Clients { get; } = [];

        public SortedDictionary<byte[], ClientConnection?> Changed { get; } = new(ByteNames.Order);
    }
}
