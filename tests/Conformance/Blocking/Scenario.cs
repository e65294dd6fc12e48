using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;
using Redoubt.Conformance.Replication;
using Redoubt.Testing;

namespace Redoubt.Conformance.Blocking;

/// <summary>
/// Clients that wait and wake one another, the same on both servers. Each step sends one command of one client that is not waiting;
/// before the next, every client either waits or has its reply. So who was served, with what and in which order shows in the replies, and
/// in what replicas were sent, which is compared at the end.
/// </summary>
internal sealed class Scenario : IDisposable
{
    private const string Marker = "end-of-the-scenario";

    private readonly ServerPair _servers;
    private readonly Side _redis;
    private readonly Side _redoubt;
    private readonly List<string> _transcript = [];

    public Scenario(ServerPair servers, int clients, int protocol)
    {
        _servers = servers;
        servers.Flush();
        _redis = new Side(servers.Redis, clients, protocol);
        _redoubt = new Side(servers.Redoubt, clients, protocol);
    }

    public bool IsWaiting(int client) => _redis.IsWaiting(client);

    public void Send(int client, params string[] command)
    {
        _transcript.Add($"{client}: {string.Join(' ', command.Select(word => word.Length == 0 ? "''" : word))}");
        Settle(_redis.Step(client, command), _redoubt.Step(client, command));
    }

    /// <summary>By a connection that takes no part otherwise.</summary>
    public void Unblock(int client, string reason)
    {
        _transcript.Add($"CLIENT UNBLOCK {client} {reason}");
        Settle(_redis.Unblock(client, reason), _redoubt.Unblock(client, reason));
    }

    /// <summary>The connection ends, waiting or not, and a new one takes its place.</summary>
    public void Reconnect(int client)
    {
        _transcript.Add($"{client} reconnects");
        _redis.Reconnect(client);
        _redoubt.Reconnect(client);
    }

    /// <summary>Compares what both have propagated and hold; gives the number of propagated commands.</summary>
    public int Finish()
    {
        int propagated = PropagationComparison.Compare(_redis.Propagated(), _redoubt.Propagated());
        Assert.Equal(_servers.Redis.Call("DEBUG", "DIGEST").OrThrow().Text, _servers.Redoubt.Call("DEBUG", "DIGEST").OrThrow().Text);
        return propagated;
    }

    public void Dispose()
    {
        _redis.Dispose();
        _redoubt.Dispose();
    }

    private void Settle(string expected, string actual)
    {
        _transcript.Add($"    {expected}");
        Assert.True(expected == actual, $"Redis:   {expected}\nRedoubt: {actual}\nafter\n{string.Join('\n', _transcript)}");
    }

    /// <summary>One of the servers with its clients.</summary>
    private sealed class Side : IDisposable
    {
        private readonly ServerProcess _server;
        private readonly RespConnection _watcher;
        private readonly RespConnection[] _clients;
        private readonly string[] _ids;
        private readonly bool[] _waiting;
        private readonly int _protocol;
        private readonly ReplicationStream _stream;

        public Side(ServerProcess server, int clients, int protocol)
        {
            _server = server;
            _protocol = protocol;
            _watcher = server.Connect();
            _clients = new RespConnection[clients];
            _ids = new string[clients];
            _waiting = new bool[clients];
            for (int i = 0; i < clients; i++)
                Connect(i);
            _stream = ReplicationStream.Open(server);
        }

        public bool IsWaiting(int client) => _waiting[client];

        public string Step(int client, string[] command)
        {
            _clients[client].Send(command);
            _waiting[client] = true;
            Wait.Until(() => _clients[client].HasData(1) || Blocked().Contains(_ids[client]), "a reply, or the client waits");
            return Replies();
        }

        public string Unblock(int client, string reason)
        {
            string answer = Wire.Show(_watcher.Call("CLIENT", "UNBLOCK", _ids[client], reason).Raw);
            return answer + Replies();
        }

        public void Reconnect(int client)
        {
            int blocked = Blocked().Count;
            _clients[client].Dispose();
            Wait.Until(() => _watcher.Call("CLIENT", "LIST", "ID", _ids[client]).Text.Length == 0, "the connection is gone");
            Assert.Equal(_waiting[client] ? blocked - 1 : blocked, Blocked().Count);
            _waiting[client] = false;
            Connect(client);
        }

        public List<byte[][]> Propagated()
        {
            _watcher.Call("SET", Marker, "").OrThrow();
            return _stream.Until(Marker);
        }

        public void Dispose()
        {
            _stream.Dispose();
            _watcher.Dispose();
            Array.ForEach(_clients, client => client.Dispose());
            Wait.Until(() => !_server.Call("CLIENT", "LIST").Text.Contains(" flags=b", StringComparison.Ordinal), "no client waits any more");
        }

        private void Connect(int client)
        {
            _clients[client] = _server.Connect(_protocol);
            _ids[client] = Draw.Number(_clients[client].Call("CLIENT", "ID").Integer);
        }

        /// <summary>What the clients that wait no longer were told, in the order of the clients.</summary>
        private string Replies()
        {
            HashSet<string> blocked = Blocked();
            string told = "";
            for (int i = 0; i < _clients.Length; i++)
            {
                if (!_waiting[i] || blocked.Contains(_ids[i]))
                    continue;
                told += $" {i}: {Wire.Show(_clients[i].ReadReply().Raw)}";
                _waiting[i] = false;
            }
            return told;
        }

        private HashSet<string> Blocked() =>
        [
            .. _watcher.Call("CLIENT", "LIST").Text.Split('\n').Where(line => line.Contains(" flags=b", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[0]["id=".Length..]),
        ];
    }
}
