namespace Redoubt.Commands.Tests;

/// <summary>What sorted sets tell replicas, how they count changes, and what their commands cost.</summary>
public sealed class SortedSetTests
{
    [Theory]
    [InlineData("ZADD z 4 d", "ZADD z 4 d")]
    [InlineData("ZADD z XX CH 4 a", "ZADD z XX CH 4 a")]
    [InlineData("ZADD z INCR 4 a", "ZADD z INCR 4 a")]
    [InlineData("ZINCRBY z 1.5 a", "ZINCRBY z 1.5 a")]
    [InlineData("ZREM z a nobody", "ZREM z a nobody")]
    [InlineData("ZPOPMAX z 2", "ZPOPMAX z 2")]
    [InlineData("ZMPOP 2 missing z MIN", "ZPOPMIN z 1")]
    [InlineData("ZMPOP 1 z MAX COUNT 9", "ZPOPMAX z 3")]
    [InlineData("BZPOPMIN missing z 0", "ZPOPMIN z")]
    [InlineData("BZMPOP 0 1 z MAX COUNT 2", "ZPOPMAX z 2")]
    [InlineData("ZUNIONSTORE d 1 z", "ZUNIONSTORE d 1 z")]
    [InlineData("ZRANGESTORE d z 0 -1", "ZRANGESTORE d z 0 -1")]
    [InlineData("ZDIFFSTORE z 2 z z", "ZDIFFSTORE z 2 z z")]
    [InlineData("GEOADD g NX 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
        "zadd g NX 3479099956230698 Palermo 3479447370796909 Catania")]
    [InlineData("GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 1 km", "GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 1 km")]
    public void A_change_is_propagated(string command, string propagated)
    {
        foreach (bool isLarge in new[] { false, true })
        {
            using CommandRig rig = WithSets(isLarge);
            rig.Run(command);
            Assert.Equal([propagated], rig.Propagated);
        }
    }

    [Theory]
    [InlineData("ZADD z 1 a")]
    [InlineData("ZADD z NX 9 a")]
    [InlineData("ZADD missing XX 1 a")]
    [InlineData("ZADD z GT 0 a")]
    [InlineData("ZINCRBY z 0 a")]
    [InlineData("ZREM z nobody")]
    [InlineData("ZPOPMIN z 0")]
    [InlineData("ZMPOP 1 missing MIN")]
    [InlineData("ZREMRANGEBYSCORE z 7 9")]
    [InlineData("ZUNIONSTORE d 1 missing")]
    [InlineData("GEOADD g 12.5 41.9 Rome")]
    public void What_changes_nothing_is_not_propagated(string command)
    {
        using CommandRig rig = WithSets(isLarge: false);
        rig.Run(command);
        Assert.Empty(rig.Propagated);
    }

    [Theory]
    [InlineData("ZADD z 1 a 5 b 6 d", 2)]
    [InlineData("ZREM z a b nobody", 2)]
    [InlineData("ZREM z a b c", 3)]
    [InlineData("ZPOPMIN z 9", 3)]
    [InlineData("ZREMRANGEBYRANK z 0 1", 2)]
    [InlineData("ZUNIONSTORE z 1 z", 1)]
    [InlineData("ZUNIONSTORE z 1 missing", 1)]
    [InlineData("ZRANGESTORE z z 0 0", 1)]
    [InlineData("GEOSEARCHSTORE z g FROMLONLAT 12.5 41.9 BYRADIUS 10 km", 1)]
    [InlineData("GEOSEARCHSTORE z missing FROMLONLAT 12.5 41.9 BYRADIUS 10 km", 1)]
    public void Changes_are_counted_as_by_Redis(string command, int changes)
    {
        foreach (bool isLarge in new[] { false, true })
        {
            using CommandRig rig = WithSets(isLarge);
            long before = rig.Keyspace.Dirty;
            rig.Run(command);
            Assert.Equal(changes, rig.Keyspace.Dirty - before);
        }
    }

    [Theory]
    [InlineData("ZADD z 2.5 a")]
    [InlineData("ZINCRBY z 0 a")]
    [InlineData("ZSCORE z a")]
    [InlineData("ZRANK z c")]
    [InlineData("ZCOUNT z 1 (3")]
    [InlineData("ZRANGE z 0 -1 WITHSCORES")]
    [InlineData("ZRANGE z 3 1 BYSCORE REV LIMIT 1 1")]
    [InlineData("ZRANGEBYLEX z [a (c")]
    [InlineData("ZREM z nobody")]
    [InlineData("ZPOPMIN missing")]
    [InlineData("ZREMRANGEBYSCORE z 7 8")]
    [InlineData("ZRANDMEMBER z")]
    [InlineData("GEOADD g 12.5 41.9 Rome")]
    [InlineData("GEODIST g Rome Rome")]
    public void Simple_commands_allocate_nothing(string line)
    {
        foreach (bool isLarge in new[] { false, true })
        {
            using CommandRig rig = WithSets(isLarge);
            rig.Run(line);
            int index = rig.Aim(CommandRig.Words(line));
            Repeat(rig, index, 100);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(rig, index, 10_000);
            // Anything that allocates once per command shows as at least 240,000 bytes.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
        }
    }

    [Fact]
    public void A_set_with_a_time_to_live_keeps_it_when_it_changes_and_loses_it_when_it_is_replaced()
    {
        using CommandRig rig = WithSets(isLarge: false);
        rig.Run("EXPIRE z 100");
        rig.Run("ZADD z 9 i");
        Assert.Equal(":100", rig.Run("TTL z"));
        rig.Run("ZUNIONSTORE z 1 z");
        Assert.Equal(":-1", rig.Run("TTL z"));
    }

    [Fact]
    public void A_result_may_replace_one_of_its_sources_whatever_its_form()
    {
        foreach (bool isLarge in new[] { false, true })
        {
            using CommandRig rig = WithSets(isLarge);
            rig.Run("SET s text");
            Assert.Equal(":3", rig.Run("ZUNIONSTORE s 2 z z"));
            Assert.Equal("*6|$1|a|$1|2|$1|b|$1|4|$1|c|$1|6", rig.Run("ZRANGE s 0 -1 WITHSCORES"));
            Assert.Equal(":2", rig.Run("ZRANGESTORE s s 1 2"));
            Assert.Equal("*2|$1|b|$1|c", rig.Run("ZRANGE s 0 -1"));
        }
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

    private static CommandRig WithSets(bool isLarge)
    {
        var rig = new CommandRig();
        rig.Keyspace.Limits.SortedSetMaxListpackEntries = isLarge ? 0 : 128;
        rig.Run("ZADD z 1 a 2 b 3 c");
        rig.Run("GEOADD g 12.5 41.9 Rome");
        return rig;
    }
}
