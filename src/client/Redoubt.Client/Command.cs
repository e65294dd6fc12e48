using System.Text;

namespace Redoubt.Client;

/// <summary>Encoded bytes, and what the client has to know of them.</summary>
internal sealed class Command
{
    /// <summary>Nothing to send: only waits for a connection.</summary>
    public static readonly Command None = new("", [], 0, true);

    // Of these it is certain that twice is as good as once. What is not listed is taken for a write, which errs on the safe side: the
    // caller is told that it may have been applied.
    private static readonly HashSet<string> Reads = new(StringComparer.OrdinalIgnoreCase)
    {
        "BITCOUNT", "BITFIELD_RO", "BITPOS", "COMMAND", "DBSIZE", "DUMP", "ECHO", "EVALSHA_RO", "EVAL_RO", "EXISTS", "EXPIRETIME", "FCALL_RO",
        "GEODIST", "GEOHASH", "GEOPOS", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH", "GET", "GETBIT", "GETRANGE", "HELLO", "HEXISTS", "HGET", "HGETALL",
        "HKEYS", "HLEN", "HMGET", "HRANDFIELD", "HSCAN", "HSTRLEN", "HVALS", "INFO", "KEYS", "LASTSAVE", "LCS", "LINDEX", "LLEN", "LOLWUT", "LPOS", "LRANGE",
        "MGET", "OBJECT", "PEXPIRETIME", "PFCOUNT", "PING", "PTTL", "RANDOMKEY", "ROLE", "SCAN", "SCARD", "SDIFF", "SINTER", "SINTERCARD",
        "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SORT_RO", "SRANDMEMBER", "SSCAN", "STRLEN", "SUBSTR", "SUNION", "TIME", "TOUCH", "TTL", "TYPE",
        "XINFO", "XLEN", "XPENDING", "XRANGE", "XREAD", "XREVRANGE", "ZCARD", "ZCOUNT", "ZDIFF", "ZINTER", "ZINTERCARD", "ZLEXCOUNT", "ZMSCORE",
        "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZREVRANGEBYLEX", "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN",
        "ZSCORE", "ZUNION", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
    };

    private Command(string name, byte[] bytes, int replies, bool isRead)
    {
        Name = name;
        Bytes = bytes;
        Replies = replies;
        IsRead = isRead;
    }

    /// <summary>In capitals.</summary>
    public string Name { get; }

    /// <summary>As they go over the wire.</summary>
    public byte[] Bytes { get; }

    /// <summary>How many replies it gets.</summary>
    public int Replies { get; }

    /// <summary>Changes nothing, so it may be sent again.</summary>
    public bool IsRead { get; }

    /// <summary>SUBSCRIBE, UNSUBSCRIBE and the like.</summary>
    public bool IsSubscription => Name.EndsWith("SUBSCRIBE", StringComparison.Ordinal);

    /// <summary>One command.</summary>
    public static Command Of(ReadOnlySpan<CommandArgument> arguments)
    {
        byte[] bytes = CommandArgument.Encode(arguments);
        string name = Encoding.ASCII.GetString(arguments[0].Bytes).ToUpperInvariant();
        int replies = name.EndsWith("SUBSCRIBE", StringComparison.Ordinal) ? Math.Max(1, arguments.Length - 1) : 1;
        return new Command(name, bytes, replies, Reads.Contains(name));
    }

    /// <summary>Several as one transaction, sent in one piece so that commands of other callers cannot get in between.</summary>
    public static Command Transaction(IReadOnlyList<CommandArgument[]> commands)
    {
        if (commands.Count == 0)
            throw new ArgumentException("A transaction has at least one command.", nameof(commands));
        byte[][] parts = [CommandArgument.Encode(["MULTI"]), .. commands.Select(command => CommandArgument.Encode(command)), CommandArgument.Encode(["EXEC"])];
        return new Command("EXEC", [.. parts.SelectMany(part => part)], parts.Length, commands.All(command => Of(command).IsRead));
    }
}
