using Redoubt.Topology;

namespace Redoubt.Failover.Tests;

public class HandOverTests
{
    private static readonly ReplicationInfo Serving = Groups.Master(1).Replication!;
    private static readonly ReplicationInfo Waiting = Serving with { FailoverState = FailoverState.WaitingForSync };
    private static readonly ReplicationInfo SteppedDown = Groups.Replica(1, master: 2).Replication! with { FailoverState = FailoverState.FailoverInProgress };
    private static readonly ReplicationInfo Following = Groups.Replica(2).Replication!;
    private static readonly ReplicationInfo Promoted = Groups.Master(2).Replication!;

    [Fact]
    public void A_target_that_says_master_settles_it_whatever_the_old_master_says()
    {
        foreach (ReplicationInfo? old in new[] { Serving, Waiting, SteppedDown, null })
            Assert.Equal((HandOverVerdict.Promoted, HandOverVerdict.Promoted), Both(old, Promoted));
    }

    [Fact]
    public void An_old_master_that_serves_again_has_rolled_back() =>
        Assert.Equal((HandOverVerdict.RolledBack, HandOverVerdict.RolledBack), Both(Serving, Following));

    [Fact]
    public void Time_running_out_leads_to_the_act_that_cannot_make_two_masters()
    {
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.Abort), Both(Waiting, Following));
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.Abort), Both(Waiting, null));
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.Abort), Both(SteppedDown, Following));
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.Unknown), Both(SteppedDown, null));
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.Unknown), Both(null, Following));
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.Unknown), Both(null, null));
    }

    [Fact]
    public void A_silent_target_delays_the_verdict_that_the_old_master_serves_again() =>
        Assert.Equal((HandOverVerdict.Wait, HandOverVerdict.RolledBack), Both(Serving, null));

    [Fact]
    public void Equal_forks_prove_that_nothing_is_lost()
    {
        (ReplicationInfo old, ReplicationInfo now) = AfterFailover();
        Assert.True(LossProof.Of(old, now, Groups.History).Proven);
    }

    [Fact]
    public void Anything_else_is_not_proven()
    {
        (ReplicationInfo old, ReplicationInfo now) = AfterFailover();
        Assert.False(LossProof.Of(null, now, Groups.History).Proven);
        Assert.False(LossProof.Of(old, null, Groups.History).Proven);
        Assert.False(LossProof.Of(old, now, now.ReplicationId).Proven);
        Assert.False(LossProof.Of(old with { SecondOffset = new StreamPosition(54) }, now, Groups.History).Proven);
        Assert.False(LossProof.Of(old with { ReplicationId = Groups.History }, now, Groups.History).Proven);
        Assert.False(LossProof.Of(old with { SecondReplicationId = ReplicationId.None, SecondOffset = StreamPosition.None }, now, Groups.History).Proven);
    }

    private static (ReplicationInfo Old, ReplicationInfo New) AfterFailover()
    {
        ReplicationId history = ReplicationId.Random(new Random(2).NextBytes);
        ReplicationInfo Forked(ReplicationInfo info) =>
            info with { ReplicationId = history, SecondReplicationId = Groups.History, SecondOffset = new StreamPosition(53) };
        return (Forked(Groups.Replica(1, master: 2).Replication!), Forked(Promoted));
    }

    private static (HandOverVerdict Early, HandOverVerdict Late) Both(ReplicationInfo? old, ReplicationInfo? target)
    {
        TimeSpan deadline = TimeSpan.FromSeconds(10);
        return (HandOver.Judge(old, target, TimeSpan.FromSeconds(1), deadline), HandOver.Judge(old, target, deadline, deadline));
    }
}
