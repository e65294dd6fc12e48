using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

/// <summary>Lookups of sorted sets, which send the error about a wrong type themselves, and the replies that several commands share.</summary>
internal static class SortedSetAccess
{
    public static ValueLookup ReadSortedSet(this CommandContext c, Key key, out SortedSetValue set)
    {
        ValueLookup found = c.Database.Read(key, ValueType.SortedSet, out ValueSlot slot);
        set = new SortedSetValue(slot);
        if (found == ValueLookup.WrongType)
            c.Error(Errors.WrongType);
        return found;
    }

    public static ValueLookup EditSortedSet(this CommandContext c, Key key, out SortedSetValue set)
    {
        ValueLookup found = c.Database.Edit(key, ValueType.SortedSet, out ValueSlot slot);
        set = new SortedSetValue(slot);
        if (found == ValueLookup.WrongType)
            c.Error(Errors.WrongType);
        return found;
    }

    /// <summary>Members were removed: counts and reports that, and removes the key if none is left.</summary>
    public static void MembersRemoved(this CommandContext c, Key key, SortedSetValue set, long count, ReadOnlySpan<byte> eventName)
    {
        bool isEmpty = set.Count == 0;
        if (isEmpty)
            c.Database.RemoveEmptied(key);
        c.Database.Changed(key, count);
        c.Notify(KeyspaceEvents.SortedSet, eventName, key.Bytes);
        if (isEmpty)
            c.Notify(KeyspaceEvents.Generic, "del"u8, key.Bytes);
    }

    /// <summary>Makes the set the value of the destination, whatever that held, and replies with the number of its members; an empty set deletes the key.</summary>
    public static void StoreSortedSet(this CommandContext c, Key destination, ref SortedSetBuilder result, ReadOnlySpan<byte> eventName, long changes = 1)
    {
        c.Reply.Integer(result.Count);
        if (result.Count > 0)
        {
            result.MoveTo(c.Database.Replace(destination, ValueType.SortedSet, result.Encoding));
            c.Database.Changed(destination, changes);
            c.Notify(KeyspaceEvents.SortedSet, eventName, destination.Bytes);
        }
        else
        {
            c.DeleteDestination(destination);
        }
    }

    public static void DeleteDestination(this CommandContext c, Key destination)
    {
        if (c.Database.Delete(destination))
            c.Notify(KeyspaceEvents.Generic, "del"u8, destination.Bytes);
    }

    /// <summary>Members one after the other; with scores, a flat array in RESP2 and pairs in RESP3.</summary>
    public static void ReplyMembers(this CommandContext c, SortedSetEnumerator entries, long count, bool withScores)
    {
        c.ReplyMembersHeader(count, withScores);
        foreach (SortedSetEntry entry in entries)
            c.ReplyMember(entry, withScores);
    }

    public static void ReplyMembersHeader(this CommandContext c, long count, bool withScores) =>
        c.Reply.ArrayOfPicks(withScores && c.Reply.Protocol == 2 ? 2 * count : count);

    public static void ReplyMember(this CommandContext c, SortedSetEntry entry, bool withScore)
    {
        if (withScore && c.Reply.Protocol > 2)
            c.Reply.Array(2);
        c.Reply.Bulk(entry.Member);
        if (withScore)
            c.Reply.Double(entry.Score);
    }
}
