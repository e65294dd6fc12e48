// DUMP and RESTORE: a value as a payload that another server, of either make, can take in.

using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class Serialization
{
    [Command("DUMP", 2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "keyspace", Group = "generic", Since = "2.6.0",
        Summary = "Return a serialized version of the value stored at the specified key.",
        Complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
        Syntax = "key#0", Tips = ["nondeterministic_output"])]
    public static void Dump(CommandContext c)
    {
        Key key = c.Key(1);
        EntryView entry = c.Database.Read(key);
        if (entry.Exists)
            c.Reply.Bulk(c.Ports.Serialization.Dump(c.Database, key, entry));
        else
            c.Reply.Null();
    }

    [Command("RESTORE", -4, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW update", Acl = "keyspace dangerous", Group = "generic", Since = "2.6.0",
        Summary = "Create a key using the provided serialized value, previously obtained using DUMP.",
        Complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
        Syntax = "key#0 ttl:integer serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME=seconds:integer@5.0.0] [FREQ=frequency:integer@5.0.0]",
        History = ["3.0.0: Added the `REPLACE` modifier.", "5.0.0: Added the `ABSTTL` modifier.", "5.0.0: Added the `IDLETIME` and `FREQ` options."])]
    public static void Restore(CommandContext c)
    {
        if (!TryOptions(c, out RestoreOptions options))
            return;
        Key key = c.Key(1);
        if (!options.Replaces && c.Database.Contains(key))
        {
            c.Error(Errors.BusyKey);
            return;
        }
        if (!c.TryInteger(2, out long ttl))
            return;
        if (ttl < 0)
        {
            c.Error(Errors.InvalidTtl);
            return;
        }
        long expireAtMs = ttl == 0 ? Database.NoExpiry : options.IsAbsolute ? ttl : ttl + c.NowMs;
        switch (c.Ports.Serialization.Restore(key, expireAtMs, c[3]))
        {
            case RestoreOutcome.WrongFooter:
                c.Error(Errors.WrongPayloadFooter);
                break;
            case RestoreOutcome.BadFormat:
                c.Error(Errors.BadPayloadFormat);
                break;
            default:
                TakeIn(c, key, expireAtMs, options);
                c.Reply.Ok();
                break;
        }
    }

    /// <summary>The value is built; now it takes the old one's place.</summary>
    private static void TakeIn(CommandContext c, Key key, long expireAtMs, RestoreOptions options)
    {
        bool wasThere = options.Replaces && c.Database.Contains(key);
        if (wasThere)
            c.Database.Discard(key);
        if (expireAtMs != Database.NoExpiry && c.DeletesExpiredKeys && expireAtMs <= c.NowMs)
        {
            c.Keyspace.Anteroom.Discard(key);
            if (wasThere)
            {
                c.Database.Changed(key);
                c.Propagate.Instead(2).Word("DEL"u8).Word(key.Bytes);
                c.Notify(KeyspaceEvents.Generic, "del"u8, key.Bytes);
            }
            return;
        }
        c.Database.TakeIn(key);
        if (options.IdleSeconds >= 0)
            c.Database.SetIdleTime(key, options.IdleSeconds);
        if (options.Frequency >= 0)
            c.Database.SetFrequency(key, (int)options.Frequency);
        c.Notify(KeyspaceEvents.Generic, "restore"u8, key.Bytes);
        if (expireAtMs == Database.NoExpiry || options.IsAbsolute)
            return;
        c.Propagate.Instead(c.Count + 1).Word(c[0]).Word(key.Bytes).Word(expireAtMs);
        for (int i = 3; i < c.Count; i++)
            c.Propagate.Word(c[i]);
        c.Propagate.Word("ABSTTL"u8);
    }

    private static bool TryOptions(CommandContext c, out RestoreOptions options)
    {
        options = new RestoreOptions { IdleSeconds = -1, Frequency = -1 };
        for (int i = 4; i < c.Count; i++)
        {
            bool hasValue = i + 1 < c.Count;
            if (c.Is(i, "REPLACE"u8))
            {
                options.Replaces = true;
            }
            else if (c.Is(i, "ABSTTL"u8))
            {
                options.IsAbsolute = true;
            }
            else if (c.Is(i, "IDLETIME"u8) && hasValue && options.Frequency == -1)
            {
                if (!c.TryInteger(++i, out options.IdleSeconds))
                    return false;
                if (options.IdleSeconds < 0)
                {
                    c.Error(Errors.InvalidIdleTime);
                    return false;
                }
            }
            else if (c.Is(i, "FREQ"u8) && hasValue && options.IdleSeconds == -1)
            {
                if (!c.TryInteger(++i, out options.Frequency))
                    return false;
                if (options.Frequency is < 0 or > 255)
                {
                    c.Error(Errors.InvalidFrequency);
                    return false;
                }
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private struct RestoreOptions
    {
        public bool Replaces;
        public bool IsAbsolute;
        public long IdleSeconds;
        public long Frequency;
    }
}
