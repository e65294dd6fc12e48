namespace Redoubt.Commands.Tests;

public class PubSubTests
{
    [Fact]
    public void Each_channel_of_a_request_is_confirmed_by_itself()
    {
        using CommandRig rig = new();
        Assert.Equal("*3|$9|subscribe|$1|a|:1|*3|$9|subscribe|$1|b|:2", rig.Run("SUBSCRIBE a b"));
    }

    [Fact]
    public void Channels_and_patterns_are_counted_together_and_shard_channels_apart()
    {
        using CommandRig rig = new();
        rig.Run("SUBSCRIBE a");
        Assert.EndsWith(":2", rig.Run("PSUBSCRIBE a*"), StringComparison.Ordinal);
        Assert.EndsWith(":1", rig.Run("SSUBSCRIBE s"), StringComparison.Ordinal);
    }

    [Fact]
    public void Unsubscribing_from_nothing_is_confirmed_with_a_null()
    {
        using CommandRig rig = new();
        Assert.Equal("*3|$11|unsubscribe|$-1|:0", rig.Run("UNSUBSCRIBE"));
    }

    [Fact]
    public void Unsubscribing_without_names_leaves_every_channel()
    {
        using CommandRig rig = new();
        rig.Run("SUBSCRIBE a b");
        Assert.Equal("*3|$11|unsubscribe|$1|a|:1|*3|$11|unsubscribe|$1|b|:0", rig.Run("UNSUBSCRIBE"));
    }

    [Fact]
    public void A_message_travels_to_replicas_though_nobody_listens_here()
    {
        using CommandRig rig = new();
        Assert.Equal(":0", rig.Run("PUBLISH a hello"));
        Assert.Equal(["PUBLISH a hello"], rig.Propagated);
    }

    [Fact]
    public void Active_channels_are_listed_by_pattern_and_counted()
    {
        using CommandRig rig = new();
        rig.Run("SUBSCRIBE news weather");
        Assert.Equal("*1|$4|news", rig.Run("PUBSUB CHANNELS n*"));
        Assert.Equal("*4|$4|news|:1|$4|none|:0", rig.Run("PUBSUB NUMSUB news none"));
    }
}
