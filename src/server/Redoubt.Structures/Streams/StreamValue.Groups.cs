using Redoubt.Native;

namespace Redoubt.Structures.Streams;

// Groups, and how far they lag behind. A group's count of entries read turns into its lag as long as nothing that it has yet to
// read was deleted from the middle. Where the count is not known, it follows from the ID at the ends of the stream only: trimming
// removes from the front, so the entries still there are the last ones ever added.

public readonly unsafe ref partial struct StreamValue
{
    public int GroupCount => Block->Groups.Count;

    /// <summary>The group with this number, in the order of their names.</summary>
    public StreamGroup Group(int index) => new(Heap, (GroupBlock*)Block->Groups[index]);

    /// <summary>The group of this name; may not exist.</summary>
    public StreamGroup FindGroup(scoped ReadOnlySpan<byte> name) => new(Heap, (GroupBlock*)Block->Groups.Find(name));

    /// <summary>Adds a group; false when the name is taken.</summary>
    public bool TryAddGroup(scoped ReadOnlySpan<byte> name, StreamId lastDeliveredId, long entriesRead)
    {
        if (Block->Groups.IndexOf(name) >= 0)
            return false;
        GroupBlock* group = (GroupBlock*)NameHeader.Allocate(Heap, sizeof(GroupBlock), name);
        group->LastDeliveredId = lastDeliveredId;
        group->EntriesRead = entriesRead;
        Block->Groups.Add(Heap, &group->Name);
        return true;
    }

    /// <summary>Removes a group with all that its consumers have pending; false when there is none of this name.</summary>
    public bool TryRemoveGroup(scoped ReadOnlySpan<byte> name)
    {
        int index = Block->Groups.IndexOf(name);
        if (index < 0)
            return false;
        int budget = int.MaxValue;
        bool isFreed = Group(index).FreeSome(ref budget);
        Invariant.That(isFreed, "a group is freed in one go");
        Block->Groups.RemoveAt(Heap, index);
        return true;
    }

    /// <summary>Notes that an entry beyond its last one was given to a consumer of this group.</summary>
    public void Deliver(StreamGroup group, StreamId id)
    {
        if (group.EntriesRead != StreamGroup.UnknownEntriesRead && !HasDeletedFrom(id))
            group.EntriesRead++;
        else if (EntriesAdded != 0)
            group.EntriesRead = EntriesUpTo(id);
        group.LastDeliveredId = id;
    }

    /// <summary>How many entries the group has yet to read; false when that is not known.</summary>
    public bool TryGetLag(StreamGroup group, out long lag)
    {
        long entriesRead = EntriesAdded == 0 ? 0
            : group.EntriesRead != StreamGroup.UnknownEntriesRead && !HasDeletedFrom(group.LastDeliveredId) ? group.EntriesRead
            : EntriesUpTo(group.LastDeliveredId);
        lag = EntriesAdded - entriesRead;
        return EntriesAdded == 0 || entriesRead != StreamGroup.UnknownEntriesRead;
    }

    /// <summary>Whether an entry with this ID or a later one may have been deleted from between others.</summary>
    private bool HasDeletedFrom(StreamId id) =>
        Length != 0 && !MaxDeletedId.IsZero && FirstId <= MaxDeletedId && id <= MaxDeletedId;

    /// <summary>How many entries were ever added up to this ID, or <see cref="StreamGroup.UnknownEntriesRead"/>.</summary>
    public long EntriesUpTo(StreamId id)
    {
        if (EntriesAdded == 0)
            return 0;
        if (id == LastId || (Length == 0 && id < LastId))
            return EntriesAdded;
        bool isWhole = MaxDeletedId.IsZero || MaxDeletedId < FirstId;
        if (id > LastId || id > FirstId || !isWhole)
            return StreamGroup.UnknownEntriesRead;
        return EntriesAdded - Length + (id == FirstId ? 1 : 0);
    }
}
