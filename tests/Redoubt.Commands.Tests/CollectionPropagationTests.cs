using System.Net.Sockets;

namespace Redoubt.Commands.Tests;

/// <summary>What replicas are told of writes to collections. That a real server tells them the same is tested of the very same lines.</summary>
public sealed class CollectionPropagationTests
{
    /// <summary>Each command, run on the keys below, and what is propagated of it; commands parted by '|', "" = nothing.</summary>
    private static readonly (string Command, string Propagated)[] s_cases =
    [
        ("LPUSH l x y", "LPUSH l x y"), ("RPUSHX nokey x", ""), ("RPOP l", "RPOP l"), ("LPOP l 2", "LPOP l 2"), ("LPOP nokey", ""), ("LSET l 0 x", "LSET l 0 x"),
        ("LREM l 0 nosuch", ""), ("LTRIM l 0 1", "LTRIM l 0 1"), ("LINSERT l BEFORE nosuch x", ""), ("LMOVE l m LEFT RIGHT", "LMOVE l m LEFT RIGHT"),
        ("RPOPLPUSH l m", "RPOPLPUSH l m"), ("BLPOP nokey l 0", "LPOP l"), ("BRPOP l 0", "RPOP l"), ("BLMOVE l m LEFT RIGHT 0", "LMOVE l m LEFT RIGHT"),
        ("BRPOPLPUSH l m 0", "RPOPLPUSH l m"), ("LMPOP 2 nokey l LEFT COUNT 2", "LPOP l 2"), ("BLMPOP 0 1 l RIGHT", "RPOP l 1"),
        ("SADD s 1 x", "SADD s 1 x"), ("SADD s 1", ""), ("SREM s nosuch", ""), ("SPOP one", "SREM one 7"), ("SPOP s 99", "DEL s"), ("SMOVE s t 1", "SMOVE s t 1"),
        ("SMOVE s t nosuch", ""), ("SINTERSTORE t s two", "SINTERSTORE t s two"), ("SINTERSTORE nokey s one", ""), ("SUNIONSTORE t s one", "SUNIONSTORE t s one"),
        ("HSET h f v", "HSET h f v"), ("HSETNX h f v", ""), ("HDEL h nosuch", ""), ("HDEL h f g", "HDEL h f g"), ("HINCRBY h g 2", "HINCRBY h g 2"), ("HINCRBYFLOAT h g 0.5", "HSET h g 1.5"),
        ("ZADD z 1 a", ""), ("ZADD z XX GT 9 a", "ZADD z XX GT 9 a"), ("ZADD z INCR 1 a", "ZADD z INCR 1 a"), ("ZINCRBY z 1 a", "ZINCRBY z 1 a"), ("ZREM z nosuch", ""),
        ("ZPOPMIN z", "ZPOPMIN z"), ("BZPOPMAX nokey z 0", "ZPOPMAX z"), ("ZMPOP 1 z MIN", "ZPOPMIN z 1"), ("BZMPOP 0 1 z MAX COUNT 9", "ZPOPMAX z 2"),
        ("ZREMRANGEBYRANK z 0 0", "ZREMRANGEBYRANK z 0 0"), ("ZRANGESTORE y z 0 -1", "ZRANGESTORE y z 0 -1"), ("ZUNIONSTORE y 1 z", "ZUNIONSTORE y 1 z"),
        ("GEOADD g 13.361389 38.115556 p", "zadd g 3479099956230698 p"), ("XADD x 5-* f v", "XADD x 5-0 f v"), ("XADD x MAXLEN ~ 1 9-1 f v", "XADD x MAXLEN = 4 9-1 f v"), ("XADD nokey NOMKSTREAM * f v", ""),
        ("XTRIM x MAXLEN 1", "XTRIM x MAXLEN 1"), ("XTRIM x MAXLEN ~ 1", ""), ("XDEL x 1-1", "XDEL x 1-1"), ("XDEL x 77-1", ""), ("XSETID x 9-9", "XSETID x 9-9"),
        ("XGROUP CREATE x n $", "XGROUP CREATE x n $"), ("XGROUP CREATECONSUMER x g c", "XGROUP CREATECONSUMER x g c"), ("XGROUP DESTROY x nosuch", ""), ("XACK x g 77-1", ""),
        ("SORT l ALPHA STORE d", "SORT l ALPHA STORE d"), ("SORT nokey STORE nokey", ""), ("PFADD p a", "PFADD p a"), ("PFMERGE p nokey", "PFMERGE p nokey"), ("SETBIT b 7 1", "SETBIT b 7 1"),
        ("BITOP NOT b str", "BITOP NOT b str"), ("BITFIELD b GET u8 0", ""), ("BITFIELD b SET u8 0 5", "BITFIELD b SET u8 0 5"),
    ];

    private static readonly string[] s_keys =
    [
        "RPUSH l a b c d", "SADD s 1 2 3", "SADD one 7", "SADD two 1 2", "HSET h f v g 1", "ZADD z 1 a 2 b", "XADD x 1-1 f v", "XADD x 2-1 f v", "XADD x 3-1 f v", "XGROUP CREATE x g 0", "SET str text",
    ];

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach ((string command, string propagated) in s_cases)
                cases.Add(command, propagated);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_was_done_is_told_and_nothing_else(string command, string propagated)
    {
        using var rig = new CommandRig();
        foreach (string line in s_keys)
            rig.Run(line);
        rig.Run(command);
        Assert.Equal(propagated, string.Join('|', rig.Propagated));
    }

    [Fact]
    public void A_real_server_tells_its_replicas_the_same()
    {
        using var real = new RealRedis();
        using Socket stream = real.OpenStream();
        for (int i = 0; i < s_cases.Length; i++)
        {
            real.Run(CommandRig.Words("FLUSHALL"));
            foreach (string line in s_keys)
                real.Run(CommandRig.Words(line));
            real.ReadStream(stream, $"keys{i}");
            real.Run(CommandRig.Words(s_cases[i].Command));
            Assert.Equal($"{s_cases[i].Command} -> {s_cases[i].Propagated}", $"{s_cases[i].Command} -> {string.Join('|', real.ReadStream(stream, $"case{i}"))}");
        }
    }
}
