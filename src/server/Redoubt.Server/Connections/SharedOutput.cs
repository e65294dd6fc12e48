using Redoubt.Resp;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Connections;

/// <summary>The replies of one round on their way to several sockets, by several threads. Nobody writes to the replies meanwhile.</summary>
internal sealed class SharedOutput(RespWriter reply) : ISharedWork
{
    private readonly List<ClientConnection> _clients = [];

    public int Count => _clients.Count;

    public void Add(ClientConnection client) => _clients.Add(client);

    public void Clear() => _clients.Clear();

    public void Do(int item)
    {
        ClientConnection client = _clients[item];
        client.SentAhead = client.Channel.Send(reply.Segment(client.SegmentStart, client.SegmentLength));
    }
}
