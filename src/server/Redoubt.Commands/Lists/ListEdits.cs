using Redoubt.Keyspace;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

/// <summary>Changes inside a list.</summary>
internal static class ListEdits
{
    [Command("LSET", 4, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update",
        Acl = "list", Group = "list", Since = "1.0.0", Summary = "Set the value of an element in a list by its index",
        Complexity = "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
        Syntax = "key#0 index:integer element")]
    public static void LSet(CommandContext c)
    {
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            c.Error(Errors.NoSuchKey);
            return;
        }
        if (!c.TryInteger(2, out long index))
            return;
        ListValue list = new(slot);
        index = ListReads.FromHead(index, list.Count);
        if (index < 0 || index >= list.Count)
        {
            c.Error(Errors.IndexOutOfRange);
            return;
        }
        list.Set(index, c[3]);
        c.Reply.Ok();
        c.Database.Changed(key);
        c.Notify(KeyspaceEvents.List, "lset"u8, key.Bytes);
    }

    [Command("LTRIM", 4, CommandFlags.Write, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "list",
        Group = "list", Since = "1.0.0", Summary = "Trim a list to the specified range",
        Complexity = "O(N) where N is the number of elements to be removed by the operation.",
        Syntax = "key#0 start:integer stop:integer")]
    public static void LTrim(CommandContext c)
    {
        if (!c.TryInteger(2, out long start) || !c.TryInteger(3, out long stop))
            return;
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
            return;
        if (slot.Exists)
        {
            ListValue list = new(slot);
            long length = list.Count;
            ListReads.ClampRange(ref start, ref stop, length);
            list.RemoveRange(stop + 1, length - stop - 1);
            list.RemoveRange(0, start);
            c.Notify(KeyspaceEvents.List, "ltrim"u8, key.Bytes);
            long removed = length - list.Count;
            Pops.RemoveIfEmpty(c, key, list);
            c.Database.Changed(key, removed);
        }
        c.Reply.Ok();
    }

    [Command("LINSERT", 5, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW insert",
        Acl = "list", Group = "list", Since = "2.2.0", Summary = "Insert an element before or after another element in a list",
        Complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that "
            + "inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the "
            + "right end (tail) is O(N).", Syntax = "key#0 where(BEFORE|AFTER) pivot element")]
    public static void LInsert(CommandContext c)
    {
        bool isAfter = c.Is(2, "AFTER"u8);
        if (!isAfter && !c.Is(2, "BEFORE"u8))
        {
            c.Error(Errors.Syntax);
            return;
        }
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            c.Reply.Integer(0);
            return;
        }
        ListValue list = new(slot);
        if (!list.InsertBeside(c[3], c[4], isAfter))
        {
            c.Reply.Integer(-1);
            return;
        }
        c.Database.Changed(key);
        c.Notify(KeyspaceEvents.List, "linsert"u8, key.Bytes);
        c.Reply.Integer(list.Count);
    }

    [Command("LREM", 4, CommandFlags.Write, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "list",
        Group = "list", Since = "1.0.0", Summary = "Remove elements from a list",
        Complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
        Syntax = "key#0 count:integer element")]
    public static void LRem(CommandContext c)
    {
        if (!c.TryInteger(2, out long count))
            return;
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
            return;
        long removed = 0;
        if (slot.Exists)
        {
            ListValue list = new(slot);
            removed = list.RemoveEqual(c[3], count is 0 or long.MinValue ? long.MaxValue : Math.Abs(count), fromTail: count < 0);
            if (removed > 0)
            {
                c.Database.Changed(key, removed);
                c.Notify(KeyspaceEvents.List, "lrem"u8, key.Bytes);
            }
            Pops.RemoveIfEmpty(c, key, list);
        }
        c.Reply.Integer(removed);
    }
}
