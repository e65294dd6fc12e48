namespace Redoubt.Commands.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData("PING")]
    [InlineData("GET k")]
    [InlineData("GET missing")]
    [InlineData("SET k value")]
    [InlineData("SET k value EX 100")]
    [InlineData("SET k value KEEPTTL GET")]
    [InlineData("SETEX k 100 value")]
    [InlineData("SETNX k value")]
    [InlineData("INCR n")]
    [InlineData("INCRBY n 5")]
    [InlineData("EXPIRE k 100")]
    [InlineData("PEXPIREAT k 4000000000000 NX")]
    [InlineData("TTL k")]
    [InlineData("EXISTS k n")]
    [InlineData("MGET k n missing")]
    [InlineData("GETRANGE k 0 2")]
    [InlineData("STRLEN k")]
    [InlineData("DEL missing")]
    [InlineData("TYPE k")]
    [InlineData("SELECT 0")]
    [InlineData("HSET h f value")]
    [InlineData("HGET h f")]
    [InlineData("HMGET h f g missing")]
    [InlineData("HGETALL h")]
    [InlineData("HINCRBY h g 1")]
    [InlineData("HEXISTS h f")]
    [InlineData("LPUSH l element")]
    [InlineData("RPUSH l element")]
    [InlineData("LRANGE l 0 10")]
    [InlineData("LINDEX l 0")]
    [InlineData("LLEN l")]
    [InlineData("LSET l 0 element")]
    [InlineData("LMOVE l l LEFT RIGHT")]
    [InlineData("LPOP long")]
    [InlineData("SADD s member")]
    [InlineData("SADD i 5")]
    [InlineData("SREM s missing")]
    [InlineData("SISMEMBER s member")]
    [InlineData("SMEMBERS s")]
    [InlineData("SCARD s")]
    [InlineData("SRANDMEMBER s")]
    [InlineData("ZADD z 1 member")]
    [InlineData("ZADD z XX CH 2 member")]
    [InlineData("ZINCRBY z 1 member")]
    [InlineData("ZSCORE z member")]
    [InlineData("ZRANK z member")]
    [InlineData("ZRANGE z 0 -1 WITHSCORES")]
    [InlineData("ZCARD z")]
    [InlineData("XADD x MAXLEN 100 * f value")]
    [InlineData("XLEN x")]
    [InlineData("XRANGE x - + COUNT 2")]
    [InlineData("SETBIT b 100 1")]
    [InlineData("GETBIT b 100")]
    [InlineData("BITCOUNT b")]
    [InlineData("PFADD p element")]
    public void Simple_commands_allocate_nothing(string line)
    {
        using var rig = new CommandRig();
        rig.Ports.IsForgetful = true;
        rig.Run("SET k value");
        rig.Run("SET n 1");
        rig.Run("HSET h f value g 1");
        rig.Run("RPUSH l a b c");
        rig.Run("SADD s member another");
        rig.Run("SADD i 5 6 7");
        rig.Run("ZADD z 1 member 2 another");
        for (int i = 0; i < 110; i++)
            rig.Run("RPUSH long " + string.Join(' ', Enumerable.Repeat("element", 100)));
        rig.Run(line);
        int index = rig.Aim(CommandRig.Words(line));
        Repeat(rig, index, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(rig, index, 10_000);
        // Anything that allocates once per command shows as at least 240,000 bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    private static void Repeat(CommandRig rig, int index, int count)
    {
        for (int i = 0; i < count; i++)
        {
            rig.Context.Reply.Clear();
            rig.Context.Propagate.Reset();
            CommandTable.Execute(index, rig.Context);
        }
    }
}
