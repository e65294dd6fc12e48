// What the memory is used for, and how much it was at most.
//
// "Used" is what the server holds on behalf of its users: entries and tables of the keyspace, buffers of clients, blocks of the
// replication stream. The runtime's own memory (code, the collector's heap) is not in it; it shows in used_memory_rss and in
// rss_overhead. Entries are counted by the heap as they come and go; clients are walked, once a second and whenever INFO asks.

using System.Globalization;
using Redoubt.Replication;
using Redoubt.Server.Connections;

namespace Redoubt.Server.Information;

/// <summary>The memory of one moment, in bytes.</summary>
internal readonly record struct MemoryFigures
{
    /// <summary>Keys and values.</summary>
    public long Entries { get; init; }

    public long Tables { get; init; }

    public long NormalClients { get; init; }

    public long Replicas { get; init; }

    /// <summary>Blocks of the replication stream, those kept for reuse included.</summary>
    public long Stream { get; init; }

    /// <summary>repl-backlog-size: what of the stream would be kept without any replica.</summary>
    public long BacklogMax { get; init; }

    public long Startup { get; init; }

    public long Used => Entries + Tables + NormalClients + Replicas + Stream;

    /// <summary>What slow replicas hold of the stream beyond the backlog.</summary>
    public long HeldForReplicas => Math.Max(0, Stream - BacklogMax);

    /// <summary>Everything that is not the dataset.</summary>
    public long Overhead => Used - Dataset;

    public long Dataset => Entries;
}

internal sealed class MemoryWatch(Redoubt.Keyspace.Keyspace keyspace, ConnectionTable connections, ReplicationStream stream)
{
    /// <summary>The largest buffers of recent seconds, one slot per second.</summary>
    private const int RecentSeconds = 8;

    private readonly long[] _inputs = new long[RecentSeconds];
    private readonly long[] _outputs = new long[RecentSeconds];
    private MemoryFigures _last;
    private readonly long _startup = keyspace.Heap.UsedBytes + keyspace.TableBytes;
    private long _second = -1;

    public long Peak { get; private set; }

    public long LargestInput => _inputs.Max();

    public long LargestOutput => _outputs.Max();

    public static long TotalSystemBytes { get; } = ReadTotalSystemBytes();

    public static long ResidentBytes
    {
        get
        {
            if (!OperatingSystem.IsLinux())
                return Environment.WorkingSet;
            string[] pages = File.ReadAllText("/proc/self/statm").Split(' ');
            return long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
    }

    /// <summary>About every 100 ms.</summary>
    public void Sample(long nowMs)
    {
        if (nowMs / 1000 != _second)
        {
            _second = nowMs / 1000;
            WalkClients();
        }
        _last = Refresh();
        Peak = Math.Max(Peak, _last.Used);
    }

    public MemoryFigures Measure()
    {
        WalkClients();
        _last = Refresh();
        Peak = Math.Max(Peak, _last.Used);
        return _last;
    }

    private MemoryFigures Refresh() => _last with
    {
        Entries = keyspace.Heap.UsedBytes,
        Tables = keyspace.TableBytes,
        Stream = stream.BlockMemoryBytes + stream.SpareMemoryBytes,
        BacklogMax = stream.BacklogSizeBytes,
        Startup = _startup,
    };

    private void WalkClients()
    {
        long normal = 0;
        long replicas = 0;
        long input = 0;
        long output = 0;
        foreach (ClientConnection client in connections.All.Values)
        {
            if (client.IsReplica)
                replicas += client.MemoryBytes;
            else
                normal += client.MemoryBytes;
            input = Math.Max(input, client.Rest.Length);
            output = Math.Max(output, client.Queue.Bytes);
        }
        _last = _last with { NormalClients = normal, Replicas = replicas };
        int slot = (int)(Math.Max(_second, 0) % RecentSeconds);
        if (slot != _slot)
        {
            _slot = slot;
            _inputs[slot] = 0;
            _outputs[slot] = 0;
        }
        _inputs[slot] = Math.Max(_inputs[slot], input);
        _outputs[slot] = Math.Max(_outputs[slot], output);
    }

    private int _slot = -1;

    private static long ReadTotalSystemBytes()
    {
        const string Name = "MemTotal:";
        string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/meminfo").FirstOrDefault(static each => each.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is null
            ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            : long.Parse(line.AsSpan(Name.Length).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
