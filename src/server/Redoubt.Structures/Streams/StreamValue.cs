// A stream: entries in the order of their IDs, which only grow, and the consumer groups that read them.
//
// Why not a node per entry: entries are small, alike, added at one end and mostly removed at the other. Some hundred of them in
// one listpack (StreamNode.cs), and an ordered index over these (IdTree.cs), need a few bytes per entry beyond what it holds.
//
// How: an entry is appended to the last node until that is full by `stream-node-max-bytes` or `stream-node-max-entries`. Deleting
// flags an entry and, with the last one that a node has, frees the node. Trimming frees nodes from the front; only when it has to
// be exact does it flag entries in one more.
//
// The same view serves everybody: commands (this file and StreamValue.Entries.cs), groups (StreamValue.Groups.cs), files
// (StreamValue.Loading.cs).
//
// Invariants (Verify): IDs ascend within and across nodes; the counters of nodes, and the stream's, are true; the first ID is
// that of the first entry; memory is accounted for.
// Threads: the keyspace thread.

using System.Numerics;
using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Streams;

public readonly unsafe ref partial struct StreamValue
{
    private readonly ValueSlot _slot;

    /// <summary>A slot without content becomes an empty stream.</summary>
    public StreamValue(ValueSlot slot)
    {
        _slot = slot;
        if (slot.Root == 0)
            slot.Root = Create(slot.Store.Heap);
    }

    /// <summary>Entries that are not deleted.</summary>
    public long Length => Block->Length;

    /// <summary>The greatest ID ever given out here; XSETID may raise it.</summary>
    public StreamId LastId
    {
        get => Block->LastId;
        set => Block->LastId = value;
    }

    /// <summary>The first entry that is not deleted, zero when there is none.</summary>
    public StreamId FirstId => Block->FirstId;

    /// <summary>The greatest ID that was deleted one by one, not by trimming.</summary>
    public StreamId MaxDeletedId
    {
        get => Block->MaxDeletedId;
        set => Block->MaxDeletedId = value;
    }

    /// <summary>Entries that were ever added.</summary>
    public long EntriesAdded
    {
        get => Block->EntriesAdded;
        set => Block->EntriesAdded = value;
    }

    public long NodeCount => Block->Nodes.Count;

    private StreamBlock* Block => (StreamBlock*)_slot.Root;

    private NativeHeap Heap => _slot.Store.Heap;

    /// <summary>The entries between two IDs, both included; from the last to the first when reversed.</summary>
    public StreamRange Range(StreamId from, StreamId to, bool isReverse = false) =>
        new(Block->Nodes, from, to, isReverse, withDeleted: false);

    public bool Contains(StreamId id) => Range(id, id).MoveNext();

    /// <summary>The last entry that is not deleted, zero when there is none.</summary>
    public StreamId LastLiveId
    {
        get
        {
            StreamRange range = Range(StreamId.Min, StreamId.Max, isReverse: true);
            return range.MoveNext() ? range.Id : StreamId.Min;
        }
    }

    /// <summary>The first entry that takes up room, deleted or not; the greatest ID when there is none.</summary>
    public StreamId FirstKeptId
    {
        get
        {
            StreamRange range = new(Block->Nodes, StreamId.Min, StreamId.Max, isReverse: false, withDeleted: true);
            return range.MoveNext() ? range.Id : StreamId.Max;
        }
    }

    /// <summary>
    /// How many nodes Redis's radix tree of the listpacks would have: one for each listpack, one for each place where IDs part, and one for
    /// each run of bytes that all IDs below it share.
    /// </summary>
    public long RadixTreeNodes
    {
        get
        {
            IdCursor at = Block->Nodes.First();
            if (!at.IsValid)
                return 1;
            long count = 0;
            uint open = 0;
            int shared = -1;
            StreamId id = at.Id;
            for (at.MoveOn(); at.IsValid; at.MoveOn())
            {
                int before = shared;
                shared = SharedBytes(id, at.Id);
                id = at.Id;
                count += 1 + (Math.Max(before, shared) < StreamId.BinaryBytes - 1 ? 1 : 0) + CloseBranches(ref open, shared);
                open |= 1u << shared;
            }
            return count + 1 + (shared < StreamId.BinaryBytes - 1 ? 1 : 0) + CloseBranches(ref open, -1);
        }
    }

    /// <summary>Counts the branches deeper than <paramref name="depth"/>, with the runs that lead to them, and takes them from the set.</summary>
    private static int CloseBranches(ref uint open, int depth)
    {
        int count = 0;
        while (open >> (depth + 1) != 0)
        {
            int branch = BitOperations.Log2(open);
            open ^= 1u << branch;
            int above = Math.Max(depth, open == 0 ? -1 : BitOperations.Log2(open));
            count += branch - above > 1 ? 2 : 1;
        }
        return count;
    }

    private static int SharedBytes(StreamId a, StreamId b) =>
        a.Ms != b.Ms ? BitOperations.LeadingZeroCount(a.Ms ^ b.Ms) / 8 : 8 + BitOperations.LeadingZeroCount(a.Sequence ^ b.Sequence) / 8;

    internal static nint Create(NativeHeap heap)
    {
        StreamBlock* block = (StreamBlock*)heap.Allocate(sizeof(StreamBlock));
        *block = default;
        return (nint)block;
    }

    public void Verify()
    {
        Block->Nodes.Verify();
        Block->Groups.Verify();
        long length = 0;
        long bytes = 0;
        StreamId last = StreamId.Min;
        StreamId first = StreamId.Min;
        for (IdCursor at = Block->Nodes.First(); at.IsValid; at.MoveOn())
        {
            new Listpack(at.Value).Verify();
            StreamNode node = new(at.Id, at.Value);
            long live = 0;
            long deleted = 0;
            for (NodeEntry entry = node.First(); entry.At != 0; entry = node.After(entry))
            {
                Invariant.That(entry.Id >= at.Id && (entry.Id > last || last.IsZero), "the IDs of a stream ascend");
                Invariant.That(node.Before(node.After(entry)).At == entry.At || node.After(entry).At == 0, "a node is walked both ways");
                last = entry.Id;
                if (length + live == 0 && !entry.IsDeleted)
                    first = entry.Id;
                live += entry.IsDeleted ? 0 : 1;
                deleted += entry.IsDeleted ? 1 : 0;
            }
            Invariant.That(live == node.LiveCount && deleted == node.DeletedCount, "a node counts its entries");
            length += live;
            bytes += ListpackEditor.MemoryBytes(Heap, at.Value);
        }
        Invariant.That(length == Length, "a stream counts its entries");
        Invariant.That(first == FirstId, "a stream knows its first entry");
        Invariant.That(last <= LastId, "no entry is beyond the last ID");
        Invariant.That(bytes == Block->NodeBytes, "a stream knows the memory of its nodes");
        for (int i = 0; i < GroupCount; i++)
            Group(i).Verify();
    }
}
