// A consumer group: up to where a stream was given out, to whom, and what of that is not acknowledged.
//
// These are views over the blocks of StreamBlocks.cs, valid until the group, the consumer or the entry is removed.

using Redoubt.Native;
using Redoubt.Native.Memory;

namespace Redoubt.Structures.Streams;

public readonly unsafe ref struct StreamGroup
{
    /// <summary>The number of entries read is not known: the group began in the middle, or entries it has yet to read were deleted.</summary>
    public const long UnknownEntriesRead = -1;

    private readonly NativeHeap _heap;

    internal StreamGroup(NativeHeap heap, GroupBlock* block)
    {
        _heap = heap;
        Block = block;
    }

    internal GroupBlock* Block { get; }

    public bool Exists => Block != null;

    public ReadOnlySpan<byte> Name => NameHeader.NameOf(&Block->Name);

    /// <summary>The last entry that any of the consumers was given.</summary>
    public StreamId LastDeliveredId
    {
        get => Block->LastDeliveredId;
        set => Block->LastDeliveredId = value;
    }

    /// <summary>How many of the stream's entries, counted from its beginning, lie before that; or <see cref="UnknownEntriesRead"/>.</summary>
    public long EntriesRead
    {
        get => Block->EntriesRead;
        set => Block->EntriesRead = value;
    }

    public long PendingCount => Block->Pending.Count;

    /// <summary>The first pending entry, of those that there must be.</summary>
    public StreamId FirstPendingId => Block->Pending.First().Id;

    /// <summary>The last of them.</summary>
    public StreamId LastPendingId => Block->Pending.Last().Id;

    public int ConsumerCount => Block->Consumers.Count;

    // ---- consumers --------------------------------------------------------------------------------------------------

    /// <summary>The consumer with this number, in the order of their names.</summary>
    public StreamConsumer Consumer(int index) => new((ConsumerBlock*)Block->Consumers[index]);

    /// <summary>The consumer of this name; may not exist.</summary>
    public StreamConsumer FindConsumer(scoped ReadOnlySpan<byte> name) => new((ConsumerBlock*)Block->Consumers.Find(name));

    /// <summary>Adds a consumer, whose name is not taken.</summary>
    public StreamConsumer AddConsumer(scoped ReadOnlySpan<byte> name, long seenTimeMs)
    {
        NameHeader* block = NameHeader.Allocate(_heap, sizeof(ConsumerBlock), name);
        Block->Consumers.Add(_heap, block);
        return new StreamConsumer((ConsumerBlock*)block) { SeenTimeMs = seenTimeMs };
    }

    /// <summary>Removes a consumer and what it has pending; returns how many entries that were.</summary>
    public long RemoveConsumer(StreamConsumer consumer)
    {
        long pending = consumer.PendingCount;
        for (IdCursor at = consumer.Block->Pending.First(); at.IsValid; at.MoveOn())
            Block->Pending.TryRemove(_heap, at.Id, out _);
        while (consumer.Block->Pending.TryTakeLast(_heap, out nint entry))
            _heap.Free((byte*)entry, sizeof(PendingBlock));
        Block->Consumers.RemoveAt(_heap, Block->Consumers.IndexOf(consumer.Name));
        NameHeader.Free(_heap, &consumer.Block->Name);
        return pending;
    }

    // ---- pending entries --------------------------------------------------------------------------------------------

    /// <summary>The pending entry of this ID; may not exist.</summary>
    public PendingEntry FindPending(StreamId id) =>
        new(Block->Pending.TryFind(id, out nint entry) ? (PendingBlock*)entry : null);

    /// <summary>Notes that an entry was given to a consumer; it is not pending yet.</summary>
    public PendingEntry AddPending(StreamId id, StreamConsumer consumer, long deliveryTimeMs, long deliveryCount)
    {
        PendingBlock* entry = (PendingBlock*)_heap.Allocate(sizeof(PendingBlock));
        *entry = new PendingBlock { DeliveryTimeMs = deliveryTimeMs, DeliveryCount = deliveryCount, Consumer = consumer.Block };
        bool isNew = Block->Pending.TryAdd(_heap, id, (nint)entry) && consumer.Block->Pending.TryAdd(_heap, id, (nint)entry);
        Invariant.That(isNew, "an entry is pending once");
        return new PendingEntry(entry);
    }

    /// <summary>Gives a pending entry to another consumer of this group, or leaves it where it is.</summary>
    public void Reassign(StreamId id, PendingEntry entry, StreamConsumer consumer)
    {
        if (entry.Block->Consumer == consumer.Block)
            return;
        bool isMoved = entry.Block->Consumer->Pending.TryRemove(_heap, id, out _) && consumer.Block->Pending.TryAdd(_heap, id, (nint)entry.Block);
        Invariant.That(isMoved, "a pending entry is in the list of the consumer that has it, and in no other");
        entry.Block->Consumer = consumer.Block;
    }

    /// <summary>Acknowledges an entry; false when it is not pending.</summary>
    public bool RemovePending(StreamId id)
    {
        if (!Block->Pending.TryRemove(_heap, id, out nint word))
            return false;
        PendingBlock* entry = (PendingBlock*)word;
        bool isRemoved = entry->Consumer->Pending.TryRemove(_heap, id, out _);
        Invariant.That(isRemoved, "a pending entry is in the list of the consumer that has it");
        _heap.Free((byte*)entry, sizeof(PendingBlock));
        return true;
    }

    /// <summary>The pending entries from this ID on, of all consumers.</summary>
    public PendingRange PendingFrom(StreamId from) => new(Block->Pending.AtOrAfter(from));

    internal void Verify()
    {
        Block->Pending.Verify();
        Block->Consumers.Verify();
        long ofConsumers = 0;
        for (int i = 0; i < ConsumerCount; i++)
        {
            StreamConsumer consumer = Consumer(i);
            consumer.Block->Pending.Verify();
            ofConsumers += consumer.PendingCount;
            for (IdCursor at = consumer.Block->Pending.First(); at.IsValid; at.MoveOn())
            {
                Invariant.That(((PendingBlock*)at.Value)->Consumer == consumer.Block, "a pending entry knows its consumer");
                Invariant.That(FindPending(at.Id).Block == (PendingBlock*)at.Value, "what a consumer has pending, its group has");
            }
        }
        Invariant.That(ofConsumers == PendingCount, "what a group has pending, one of its consumers has");
    }

    /// <summary>Bytes of the blocks of this group.</summary>
    internal long OccupiedBytes()
    {
        long bytes = _heap.UsableSize(NameHeader.BlockBytes(&Block->Name)) + Block->Consumers.OccupiedBytes(_heap)
            + Block->Pending.OccupiedBytes(_heap) + PendingCount * _heap.UsableSize(sizeof(PendingBlock));
        for (int i = 0; i < ConsumerCount; i++)
        {
            ConsumerBlock* consumer = Consumer(i).Block;
            bytes += _heap.UsableSize(NameHeader.BlockBytes(&consumer->Name)) + consumer->Pending.OccupiedBytes(_heap);
        }
        return bytes;
    }

    /// <summary>Frees up to <paramref name="budget"/> pending entries and consumers, then the group itself; true when it is gone.</summary>
    internal bool FreeSome(ref int budget)
    {
        while (Block->Pending.Count > 0)
        {
            if (budget-- <= 0)
                return false;
            Block->Pending.TryTakeLast(_heap, out nint entry);
            _heap.Free((byte*)entry, sizeof(PendingBlock));
        }
        while (ConsumerCount > 0)
        {
            StreamConsumer consumer = Consumer(ConsumerCount - 1);
            do
            {
                if (budget-- <= 0)
                    return false;
            }
            while (consumer.Block->Pending.TryTakeLast(_heap, out _));
            Block->Consumers.RemoveAt(_heap, ConsumerCount - 1);
            NameHeader.Free(_heap, &consumer.Block->Name);
        }
        NameHeader.Free(_heap, &Block->Name);
        return true;
    }
}

