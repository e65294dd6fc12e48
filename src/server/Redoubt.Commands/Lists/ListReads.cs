using Redoubt.Keyspace;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class ListReads
{
    [Command("LLEN", 2, CommandFlags.ReadOnly | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO",
        Acl = "list", Group = "list", Since = "1.0.0", Summary = "Get the length of a list", Complexity = "O(1)", Syntax = "key#0")]
    public static void LLen(CommandContext c)
    {
        if (c.TryRead(1, ValueType.List, out ValueSlot slot))
            c.Reply.Integer(slot.Exists ? new ListValue(slot).Count : 0);
    }

    [Command("LINDEX", 3, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "list",
        Group = "list", Since = "1.0.0", Summary = "Get an element from a list by its index",
        Complexity = "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for "
            + "the first or the last element of the list O(1).", Syntax = "key#0 index:integer")]
    public static void LIndex(CommandContext c)
    {
        if (!c.TryRead(1, ValueType.List, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            c.Reply.Null();
            return;
        }
        if (!c.TryInteger(2, out long index))
            return;
        ListValue list = new(slot);
        using ListCursor cursor = list.From(FromHead(index, list.Count));
        if (cursor.MoveNext())
            c.Reply.Bulk(cursor.Current);
        else
            c.Reply.Null();
    }

    [Command("LRANGE", 4, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "list",
        Group = "list", Since = "1.0.0", Summary = "Get a range of elements from a list",
        Complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) "
            + "for large lists; and N is the number of elements in the specified range.", Syntax = "key#0 start:integer stop:integer")]
    public static void LRange(CommandContext c)
    {
        if (!c.TryInteger(2, out long start) || !c.TryInteger(3, out long stop) || !c.TryRead(1, ValueType.List, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            c.Reply.Array(0);
            return;
        }
        ListValue list = new(slot);
        ClampRange(ref start, ref stop, list.Count);
        ReplyElements(c, list, start, stop - start + 1, isBackwards: false);
    }

    /// <summary>An index as the client counts, from the tail when it is negative, as a number from the head; negative when there is no such element.</summary>
    internal static long FromHead(long index, long count) => index >= 0 ? index : index + count;

    /// <summary>The elements that the client's two indexes include; none: <paramref name="start"/> is beyond <paramref name="stop"/> by one.</summary>
    internal static void ClampRange(ref long start, ref long stop, long count)
    {
        start = Math.Max(FromHead(start, count), 0);
        stop = Math.Min(FromHead(stop, count), count - 1);
        if (start > stop)
            (start, stop) = (0, -1);
    }

    /// <summary>An array of elements from one on, towards the tail or the head; there must be so many.</summary>
    internal static void ReplyElements(CommandContext c, ListValue list, long from, long count, bool isBackwards)
    {
        c.Reply.Array((int)count);
        if (count == 0)
            return;
        foreach (PackedValue element in list.From(from, isBackwards))
        {
            c.Reply.Bulk(element);
            if (--count == 0)
                return;
        }
    }
}
