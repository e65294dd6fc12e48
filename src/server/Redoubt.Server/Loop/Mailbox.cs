// Work that helper threads hand to the keyspace thread: it is queued here, the loop is woken, and the loop runs it between
// commands. This is the only way from another thread into the server's state.

using System.Collections.Concurrent;
using Redoubt.Native.Sockets;

namespace Redoubt.Server.Loop;

internal sealed class Mailbox(SocketLoop sockets)
{
    private readonly ConcurrentQueue<Action> _posted = new();

    /// <summary>Any thread.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        sockets.Wake();
    }

    /// <summary>The keyspace thread.</summary>
    public void Run()
    {
        while (_posted.TryDequeue(out Action? work))
            work();
    }
}
