using Redoubt.Keyspace;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class HashWrites
{
    [Command("HSET", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Set the string value of a hash field",
        Complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple "
            + "field/value pairs.",
        Syntax = "key#0 field_value{field value}+", History = ["4.0.0: Accepts multiple `field` and `value` arguments."])]
    public static void HSet(CommandContext c)
    {
        if (TrySet(c, out int added))
            c.Reply.Integer(added);
    }

    [Command("HMSET", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Set multiple hash fields to multiple values", Complexity = "O(N) where N is the number of fields being set.",
        Syntax = "key#0 field_value{field value}+",
        Deprecated = "4.0.0: `HSET` with multiple field-value pairs")]
    public static void HMSet(CommandContext c)
    {
        if (TrySet(c, out _))
            c.Reply.Ok();
    }

    [Command("HSETNX", 4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW insert", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Set the value of a hash field, only if the field does not exist", Complexity = "O(1)", Syntax = "key#0 field value")]
    public static void HSetNx(CommandContext c)
    {
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Hash, out ValueSlot slot))
            return;
        if (slot.Exists && new HashValue(slot).Contains(c[2]))
        {
            c.Reply.Integer(0);
            return;
        }
        OrCreate(c, key, slot).Set(c[2], c[3]);
        c.Reply.Integer(1);
        c.Database.Changed(key);
        c.Notify(KeyspaceEvents.Hash, "hset"u8, c[1]);
    }

    [Command("HDEL", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Delete one or more hash fields", Complexity = "O(N) where N is the number of fields to be removed.",
        Syntax = "key#0 field+", History = ["2.4.0: Accepts multiple `field` arguments."])]
    public static void HDel(CommandContext c)
    {
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Hash, out ValueSlot slot))
            return;
        int deleted = 0;
        bool isEmptied = false;
        if (slot.Exists)
        {
            HashValue hash = new(slot);
            for (int i = 2; i < c.Count && !isEmptied; i++)
            {
                if (!hash.Delete(c[i]))
                    continue;
                deleted++;
                isEmptied = hash.Count == 0;
            }
        }
        if (deleted > 0)
        {
            if (isEmptied)
                c.Database.RemoveEmptied(key);
            c.Database.Changed(key, deleted);
            c.Notify(KeyspaceEvents.Hash, "hdel"u8, c[1]);
            if (isEmptied)
                c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
        }
        c.Reply.Integer(deleted);
    }

    /// <summary>The hash of a slot, or a new one under the key.</summary>
    internal static HashValue OrCreate(CommandContext c, Key key, ValueSlot slot) =>
        new(slot.Exists ? slot : c.Database.Create(key, ValueType.Hash, ValueEncoding.Listpack));

    private static bool TrySet(CommandContext c, out int added)
    {
        added = 0;
        if (c.Count % 2 == 1)
        {
            c.ArityError();
            return false;
        }
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Hash, out ValueSlot slot))
            return false;
        HashValue hash = OrCreate(c, key, slot);
        for (int i = 2; i < c.Count; i += 2)
            added += hash.Set(c[i], c[i + 1]) ? 1 : 0;
        c.Database.Changed(key, (c.Count - 2) / 2);
        c.Notify(KeyspaceEvents.Hash, "hset"u8, c[1]);
        return true;
    }
}
