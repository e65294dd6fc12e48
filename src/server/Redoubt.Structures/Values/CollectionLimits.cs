namespace Redoubt.Structures.Values;

/// <summary>Up to which size a collection keeps its compact form: the directives of these names, as plain values.</summary>
public sealed class CollectionLimits
{
    /// <summary>Fields of a hash.</summary>
    public long HashMaxListpackEntries { get; set; } = 512;

    /// <summary>Bytes of a field or of its value.</summary>
    public long HashMaxListpackValue { get; set; } = 64;

    public long SetMaxIntSetEntries { get; set; } = 512;

    public long SortedSetMaxListpackEntries { get; set; } = 128;

    /// <summary>Bytes of a member.</summary>
    public long SortedSetMaxListpackValue { get; set; } = 64;

    /// <summary>Elements per node when positive; -1 to -5: 4 to 64 KB per node.</summary>
    public int ListMaxListpackSize { get; set; } = -2;

    /// <summary>An element of a list that is as long as this, in bytes, gets a node of its own without a listpack: DEBUG QUICKLIST-PACKED-THRESHOLD.</summary>
    public long ListPackedThreshold { get; set; } = 1L << 30;

    /// <summary>Nodes at each end of a list that are not compressed; 0 = none is.</summary>
    public int ListCompressDepth { get; set; }

    /// <summary>Bytes of one node of a stream; 0 = any number.</summary>
    public long StreamNodeMaxBytes { get; set; } = 4096;

    /// <summary>Entries of one node of a stream; 0 = any number.</summary>
    public long StreamNodeMaxEntries { get; set; } = 100;

    /// <summary>Bytes of a HyperLogLog's sparse form.</summary>
    public long HllSparseMaxBytes { get; set; } = 3000;
}
