using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>One stretch of the stream: adjacent bytes, written once, read by any number of cursors.</summary>
internal sealed class ReplicationBlock(byte[] bytes)
{
    /// <summary>Empty while they are in the store only.</summary>
    internal byte[] Bytes { get; set; } = bytes;

    internal StreamPosition FirstByte { get; private set; }

    internal int Used { get; set; }

    internal int References { get; set; }

    internal ReplicationBlock? Next { get; set; }

    /// <summary>Its place in the store; -1 = it has none.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>Its bytes are on their way to the store, and must stay as they are.</summary>
    internal bool IsBeingWritten { get; set; }

    /// <summary>It was written to again meanwhile: what is in the store is not it.</summary>
    internal bool IsChanged { get; set; }

    /// <summary>It left the row while it was being written.</summary>
    internal bool IsGone { get; set; }

    internal bool IsInMemory => Bytes.Length > 0;

    internal long MemoryBytes => Bytes.Length;

    internal void Open(StreamPosition firstByte)
    {
        FirstByte = firstByte;
        Used = 0;
        References = 0;
        Next = null;
    }
}
