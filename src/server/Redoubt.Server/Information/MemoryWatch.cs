using System.Globalization;
using Redoubt.Server.Connections;
using Redoubt.Server.Memory;

namespace Redoubt.Server.Information;

/// <summary>What nobody can tell afterwards: the peak of the memory, and the largest buffers of recent seconds. And what only the system knows.</summary>
internal sealed class MemoryWatch(MemoryAccount account, ConnectionTable connections)
{
    /// <summary>The largest buffers of recent seconds, one slot per second.</summary>
    private const int RecentSeconds = 8;

    private readonly long[] _inputs = new long[RecentSeconds];
    private readonly long[] _outputs = new long[RecentSeconds];
    private long _second = -1;

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
        account.NotePeak();
        if (nowMs / 1000 == _second)
            return;
        _second = nowMs / 1000;
        int slot = (int)(_second % RecentSeconds);
        _inputs[slot] = 0;
        _outputs[slot] = 0;
        foreach (ClientConnection client in connections.All.Values)
        {
            _inputs[slot] = Math.Max(_inputs[slot], client.Rest.Length);
            _outputs[slot] = Math.Max(_outputs[slot], client.Queue.Bytes);
        }
    }

    private static long ReadTotalSystemBytes()
    {
        const string Name = "MemTotal:";
        string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/meminfo").FirstOrDefault(static each => each.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is null
            ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            : long.Parse(line.AsSpan(Name.Length).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
