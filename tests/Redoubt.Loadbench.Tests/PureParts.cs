using System.Text.Json;

namespace Redoubt.Loadbench.Tests;

public class PureParts
{
    private const string Report = """
        Latency by percentile distribution:
        0.000% <= 0.103 milliseconds (cumulative count 1)
        99.854% <= 8.007 milliseconds (cumulative count 19971)
        99.902% <= 9.343 milliseconds (cumulative count 19981)
        100.000% <= 12.599 milliseconds (cumulative count 20000)

        Cumulative distribution of latencies:
        0.000% <= 0.103 milliseconds (cumulative count 0)
        100.000% <= 13.103 milliseconds (cumulative count 20000)

        Summary:
          throughput summary: 44843.05 requests per second
          latency summary (msec):
                  avg       min       p50       p95       p99       max
                0.779     0.120     0.439     3.367     7.983    12.599
        """;

    [Fact]
    public void The_tools_report_gives_throughput_and_percentiles() =>
        Assert.Equal(new ToolReport(44843.05, 0.439, 7.983, 9.343), ToolReport.Parse("SET: rps=1.0\rSET: rps=2.0\r" + Report));

    [Fact]
    public void A_report_of_trouble_is_quoted() =>
        Assert.Contains("Connection refused", Assert.Throws<FormatException>(() => ToolReport.Parse("Could not connect: Connection refused\n")).Message);

    [Theory]
    [InlineData(new[] { 3.0, 1, 2 }, 2)]
    [InlineData(new[] { 4.0, 1, 2, 3 }, 2.5)]
    [InlineData(new[] { 7.0 }, 7)]
    public void The_median_is_the_middle_or_the_mean_of_the_middle_two(double[] values, double expected) => Assert.Equal(expected, Figures.Median(values));

    [Theory]
    [InlineData(0.99, 99)]
    [InlineData(1, 100)]
    [InlineData(0.001, 1)]
    public void A_percentile_is_the_smallest_value_that_so_many_do_not_exceed(double share, double expected) =>
        Assert.Equal(expected, Figures.Percentile(Enumerable.Range(1, 100).Reverse().Select(i => (double)i).ToArray(), share));

    [Fact]
    public void The_table_has_medians_spreads_and_ratios_to_the_first_server()
    {
        var figures = new Figures(["redis", "redoubt"]);
        foreach (double value in new[] { 10.0, 12, 11 })
            figures.Add("redis", "CPU", value, "µs");
        figures.Add("redoubt", "CPU", 5.5, "µs");
        figures.Add("redis", "lost", 0, "", summary: Summary.Largest);
        figures.Add("redis", "lost", 2, "", summary: Summary.Largest);
        Assert.Equal(
            """
            | metric | unit | redis | redoubt | × |
            | --- | --- | ---: | ---: | ---: |
            | CPU ↓ | µs | 11.0 (10.0–12.0) | 5.50 | 0.50 |
            | lost ↓ |  | 2.00 (0–2.00) | n/a |  |

            """, figures.ToMarkdown());
    }

    [Theory]
    [InlineData(1234567, "1,234,567")]
    [InlineData(99.96, "100.0")]
    [InlineData(0.456, "0.46")]
    [InlineData(0, "0")]
    public void Numbers_show_the_digits_that_count(double value, string expected) => Assert.Equal(expected, Figures.Number(value));

    [Fact]
    public void Processor_time_is_found_behind_a_name_with_spaces_and_parentheses() =>
        Assert.Equal(1.5, ProcessFigures.CpuSecondsOf("42 (a) (b c) S 1 42 42 0 -1 4194560 1 2 3 4 100 20 10 20 20 0 1 0 999"));

    [Fact]
    public void Kilobytes_are_found_in_the_kernels_tables()
    {
        Assert.Equal(1234, ProcessFigures.KilobytesOf("VmPeak:\t 9 kB\nVmRSS:\t    1234 kB\n", "VmRSS:"));
        Assert.Equal(0, ProcessFigures.KilobytesOf("", "VmRSS:"));
    }

    [Fact]
    public void The_longest_gap_counts_from_the_last_write_before_the_failover()
    {
        double[] times = [0, 5, 6, 40, 41];
        Assert.Equal(34, Failover.LongestGap(times, 10, double.MaxValue));
        Assert.Equal(5, Failover.LongestGap(times, 0, 10));
    }

    [Fact]
    public void Arguments_choose_servers_measurements_and_sizes()
    {
        Options options = Options.Parse(["--quick", "--only", "idle,memory", "--servers", "a=/bin/a --x 1,b=b"], "/base");
        Assert.Equal(["memory", "idle"], options.Only);
        Assert.Equal(200, options.Scaled(1000));
        Assert.Equal(("a", "/bin/a", "/base/b"), (options.Servers[0].Name, options.Servers[0].Program, options.Servers[1].Program));
        Assert.Equal(["--x", "1"], options.Servers[0].Arguments);
        Assert.Equal(["redis", "redoubt"], Options.Parse([], "/base").Servers.Select(server => server.Name));
    }

    [Theory]
    [InlineData("--only", "nothing")]
    [InlineData("--only")]
    [InlineData("--servers", "x")]
    [InlineData("--fast")]
    public void Arguments_that_make_no_sense_are_refused(params string[] arguments) => Assert.Throws<FormatException>(() => Options.Parse(arguments, "/"));

    [Fact]
    public void A_recorded_run_is_one_line_of_JSON_with_every_round()
    {
        var figures = new Figures(["redis"]);
        figures.Add("redis", "p99.9", 1.5, "ms");
        figures.Add("redis", "p99.9", double.NaN, "ms");
        string line = History.Line(new Options(), figures, DateTimeOffset.UnixEpoch, "abc1234", "2 cores");
        Assert.DoesNotContain('\n', line);
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement rounds = json.RootElement.GetProperty("figures").GetProperty("p99.9 [ms]").GetProperty("redis");
        Assert.Equal([1.5, null], rounds.EnumerateArray().Select(round => round.ValueKind == JsonValueKind.Null ? (double?)null : round.GetDouble()));
        Assert.Equal("abc1234", json.RootElement.GetProperty("commit").GetString());
    }
}
