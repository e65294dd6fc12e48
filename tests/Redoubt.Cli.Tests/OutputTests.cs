using Redoubt.Failover;
using Redoubt.Operations;
using Redoubt.Topology;

namespace Redoubt.Cli.Tests;

public class OutputTests
{
    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(1024L, "1 kB")]
    [InlineData(1536L, "1.5 kB")]
    [InlineData(1048575L, "1023 kB")]
    [InlineData(5L * 1024 * 1024 * 1024, "5 GB")]
    [InlineData(long.MaxValue, "8 EB")]
    [InlineData(-1L, "?")]
    public void Bytes_are_short(long bytes, string expected) => Assert.Equal(expected, Units.Bytes(bytes));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(12, "12 ms")]
    [InlineData(1234, "1.2 s")]
    [InlineData(59_000, "59 s")]
    [InlineData(600_000, "10 min")]
    [InlineData(36_000_000, "10 h")]
    public void Times_are_short(int milliseconds, string expected) => Assert.Equal(expected, Units.Time(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void A_lag_says_what_it_does_not_know()
    {
        Assert.Equal("?", Units.Time(Lag.Unknown));
        Assert.Equal(">5.0 s", Units.Time(new Lag(TimeSpan.FromSeconds(5), true)));
    }

    [Fact]
    public void No_line_of_the_table_is_wider_than_the_window_and_what_matters_stays()
    {
        StatusReport report = BusyReport();
        for (int width = 56; width < 160; width++)
        {
            string[] lines = [.. StatusTable.Draw(report, width).Select(line => line.ToText(coloured: false, 0))];
            Assert.All(lines.Skip(1), line => Assert.True(line.Length < width, $"{width}: '{line}'"));
            Assert.Contains(lines, line => line.Contains("ADDRESS") && line.Contains("ROLE") && line.Contains("LINK") && line.Contains("OFFSET") && line.Contains("BEHIND"));
        }

        string at80 = string.Join('\n', StatusTable.Draw(report, 80).Select(line => line.ToText(false, 0)));
        Assert.Contains("CLIENTS", at80);
        Assert.Contains("MEMORY", at80);
        Assert.Contains("OPS/S", at80);
    }

    [Fact]
    public void Colour_is_only_where_it_is_wanted_and_a_cut_counts_visible_characters()
    {
        Line line = new Line("healthy", Tone.Good).Add(" and more");
        Assert.Equal("healthy and more", line.ToText(coloured: false, 0));
        Assert.Equal("\e[32mhealthy\e[0m a…", line.ToText(coloured: true, 10));
    }

    [Fact]
    public void Wrapped_text_loses_nothing()
    {
        const string Text = "one two three four five six seven averyveryverylongwordwithoutspaces";
        string[] parts = [.. StatusTable.Wrapped(Text, 12)];
        Assert.All(parts, part => Assert.InRange(part.Length, 1, 12));
        Assert.Equal(Text.Replace(" ", ""), string.Concat(parts).Replace(" ", ""));
    }

    private static StatusReport BusyReport()
    {
        var history = ReplicationId.Random(new Random(1).NextBytes);
        var vitals = new NodeVitals { Version = "7.0.15", Clients = 4321, UsedMemoryBytes = 123_456_789, OpsPerSecond = 123_456 };
        var master = new NodeObservation
        {
            Address = new NodeAddress("127.0.0.1", 6379),
            Vitals = vitals,
            Replication = new ReplicationInfo
            {
                Role = Role.Master,
                ReplicationId = history,
                Offset = new ReplicationOffset(9_209_000_800),
                Replicas = [new ConnectedReplica(new NodeAddress("127.0.0.1", 6380), ReplicaState.Online, ReplicationOffset.Zero, 0)],
            },
        };
        var replica = new NodeObservation
        {
            Address = new NodeAddress("127.0.0.1", 6380),
            Vitals = vitals,
            Replication = new ReplicationInfo
            {
                Role = Role.Replica,
                ReplicationId = history,
                Master = new MasterLink { Address = master.Address, IsUp = false, AppliedOffset = new ReplicationOffset(1), DownSinceSeconds = 100 },
            },
        };
        var group = new GroupObservation([master, replica]);
        return new StatusReport(group, GroupAnalysis.Of(group),
            [new StatusRow(master, "node-1", null, Lag.Unknown), new StatusRow(replica, "node-2", 9_209_000_799, new Lag(TimeSpan.FromSeconds(119), true))]);
    }
}
