using Redoubt.Commands;
using Redoubt.Server.PubSub;

namespace Redoubt.Server.Tracking;

/// <summary>Of one client that wants to be told which keys change. A client that does not has none of these.</summary>
internal sealed class ClientTracking
{
    private const int ObjectBytes = 128;
    private const int PrefixOverheadBytes = 96;

    public TrackingModes Modes { get; set; }

    /// <summary>The client that gets the messages; 0 = the one that tracks.</summary>
    public long Redirection { get; set; }

    public bool IsRedirectionBroken { get; set; }

    /// <summary>CLIENT CACHING was given and is good for the next command.</summary>
    public bool IsCachingGiven { get; set; }

    /// <summary>In broadcast mode: the prefixes, in the order of their bytes.</summary>
    public SortedSet<byte[]> Prefixes { get; } = new(ByteOrder.Comparer);

    /// <summary>What this costs, in bytes: the modes, and each prefix with its place.</summary>
    public long Bytes => ObjectBytes + Prefixes.Count * PrefixOverheadBytes + PrefixBytes;

    /// <summary>The length of all prefixes together.</summary>
    public long PrefixBytes { get; set; }

    public bool Broadcasts => (Modes & TrackingModes.Broadcast) != 0;

    public bool IsSilentAboutItself => (Modes & TrackingModes.NoLoop) != 0;

    /// <summary>Whether the keys of the command that just ran are to be remembered.</summary>
    public bool Remembers =>
        !Broadcasts && ((Modes & TrackingModes.OptIn) == 0 || IsCachingGiven) && ((Modes & TrackingModes.OptOut) == 0 || !IsCachingGiven);

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Comparer { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
