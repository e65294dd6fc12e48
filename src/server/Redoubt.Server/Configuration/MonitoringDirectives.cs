using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

/// <summary>What the server tells about its work: slow commands, latencies, events, invalidations.</summary>
internal sealed class MonitoringDirectives(DirectiveTable table)
{
    public NumberDirective SlowlogLogSlowerThan { get; } = table.Number("slowlog-log-slower-than", 10000, -1, long.MaxValue, None);

    public NumberDirective SlowlogMaxLen { get; } = table.Number("slowlog-max-len", 128, 0, long.MaxValue, None);

    public NumberDirective LatencyMonitorThreshold { get; } = table.Number("latency-monitor-threshold", 0, 0, long.MaxValue, None);

    public SwitchDirective LatencyTracking { get; } = table.Switch("latency-tracking", true);

    public PercentilesDirective LatencyTrackingInfoPercentiles { get; } = table.Add(new PercentilesDirective(None));

    public KeyspaceEventsDirective NotifyKeyspaceEvents { get; } = table.Add(new KeyspaceEventsDirective(None));

    public NumberDirective TrackingTableMaxKeys { get; } = table.Unsigned("tracking-table-max-keys", 1000000, 0, long.MaxValue);

    public NumberDirective BusyReplyThreshold { get; } =
        table.Number("busy-reply-threshold", 5000, 0, long.MaxValue, NotInEffect, "lua-time-limit");
}
