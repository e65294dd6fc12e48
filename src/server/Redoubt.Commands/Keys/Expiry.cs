// EXPIRE and its family, and PERSIST. All four forms come down to one absolute time in milliseconds, and are propagated as
// that. A time already past deletes the key at once; a replica (and a server that is loading) keeps it instead and waits for
// the DEL that the master sends, or the two datasets would part.

using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class Expiry
{
    [Flags]
    private enum Condition
    {
        Always = 0,
        Nx = 1,
        Xx = 2,
        Gt = 4,
        Lt = 8,
    }

    [Command("EXPIRE", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "keyspace", Group = "generic", Since = "1.0.0",
        Summary = "Set a key's time to live in seconds", Complexity = "O(1)",
        Syntax = "key#0 seconds:integer [condition(NX|XX|GT|LT)@7.0.0]",
        History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    public static void Expire(CommandContext c) => Apply(c, c.NowMs, isSeconds: true);

    [Command("PEXPIRE", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "keyspace", Group = "generic", Since = "2.6.0",
        Summary = "Set a key's time to live in milliseconds", Complexity = "O(1)",
        Syntax = "key#0 milliseconds:integer [condition(NX|XX|GT|LT)@7.0.0]",
        History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    public static void PExpire(CommandContext c) => Apply(c, c.NowMs, isSeconds: false);

    [Command("EXPIREAT", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "keyspace", Group = "generic", Since = "1.2.0",
        Summary = "Set the expiration for a key as a UNIX timestamp", Complexity = "O(1)",
        Syntax = "key#0 unix-time-seconds:unix-time [condition(NX|XX|GT|LT)@7.0.0]",
        History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    public static void ExpireAt(CommandContext c) => Apply(c, 0, isSeconds: true);

    [Command("PEXPIREAT", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "keyspace", Group = "generic", Since = "2.6.0",
        Summary = "Set the expiration for a key as a UNIX timestamp specified in milliseconds", Complexity = "O(1)",
        Syntax = "key#0 unix-time-milliseconds:unix-time [condition(NX|XX|GT|LT)@7.0.0]",
        History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    public static void PExpireAt(CommandContext c) => Apply(c, 0, isSeconds: false);

    [Command("PERSIST", 2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "keyspace", Group = "generic", Since = "2.2.0",
        Summary = "Remove the expiration from a key", Complexity = "O(1)", Syntax = "key#0")]
    public static void Persist(CommandContext c)
    {
        bool isChanged = c.Database.Persist(c.Key(1));
        if (isChanged)
            c.Notify(KeyspaceEvents.Generic, "persist"u8, c[1]);
        c.Reply.Integer(isChanged ? 1 : 0);
    }

    /// <summary>Deletes a key whose time has come by a client's word, and propagates that as a deletion.</summary>
    internal static void DeleteAsExpired(CommandContext c, Key key)
    {
        bool isLazy = c.Ports.Settings.IsExpiryLazy;
        c.Database.Delete(key, isLazy);
        c.Propagate.Instead(2).Word(Deletion.Word(isLazy)).Word(key.Bytes);
        c.Notify(KeyspaceEvents.Generic, "del"u8, key.Bytes);
    }

    private static void Apply(CommandContext c, long baseMs, bool isSeconds)
    {
        Condition condition = Condition.Always;
        if (c.Count > 3 && !TryConditions(c, out condition))
            return;
        if (!TryTime(c, baseMs, isSeconds, out long whenMs))
            return;

        Key key = c.Key(1);
        if (condition != Condition.Always)
        {
            EntryView entry = c.Database.ReadForWrite(key);
            if (!entry.Exists || !Holds(condition, entry.ExpireAtMs, whenMs))
            {
                c.Reply.Integer(0);
                return;
            }
        }
        if (whenMs <= c.NowMs && c.DeletesExpiredKeys)
        {
            if (!c.Database.Contains(key))
            {
                c.Reply.Integer(0);
                return;
            }
            DeleteAsExpired(c, key);
            c.Reply.Integer(1);
            return;
        }
        if (!c.Database.SetExpiry(key, whenMs))
        {
            c.Reply.Integer(0);
            return;
        }
        c.Notify(KeyspaceEvents.Generic, "expire"u8, key.Bytes);
        c.Reply.Integer(1);
        // PEXPIREAT itself is exact as it stands.
        if (isSeconds || baseMs != 0)
            PropagateAsPExpireAt(c, whenMs);
    }

    private static void PropagateAsPExpireAt(CommandContext c, long whenMs)
    {
        Propagation words = c.Propagate.Instead(c.Count).Word("PEXPIREAT"u8).Word(c[1]).Word(whenMs);
        for (int i = 3; i < c.Count; i++)
            words.Word(c[i]);
    }

    private static bool TryTime(CommandContext c, long baseMs, bool isSeconds, out long whenMs)
    {
        if (!c.TryInteger(2, out whenMs))
            return false;
        if (isSeconds && whenMs is > long.MaxValue / 1000 or < long.MinValue / 1000)
        {
            c.ExpireTimeError();
            return false;
        }
        if (isSeconds)
            whenMs *= 1000;
        if (whenMs > long.MaxValue - baseMs)
        {
            c.ExpireTimeError();
            return false;
        }
        whenMs += baseMs;
        return true;
    }

    private static bool TryConditions(CommandContext c, out Condition condition)
    {
        condition = Condition.Always;
        for (int i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "NX"u8))
            {
                condition |= Condition.Nx;
            }
            else if (c.Is(i, "XX"u8))
            {
                condition |= Condition.Xx;
            }
            else if (c.Is(i, "GT"u8))
            {
                condition |= Condition.Gt;
            }
            else if (c.Is(i, "LT"u8))
            {
                condition |= Condition.Lt;
            }
            else
            {
                c.Error(Errors.UnsupportedOption, c[i], []);
                return false;
            }
        }
        if (Has(condition, Condition.Nx) && condition != Condition.Nx)
        {
            c.Error(Errors.ExpireNxWithOthers);
            return false;
        }
        if (Has(condition, Condition.Gt) && Has(condition, Condition.Lt))
        {
            c.Error(Errors.ExpireGtWithLt);
            return false;
        }
        return true;
    }

    /// <summary>A key without expiry (-1) counts as living for ever: nothing is greater, everything is less.</summary>
    private static bool Holds(Condition condition, long currentMs, long whenMs)
    {
        bool isVolatile = currentMs != -1;
        if (Has(condition, Condition.Nx) && isVolatile)
            return false;
        if (Has(condition, Condition.Xx) && !isVolatile)
            return false;
        if (Has(condition, Condition.Gt) && (!isVolatile || whenMs <= currentMs))
            return false;
        return !Has(condition, Condition.Lt) || !isVolatile || whenMs < currentMs;
    }

    private static bool Has(Condition given, Condition one) => (given & one) != 0;
}
