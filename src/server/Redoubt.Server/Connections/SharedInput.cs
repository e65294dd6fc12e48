// What arrived from several clients in one round, read and parsed by several threads, before any of it is executed.

using Redoubt.Native.Sockets;
using Redoubt.Resp;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Connections;

/// <summary>The first requests of a client's input, parsed ahead of their execution.</summary>
internal sealed class ParsedAhead
{
    public RequestBatch Batch { get; } = new(Dispatcher.BatchMax);

    public ParseStatus Status { get; set; }

    /// <summary>Where in the buffer the parser stands.</summary>
    public int Position { get; set; }
}

internal sealed class SharedInput : ISharedWork
{
    private readonly List<ClientInput> _items = [];

    public int Count { get; private set; }

    /// <summary>Takes a client with room for its input: its own buffer, where an incomplete request may stand.</summary>
    public void Add(ClientConnection client, byte[] buffer)
    {
        if (Count == _items.Count)
            _items.Add(new ClientInput());
        ClientInput item = _items[Count++];
        item.Client = client;
        item.Kept = client.RestLength;
        item.Buffer = buffer;
    }

    public ClientInput this[int index] => _items[index];

    /// <summary>All items have been looked at.</summary>
    public void Clear()
    {
        for (int i = 0; i < Count; i++)
        {
            _items[i].Buffer = [];
            _items[i].Client = null!;
        }
        Count = 0;
    }

    public void Do(int item)
    {
        ClientInput work = _items[item];
        work.IsParsed = false;
        work.Received = work.Client.Channel.Receive(work.Buffer.AsSpan(work.Kept));
        if (work.Received <= 0 || work.Client.IsBlocked || work.Client.IsResuming || work.Client.CloseAfterReply)
            return;
        int position = 0;
        work.Ahead.Batch.Clear();
        work.Ahead.Status = work.Client.Parser.Parse(work.Buffer.AsSpan(0, work.Kept + work.Received), ref position, work.Ahead.Batch);
        work.Ahead.Position = position;
        work.IsParsed = true;
    }

    internal sealed class ClientInput
    {
        public ClientConnection Client { get; set; } = null!;

        public byte[] Buffer { get; set; } = [];

        /// <summary>Bytes in the buffer from earlier rounds.</summary>
        public int Kept { get; set; }

        /// <summary>Bytes, or a <see cref="SocketResult"/>.</summary>
        public int Received { get; set; }

        public bool IsParsed { get; set; }

        public ParsedAhead Ahead { get; } = new();
    }
}
