// SPOP and SRANDMEMBER. What a pop took out by chance is propagated by name, so that every replica removes the same.

using Redoubt.Keyspace;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class RandomMembers
{
    [Command("SPOP", -2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access delete", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Remove and return one or multiple random members from a set",
        Complexity = "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
        Syntax = "key#0 [count:integer@3.2.0]", History = ["3.2.0: Added the `count` argument."], Tips = ["nondeterministic_output"])]
    public static void SPop(CommandContext c)
    {
        long count = 0;
        if (c.Count > 3)
        {
            c.Error(Errors.Syntax);
            return;
        }
        bool isCounted = c.Count == 3;
        if (isCounted && !c.TryPositive(2, out count))
            return;
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Set, out ValueSlot slot))
            return;
        if (isCounted && (!slot.Exists || count == 0))
            c.Reply.Set(0);
        else if (!slot.Exists)
            c.Reply.Null();
        else if (isCounted && count >= new SetValue(slot).Count)
            PopAll(c, key, new SetValue(slot));
        else
            PopSome(c, key, new SetValue(slot), isCounted ? count : 1, isCounted);
    }

    [Command("SRANDMEMBER", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "set", Group = "set", Since = "1.0.0",
        Summary = "Get one or multiple random members from a set",
        Complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
        Syntax = "key#0 [count:integer@2.6.0]", History = ["2.6.0: Added the optional `count` argument."],
        Tips = ["nondeterministic_output"])]
    public static void SRandMember(CommandContext c)
    {
        long count = 0;
        if (c.Count > 3)
        {
            c.Error(Errors.Syntax);
            return;
        }
        bool isCounted = c.Count == 3;
        if (isCounted && !c.TryInteger(2, -long.MaxValue, long.MaxValue, out count))
            return;
        if (!c.TryRead(1, ValueType.Set, out ValueSlot slot))
            return;
        if (isCounted && (!slot.Exists || count == 0))
            c.Reply.Array(0);
        else if (!slot.Exists)
            c.Reply.Null();
        else if (!isCounted)
            c.Reply.Bulk(new SetValue(slot).Pick(c.Keyspace.Random));
        else
            ReplyMany(c, new SetValue(slot), count);
    }

    /// <summary>Different members for a positive count; for a negative one as many picks, which may repeat.</summary>
    private static void ReplyMany(CommandContext c, SetValue set, long count)
    {
        long replied = count < 0 ? -count : Math.Min(count, set.Count);
        c.Reply.ArrayOfPicks(replied);
        var writer = new MemberWriter(c);
        if (count > 0)
        {
            set.PickDistinct(c.Keyspace.Random, replied, ref writer);
            return;
        }
        for (; replied > 0; replied--)
            c.Reply.Bulk(set.Pick(c.Keyspace.Random));
    }

    private static void PopAll(CommandContext c, Key key, SetValue set)
    {
        long count = set.Count;
        c.ReplyMembers(set);
        c.Notify(KeyspaceEvents.Set, "spop"u8, c[1]);
        // The deletion counts as one of the changes.
        c.Database.Changed(key, count - 1);
        c.Database.Delete(key);
        c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
        c.Propagate.Instead(2).Word("DEL"u8).Word(c[1]);
    }

    private static void PopSome(CommandContext c, Key key, SetValue set, long count, bool asSet)
    {
        if (asSet)
            c.Reply.Set((int)count);
        var writer = new PopWriter(c);
        for (long i = 0; i < count; i++)
            set.Pop(c.Keyspace.Random, ref writer);
        bool isEmptied = set.Count == 0;
        if (isEmptied)
            c.Database.RemoveEmptied(key);
        c.Database.Changed(key, count);
        c.Notify(KeyspaceEvents.Set, "spop"u8, c[1]);
        if (isEmptied)
            c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
    }

    private readonly struct MemberWriter(CommandContext context) : IMemberReceiver
    {
        public void Receive(PackedValue member) => context.Reply.Bulk(member);
    }

    /// <summary>Answers with a member, and tells the replicas its name.</summary>
    private readonly struct PopWriter(CommandContext context) : IMemberReceiver
    {
        public void Receive(PackedValue member)
        {
            context.Reply.Bulk(member);
            context.Propagate.Instead(3).Word("SREM"u8).Word(context[1]).Word(member);
        }
    }
}
