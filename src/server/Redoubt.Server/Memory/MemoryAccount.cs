// How much memory the server uses, at any moment, to the byte.
//
// Why exact and at any moment: `maxmemory` is compared with it before every command, so a figure that is sampled or walked for
// would let a burst through, or cost a walk per command.
//
// What is in it
//   dataset      blocks and tables of the keyspace: its heap counts them as they come and go
//   clients      buffers, queues, transactions: settled whenever a client's change (`Settle`), a few additions
//   replication  blocks of the stream: counted by the stream
//   the base     what the server's own objects take after the start, before it holds anything for anybody
//
// What is not: the runtime (its code, its compiler, what the collector's heap has of garbage and of room). It is no smaller or
// larger by what users store, and a `maxmemory 100mb` that was written for Redis should hold what it holds there. It is in
// used_memory_rss, and apart in rss_overhead_bytes; what fragmentation is computed from leaves it out (docs/memory.md).
//
// Threads: the keyspace thread.

using Redoubt.Native.Memory;
using Redoubt.Replication;
using Redoubt.Server.Connections;

namespace Redoubt.Server.Memory;

/// <summary>The kinds of clients whose memory is summed up apart.</summary>
internal enum ClientKind
{
    Normal,
    Replica,
    MasterLink,
}

internal sealed class MemoryAccount(NativeHeap heap, ReplicationStream stream)
{
    private const int KindCount = 3;

    private readonly long[] _clients = new long[KindCount];
    private long _base;

    /// <summary>What was used when the server was ready, before it had a client.</summary>
    public long Startup { get; private set; }

    /// <summary>Clients that may be evicted, and those that are exempt: `maxmemory-clients` is about all of them but the exempt.</summary>
    public long EvictableClients { get; private set; }

    /// <summary>Keys and values.</summary>
    public long Entries => heap.UsedBytes;

    public long Tables => heap.MappedBytes;

    /// <summary>All clients but replicas.</summary>
    public long NormalClients => _clients[(int)ClientKind.Normal] + _clients[(int)ClientKind.MasterLink];

    public long Replicas => _clients[(int)ClientKind.Replica];

    /// <summary>Blocks of the replication stream, those kept for reuse included.</summary>
    public long Stream => stream.BlockMemoryBytes + stream.SpareMemoryBytes;

    /// <summary>What slow replicas hold of the stream beyond the backlog.</summary>
    public long HeldForReplicas => Math.Max(0, stream.BlockMemoryBytes - stream.BacklogSizeBytes - stream.BlockSlackBytes);

    public long Used => _base + Entries + Tables + NormalClients + Replicas + Stream;

    /// <summary>
    /// The highest <see cref="Used"/> that anybody looked at; <see cref="NotePeak"/> looks.
    /// </summary>
    public long Peak { get; private set; }

    /// <summary>
    /// What `maxmemory` is about. Without what slow replicas hold: evicting writes deletions into their stream, which would
    /// call for more evictions.
    /// </summary>
    public long UsedForEviction => Used - HeldForReplicas;

    /// <summary>The server is ready: what it has now is its base.</summary>
    public void MarkStartup(long ownBytes)
    {
        _base = ownBytes;
        Startup = Used;
    }

    public void NotePeak() => Peak = Math.Max(Peak, Used);

    /// <summary>Brings the sums up to date with this client's memory and kind.</summary>
    public void Settle(ClientConnection client)
    {
        if (client.IsClosed)
        {
            Forget(client);
            return;
        }
        ClientKind kind = client.IsMasterLink ? ClientKind.MasterLink : client.IsReplica ? ClientKind.Replica : ClientKind.Normal;
        Charge(client, client.MemoryBytes, kind, client.IsEvictable);
    }

    /// <summary>The client is gone.</summary>
    public void Forget(ClientConnection client) => Charge(client, 0, client.ChargedAs, isEvictable: false);

    private void Charge(ClientConnection client, long bytes, ClientKind kind, bool isEvictable)
    {
        _clients[(int)client.ChargedAs] -= client.ChargedBytes;
        if (client.IsChargedAsEvictable)
            EvictableClients -= client.ChargedBytes;
        client.ChargedBytes = bytes;
        client.ChargedAs = kind;
        client.IsChargedAsEvictable = isEvictable;
        _clients[(int)kind] += bytes;
        if (isEvictable)
            EvictableClients += bytes;
    }
}
