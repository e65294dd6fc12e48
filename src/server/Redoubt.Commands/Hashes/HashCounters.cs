using System.Buffers.Text;
using Redoubt.Keyspace;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class HashCounters
{
    [Command("HINCRBY", 4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "hash", Group = "hash", Since = "2.0.0",
        Summary = "Increment the integer value of a hash field by the given number", Complexity = "O(1)",
        Syntax = "key#0 field increment:integer")]
    public static void HIncrBy(CommandContext c)
    {
        Key key = c.Key(1);
        if (!c.TryInteger(3, out long delta) || !c.TryEdit(key, ValueType.Hash, out ValueSlot slot))
            return;
        long current = 0;
        if (slot.Exists && new HashValue(slot).TryGet(c[2], out PackedValue value) && !value.TryGetInteger(out current))
        {
            c.Error(Errors.HashValueNotInteger);
            return;
        }
        if ((delta < 0 && current < long.MinValue - delta) || (delta > 0 && current > long.MaxValue - delta))
        {
            c.Error(Errors.IncrementOverflow);
            return;
        }
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        Utf8Formatter.TryFormat(current + delta, digits, out int length);
        HashWrites.OrCreate(c, key, slot).Set(c[2], digits[..length]);
        c.Reply.Integer(current + delta);
        c.Database.Changed(key);
        c.Notify(KeyspaceEvents.Hash, "hincrby"u8, c[1]);
    }

    [Command("HINCRBYFLOAT", 4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "hash", Group = "hash", Since = "2.6.0",
        Summary = "Increment the float value of a hash field by the given amount", Complexity = "O(1)",
        Syntax = "key#0 field increment:double")]
    public static void HIncrByFloat(CommandContext c)
    {
        if (!LongDouble.TryParse(c[3], out LongDouble delta))
        {
            c.Error(Errors.NotFloat);
            return;
        }
        if (delta.IsInfinite)
        {
            c.Error(Errors.NotFinite);
            return;
        }
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.Hash, out ValueSlot slot))
            return;
        LongDouble current = default;
        if (slot.Exists && new HashValue(slot).TryGet(c[2], out PackedValue value)
            && !LongDouble.TryParse(value.Text(stackalloc byte[PackedValue.DigitsMax]), out current))
        {
            c.Error(Errors.HashValueNotFloat);
            return;
        }
        LongDouble sum = current + delta;
        if (sum.IsInfinite)
        {
            c.Error(Errors.IncrementNotFinite);
            return;
        }
        byte[] text = System.Text.Encoding.ASCII.GetBytes(sum.ToString());
        HashWrites.OrCreate(c, key, slot).Set(c[2], text);
        c.Reply.Bulk(text);
        c.Database.Changed(key);
        c.Notify(KeyspaceEvents.Hash, "hincrbyfloat"u8, c[1]);
        // The result and not the step: a replica whose arithmetic differs in the last digit would drift.
        c.Propagate.Instead(4).Word("HSET"u8).Word(c[1]).Word(c[2]).Word(text);
    }
}
