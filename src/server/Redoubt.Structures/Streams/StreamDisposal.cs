using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Streams;

/// <summary>The end of a stream, in pieces; its copy; and its size.</summary>
internal static unsafe class StreamDisposal
{
    /// <summary>Nodes, pending entries and consumers.</summary>
    public static long Effort(nint root)
    {
        StreamBlock* block = (StreamBlock*)root;
        long effort = 1 + block->Nodes.Count;
        for (int i = 0; i < block->Groups.Count; i++)
        {
            GroupBlock* group = (GroupBlock*)block->Groups[i];
            effort += 1 + group->Pending.Count + group->Consumers.Count;
        }
        return effort;
    }

    /// <summary>Frees up to <paramref name="budget"/> nodes and pending entries; true when all is freed.</summary>
    public static bool FreeSome(NativeHeap heap, ref nint root, ref int budget)
    {
        StreamBlock* block = (StreamBlock*)root;
        while (block->Nodes.Count > 0)
        {
            if (budget-- <= 0)
                return false;
            block->Nodes.TryTakeLast(heap, out nint pack);
            ListpackEditor.Free(heap, pack);
        }
        while (block->Groups.Count > 0)
        {
            int last = block->Groups.Count - 1;
            if (!new StreamGroup(heap, (GroupBlock*)block->Groups[last]).FreeSome(ref budget))
                return false;
            block->Groups.RemoveAt(heap, last);
        }
        heap.Free((byte*)block, sizeof(StreamBlock));
        root = 0;
        return true;
    }

    /// <summary>A second stream with the same entries, groups, consumers and pending entries.</summary>
    public static nint Copy(NativeHeap heap, nint root)
    {
        StreamBlock* source = (StreamBlock*)root;
        StreamBlock* copy = (StreamBlock*)StreamValue.Create(heap);
        *copy = *source;
        copy->Nodes = default;
        copy->Groups = default;
        for (IdCursor at = source->Nodes.First(); at.IsValid; at.MoveOn())
            copy->Nodes.TryAdd(heap, at.Id, ListpackEditor.CreateFrom(heap, new Listpack(at.Value).Span));
        for (int i = 0; i < source->Groups.Count; i++)
            copy->Groups.Add(heap, CopyGroup(heap, (GroupBlock*)source->Groups[i]));
        return (nint)copy;
    }

    public static long OccupiedBytes(NativeHeap heap, nint root)
    {
        StreamBlock* block = (StreamBlock*)root;
        long bytes = heap.UsableSize(sizeof(StreamBlock)) + block->NodeBytes + block->Nodes.OccupiedBytes(heap) + block->Groups.OccupiedBytes(heap);
        for (int i = 0; i < block->Groups.Count; i++)
            bytes += new StreamGroup(heap, (GroupBlock*)block->Groups[i]).OccupiedBytes();
        return bytes;
    }

    private static NameHeader* CopyGroup(NativeHeap heap, GroupBlock* source)
    {
        GroupBlock* copy = (GroupBlock*)NameHeader.Allocate(heap, sizeof(GroupBlock), NameHeader.NameOf(&source->Name));
        copy->LastDeliveredId = source->LastDeliveredId;
        copy->EntriesRead = source->EntriesRead;
        StreamGroup group = new(heap, copy);
        for (int i = 0; i < source->Consumers.Count; i++)
        {
            ConsumerBlock* consumer = (ConsumerBlock*)source->Consumers[i];
            StreamConsumer twin = group.AddConsumer(NameHeader.NameOf(&consumer->Name), consumer->SeenTimeMs);
            for (IdCursor at = consumer->Pending.First(); at.IsValid; at.MoveOn())
            {
                PendingBlock* entry = (PendingBlock*)at.Value;
                group.AddPending(at.Id, twin, entry->DeliveryTimeMs, entry->DeliveryCount);
            }
        }
        return &copy->Name;
    }
}
