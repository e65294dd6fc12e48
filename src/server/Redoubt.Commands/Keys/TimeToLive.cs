using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class TimeToLive
{
    private const int NoSuchKey = -2;
    private const int NoExpiry = -1;

    [Command("TTL", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "keyspace", Group = "generic", Since = "1.0.0",
        Summary = "Get the time to live for a key in seconds", Complexity = "O(1)", Syntax = "key#0",
        History = ["2.8.0: Added the -2 reply."], Tips = ["nondeterministic_output"])]
    public static void Ttl(CommandContext c) => Reply(c, isMilliseconds: false, isAbsolute: false);

    [Command("PTTL", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "keyspace", Group = "generic", Since = "2.6.0",
        Summary = "Get the time to live for a key in milliseconds", Complexity = "O(1)", Syntax = "key#0",
        History = ["2.8.0: Added the -2 reply."], Tips = ["nondeterministic_output"])]
    public static void PTtl(CommandContext c) => Reply(c, isMilliseconds: true, isAbsolute: false);

    [Command("EXPIRETIME", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "keyspace", Group = "generic", Since = "7.0.0",
        Summary = "Get the expiration Unix timestamp for a key", Complexity = "O(1)", Syntax = "key#0")]
    public static void ExpireTime(CommandContext c) => Reply(c, isMilliseconds: false, isAbsolute: true);

    [Command("PEXPIRETIME", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "keyspace", Group = "generic", Since = "7.0.0",
        Summary = "Get the expiration Unix timestamp for a key in milliseconds", Complexity = "O(1)", Syntax = "key#0")]
    public static void PExpireTime(CommandContext c) => Reply(c, isMilliseconds: true, isAbsolute: true);

    private static void Reply(CommandContext c, bool isMilliseconds, bool isAbsolute)
    {
        EntryView entry = KeyQueries.PeekCounted(c, 1);
        if (!entry.Exists)
        {
            c.Reply.Integer(NoSuchKey);
            return;
        }
        if (entry.ExpireAtMs == -1)
        {
            c.Reply.Integer(NoExpiry);
            return;
        }
        long time = Math.Max(0, isAbsolute ? entry.ExpireAtMs : entry.ExpireAtMs - c.NowMs);
        // Seconds are rounded to the nearest, so that EXPIRE 10 reads 10 at once and not 9.
        c.Reply.Integer(isMilliseconds ? time : (long)(((ulong)time + 500) / 1000));
    }
}
