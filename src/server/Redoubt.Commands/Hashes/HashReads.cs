// What of a hash is read. A field or value that a listpack holds as a number is spelt out into the reply; nothing is copied on the way.

using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class HashReads
{
    [Command("HGET", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Get the value of a hash field", Complexity = "O(1)", Syntax = "key#0 field")]
    public static void HGet(CommandContext c)
    {
        if (c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            ReplyValue(c, slot, c[2]);
    }

    [Command("HMGET", -3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Get the values of all the given hash fields", Complexity = "O(N) where N is the number of fields being requested.",
        Syntax = "key#0 field+")]
    public static void HMGet(CommandContext c)
    {
        if (!c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            return;
        c.Reply.Array(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
            ReplyValue(c, slot, c[i]);
    }

    [Command("HGETALL", 2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Get all the fields and values in a hash", Complexity = "O(N) where N is the size of the hash.", Syntax = "key#0",
        Tips = ["nondeterministic_output_order"])]
    public static void HGetAll(CommandContext c)
    {
        if (!c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            return;
        HashValue hash = new(slot);
        c.Reply.Map(slot.Exists ? (int)hash.Count : 0);
        if (!slot.Exists)
            return;
        foreach (HashField field in hash)
        {
            c.Reply.Bulk(field.Name);
            c.Reply.Bulk(field.Value);
        }
    }

    [Command("HKEYS", 2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Get all the fields in a hash", Complexity = "O(N) where N is the size of the hash.", Syntax = "key#0",
        Tips = ["nondeterministic_output_order"])]
    public static void HKeys(CommandContext c) => ReplyAll(c, values: false);

    [Command("HVALS", 2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Get all the values in a hash", Complexity = "O(N) where N is the size of the hash.", Syntax = "key#0",
        Tips = ["nondeterministic_output_order"])]
    public static void HVals(CommandContext c) => ReplyAll(c, values: true);

    [Command("HLEN", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Get the number of fields in a hash", Complexity = "O(1)", Syntax = "key#0")]
    public static void HLen(CommandContext c)
    {
        if (c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            c.Reply.Integer(slot.Exists ? new HashValue(slot).Count : 0);
    }

    [Command("HSTRLEN", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "hash", Group = "hash", Since = "3.2.0",
        Summary = "Get the length of the value of a hash field", Complexity = "O(1)", Syntax = "key#0 field")]
    public static void HStrLen(CommandContext c)
    {
        if (c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            c.Reply.Integer(slot.Exists && new HashValue(slot).TryGet(c[2], out PackedValue value) ? value.TextLength : 0);
    }

    [Command("HEXISTS", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Determine if a hash field exists", Complexity = "O(1)", Syntax = "key#0 field")]
    public static void HExists(CommandContext c)
    {
        if (c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            c.Reply.Integer(slot.Exists && new HashValue(slot).Contains(c[2]) ? 1 : 0);
    }

    [Command("HSCAN", -3, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "2.8.0",
        Summary = "Incrementally iterate hash fields and associated values",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to "
            + "0. N is the number of elements inside the collection..",
        Syntax = "key#0 cursor:integer [MATCH=pattern:pattern] [COUNT=count:integer]", Tips = ["nondeterministic_output"])]
    public static void HScan(CommandContext c)
    {
        if (!ScanOptions.TryCursor(c, 2, out ulong cursor) || !c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            ScanOptions.Reply(c.Reply, 0, 0, []);
            return;
        }
        if (!ScanOptions.TryParse(c, 3, takesType: false, out ScanOptions options))
            return;
        HashValue hash = new(slot);
        var filter = new FieldFilter(c, options, c.Scratch);
        // Field and value count as two, for the buckets as well.
        long bucketsLeft = options.BucketsMax > long.MaxValue / 2 ? long.MaxValue : options.BucketsMax * 2;
        do
        {
            cursor = hash.Scan(cursor, ref filter);
        }
        while (cursor != 0 && bucketsLeft-- > 0 && filter.Seen < options.Count);
        ScanOptions.Reply(c.Reply, cursor, 2 * filter.Matched, filter.Target.Written);
    }

    private static void ReplyValue(CommandContext c, ValueSlot slot, ReadOnlySpan<byte> field)
    {
        if (slot.Exists && new HashValue(slot).TryGet(field, out PackedValue value))
            c.Reply.Bulk(value);
        else
            c.Reply.Null();
    }

    private static void ReplyAll(CommandContext c, bool values)
    {
        if (!c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            return;
        HashValue hash = new(slot);
        c.Reply.Array(slot.Exists ? (int)hash.Count : 0);
        if (!slot.Exists)
            return;
        foreach (HashField field in hash)
            c.Reply.Bulk(values ? field.Value : field.Name);
    }

    /// <summary>Writes the fields that pass, each with its value.</summary>
    private struct FieldFilter(CommandContext context, ScanOptions options, RespWriter target) : IFieldReceiver
    {
        public readonly RespWriter Target => target;

        public long Seen { get; private set; }

        public int Matched { get; private set; }

        public void Receive(HashField field)
        {
            Seen++;
            if (!options.Matches(context, field.Name.Text(stackalloc byte[PackedValue.DigitsMax])))
                return;
            Matched++;
            target.Bulk(field.Name);
            target.Bulk(field.Value);
        }
    }
}
