using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class Moving
{
    [Command("RENAME", 3, CommandFlags.Write,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "RW access delete @1; OW update @2", Acl = "keyspace",
        Group = "generic", Since = "1.0.0", Summary = "Rename a key", Complexity = "O(1)", Syntax = "key#0 newkey#1")]
    public static void Rename(CommandContext c)
    {
        if (TryRename(c, onlyIfMissing: false, out _))
            c.Reply.Ok();
    }

    [Command("RENAMENX", 3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "RW access delete @1; OW insert @2", Acl = "keyspace",
        Group = "generic", Since = "1.0.0", Summary = "Rename a key, only if the new key does not exist", Complexity = "O(1)",
        Syntax = "key#0 newkey#1",
        History = ["3.2.0: The command no longer returns an error when source and destination names are the same."])]
    public static void RenameNx(CommandContext c)
    {
        if (TryRename(c, onlyIfMissing: true, out bool isRenamed))
            c.Reply.Integer(isRenamed ? 1 : 0);
    }

    [Command("MOVE", 3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "keyspace", Group = "generic", Since = "1.0.0",
        Summary = "Move a key to another database", Complexity = "O(1)", Syntax = "key#0 db:integer")]
    public static void Move(CommandContext c)
    {
        if (!c.TryDatabase(2, out int index))
            return;
        Database target = c.Keyspace[index];
        if (target == c.Database)
        {
            c.Error(Errors.SameObject);
            return;
        }
        Key key = c.Key(1);
        bool isMoved = c.Database.Contains(key) && !target.Contains(key) && c.Database.MoveTo(target, key);
        if (isMoved)
        {
            c.Notify(KeyspaceEvents.Generic, "move_from"u8, c[1]);
            c.Notify(KeyspaceEvents.Generic, "move_to"u8, c[1], target);
        }
        c.Reply.Integer(isMoved ? 1 : 0);
    }

    [Command("COPY", -3, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "RO access @1; OW update @2", Acl = "keyspace",
        Group = "generic", Since = "6.2.0", Summary = "Copy a key",
        Complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
        Syntax = "source#0 destination#1 [DB=destination-db:integer] [REPLACE]")]
    public static void Copy(CommandContext c)
    {
        Database target = c.Database;
        bool replaces = false;
        for (int i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "REPLACE"u8))
            {
                replaces = true;
            }
            else if (c.Is(i, "DB"u8) && i + 1 < c.Count)
            {
                if (!c.TryDatabase(++i, out int index))
                    return;
                target = c.Keyspace[index];
            }
            else
            {
                c.Error(Errors.Syntax);
                return;
            }
        }
        if (target == c.Database && c[1].SequenceEqual(c[2]))
        {
            c.Error(Errors.SameObject);
            return;
        }
        Key from = c.Key(1), to = c.Key(2);
        bool isCopied = c.Database.Read(from).Exists && (!target.Contains(to) || replaces) && c.Database.CopyTo(target, from, to);
        if (isCopied)
            c.Notify(KeyspaceEvents.Generic, "copy_to"u8, c[2], target);
        c.Reply.Integer(isCopied ? 1 : 0);
    }

    [Command("SWAPDB", 3, CommandFlags.Write | CommandFlags.Fast | CommandFlags.TouchesArbitraryKeys,
        Acl = "keyspace dangerous", Group = "server", Since = "4.0.0", Summary = "Swaps two Redis databases",
        Complexity = "O(N) where N is the count of clients watching or blocking on keys from both databases.",
        Syntax = "index1:integer index2:integer")]
    public static void SwapDb(CommandContext c)
    {
        if (!c.TryInt32(1, out int first, Errors.InvalidFirstDatabase) || !c.TryInt32(2, out int second, Errors.InvalidSecondDatabase))
            return;
        int count = c.Keyspace.DatabaseCount;
        if (first < 0 || first >= count || second < 0 || second >= count)
        {
            c.Error(Errors.DatabaseOutOfRange);
            return;
        }
        if (first != second)
            c.Keyspace.SwapDatabases(first, second);
        c.Propagate.Always();
        c.Reply.Ok();
    }

    /// <summary>False when the error was sent because there is no such key.</summary>
    private static bool TryRename(CommandContext c, bool onlyIfMissing, out bool isRenamed)
    {
        isRenamed = false;
        Key from = c.Key(1), to = c.Key(2);
        if (!c.Database.Contains(from))
        {
            c.Error(Errors.NoSuchKey);
            return false;
        }
        if (c[1].SequenceEqual(c[2]) || (onlyIfMissing && c.Database.Contains(to)))
            return true;
        // An expired key of the new name dies of its own, with its own DEL, before it is overwritten.
        if (!onlyIfMissing)
            c.Database.Contains(to);
        isRenamed = c.Database.Rename(from, to);
        c.Notify(KeyspaceEvents.Generic, "rename_from"u8, c[1]);
        c.Notify(KeyspaceEvents.Generic, "rename_to"u8, c[2]);
        return true;
    }
}
