// Intersections, unions and differences, to be answered with or to be stored.
//
// All sets are looked up before anything changes. A union or difference is made as a set of its own, even when it is only answered with: it decides
// what is in it once. What is stored takes the place of its key in one step, when it is complete.

using Redoubt.Keyspace;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class SetAlgebra
{
    [Command("SINTER", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Intersect multiple sets",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.", Syntax = "key#0+",
        Tips = ["nondeterministic_output_order"])]
    public static void SInter(CommandContext c)
    {
        if (!TryOperands(c, 1, c.Count - 1, out SetOperands operands))
            return;
        var writer = new MemberWriter(c);
        int mark = c.Reply.BeginArray();
        c.Reply.EndSet(mark, (int)operands.Intersect(0, ref writer));
    }

    [Command("SINTERCARD", -3, CommandFlags.ReadOnly | CommandFlags.MovableKeys,
        KeyFlags = "RO access @1 keynum(0,1,1)", Acl = "set", Group = "set", Since = "7.0.0",
        Summary = "Intersect multiple sets and return the cardinality of the result",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
        Syntax = "numkeys:integer key#0+ [LIMIT=limit:integer]")]
    public static void SInterCard(CommandContext c)
    {
        if (!c.TryInteger(1, 1, long.MaxValue, out long keys, Errors.KeyCountNotPositive))
            return;
        if (keys > c.Count - 2)
        {
            c.Error(Errors.KeyCountTooLarge);
            return;
        }
        long limit = 0;
        for (int i = 2 + (int)keys; i < c.Count; i += 2)
        {
            if (i + 1 == c.Count || !c.Is(i, "LIMIT"u8))
            {
                c.Error(Errors.Syntax);
                return;
            }
            if (!c.TryInteger(i + 1, 0, long.MaxValue, out limit, Errors.LimitNegative))
                return;
        }
        if (!TryOperands(c, 2, (int)keys, out SetOperands operands))
            return;
        var counter = new NoReceiver();
        c.Reply.Integer(operands.Intersect(limit, ref counter));
    }

    [Command("SINTERSTORE", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RW update @1 range(0,1,0); RO access @2 range(-1,1,0)",
        Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Intersect multiple sets and store the resulting set in a key",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
        Syntax = "destination#0 key#1+")]
    public static void SInterStore(CommandContext c)
    {
        if (!TryOperands(c, 2, c.Count - 2, out SetOperands operands))
            return;
        using CollectionDraft draft = c.Keyspace.NewDraft(ValueType.Set, ValueEncoding.IntSet);
        operands.Intersect(new SetValue(draft.Slot));
        Store(c, draft, "sinterstore"u8);
    }

    [Command("SUNION", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Add multiple sets", Complexity = "O(N) where N is the total number of elements in all given sets.", Syntax = "key#0+",
        Tips = ["nondeterministic_output_order"])]
    public static void SUnion(CommandContext c)
    {
        if (!TryOperands(c, 1, c.Count - 1, out SetOperands operands))
            return;
        using CollectionDraft draft = c.Keyspace.NewDraft(ValueType.Set, ValueEncoding.IntSet);
        SetValue union = new(draft.Slot);
        operands.Unite(union);
        c.ReplyMembers(union);
    }

    [Command("SUNIONSTORE", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 range(-1,1,0)",
        Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Add multiple sets and store the resulting set in a key",
        Complexity = "O(N) where N is the total number of elements in all given sets.", Syntax = "destination#0 key#1+")]
    public static void SUnionStore(CommandContext c)
    {
        if (!TryOperands(c, 2, c.Count - 2, out SetOperands operands))
            return;
        using CollectionDraft draft = c.Keyspace.NewDraft(ValueType.Set, ValueEncoding.IntSet);
        operands.Unite(new SetValue(draft.Slot));
        Store(c, draft, "sunionstore"u8);
    }

    [Command("SDIFF", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Subtract multiple sets", Complexity = "O(N) where N is the total number of elements in all given sets.",
        Syntax = "key#0+", Tips = ["nondeterministic_output_order"])]
    public static void SDiff(CommandContext c)
    {
        if (!TryOperands(c, 1, c.Count - 1, out SetOperands operands))
            return;
        using CollectionDraft draft = c.Keyspace.NewDraft(ValueType.Set, ValueEncoding.IntSet);
        SetValue difference = new(draft.Slot);
        operands.Subtract(difference);
        c.ReplyMembers(difference);
    }

    [Command("SDIFFSTORE", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 range(-1,1,0)",
        Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Subtract multiple sets and store the resulting set in a key",
        Complexity = "O(N) where N is the total number of elements in all given sets.", Syntax = "destination#0 key#1+")]
    public static void SDiffStore(CommandContext c)
    {
        if (!TryOperands(c, 2, c.Count - 2, out SetOperands operands))
            return;
        using CollectionDraft draft = c.Keyspace.NewDraft(ValueType.Set, ValueEncoding.IntSet);
        operands.Subtract(new SetValue(draft.Slot));
        Store(c, draft, "sdiffstore"u8);
    }

    private static bool TryOperands(CommandContext c, int firstKey, int count, out SetOperands operands)
    {
        operands = new SetOperands(count);
        for (int i = 0; i < count; i++)
        {
            if (!c.TryRead(firstKey + i, ValueType.Set, out ValueSlot slot))
                return false;
            if (slot.Exists)
                operands.Assign(i, slot);
        }
        return true;
    }

    /// <summary>Puts the result in the place of whatever the first argument's key holds; an empty one leaves no key.</summary>
    private static void Store(CommandContext c, CollectionDraft draft, ReadOnlySpan<byte> eventName)
    {
        Key key = c.Key(1);
        ValueSlot result = draft.Slot;
        long count = new SetValue(result).Count;
        if (count > 0)
        {
            draft.MoveTo(c.Database.Replace(key, ValueType.Set, result.Encoding));
            c.Database.Changed(key);
            c.Notify(KeyspaceEvents.Set, eventName, c[1]);
        }
        else if (c.Database.Delete(key))
        {
            c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
        }
        c.Reply.Integer(count);
    }

    private readonly struct MemberWriter(CommandContext context) : IMemberReceiver
    {
        public void Receive(PackedValue member) => context.Reply.Bulk(member);
    }

    private readonly struct NoReceiver : IMemberReceiver
    {
        public void Receive(PackedValue member)
        {
        }
    }
}
