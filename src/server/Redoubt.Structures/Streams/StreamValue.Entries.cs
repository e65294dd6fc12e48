// Adding, deleting and trimming entries.
//
// An entry is measured first and then written into its node at one go, so that the node moves at most once. Deleting one entry
// flags it, which takes no room; the counters at the head of the node may grow by a byte and move what follows them. The last
// entry of a node takes the node with it. What Redis refuses (an ID that is not beyond the last, more than a listpack holds)
// is refused before anything changes.

using Redoubt.Native;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Streams;

/// <summary>The fields of an entry that is to be added, in order; names may repeat.</summary>
public interface IStreamFields
{
    int Count { get; }

    ReadOnlySpan<byte> Field(int index);

    ReadOnlySpan<byte> Value(int index);
}

public enum StreamAppend
{
    Added,

    /// <summary>Not beyond the stream's last ID.</summary>
    IdTooSmall,

    /// <summary>More than fits into a listpack.</summary>
    TooLarge,
}

public enum TrimStrategy
{
    None,
    MaxLength,
    MinId,
}

/// <summary>What XTRIM is to leave of a stream.</summary>
public struct StreamTrim
{
    public TrimStrategy Strategy;

    /// <summary>Entries that may stay.</summary>
    public long MaxLength;

    /// <summary>The first ID that may stay.</summary>
    public StreamId MinId;

    /// <summary>Whole nodes only.</summary>
    public bool IsApproximate;

    /// <summary>Entries to remove at most; 0 = any number.</summary>
    public long Limit;
}

