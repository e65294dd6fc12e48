// The native blocks of a stream.
//
//   root (StreamBlock) ── nodes: tree of IDs ──► listpacks, the entries (StreamNode.cs)
//        │
//        └─ groups: names ──► GroupBlock ── pending: tree of IDs ──► PendingBlock ◄┐
//                                 │                                   │            │ the same blocks
//                                 └─ consumers: names ──► ConsumerBlock ── pending: tree of IDs
//                                                             ▲       │
//                                                             └───────┘ whose it is
//
// A pending entry is one block that the trees of its group and of its consumer both lead to, so that giving it to another
// consumer changes two trees and nothing else. No block moves during its life.
//
// Invariants (StreamValue.Verify): each pending entry is in the tree of its group and of exactly one consumer of that group.
// Threads: the keyspace thread.

namespace Redoubt.Structures.Streams;

internal struct StreamBlock
{
    /// <summary>Entries that are not deleted.</summary>
    public long Length;

    /// <summary>The greatest ID ever given out here.</summary>
    public StreamId LastId;

    /// <summary>The first entry that is not deleted; zero when there is none.</summary>
    public StreamId FirstId;

    /// <summary>The greatest ID that XDEL has taken out.</summary>
    public StreamId MaxDeletedId;

    /// <summary>Entries that were ever added.</summary>
    public long EntriesAdded;

    /// <summary>Memory of the listpacks, in bytes.</summary>
    public long NodeBytes;

    public IdTree Nodes;
    public NameTable Groups;
}

internal struct GroupBlock
{
    public NameHeader Name;

    /// <summary>The last entry given to any of the consumers.</summary>
    public StreamId LastDeliveredId;

    /// <summary>How many entries were read up to there, or <see cref="StreamGroup.UnknownEntriesRead"/>.</summary>
    public long EntriesRead;

    public IdTree Pending;
    public NameTable Consumers;
}

internal struct ConsumerBlock
{
    public NameHeader Name;
    public long SeenTimeMs;
    public IdTree Pending;
}

internal unsafe struct PendingBlock
{
    public long DeliveryTimeMs;
    public long DeliveryCount;
    public ConsumerBlock* Consumer;
}
