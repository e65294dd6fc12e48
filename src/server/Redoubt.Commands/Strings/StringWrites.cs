// SET and its relatives. Relative expiries are propagated as absolute ones, so that a replica that applies the stream later
// lets the key die at the same moment.

using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class StringWrites
{
    [Command("SET", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW access update variable_flags 'RW and ACCESS due to the optional `GET` argument'", Acl = "string",
        Group = "string", Since = "1.0.0", Summary = "Set the string value of a key", Complexity = "O(1)",
        Syntax = "key#0 value [condition(NX|XX)@2.6.12] [GET@6.2.0] [expiration(EX=seconds:integer@2.6.12|"
            + "PX=milliseconds:integer@2.6.12|EXAT=unix-time-seconds:unix-time@6.2.0|PXAT=unix-time-milliseconds:unix-time@6.2.0|"
            + "KEEPTTL@6.0.0)]",
        History =
        [
            "2.6.12: Added the `EX`, `PX`, `NX` and `XX` options.",
            "6.0.0: Added the `KEEPTTL` option.",
            "6.2.0: Added the `GET`, `EXAT` and `PXAT` option.",
            "7.0.0: Allowed the `NX` and `GET` options to be used together.",
        ])]
    public static void Set(CommandContext c)
    {
        if (c.Count == 3)
        {
            c.Database.SetString(c.Key(1), c[2]);
            c.Notify(KeyspaceEvents.String, "set"u8, c[1]);
            c.Reply.Ok();
            return;
        }
        if (SetOptions.TryParseSet(c, out SetOptions options))
            SetWithOptions(c, options);
    }

    [Command("SETNX", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW insert", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Set the value of a key, only if the key does not exist", Complexity = "O(1)", Syntax = "key#0 value")]
    public static void SetNx(CommandContext c)
    {
        Key key = c.Key(1);
        if (c.Database.Contains(key))
        {
            c.Reply.Integer(0);
            return;
        }
        c.Database.SetString(key, c[2]);
        c.Notify(KeyspaceEvents.String, "set"u8, c[1]);
        c.Reply.Integer(1);
    }

    [Command("SETEX", 4, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW update", Acl = "string", Group = "string", Since = "2.0.0",
        Summary = "Set the value and expiration of a key", Complexity = "O(1)", Syntax = "key#0 seconds:integer value")]
    public static void SetEx(CommandContext c) => SetWithTime(c, isSeconds: true);

    [Command("PSETEX", 4, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW update", Acl = "string", Group = "string", Since = "2.6.0",
        Summary = "Set the value and expiration in milliseconds of a key", Complexity = "O(1)",
        Syntax = "key#0 milliseconds:integer value")]
    public static void PSetEx(CommandContext c) => SetWithTime(c, isSeconds: false);

    [Command("GETSET", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Set the string value of a key and return its old value", Complexity = "O(1)", Syntax = "key#0 value",
        Deprecated = "6.2.0: `SET` with the `!GET` argument")]
    public static void GetSet(CommandContext c)
    {
        if (!StringReads.TryReplyValue(c))
            return;
        c.Database.SetString(c.Key(1), c[2]);
        c.Notify(KeyspaceEvents.String, "set"u8, c[1]);
        c.Propagate.Instead(3).Word("SET"u8).Word(c[1]).Word(c[2]);
    }

    [Command("MSET", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = -1, KeyStep = 2, KeyFlags = "OW update", Acl = "string", Group = "string", Since = "1.0.1",
        Summary = "Set multiple keys to multiple values", Complexity = "O(N) where N is the number of keys to set.",
        Syntax = "key_value{key#0 value}+", Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"])]
    public static void MSet(CommandContext c)
    {
        if (c.Count % 2 == 0)
        {
            c.ArityError();
            return;
        }
        SetPairs(c);
        c.Reply.Ok();
    }

    [Command("MSETNX", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = -1, KeyStep = 2, KeyFlags = "OW insert", Acl = "string", Group = "string", Since = "1.0.1",
        Summary = "Set multiple keys to multiple values, only if none of the keys exist",
        Complexity = "O(N) where N is the number of keys to set.", Syntax = "key_value{key#0 value}+",
        Tips = ["request_policy:multi_shard", "response_policy:agg_min"])]
    public static void MSetNx(CommandContext c)
    {
        if (c.Count % 2 == 0)
        {
            c.ArityError();
            return;
        }
        for (int i = 1; i < c.Count; i += 2)
        {
            if (c.Database.Contains(c.Key(i)))
            {
                c.Reply.Integer(0);
                return;
            }
        }
        SetPairs(c);
        c.Reply.Integer(1);
    }

    [Command("APPEND", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW insert", Acl = "string", Group = "string", Since = "2.0.0",
        Summary = "Append a value to a key",
        Complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is "
            + "of any size, since the dynamic string library used by Redis will double the free space available on every "
            + "reallocation.",
        Syntax = "key#0 value")]
    public static void Append(CommandContext c)
    {
        AppendStatus status = c.Database.Append(c.Key(1), c[2], LengthMax(c), out int length);
        if (status == AppendStatus.Ok)
            c.Notify(KeyspaceEvents.String, "append"u8, c[1]);
        ReplyLength(c, status, length);
    }

    [Command("SETRANGE", 4, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "string", Group = "string", Since = "2.2.0",
        Summary = "Overwrite part of a string at key starting at the specified offset",
        Complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the "
            + "amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
        Syntax = "key#0 offset:integer value")]
    public static void SetRange(CommandContext c)
    {
        if (!c.TryInteger(2, out long offset))
            return;
        if (offset < 0)
        {
            c.Error(Errors.OffsetOutOfRange);
            return;
        }
        Key key = c.Key(1);
        EntryView entry = c.Database.ReadForWrite(key);
        if (entry.Exists && !entry.IsString)
            c.Error(Errors.WrongType);
        else if (c[3].IsEmpty)
            c.Reply.Integer(entry.Exists ? entry.Length : 0);
        else if (offset > LengthMax(c) - c[3].Length)
            c.Error(Errors.StringTooLong);
        else
            ReplyLength(c, WriteRange(c, key, (int)offset, out int length), length);
    }

    private static void SetWithOptions(CommandContext c, in SetOptions options)
    {
        long expireAtMs = options.KeepsExpiry ? Database.KeepExpiry : -1;
        if (options.HasExpiry && !options.TryExpireAt(c, out expireAtMs))
            return;
        // The old value is sent before it is overwritten.
        if (options.ReturnsOld && !StringReads.TryReplyValue(c))
            return;

        Key key = c.Key(1);
        if ((options.IfMissing || options.IfExists) && c.Database.Contains(key) != options.IfExists)
        {
            if (!options.ReturnsOld)
                c.Reply.Null();
            return;
        }
        c.Database.SetString(key, c[2], expireAtMs);
        c.Notify(KeyspaceEvents.String, "set"u8, c[1]);
        if (options.HasExpiry)
            c.Notify(KeyspaceEvents.Generic, "expire"u8, c[1]);
        if (!options.ReturnsOld)
            c.Reply.Ok();

        if (options.HasExpiry)
            PropagateWithExpiry(c, c[2], expireAtMs);
        else if (options.ReturnsOld)
            PropagateWithoutGet(c);
    }

    private static void SetWithTime(CommandContext c, bool isSeconds)
    {
        if (!c.TryExpireAt(2, isRelative: true, isSeconds, out long expireAtMs))
            return;
        c.Database.SetString(c.Key(1), c[3], expireAtMs);
        c.Notify(KeyspaceEvents.String, "set"u8, c[1]);
        c.Notify(KeyspaceEvents.Generic, "expire"u8, c[1]);
        c.Reply.Ok();
        PropagateWithExpiry(c, c[3], expireAtMs);
    }

    private static void SetPairs(CommandContext c)
    {
        for (int i = 1; i < c.Count; i += 2)
        {
            c.Database.SetString(c.Key(i), c[i + 1]);
            c.Notify(KeyspaceEvents.String, "set"u8, c[i]);
        }
    }

    private static AppendStatus WriteRange(CommandContext c, Key key, int offset, out int length)
    {
        AppendStatus status = c.Database.SetRange(key, offset, c[3], out length);
        if (status == AppendStatus.Ok)
            c.Notify(KeyspaceEvents.String, "setrange"u8, c[1]);
        return status;
    }

    private static void PropagateWithExpiry(CommandContext c, ReadOnlySpan<byte> value, long expireAtMs) =>
        c.Propagate.Instead(5).Word("SET"u8).Word(c[1]).Word(value).Word("PXAT"u8).Word(expireAtMs);

    private static void PropagateWithoutGet(CommandContext c)
    {
        int gets = 0;
        for (int i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "GET"u8))
                gets++;
        }
        Propagation words = c.Propagate.Instead(c.Count - gets);
        for (int i = 0; i < c.Count; i++)
        {
            if (i < 3 || !c.Is(i, "GET"u8))
                words.Word(c[i]);
        }
    }

    // What the master let pass must not be refused by its replica; an array of .NET sets the limit then.
    private static long LengthMax(CommandContext c) =>
        c.Session.IsMasterLink ? int.MaxValue : Math.Min(c.Ports.Settings.StringLengthMax, int.MaxValue);

    private static void ReplyLength(CommandContext c, AppendStatus status, int length)
    {
        if (status == AppendStatus.WrongType)
            c.Error(Errors.WrongType);
        else if (status == AppendStatus.TooLong)
            c.Error(Errors.StringTooLong);
        else
            c.Reply.Integer(length);
    }
}
