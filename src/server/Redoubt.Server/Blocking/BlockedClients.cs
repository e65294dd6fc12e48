// Clients that wait: for data at a key (KeyWaits) or for replicas (WAIT).
//
// A client waits for one thing at a time, its `Wait`. While it does, what it sends is kept and not looked at. A wait ends in one of
// five ways, all of which go through here: it got what it waited for, its time is up, CLIENT UNBLOCK, the server became a replica (it
// is told so and disconnected, for its promise was a master's), or its connection ended.
//
// Deadlines are kept in a heap that knows where each wait stands, so that a wait which ends early is taken out at once: a queue
// that is served ten thousand times a second by clients with a time-out of an hour must not remember them for an hour. The loop sleeps
// no longer than until the first deadline.
//
// The keyspace thread only. Who is let go on here executes its further requests at the end of the round, not in the middle of
// somebody else's command.

using System.Text;
using Redoubt.Commands;
using Redoubt.Resp;
using Redoubt.Server.Connections;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Blocking;

/// <summary>What one client waits for.</summary>
internal abstract class Wait
{
    /// <summary>For <see cref="DeadlineMs"/>: no deadline.</summary>
    public const long Forever = long.MaxValue;

    public required ClientConnection Client { get; init; }

    /// <summary>By the steady clock; the wait is over when this millisecond has passed.</summary>
    public required long DeadlineMs { get; init; }

    /// <summary>Where <see cref="DeadlineHeap"/> has it; -1 = it is not there.</summary>
    internal int HeapIndex { get; set; } = -1;

    /// <summary>Bytes it holds, for the client's memory.</summary>
    public virtual long Bytes => 0;

    /// <summary>What the client is told when its time is up.</summary>
    public abstract void AnswerTimeout(RespWriter reply);

    /// <summary>It is over, for whatever reason: whoever looks after it forgets it.</summary>
    public abstract void Leave();

    /// <summary>A duration in milliseconds as a deadline; 0 is for ever.</summary>
    public static long DeadlineAfter(long timeoutMs)
    {
        long now = Clock.SteadyMs;
        return timeoutMs == 0 || timeoutMs > Forever - now ? Forever : now + timeoutMs;
    }
}

internal sealed class BlockedClients : IDeadlines
{
    private readonly ConnectionTable _connections;
    private readonly IErrorStatistics _errors;
    private readonly DeadlineHeap _deadlines = new();
    private readonly RespWriter _answer = new(256);

    public BlockedClients(ConnectionTable connections, IErrorStatistics errors)
    {
        _connections = connections;
        _errors = errors;
        connections.Closed += Forget;
    }

    /// <summary>Clients whose wait has a deadline.</summary>
    public int DeadlineCount => _deadlines.Count;

    public long NextDueMs => _deadlines.Count == 0 ? long.MaxValue : _deadlines.First.DeadlineMs + 1;

    /// <summary>The client, in the middle of its command, waits from here on.</summary>
    public void Begin(Wait wait)
    {
        wait.Client.Wait = wait;
        wait.Client.IsBlocked = true;
        if (wait.DeadlineMs != Wait.Forever)
            _deadlines.Add(wait);
    }

    /// <summary>The wait is over, with this reply.</summary>
    public void End(Wait wait, ReadOnlySpan<byte> reply)
    {
        ClientConnection client = wait.Client;
        Forget(client);
        if (client.ReplyMode is ReplyMode.On or ReplyMode.SkipNext)
            _connections.Push(client, reply);
        else if (client.ReplyMode == ReplyMode.Skip)
            client.ReplyMode = ReplyMode.On;
        if (client.PushesAfterReply is { Length: > 0 } pushes)
        {
            _connections.Push(client, pushes.Written);
            pushes.Clear();
        }
        _connections.ResumeLater(client);
    }

    /// <summary>The wait is over, with this error.</summary>
    public void End(Wait wait, string error)
    {
        byte[] text = Encoding.ASCII.GetBytes(error);
        _errors.Count(text);
        if (wait.Client.LastCommand is { } command)
            command.FailedCalls++;
        _answer.Clear();
        _answer.Error(text);
        End(wait, _answer.Written);
    }

    /// <summary>CLIENT UNBLOCK; false when the client waits for nothing.</summary>
    public bool Unblock(ClientConnection client, bool withError)
    {
        if (client.Wait is not { } wait)
            return false;
        if (withError)
            End(wait, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
        else
            TimeOut(wait);
        return true;
    }

    /// <summary>The server becomes a replica: nobody gets any more what it waited for.</summary>
    public void DisconnectAll()
    {
        foreach (ClientConnection client in _connections.All.Values.Where(static each => each.Wait is not null).OrderBy(static each => each.Id).ToArray())
        {
            client.CloseAfterReply = true;
            End(client.Wait!, "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
        }
    }

    public void Expire()
    {
        long now = Clock.SteadyMs;
        while (_deadlines.Count > 0 && _deadlines.First.DeadlineMs < now)
            TimeOut(_deadlines.First);
    }

    /// <summary>The client waits no longer, or is no more.</summary>
    public void Forget(ClientConnection client)
    {
        if (client.Wait is not { } wait)
            return;
        client.Wait = null;
        wait.Leave();
        _deadlines.Remove(wait);
    }

    private void TimeOut(Wait wait)
    {
        _answer.Clear();
        _answer.Protocol = wait.Client.Protocol;
        wait.AnswerTimeout(_answer);
        End(wait, _answer.Written);
    }
}
