using Redoubt.Commands;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Information;

namespace Redoubt.Server.Tests.Information;

public sealed class InfoPartsTests
{
    [Theory]
    [InlineData(0, "0B")]
    [InlineData(1023, "1023B")]
    [InlineData(1024, "1.00K")]
    [InlineData(990464, "967.25K")]
    [InlineData(25276510208, "23.54G")]
    [InlineData(1L << 50, "1.00P")]
    public void Sizes_for_people_are_printed_as_redis_prints_them(long bytes, string expected) =>
        Assert.Equal(expected, InfoText.Human(bytes));

    [Theory]
    [InlineData(1, 1.003)]
    [InlineData(4, 4.015)]
    [InlineData(9, 9.023)]
    [InlineData(16, 16.063)]
    [InlineData(20, 20.095)]
    [InlineData(64, 64.255)]
    [InlineData(176, 176.127)]
    public void A_percentile_is_the_upper_end_of_the_step_that_redis_prints(long microseconds, double expected)
    {
        LatencyHistogram counters = new();
        counters.Add(microseconds * 1000, 1);

        Assert.Equal(expected, counters.Percentile(50));
    }

    [Fact]
    public void Percentiles_separate_the_rare_from_the_usual()
    {
        LatencyHistogram counters = new();
        for (int i = 0; i < 99; i++)
            counters.Add(1_000, 1);
        counters.Add(1_000_000_000_000, 1);

        Assert.Equal(1.003, counters.Percentile(50));
        Assert.Equal(1.003, counters.Percentile(99));
        Assert.InRange(counters.Percentile(100), 1_000_000, 1_010_000);
    }

    [Fact]
    public void A_rate_is_the_mean_of_sixteen_samples()
    {
        RateMeter meter = new();
        for (int i = 0; i <= 16; i++)
            meter.Sample(i * 50, i * 100);
        Assert.Equal(500, meter.PerSecond);

        meter.Sample(16 * 50, 17 * 100);
        Assert.Equal(500 * 15 / 16, meter.PerSecond);
    }

    [Fact]
    public void A_rate_begins_anew_when_its_counter_is_reset()
    {
        RateMeter meter = new();
        meter.Sample(0, 0);
        meter.Sample(1_000_000, 100);
        meter.Sample(0, 200);

        Assert.Equal(0, meter.PerSecond);
    }
}