public readonly unsafe ref partial struct StreamValue
{
    private const long NodeBytesMax = 1L << 30;

    /// <summary>The ID that an entry added at this time gets; false, and zero, when there is none left.</summary>
    public bool TryNextId(long nowMs, out StreamId id)
    {
        id = new StreamId((ulong)nowMs, 0);
        return (ulong)nowMs > LastId.Ms || LastId.TryNext(out id);
    }

    /// <summary>Adds an entry, which becomes the last.</summary>
    public StreamAppend Append<TFields>(StreamId id, scoped in TFields fields)
        where TFields : struct, IStreamFields
    {
        if (id <= LastId)
            return StreamAppend.IdTooSmall;
        long bytes = 0;
        for (int i = 0; i < fields.Count; i++)
            bytes += (long)fields.Field(i).Length + fields.Value(i).Length;
        if (bytes >= NodeBytesMax)
            return StreamAppend.TooLarge;
        IdCursor tail = Block->Nodes.Last();
        StreamNode node = tail.IsValid ? new StreamNode(tail.Id, tail.Value) : default;
        if (!tail.IsValid || IsFull(node, bytes))
            AppendNode(id, fields);
        else
            AppendToNode(tail, node, id, fields);
        Block->EntriesAdded++;
        Block->LastId = id;
        if (++Block->Length == 1)
            Block->FirstId = id;
        return StreamAppend.Added;
    }

    /// <summary>Deletes entries; returns how many were there.</summary>
    public long Delete(scoped ReadOnlySpan<StreamId> ids)
    {
        long deleted = 0;
        bool isFirstGone = false;
        foreach (StreamId id in ids)
        {
            if (!TryDelete(id))
                continue;
            deleted++;
            isFirstGone |= id == Block->FirstId;
            if (id > Block->MaxDeletedId)
                Block->MaxDeletedId = id;
        }
        if (isFirstGone)
            FindFirstId();
        return deleted;
    }

    /// <summary>Removes entries from the front; returns how many.</summary>
    public long Trim(scoped in StreamTrim trim)
    {
        long removed = 0;
        for (IdCursor front = Block->Nodes.First(); front.IsValid; front = Block->Nodes.First())
        {
            if (trim.Strategy == TrimStrategy.MaxLength && Length <= trim.MaxLength)
                break;
            StreamNode node = new(front.Id, front.Value);
            long entries = node.LiveCount;
            if (trim.Limit != 0 && removed + entries > trim.Limit)
                break;
            bool isAllOfIt = trim.Strategy == TrimStrategy.MaxLength ? Length - entries >= trim.MaxLength : node.Last().Id < trim.MinId;
            if (!isAllOfIt)
            {
                if (!trim.IsApproximate)
                    removed += TrimNode(front, node, trim);
                break;
            }
            RemoveNode(front);
            Block->Length -= entries;
            removed += entries;
        }
        if (removed > 0)
            FindFirstId();
        return removed;
    }

    private bool IsFull(scoped in StreamNode node, long added)
    {
        long bytesMax = _slot.Store.Limits.StreamNodeMaxBytes;
        if (bytesMax <= 0 || bytesMax > NodeBytesMax)
            bytesMax = NodeBytesMax;
        if (node.Pack.Bytes + added >= bytesMax)
            return true;
        long entriesMax = _slot.Store.Limits.StreamNodeMaxEntries;
        return entriesMax != 0 && node.LiveCount + node.DeletedCount >= entriesMax;
    }

    private void AppendNode<TFields>(StreamId id, scoped in TFields fields)
        where TFields : struct, IStreamFields
    {
        ListpackWriter measure = default;
        WriteMaster(ref measure, fields);
        WriteEntry(ref measure, StreamNode.FlagSameFields, 0, 0, fields);
        nint pack = ListpackEditor.Create(Heap);
        ListpackWriter writer = new(new ListpackEditor(Heap, ref pack).Extend(measure.Bytes, measure.Elements));
        WriteMaster(ref writer, fields);
        WriteEntry(ref writer, StreamNode.FlagSameFields, 0, 0, fields);
        Block->Nodes.TryAdd(Heap, id, pack);
        Block->NodeBytes += ListpackEditor.MemoryBytes(Heap, pack);
    }

    private void AppendToNode<TFields>(IdCursor tail, scoped in StreamNode node, StreamId id, scoped in TFields fields)
        where TFields : struct, IStreamFields
    {
        int flags = HasFields(node, fields) ? StreamNode.FlagSameFields : 0;
        long ms = unchecked((long)(id.Ms - tail.Id.Ms));
        long sequence = unchecked((long)(id.Sequence - tail.Id.Sequence));
        long bytesBefore = ListpackEditor.MemoryBytes(Heap, tail.Value);
        ListpackEditor editor = new(Heap, ref tail.Word);
        editor.Replace(node.CountsAt, node.LiveCount + 1);
        ListpackWriter measure = default;
        WriteEntry(ref measure, flags, ms, sequence, fields);
        ListpackWriter writer = new(editor.Extend(measure.Bytes, measure.Elements));
        WriteEntry(ref writer, flags, ms, sequence, fields);
        Block->NodeBytes += ListpackEditor.MemoryBytes(Heap, tail.Value) - bytesBefore;
    }

    private static bool HasFields<TFields>(scoped in StreamNode node, scoped in TFields fields)
        where TFields : struct, IStreamFields
    {
        if (node.FieldCount != fields.Count)
            return false;
        int at = node.FieldsAt;
        for (int i = 0; i < fields.Count; i++)
        {
            if (!node.Pack[at].TextEquals(fields.Field(i)))
                return false;
            at = node.Pack.Next(at);
        }
        return true;
    }

    private static void WriteMaster<TFields>(ref ListpackWriter writer, scoped in TFields fields)
        where TFields : struct, IStreamFields
    {
        writer.Put(1);
        writer.Put(0);
        writer.Put(fields.Count);
        for (int i = 0; i < fields.Count; i++)
            writer.Put(fields.Field(i));
        writer.Put(0);
    }

    private static void WriteEntry<TFields>(ref ListpackWriter writer, int flags, long ms, long sequence, scoped in TFields fields)
        where TFields : struct, IStreamFields
    {
        bool hasOwnFields = (flags & StreamNode.FlagSameFields) == 0;
        writer.Put(flags);
        writer.Put(ms);
        writer.Put(sequence);
        if (hasOwnFields)
            writer.Put(fields.Count);
        for (int i = 0; i < fields.Count; i++)
        {
            if (hasOwnFields)
                writer.Put(fields.Field(i));
            writer.Put(fields.Value(i));
        }
        writer.Put(StreamNode.FixedElements + (hasOwnFields ? 2L * fields.Count + 1 : fields.Count));
    }

    private bool TryDelete(StreamId id)
    {
        IdCursor at = Block->Nodes.AtOrBefore(id);
        if (!at.IsValid)
            return false;
        StreamNode node = new(at.Id, at.Value);
        NodeEntry entry = node.Find(id);
        if (entry.At == 0 || entry.IsDeleted)
            return false;
        Block->Length--;
        if (node.LiveCount == 1)
        {
            RemoveNode(at);
            return true;
        }
        new ListpackEditor(Heap, ref at.Word).Replace(entry.At, entry.Flags | StreamNode.FlagDeleted);
        SetCounts(at, node.LiveCount - 1, node.DeletedCount + 1);
        return true;
    }

    /// <summary>Flags entries at the front of one node as deleted; returns how many.</summary>
    private long TrimNode(IdCursor at, scoped in StreamNode node, scoped in StreamTrim trim)
    {
        long removed = 0;
        for (NodeEntry entry = node.First(); entry.At != 0; entry = node.After(entry))
        {
            if (trim.Strategy == TrimStrategy.MaxLength ? Length <= trim.MaxLength : entry.Id >= trim.MinId)
                break;
            if (entry.IsDeleted)
                continue;
            // Flags take the same room whatever they say, so that the node stays where it is.
            new ListpackEditor(Heap, ref at.Word).Replace(entry.At, entry.Flags | StreamNode.FlagDeleted);
            Block->Length--;
            removed++;
        }
        SetCounts(at, node.LiveCount - removed, node.DeletedCount + removed);
        return removed;
    }

    private void SetCounts(IdCursor at, long live, long deleted)
    {
        long bytesBefore = ListpackEditor.MemoryBytes(Heap, at.Value);
        ListpackEditor editor = new(Heap, ref at.Word);
        int liveAt = editor.Replace(editor.Pack.First, live);
        editor.Replace(editor.Pack.Next(liveAt), deleted);
        Block->NodeBytes += ListpackEditor.MemoryBytes(Heap, at.Value) - bytesBefore;
    }

    private void RemoveNode(IdCursor at)
    {
        Block->NodeBytes -= ListpackEditor.MemoryBytes(Heap, at.Value);
        bool isRemoved = Block->Nodes.TryRemove(Heap, at.Id, out nint pack);
        Invariant.That(isRemoved, "a node that is removed is there");
        ListpackEditor.Free(Heap, pack);
    }

    private void FindFirstId()
    {
        StreamRange range = Range(StreamId.Min, StreamId.Max);
        Block->FirstId = range.MoveNext() ? range.Id : StreamId.Min;
    }
}