/// <summary>One reader of a group.</summary>
public readonly unsafe ref struct StreamConsumer
{
    internal StreamConsumer(ConsumerBlock* block) => Block = block;

    internal ConsumerBlock* Block { get; }

    public bool Exists => Block != null;

    public ReadOnlySpan<byte> Name => NameHeader.NameOf(&Block->Name);

    /// <summary>When it last asked for something, Unix milliseconds.</summary>
    public long SeenTimeMs
    {
        get => Block->SeenTimeMs;
        set => Block->SeenTimeMs = value;
    }

    public long PendingCount => Block->Pending.Count;

    /// <summary>The entries that this consumer has pending, from this ID on.</summary>
    public PendingRange PendingFrom(StreamId from) => new(Block->Pending.AtOrAfter(from));
}

/// <summary>An entry that a consumer was given and has not acknowledged.</summary>
public readonly unsafe ref struct PendingEntry
{
    internal PendingEntry(PendingBlock* block) => Block = block;

    internal PendingBlock* Block { get; }

    public bool Exists => Block != null;

    public StreamConsumer Consumer => new(Block->Consumer);

    /// <summary>When it was last given out, Unix milliseconds.</summary>
    public long DeliveryTimeMs
    {
        get => Block->DeliveryTimeMs;
        set => Block->DeliveryTimeMs = value;
    }

    /// <summary>How often it was given out.</summary>
    public long DeliveryCount
    {
        get => Block->DeliveryCount;
        set => Block->DeliveryCount = value;
    }
}

/// <summary>A walk over pending entries in the order of their IDs, valid until one is added, removed or given to another consumer.</summary>
public unsafe ref struct PendingRange
{
    private IdCursor _next;

    internal PendingRange(IdCursor first) => _next = first;

    public StreamId Id { get; private set; }

    public PendingEntry Entry { get; private set; }

    public bool MoveNext()
    {
        if (!_next.IsValid)
            return false;
        Id = _next.Id;
        Entry = new PendingEntry((PendingBlock*)_next.Value);
        _next.MoveOn();
        return true;
    }
}
