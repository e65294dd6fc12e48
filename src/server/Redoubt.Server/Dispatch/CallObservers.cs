// Who is told of a command that has run: monitors of each one, the slow log and the latency monitor of those that took long.
//
// What is slow enough for anybody is one number, so that the dispatcher asks two questions per command and no more.

using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Dispatch;

internal sealed class CallObservers(ServerState state, MonitoringDirectives directives, SlowLog slowLog, LatencyEvents latency, Monitors monitors)
{
    private long _slowLogNanoseconds = long.MaxValue;

    /// <summary>Of a command that took less only monitors are told.</summary>
    public long SlowNanoseconds { get; private set; } = long.MaxValue;

    public bool HasMonitors => monitors.Any;

    /// <summary>After a change of the thresholds.</summary>
    public string? Configure()
    {
        slowLog.LengthMax = directives.SlowlogMaxLen.Value;
        latency.ThresholdMs = directives.LatencyMonitorThreshold.Value;
        _slowLogNanoseconds = Nanoseconds(directives.SlowlogLogSlowerThan.Value, 1000, isOn: directives.SlowlogLogSlowerThan.Value >= 0);
        SlowNanoseconds = Math.Min(_slowLogNanoseconds, Nanoseconds(latency.ThresholdMs, 1_000_000, isOn: latency.ThresholdMs > 0));
        state.Timings.TimesAll = SlowNanoseconds < CommandTimings.SampledNanosecondsMin;
        return null;
    }

    /// <param name="nanoseconds">How long it took, or less than nothing when that was not measured.</param>
    public void Observe(CommandContext c, ClientConnection client, CommandDescriptor command, long nanoseconds)
    {
        if (nanoseconds >= SlowNanoseconds)
            ReportSlow(c, client, command, nanoseconds);
        if (monitors.Any && !state.IsLoading && !command.Has(CommandFlags.SkipMonitor | CommandFlags.Admin))
            monitors.Show(c, client, client.DatabaseIndex);
    }

    /// <summary>A client got what it had waited for, by its command that the context is aimed at.</summary>
    public void ObserveServed(CommandContext c, ClientConnection client, long nanoseconds)
    {
        long nowSeconds = Clock.UnixMs / 1000;
        latency.Add("command-unblocking", nanoseconds / 1_000_000, nowSeconds);
        if (nanoseconds >= _slowLogNanoseconds)
            slowLog.Add(c, nowSeconds, nanoseconds / 1000, client.Address);
    }

    /// <summary>A command took so long that somebody is to be told.</summary>
    public void ReportSlow(CommandContext c, ClientConnection client, CommandDescriptor command, long nanoseconds)
    {
        long nowSeconds = Clock.UnixMs / 1000;
        latency.Add(command.Has(CommandFlags.Fast) ? "fast-command" : "command", nanoseconds / 1_000_000, nowSeconds);
        // A command that left its client waiting is not over.
        if (nanoseconds >= _slowLogNanoseconds && !client.IsBlocked && !command.Has(CommandFlags.SkipSlowlog))
            slowLog.Add(c, nowSeconds, nanoseconds / 1000, client.Address);
    }

    private static long Nanoseconds(long value, long each, bool isOn) => isOn ? Math.Min(value, long.MaxValue / each) * each : long.MaxValue;
}
