using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class KeyQueries
{
    [Command("EXISTS", -2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "1.0.0",
        Summary = "Determine if a key exists", Complexity = "O(N) where N is the number of keys to check.", Syntax = "key#0+",
        History = ["3.0.3: Accepts multiple `key` arguments."], Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    public static void Exists(CommandContext c)
    {
        int count = 0;
        for (int i = 1; i < c.Count; i++)
        {
            if (PeekCounted(c, i).Exists)
                count++;
        }
        c.Reply.Integer(count);
    }

    [Command("TOUCH", -2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "3.2.1",
        Summary = "Alters the last access time of a key(s). Returns the number of existing keys specified.",
        Complexity = "O(N) where N is the number of keys that will be touched.", Syntax = "key#0+",
        Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    public static void Touch(CommandContext c)
    {
        int count = 0;
        for (int i = 1; i < c.Count; i++)
        {
            if (c.Database.Read(c.Key(i)).Exists)
                count++;
        }
        c.Reply.Integer(count);
    }

    [Command("TYPE", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "1.0.0",
        Summary = "Determine the type stored at key", Complexity = "O(1)", Syntax = "key#0")]
    public static void Type(CommandContext c)
    {
        EntryView entry = PeekCounted(c, 1);
        c.Reply.SimpleString(entry.Exists ? TypeName(entry.Type) : "none"u8);
    }

    [Command("RANDOMKEY", 1, CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
        Acl = "keyspace", Group = "generic", Since = "1.0.0", Summary = "Return a random key from the keyspace", Complexity = "O(1)",
        Tips = ["request_policy:all_shards", "nondeterministic_output"])]
    public static void RandomKey(CommandContext c)
    {
        if (c.Database.TryRandomKey(out ReadOnlySpan<byte> key))
            c.Reply.Bulk(key);
        else
            c.Reply.Null();
    }

    [Command("DBSIZE", 1, CommandFlags.ReadOnly | CommandFlags.Fast,
        Acl = "keyspace", Group = "server", Since = "1.0.0", Summary = "Return the number of keys in the selected database",
        Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:agg_sum"])]
    public static void DbSize(CommandContext c) => c.Reply.Integer(c.Database.Count);

    /// <summary>A look at a key that counts as a hit or miss but leaves its access time alone.</summary>
    internal static EntryView PeekCounted(CommandContext c, int index) => c.Database.ReadUntouched(c.Key(index));

    internal static ReadOnlySpan<byte> TypeName(ValueType type) => type switch
    {
        ValueType.String => "string"u8,
        ValueType.List => "list"u8,
        ValueType.Set => "set"u8,
        ValueType.SortedSet => "zset"u8,
        ValueType.Hash => "hash"u8,
        ValueType.Stream => "stream"u8,
        _ => "unknown"u8,
    };
}
