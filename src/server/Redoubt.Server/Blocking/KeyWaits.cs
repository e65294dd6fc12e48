// Clients that wait for data at keys: BLPOP, BZPOPMIN, XREAD BLOCK and their kin.
//
// The naive way, to try every waiting command again after every write, costs each write in proportion to the waiting clients. And to
// write code for the serving side of each command, beside the command itself, means to have everything twice. So: a client that
// finds nothing is registered under its keys, and its request is copied. A key of a type that somebody waits for which comes to be
// (or a stream that grows) is marked. When the command that did it is over, or the EXEC around it, the clients that wait for a marked
// key are served in the order in which they came: **the same command is run again**, for that key only (`CommandContext.Concerns`). It
// finds what it waited for and answers, or it blocks again and keeps its place.
//
// Serving may mark further keys (BLMOVE pushes), which are looked at in turn, until none is left. What a served command propagates is a
// unit of its own, after that of the command which woke it. It was counted as a call when it first ran, and is not again.
//
// Keys belong to a database by its number: after SWAPDB clients wait in the other dataset.
//
// The keyspace thread only. Marking is on the path of each key that is created: without waiting clients it is one comparison.

using System.Diagnostics.CodeAnalysis;
using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;

namespace Redoubt.Server.Blocking;

/// <summary>A client that waits for data, and the command that it will run then.</summary>
internal sealed class KeyWait(KeyWaits owner) : Wait
{
    public required QueuedCommand Request { get; init; }

    public required ValueType Type { get; init; }

    /// <summary>Ends with an error when a key goes: what was asked for (a consumer group) went with it.</summary>
    public required bool NeedsKeys { get; init; }

    /// <summary>Its places in the queues of its keys.</summary>
    public List<(KeyQueue Queue, LinkedListNode<KeyWait> Place)> Places { get; } = [];

    public override long Bytes => Request.Bytes;

    public override void AnswerTimeout(RespWriter reply) => reply.NullArray();

    public override void Leave() => owner.Remove(this);
}

/// <summary>The clients that wait for one key, the first come first.</summary>
internal sealed class KeyQueue(int database, byte[] key)
{
    public int Database => database;

    public byte[] Key => key;

    public LinkedList<KeyWait> Waits { get; } = [];

    public bool IsReady { get; set; }
}

internal sealed class KeyWaits : IBlockingPort
{
    private readonly Dictionary<byte[], KeyQueue>[] _queues;
    private readonly Queue<KeyQueue> _ready = new();
    private readonly BlockedClients _blocked;
    private readonly int[] _waitsByType = new int[16];
    private KeyWait? _served;
    private bool _isServedInVain;

    public KeyWaits(Redoubt.Keyspace.Keyspace keyspace, BlockedClients blocked)
    {
        _blocked = blocked;
        _queues = new Dictionary<byte[], KeyQueue>[keyspace.DatabaseCount];
        KeyComparer comparer = new(keyspace);
        for (int i = 0; i < _queues.Length; i++)
            _queues[i] = new(comparer);
    }

    /// <summary>Runs the commands; set by the composition root.</summary>
    public Dispatcher Dispatcher { get; set; } = null!;

    /// <summary>A key was marked: to be followed by <see cref="ServeReady"/> when the present command is over.</summary>
    public bool HasReady => _ready.Count > 0;

    // ---- waiting ----------------------------------------------------------------------------------------------------

    void IBlockingPort.Block(CommandContext c, int firstKey, int keyCount, ValueType type, long timeoutMs, bool needsKeys, IReadOnlyList<ReplacedArgument>? replaced)
    {
        if (_served is not null)
        {
            _isServedInVain = true;
            return;
        }
        KeyWait wait = new(this)
        {
            Client = (ClientConnection)c.Session,
            DeadlineMs = Wait.DeadlineAfter(timeoutMs),
            Request = QueuedCommand.Copy(c, c.Command, replaced ?? []),
            Type = type,
            NeedsKeys = needsKeys,
        };
        for (int i = firstKey; i < firstKey + keyCount; i++)
            Register(wait, c.Database.Index, c[i]);
        _waitsByType[(int)type]++;
        _blocked.Begin(wait);
    }

    private void Register(KeyWait wait, int database, ReadOnlySpan<byte> key)
    {
        if (!_queues[database].GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out KeyQueue? queue))
        {
            queue = new KeyQueue(database, key.ToArray());
            _queues[database].Add(queue.Key, queue);
        }
        // The same key twice is one key.
        if (queue.Waits.Last?.Value != wait)
            wait.Places.Add((queue, queue.Waits.AddLast(wait)));
    }

    /// <summary>The wait is over: it leaves the queues of its keys.</summary>
    public void Remove(KeyWait wait)
    {
        foreach ((KeyQueue queue, LinkedListNode<KeyWait> place) in wait.Places)
        {
            queue.Waits.Remove(place);
            if (queue.Waits.Count == 0)
                _queues[queue.Database].Remove(queue.Key);
        }
        wait.Places.Clear();
        _waitsByType[(int)wait.Type]--;
    }

    // ---- marking ----------------------------------------------------------------------------------------------------

    public void SignalReady(Database database, ReadOnlySpan<byte> key, ValueType type)
    {
        if (_waitsByType[(int)type] > 0 && _queues[database.Index].GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out KeyQueue? queue))
            Mark(queue);
    }

    /// <summary>The same for all keys that clients wait for in this database, which was swapped or flushed.</summary>
    public void SignalAll(Database database)
    {
        foreach (KeyQueue queue in _queues[database.Index].Values)
            Mark(queue);
    }

    private void Mark(KeyQueue queue)
    {
        if (queue.IsReady)
            return;
        queue.IsReady = true;
        _ready.Enqueue(queue);
    }

    // ---- serving ----------------------------------------------------------------------------------------------------

    /// <summary>Looks after those who wait for the marked keys. Between commands only.</summary>
    public void ServeReady()
    {
        while (_ready.TryDequeue(out KeyQueue? queue))
        {
            queue.IsReady = false;
            LinkedListNode<KeyWait>? next;
            for (LinkedListNode<KeyWait>? place = queue.Waits.First; place is not null; place = next)
            {
                next = place.Next;
                Serve(place.Value, queue);
            }
        }
    }

    private void Serve(KeyWait wait, KeyQueue queue)
    {
        if (Dispatcher.TypeOf(queue.Database, queue.Key) != wait.Type)
        {
            if (wait.NeedsKeys)
                _blocked.End(wait, "UNBLOCKED the stream key no longer exists");
            return;
        }
        _served = wait;
        _isServedInVain = false;
        ReadOnlySpan<byte> reply = Dispatcher.RunAgain(wait.Client, wait.Request, queue.Key);
        _served = null;
        if (!_isServedInVain && !wait.Client.IsClosed)
            _blocked.End(wait, reply);
    }

    /// <summary>Keys by their bytes; found by a span, too.</summary>
    private sealed class KeyComparer(Redoubt.Keyspace.Keyspace keyspace) : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] key) => GetHashCode(key.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)keyspace.HashOf(alternate);
    }
}
