using Redoubt.Keyspace;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class SetWrites
{
    [Command("SADD", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW insert", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Add one or more members to a set",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Syntax = "key#0 member+", History = ["2.4.0: Accepts multiple `member` arguments."])]
    public static void SAdd(CommandContext c)
    {
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Set, out ValueSlot slot))
            return;
        SetValue set = OrCreate(c, key, slot, c[2]);
        int added = 0;
        for (int i = 2; i < c.Count; i++)
            added += set.Add(c[i]) ? 1 : 0;
        if (added > 0)
        {
            c.Database.Changed(key, added);
            c.Notify(KeyspaceEvents.Set, "sadd"u8, c[1]);
        }
        c.Reply.Integer(added);
    }

    [Command("SREM", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Remove one or more members from a set", Complexity = "O(N) where N is the number of members to be removed.",
        Syntax = "key#0 member+", History = ["2.4.0: Accepts multiple `member` arguments."])]
    public static void SRem(CommandContext c)
    {
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Set, out ValueSlot slot))
            return;
        int removed = 0;
        bool isEmptied = false;
        if (slot.Exists)
        {
            SetValue set = new(slot);
            for (int i = 2; i < c.Count && !isEmptied; i++)
            {
                if (!set.Remove(c[i]))
                    continue;
                removed++;
                isEmptied = set.Count == 0;
            }
        }
        if (removed > 0)
        {
            if (isEmptied)
                c.Database.RemoveEmptied(key);
            c.Database.Changed(key, removed);
            c.Notify(KeyspaceEvents.Set, "srem"u8, c[1]);
            if (isEmptied)
                c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
        }
        c.Reply.Integer(removed);
    }

    [Command("SMOVE", 4, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "RW access delete @1 range(0,1,0); RW insert @2 range(0,1,0)",
        Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Move a member from one set to another", Complexity = "O(1)", Syntax = "source#0 destination#1 member")]
    public static void SMove(CommandContext c)
    {
        Key from = c.Key(1), to = c.Key(2);
        ValueLookup source = c.Database.Edit(from, ValueType.Set, out ValueSlot sourceSlot);
        ValueLookup target = c.Database.Edit(to, ValueType.Set, out ValueSlot targetSlot);
        if (source == ValueLookup.Missing)
        {
            c.Reply.Integer(0);
            return;
        }
        if (source == ValueLookup.WrongType || target == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return;
        }
        SetValue set = new(sourceSlot);
        if (c[1].SequenceEqual(c[2]))
        {
            c.Reply.Integer(set.Contains(c[3]) ? 1 : 0);
            return;
        }
        if (!set.Remove(c[3]))
        {
            c.Reply.Integer(0);
            return;
        }
        c.Notify(KeyspaceEvents.Set, "srem"u8, c[1]);
        if (set.Count == 0)
        {
            c.Database.RemoveEmptied(from);
            c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
        }
        c.Database.Changed(from);
        if (OrCreate(c, to, targetSlot, c[3]).Add(c[3]))
        {
            c.Database.Changed(to);
            c.Notify(KeyspaceEvents.Set, "sadd"u8, c[2]);
        }
        c.Reply.Integer(1);
    }

    /// <summary>The set of a slot, or a new one under the key, for a first member.</summary>
    private static SetValue OrCreate(CommandContext c, Key key, ValueSlot slot, ReadOnlySpan<byte> member) =>
        new(slot.Exists ? slot : c.Database.Create(key, ValueType.Set, SetValue.EncodingFor(member)));
}
