using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class Deletion
{
    [Command("DEL", -2, CommandFlags.Write,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RM delete", Acl = "keyspace", Group = "generic", Since = "1.0.0",
        Summary = "Delete a key",
        Complexity = "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, "
            + "the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or "
            + "hash. Removing a single key that holds a string value is O(1).",
        Syntax = "key#0+", Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    public static void Del(CommandContext c) => DeleteKeys(c, c.Ports.Settings.IsUserDeletionLazy);

    [Command("UNLINK", -2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RM delete", Acl = "keyspace", Group = "generic", Since = "4.0.0",
        Summary = "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.",
        Complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to "
            + "reclaim memory, where N is the number of allocations the deleted objects where composed of.",
        Syntax = "key#0+", Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    public static void Unlink(CommandContext c) => DeleteKeys(c, isLazy: true);

    [Command("FLUSHDB", -1, CommandFlags.Write | CommandFlags.TouchesArbitraryKeys,
        Acl = "keyspace dangerous", Group = "server", Since = "1.0.0", Summary = "Remove all keys from the current database",
        Complexity = "O(N) where N is the number of keys in the selected database", Syntax = "[async(ASYNC@4.0.0|SYNC@6.2.0)]",
        History = ["4.0.0: Added the `ASYNC` flushing mode modifier.", "6.2.0: Added the `SYNC` flushing mode modifier."],
        Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    public static void FlushDb(CommandContext c)
    {
        if (!TryFlushMode(c, out bool isLazy))
            return;
        c.Database.Flush();
        if (!isLazy)
            c.Keyspace.FreeFlushed();
        c.Ports.Tracking.Flushed();
        c.Propagate.Always();
        c.Reply.Ok();
    }

    [Command("FLUSHALL", -1, CommandFlags.Write | CommandFlags.TouchesArbitraryKeys,
        Acl = "keyspace dangerous", Group = "server", Since = "1.0.0", Summary = "Remove all keys from all databases",
        Complexity = "O(N) where N is the total number of keys in all databases", Syntax = "[async(ASYNC@4.0.0|SYNC@6.2.0)]",
        History = ["4.0.0: Added the `ASYNC` flushing mode modifier.", "6.2.0: Added the `SYNC` flushing mode modifier."],
        Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    public static void FlushAll(CommandContext c)
    {
        if (!TryFlushMode(c, out bool isLazy))
            return;
        c.Keyspace.FlushAll();
        if (!isLazy)
            c.Keyspace.FreeFlushed();
        c.Ports.Tracking.Flushed();
        c.Ports.Persistence.DatasetFlushed();
        c.Propagate.Always();
        c.Reply.Ok();
    }

    /// <summary>The word under which a deletion is propagated.</summary>
    internal static ReadOnlySpan<byte> Word(bool isLazy) => isLazy ? "UNLINK"u8 : "DEL"u8;

    private static void DeleteKeys(CommandContext c, bool isLazy)
    {
        int deleted = 0;
        for (int i = 1; i < c.Count; i++)
        {
            if (!c.Database.Delete(c.Key(i), isLazy))
                continue;
            c.Notify(KeyspaceEvents.Generic, "del"u8, c[i]);
            deleted++;
        }
        c.Reply.Integer(deleted);
    }

    /// <summary>The keys are gone at once either way. The memory of a dataset of moderate size is, too, unless the flush is lazy; else it goes in slices.</summary>
    private static bool TryFlushMode(CommandContext c, out bool isLazy)
    {
        isLazy = c.Ports.Settings.IsUserFlushLazy;
        if (c.Count == 1)
            return true;
        isLazy = c.Is(1, "ASYNC"u8);
        if (c.Count == 2 && (isLazy || c.Is(1, "SYNC"u8)))
            return true;
        c.Error(Errors.Syntax);
        return false;
    }
}
