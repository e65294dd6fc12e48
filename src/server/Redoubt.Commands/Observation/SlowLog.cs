// SLOWLOG: the latest commands that took long, with their arguments cut to a size that does no harm.

using System.Text;

namespace Redoubt.Commands;

public sealed record SlowLogEntry(long Id, long UnixSeconds, long Microseconds, byte[][] Arguments, string ClientAddress, string ClientName);

public sealed class SlowLog
{
    private const int ArgumentsMax = 32;
    private const int ArgumentBytesMax = 128;

    private readonly LinkedList<SlowLogEntry> _entries = [];
    private long _nextId;

    /// <summary>slowlog-max-len: older entries go when a new one comes.</summary>
    public long LengthMax { get; set; } = 128;

    public int Count => _entries.Count;

    /// <summary>The latest first.</summary>
    public IEnumerable<SlowLogEntry> Entries => _entries;

    public void Clear() => _entries.Clear();

    /// <summary>Adds the command that the context is aimed at.</summary>
    public void Add(CommandContext c, long unixSeconds, long microseconds, string clientAddress)
    {
        _entries.AddFirst(new SlowLogEntry(_nextId++, unixSeconds, microseconds, ArgumentsOf(c), clientAddress, c.Session.Name));
        while (_entries.Count > LengthMax)
            _entries.RemoveLast();
    }

    private static byte[][] ArgumentsOf(CommandContext c)
    {
        byte[][] kept = new byte[Math.Min(c.Count, ArgumentsMax)][];
        for (int i = 0; i < kept.Length; i++)
            kept[i] = Cut(c.Shown(i));
        int left = c.Count - kept.Length;
        // The last place then tells how many there were, the one that stood there included.
        if (left > 0)
            kept[^1] = Encoding.ASCII.GetBytes($"... ({left + 1} more arguments)");
        return kept;
    }

    private static byte[] Cut(ReadOnlySpan<byte> argument) => argument.Length <= ArgumentBytesMax
        ? argument.ToArray()
        : [.. argument[..ArgumentBytesMax], .. Encoding.ASCII.GetBytes($"... ({argument.Length - ArgumentBytesMax} more bytes)")];
}
