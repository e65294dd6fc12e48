using System.Globalization;

namespace Redoubt.Testing;

/// <summary>
/// Writes to lists, hashes, sets, sorted sets and streams, small ones and a large one of each type. Among them those whose effect a master decides:
/// random picks, increments of floats, IDs from the clock, reads by consumers.
/// </summary>
internal sealed class CollectionWrites(Random random)
{
    private const int KeysPerType = 12;

    public string[] Next() => random.Next(5) switch
    {
        0 => OfList(),
        1 => OfHash(),
        2 => OfSet(),
        3 => OfSortedSet(),
        _ => OfStream(),
    };

    private string[] OfList() => random.Next(8) switch
    {
        0 => ["LPOP", Key("list"), Number(random.Next(1, 4))],
        1 => ["LMOVE", Key("list"), Key("list"), random.Next(2) == 0 ? "LEFT" : "RIGHT", random.Next(2) == 0 ? "LEFT" : "RIGHT"],
        2 => ["LINSERT", Key("list"), "BEFORE", Text(), Text()],
        3 => ["LREM", Key("list"), Number(random.Next(-1, 2)), Text()],
        4 => ["LTRIM", Key("list"), "1", "-1"],
        5 => ["LPUSH", Key("list"), Text(), Text(), Text()],
        _ => ["RPUSH", Large("list"), Text(), Text(), Text()],
    };

    private string[] OfHash() => random.Next(6) switch
    {
        0 => ["HDEL", Key("hash"), Field(), Field()],
        1 => ["HINCRBYFLOAT", "hash:floats", Field(), "0.1"],
        2 => ["HINCRBY", "hash:counters", Field(), Number(random.Next(-9, 10))],
        3 => ["HSETNX", Key("hash"), Field(), Text()],
        4 => ["HSET", Large("hash"), $"field:{random.Next(5_000)}", Text()],
        _ => ["HSET", Key("hash"), Field(), Text(), Field(), Text()],
    };

    private string[] OfSet() => random.Next(7) switch
    {
        0 => ["SPOP", Key("set"), Number(random.Next(1, 3))],
        1 => ["SREM", Key("set"), Text(), Number(random.Next(50))],
        2 => ["SMOVE", Key("set"), Key("set"), Number(random.Next(50))],
        3 => ["SUNIONSTORE", Key("set"), Key("set"), Key("set")],
        4 => ["SADD", Large("set"), $"member:{random.Next(5_000)}", $"member:{random.Next(5_000)}"],
        5 => ["SADD", Key("set"), Text()],
        _ => ["SADD", Key("set"), Number(random.Next(50)), Number(random.Next(100_000))],
    };

    private string[] OfSortedSet() => random.Next(7) switch
    {
        0 => ["ZINCRBY", Key("zset"), "0.1", Field()],
        1 => ["ZPOPMIN", Key("zset"), Number(random.Next(1, 3))],
        2 => ["ZREM", Key("zset"), Field()],
        3 => ["ZUNIONSTORE", Key("zset"), "2", Key("zset"), Key("zset"), "WEIGHTS", "0.5", "2"],
        4 => ["ZREMRANGEBYRANK", Key("zset"), "0", "0"],
        5 => ["ZADD", Large("zset"), random.NextDouble().ToString("R", CultureInfo.InvariantCulture), $"member:{random.Next(5_000)}"],
        _ => ["ZADD", Key("zset"), Number(random.Next(-20, 20)), Field(), "1e20", Text()],
    };

    private string[] OfStream() => random.Next(8) switch
    {
        0 => ["XADD", Key("stream"), "MAXLEN", "~", "300", "*", Field(), Text()],
        1 => ["XTRIM", Key("stream"), "MAXLEN", "20"],
        2 => ["XGROUP", "CREATE", Key("stream"), "group", "0", "MKSTREAM"],
        3 => ["XREADGROUP", "GROUP", "group", $"consumer:{random.Next(3)}", "COUNT", "3", "STREAMS", Key("stream"), ">"],
        4 => ["XAUTOCLAIM", Key("stream"), "group", "consumer:0", "0", "0", "COUNT", "2"],
        5 => ["XGROUP", "SETID", Key("stream"), "group", "$"],
        6 => ["XADD", Large("stream"), "*", "a", Text(), "b", Text()],
        _ => ["XADD", Key("stream"), "*", Field(), Text(), Field(), Text()],
    };

    private string Key(string type) => $"{type}:{random.Next(KeysPerType)}";

    private static string Large(string type) => $"{type}:large";

    private string Field() => $"field:{random.Next(25)}";

    private string Text() => random.Next(4) == 0
        ? Number(random.Next(-300, 300))
        : new string((char)('a' + random.Next(26)), random.Next(40) == 0 ? random.Next(3_000) : random.Next(40));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
