// The listpack of a stream's node, from outside: first its master entry, then the entries whose IDs and fields are told relative to it.
//
//   master:  live entries, deleted ones, number of fields, the fields, 0
//   entry:   flags (1 deleted, 2 the master's fields), milliseconds and sequence less the node's, then either the values, or
//            the number of fields and each field with its value; at last, how many elements the entry has before this one
//
// What is checked: every number is one and says what is there; at least one entry is alive or deleted, and as many as the master says; IDs
// ascend from the node's on. A node that passes can be walked in both directions without looking at its edges.

using Redoubt.Structures.Streams;

namespace Redoubt.Persistence.Rdb;

internal static class StreamNodeCheck
{
    private const long FlagDeleted = 1;
    private const long FlagSameFields = 2;
    private const long FlagsKnown = FlagDeleted | FlagSameFields;

    /// <param name="first">The node's ID, its key.</param>
    /// <param name="last">The ID of the node's last entry, deleted or not.</param>
    /// <param name="live">Entries that are not deleted.</param>
    public static bool IsSound(ReadOnlySpan<byte> blob, StreamId first, out StreamId last, out long live)
    {
        last = first;
        ListpackCursor cursor = new(blob);
        if (!TryNumber(ref cursor, out live) || !TryNumber(ref cursor, out long deleted) || !TryNumber(ref cursor, out long fields)
            || live < 0 || deleted < 0 || live + deleted <= 0 || fields < 0 || !TrySkip(ref cursor, fields)
            || !TryNumber(ref cursor, out long end) || end != 0)
        {
            return false;
        }
        bool isFirst = true;
        for (long entries = live + deleted; entries > 0; entries--)
        {
            if (!TryEntry(ref cursor, first, fields, out StreamId id, out bool isDeleted) || (isFirst ? id < first : id <= last))
                return false;
            last = id;
            isFirst = false;
            if (isDeleted)
                deleted--;
        }
        return deleted == 0 && !cursor.MoveNext() && !cursor.IsDamaged;
    }

    private static bool TryEntry(ref ListpackCursor cursor, StreamId node, long masterFields, out StreamId id, out bool isDeleted)
    {
        id = default;
        isDeleted = false;
        if (!TryNumber(ref cursor, out long flags) || (flags & ~FlagsKnown) != 0
            || !TryNumber(ref cursor, out long milliseconds) || !TryNumber(ref cursor, out long sequence))
        {
            return false;
        }
        // Differences are 64 bits that wrap: the sequence may be far above the node's, or below it in a later millisecond.
        id = new StreamId(unchecked(node.Ms + (ulong)milliseconds), unchecked(node.Sequence + (ulong)sequence));
        isDeleted = (flags & FlagDeleted) != 0;
        long fields = masterFields;
        long others = 3;
        if ((flags & FlagSameFields) == 0)
        {
            if (!TryNumber(ref cursor, out fields) || fields is < 0 or > int.MaxValue)
                return false;
            others += fields + 1;
            if (!TrySkip(ref cursor, fields))
                return false;
        }
        return TrySkip(ref cursor, fields) && TryNumber(ref cursor, out long count) && count == fields + others;
    }

    private static bool TryNumber(ref ListpackCursor cursor, out long number)
    {
        number = 0;
        if (!cursor.MoveNext() || !cursor.IsInteger)
            return false;
        number = cursor.Integer;
        return true;
    }

    private static bool TrySkip(ref ListpackCursor cursor, long elements)
    {
        for (; elements > 0; elements--)
        {
            if (!cursor.MoveNext())
                return false;
        }
        return true;
    }
}
