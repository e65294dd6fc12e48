using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class SetReads
{
    [Command("SISMEMBER", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Determine if a given value is a member of a set", Complexity = "O(1)", Syntax = "key#0 member")]
    public static void SIsMember(CommandContext c)
    {
        if (c.TryRead(1, ValueType.Set, out ValueSlot slot))
            c.Reply.Integer(slot.Exists && new SetValue(slot).Contains(c[2]) ? 1 : 0);
    }

    [Command("SMISMEMBER", -3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "6.2.0",
        Summary = "Returns the membership associated with the given elements for a set",
        Complexity = "O(N) where N is the number of elements being checked for membership", Syntax = "key#0 member+")]
    public static void SMIsMember(CommandContext c)
    {
        if (!c.TryRead(1, ValueType.Set, out ValueSlot slot))
            return;
        c.Reply.Array(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
            c.Reply.Integer(slot.Exists && new SetValue(slot).Contains(c[i]) ? 1 : 0);
    }

    [Command("SCARD", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Get the number of members in a set", Complexity = "O(1)", Syntax = "key#0")]
    public static void SCard(CommandContext c)
    {
        if (c.TryRead(1, ValueType.Set, out ValueSlot slot))
            c.Reply.Integer(slot.Exists ? new SetValue(slot).Count : 0);
    }

    [Command("SMEMBERS", 2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Get all the members in a set", Complexity = "O(N) where N is the set cardinality.", Syntax = "key#0",
        Tips = ["nondeterministic_output_order"])]
    public static void SMembers(CommandContext c)
    {
        if (!c.TryRead(1, ValueType.Set, out ValueSlot slot))
            return;
        if (slot.Exists)
            c.ReplyMembers(new SetValue(slot));
        else
            c.Reply.Set(0);
    }

    [Command("SSCAN", -3, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "2.8.0",
        Summary = "Incrementally iterate Set elements",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to "
            + "0. N is the number of elements inside the collection..",
        Syntax = "key#0 cursor:integer [MATCH=pattern:pattern] [COUNT=count:integer]", Tips = ["nondeterministic_output"])]
    public static void SScan(CommandContext c)
    {
        if (!ScanOptions.TryCursor(c, 2, out ulong cursor) || !c.TryRead(1, ValueType.Set, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            ScanOptions.Reply(c.Reply, 0, 0, []);
            return;
        }
        if (!ScanOptions.TryParse(c, 3, takesType: false, out ScanOptions options))
            return;
        SetValue set = new(slot);
        var filter = new MemberFilter(c, options, c.Scratch);
        long bucketsLeft = options.BucketsMax;
        do
        {
            cursor = set.Scan(cursor, ref filter);
        }
        while (cursor != 0 && bucketsLeft-- > 0 && filter.Seen < options.Count);
        ScanOptions.Reply(c.Reply, cursor, filter.Matched, filter.Target.Written);
    }

    internal static void ReplyMembers(this CommandContext c, SetValue set)
    {
        c.Reply.Set((int)set.Count);
        foreach (PackedValue member in set)
            c.Reply.Bulk(member);
    }

    private struct MemberFilter(CommandContext context, ScanOptions options, RespWriter target) : IMemberReceiver
    {
        public readonly RespWriter Target => target;

        public long Seen { get; private set; }

        public int Matched { get; private set; }

        public void Receive(PackedValue member)
        {
            Seen++;
            if (!options.Matches(context, member.Text(stackalloc byte[PackedValue.DigitsMax])))
                return;
            Matched++;
            target.Bulk(member);
        }
    }
}
