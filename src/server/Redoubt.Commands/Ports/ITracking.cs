namespace Redoubt.Commands;

/// <summary>How a client is told of keys it may have in a cache of its own.</summary>
[Flags]
public enum TrackingModes
{
    None = 0,

    /// <summary>Of every key with one of its prefixes, whether it read it or not.</summary>
    Broadcast = 1,

    /// <summary>Only of keys read by a command right after CLIENT CACHING YES.</summary>
    OptIn = 2,

    /// <summary>Of all it read but by commands right after CLIENT CACHING NO.</summary>
    OptOut = 4,

    /// <summary>Not of its own changes.</summary>
    NoLoop = 8,
}

/// <summary>Client-side caching: what CLIENT TRACKING and its siblings ask of the server.</summary>
public interface ITracking
{
    bool IsOn(ClientSession client);

    TrackingModes ModesOf(ClientSession client);

    /// <summary>CLIENT CACHING was given for the next command.</summary>
    bool IsCachingGiven(ClientSession client);

    void GiveCaching(ClientSession client);

    /// <summary>The client that gets this one's messages; 0 = itself.</summary>
    long RedirectionOf(ClientSession client);

    /// <summary>The client that was to get the messages is gone.</summary>
    bool IsRedirectionBroken(ClientSession client);

    IReadOnlyCollection<byte[]> PrefixesOf(ClientSession client);

    void Enable(ClientSession client, TrackingModes modes, long redirection, IReadOnlyList<byte[]> prefixes);

    void Disable(ClientSession client);

    /// <summary>Whole databases were emptied: whatever anybody has cached is void.</summary>
    void Flushed();
}
