using Redoubt.Keyspace;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class RandomFields
{
    [Command("HRANDFIELD", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "hash", Group = "hash", Since = "6.2.0",
        Summary = "Get one or multiple random fields from a hash", Complexity = "O(N) where N is the number of fields returned",
        Syntax = "key#0 [options{count:integer [WITHVALUES]}]", Tips = ["nondeterministic_output"])]
    public static void HRandField(CommandContext c)
    {
        if (c.Count == 2)
        {
            ReplyOne(c);
            return;
        }
        if (!c.TryInteger(2, -long.MaxValue, long.MaxValue, out long count))
            return;
        if (c.Count > 4 || (c.Count == 4 && !c.Is(3, "WITHVALUES"u8)))
        {
            c.Error(Errors.Syntax);
            return;
        }
        bool withValues = c.Count == 4;
        // Twice as many elements must have a number.
        if (withValues && count is < -(long.MaxValue / 2) or > long.MaxValue / 2)
        {
            c.Error(Errors.OutOfRange);
            return;
        }
        if (!c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            return;
        if (!slot.Exists || count == 0)
            c.Reply.Array(0);
        else
            ReplyMany(c, new HashValue(slot), count, withValues);
    }

    private static void ReplyOne(CommandContext c)
    {
        if (!c.TryRead(1, ValueType.Hash, out ValueSlot slot))
            return;
        if (slot.Exists)
            c.Reply.Bulk(new HashValue(slot).Pick(c.Keyspace.Random).Name);
        else
            c.Reply.Null();
    }

    /// <summary>Different fields for a positive count; for a negative one as many picks, which may repeat.</summary>
    private static void ReplyMany(CommandContext c, HashValue hash, long count, bool withValues)
    {
        long replied = count < 0 ? -count : Math.Min(count, hash.Count);
        // With RESP3, each field and its value are an array of their own.
        bool isFlat = c.Reply.Protocol == 2;
        c.Reply.ArrayOfPicks(withValues && isFlat ? 2 * replied : replied);
        var writer = new FieldWriter(c, withValues, isFlat);
        if (count < 0)
            hash.PickEach(c.Keyspace.Random, replied, ref writer);
        else
            hash.PickDistinct(c.Keyspace.Random, replied, ref writer);
    }

    private readonly struct FieldWriter(CommandContext context, bool withValues, bool isFlat) : IFieldReceiver
    {
        public void Receive(HashField field)
        {
            if (withValues && !isFlat)
                context.Reply.Array(2);
            context.Reply.Bulk(field.Name);
            if (withValues)
                context.Reply.Bulk(field.Value);
        }
    }
}
