using Redoubt.Topology;

namespace Redoubt.Failover.Tests;

public class LagClockTests
{
    private static readonly ReplicationId History = Groups.History;

    [Fact]
    public void Between_two_samples_the_stream_is_taken_as_even()
    {
        LagClock clock = Sampled((10, 1000), (11, 5000), (12, 9000));
        Assert.Equal(new Lag(TimeSpan.FromSeconds(0.5), false), Behind(clock, 12, 7000));
        Assert.Equal(new Lag(TimeSpan.FromSeconds(1.25), false), Behind(clock, 12, 4000));
        Assert.Equal(new Lag(TimeSpan.FromSeconds(2), false), Behind(clock, 12, 1000));
    }

    [Fact]
    public void A_replica_that_has_everything_is_not_behind()
    {
        LagClock clock = Sampled((10, 1000), (11, 5000));
        Assert.Equal(Lag.None, Behind(clock, 12, 5000));
        Assert.Equal(Lag.None, Behind(clock, 12, 6000));
    }

    [Fact]
    public void Older_than_the_oldest_sample_is_at_least_that() =>
        Assert.Equal(new Lag(TimeSpan.FromSeconds(2), true), Behind(Sampled((10, 1000), (11, 5000)), 12, 500));

    [Fact]
    public void Without_samples_or_with_another_history_nothing_is_claimed()
    {
        Assert.Equal(Lag.Unknown, Behind(new LagClock(), 12, 500));
        LagClock clock = Sampled((10, 1000));
        Assert.Equal(Lag.Unknown, clock.Behind(TimeSpan.FromSeconds(11), ReplicationId.None, new ReplicationOffset(1)));
    }

    [Fact]
    public void While_nothing_was_written_the_lag_counts_from_the_end_of_the_stillness()
    {
        LagClock clock = Sampled((10, 1000), (20, 1000), (30, 1000), (31, 2000));
        Assert.Equal(TimeSpan.FromSeconds(1), Behind(clock, 31, 1000).Time);
    }

    [Fact]
    public void The_ring_forgets_the_oldest()
    {
        var clock = new LagClock(4);
        for (int i = 0; i < 100; i++)
            clock.Sample(TimeSpan.FromSeconds(i), History, new ReplicationOffset(i * 10));
        Assert.Equal(new Lag(TimeSpan.FromSeconds(3), true), Behind(clock, 99, 5));
        Assert.Equal(new Lag(TimeSpan.FromSeconds(2), false), Behind(clock, 99, 970));
    }

    [Fact]
    public void A_long_stillness_does_not_push_earlier_samples_out()
    {
        var clock = new LagClock(4);
        clock.Sample(TimeSpan.FromSeconds(0), History, new ReplicationOffset(10));
        for (int i = 1; i < 100; i++)
            clock.Sample(TimeSpan.FromSeconds(i), History, new ReplicationOffset(20));
        Assert.Equal(new Lag(TimeSpan.FromSeconds(99.5), false), Behind(clock, 100, 15));
    }

    [Fact]
    public void An_offset_that_goes_back_starts_a_new_ring()
    {
        LagClock clock = Sampled((10, 1000), (11, 5000), (12, 100));
        Assert.Equal(Lag.None, Behind(clock, 13, 100));
        Assert.True(Behind(clock, 13, 50).AtLeast);
    }

    private static LagClock Sampled(params (int Second, long Offset)[] samples)
    {
        var clock = new LagClock();
        foreach ((int second, long offset) in samples)
            clock.Sample(TimeSpan.FromSeconds(second), History, new ReplicationOffset(offset));
        return clock;
    }

    private static Lag Behind(LagClock clock, int second, long offset) => clock.Behind(TimeSpan.FromSeconds(second), History, new ReplicationOffset(offset));
}
