using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class ReadAndChange
{
    [Command("GETDEL", 2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access delete", Acl = "string", Group = "string", Since = "6.2.0",
        Summary = "Get the value of a key and delete the key", Complexity = "O(1)", Syntax = "key#0")]
    public static void GetDel(CommandContext c)
    {
        if (!StringReads.TryReplyValue(c))
            return;
        bool isLazy = c.Ports.Settings.IsUserDeletionLazy;
        if (!c.Database.Delete(c.Key(1), isLazy))
            return;
        c.Propagate.Instead(2).Word(Deletion.Word(isLazy)).Word(c[1]);
        c.Notify(KeyspaceEvents.Generic, "del"u8, c[1]);
    }

    [Command("GETEX", -2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update 'RW and UPDATE because it changes the TTL'",
        Acl = "string", Group = "string", Since = "6.2.0", Summary = "Get the value of a key and optionally set its expiration",
        Complexity = "O(1)",
        Syntax = "key#0 [expiration(EX=seconds:integer|PX=milliseconds:integer|EXAT=unix-time-seconds:unix-time|"
            + "PXAT=unix-time-milliseconds:unix-time|PERSIST)]")]
    public static void GetEx(CommandContext c)
    {
        if (!SetOptions.TryParseGetEx(c, out SetOptions options))
            return;
        Key key = c.Key(1);
        EntryView entry = c.Database.Read(key);
        if (!entry.Exists)
        {
            c.Reply.Null();
            return;
        }
        if (!entry.IsString)
        {
            c.Error(Errors.WrongType);
            return;
        }
        long expireAtMs = -1;
        if (options.HasExpiry && !options.TryExpireAt(c, out expireAtMs))
            return;
        c.Reply.Bulk(entry.Bytes);

        // Never propagated as it stands: a replica only needs to know what became of the key.
        if (options.IsExpiryAbsolute && expireAtMs <= c.NowMs && c.DeletesExpiredKeys)
        {
            Expiry.DeleteAsExpired(c, key);
        }
        else if (options.HasExpiry)
        {
            c.Database.SetExpiry(key, expireAtMs);
            c.Propagate.Instead(3).Word("PEXPIREAT"u8).Word(c[1]).Word(expireAtMs);
            c.Notify(KeyspaceEvents.Generic, "expire"u8, c[1]);
        }
        else if (options.Persists && c.Database.Persist(key))
        {
            c.Propagate.Instead(2).Word("PERSIST"u8).Word(c[1]);
            c.Notify(KeyspaceEvents.Generic, "persist"u8, c[1]);
        }
    }
}
