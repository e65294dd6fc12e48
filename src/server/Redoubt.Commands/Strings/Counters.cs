using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class Counters
{
    [Command("INCR", 2, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Increment the integer value of a key by one", Complexity = "O(1)", Syntax = "key#0")]
    public static void Incr(CommandContext c) => Add(c, 1);

    [Command("DECR", 2, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Decrement the integer value of a key by one", Complexity = "O(1)", Syntax = "key#0")]
    public static void Decr(CommandContext c) => Add(c, -1);

    [Command("INCRBY", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Increment the integer value of a key by the given amount", Complexity = "O(1)", Syntax = "key#0 increment:integer")]
    public static void IncrBy(CommandContext c)
    {
        if (c.TryInteger(2, out long delta))
            Add(c, delta);
    }

    [Command("DECRBY", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Decrement the integer value of a key by the given number", Complexity = "O(1)", Syntax = "key#0 decrement:integer")]
    public static void DecrBy(CommandContext c)
    {
        if (!c.TryInteger(2, out long delta))
            return;
        if (delta == long.MinValue)
            c.Error(Errors.DecrementOverflow);
        else
            Add(c, -delta);
    }

    [Command("INCRBYFLOAT", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "string", Group = "string", Since = "2.6.0",
        Summary = "Increment the float value of a key by the given amount", Complexity = "O(1)", Syntax = "key#0 increment:double")]
    public static void IncrByFloat(CommandContext c)
    {
        Key key = c.Key(1);
        EntryView entry = c.Database.ReadForWrite(key);
        if (entry.Exists && !entry.IsString)
        {
            c.Error(Errors.WrongType);
            return;
        }
        if (!LongDouble.TryParse(entry.Exists ? entry.Bytes : "0"u8, out LongDouble value) || !LongDouble.TryParse(c[2], out LongDouble delta))
        {
            c.Error(Errors.NotFloat);
            return;
        }
        LongDouble sum = value + delta;
        if (sum.IsInfinite)
        {
            c.Error(Errors.IncrementNotFinite);
            return;
        }
        byte[] text = System.Text.Encoding.ASCII.GetBytes(sum.ToString());
        c.Database.SetString(key, text, Database.KeepExpiry, tryInteger: false);
        c.Notify(KeyspaceEvents.String, "incrbyfloat"u8, c[1]);
        c.Reply.Bulk(text);
        // The result and not the step: a replica whose arithmetic differs in the last digit would drift.
        c.Propagate.Instead(4).Word("SET"u8).Word(c[1]).Word(text).Word("KEEPTTL"u8);
    }

    private static void Add(CommandContext c, long delta)
    {
        switch (c.Database.Increment(c.Key(1), delta, out long result))
        {
            case IncrementStatus.WrongType:
                c.Error(Errors.WrongType);
                break;
            case IncrementStatus.NotInteger:
                c.Error(Errors.NotInteger);
                break;
            case IncrementStatus.Overflow:
                c.Error(Errors.IncrementOverflow);
                break;
            default:
                c.Notify(KeyspaceEvents.String, "incrby"u8, c[1]);
                c.Reply.Integer(result);
                break;
        }
    }
}
