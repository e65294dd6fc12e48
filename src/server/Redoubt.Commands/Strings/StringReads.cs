namespace Redoubt.Commands;

internal static class StringReads
{
    [Command("GET", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Get the value of a key", Complexity = "O(1)", Syntax = "key#0")]
    public static void Get(CommandContext c) => TryReplyValue(c);

    [Command("MGET", -2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO access", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Get the values of all the given keys", Complexity = "O(N) where N is the number of keys to retrieve.",
        Syntax = "key#0+", Tips = ["request_policy:multi_shard"])]
    public static void MGet(CommandContext c)
    {
        c.Reply.Array(c.Count - 1);
        for (int i = 1; i < c.Count; i++)
        {
            var entry = c.Database.Read(c.Key(i));
            if (entry.Exists && entry.IsString)
                c.Reply.Bulk(entry.Bytes);
            else
                c.Reply.Null();
        }
    }

    [Command("STRLEN", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "string", Group = "string", Since = "2.2.0",
        Summary = "Get the length of the value stored in a key", Complexity = "O(1)", Syntax = "key#0")]
    public static void StrLen(CommandContext c)
    {
        var entry = c.Database.Read(c.Key(1));
        if (!entry.Exists)
            c.Reply.Integer(0);
        else if (!entry.IsString)
            c.Error(Errors.WrongType);
        else
            c.Reply.Integer(entry.Length);
    }

    [Command("GETRANGE", 4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "string", Group = "string", Since = "2.4.0",
        Summary = "Get a substring of the string stored at a key",
        Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, "
            + "but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Syntax = "key#0 start:integer end:integer")]
    public static void GetRange(CommandContext c) => ReplyRange(c);

    [Command("SUBSTR", 4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "string", Group = "string", Since = "1.0.0",
        Summary = "Get a substring of the string stored at a key",
        Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, "
            + "but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Syntax = "key#0 start:integer end:integer", Deprecated = "2.0.0: `GETRANGE`")]
    public static void SubStr(CommandContext c) => ReplyRange(c);

    /// <summary>Replies with the value or null; false when an error was sent because the key holds another type.</summary>
    internal static bool TryReplyValue(CommandContext c)
    {
        var entry = c.Database.Read(c.Key(1));
        if (!entry.Exists)
        {
            c.Reply.Null();
            return true;
        }
        if (!entry.IsString)
        {
            c.Error(Errors.WrongType);
            return false;
        }
        c.Reply.Bulk(entry.Bytes);
        return true;
    }

    private static void ReplyRange(CommandContext c)
    {
        if (!c.TryInteger(2, out long start) || !c.TryInteger(3, out long end))
            return;
        var entry = c.Database.Read(c.Key(1));
        if (entry.Exists && !entry.IsString)
        {
            c.Error(Errors.WrongType);
            return;
        }
        ReadOnlySpan<byte> value = entry.Exists ? entry.Bytes : [];

        // Both negative and crossed is empty even where clamping to the first byte would make it one byte long.
        bool isCrossed = start < 0 && end < 0 && start > end;
        if (start < 0)
            start = Math.Max(0, start + value.Length);
        if (end < 0)
            end = Math.Max(0, end + value.Length);
        end = Math.Min(end, value.Length - 1);
        if (isCrossed || start > end)
            c.Reply.Bulk([]);
        else
            c.Reply.Bulk(value[(int)start..((int)end + 1)]);
    }
}
