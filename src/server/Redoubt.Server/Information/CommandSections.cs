using System.Globalization;
using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;

namespace Redoubt.Server.Information;

/// <summary>What was called how often, how long it took, and which errors were answered.</summary>
internal sealed class CommandSections(ServerConfig config, CommandTimings timings, ErrorStatistics errors)
{
    public void WriteCommands(InfoText text)
    {
        text.Section("Commandstats");
        foreach (CommandDescriptor command in CommandTable.All)
        {
            if (command.Calls == 0 && command.RejectedCalls == 0 && command.FailedCalls == 0)
                continue;
            long microseconds = timings.MicrosecondsOf(command);
            string each = InfoText.Fixed(command.Calls == 0 ? 0 : (double)microseconds / command.Calls, 2);
            text.Line("cmdstat_" + command.Name,
                $"calls={command.Calls},usec={microseconds},usec_per_call={each},rejected_calls={command.RejectedCalls},failed_calls={command.FailedCalls}");
        }
    }

    public void WriteLatencies(InfoText text)
    {
        text.Section("Latencystats");
        foreach (CommandDescriptor command in CommandTable.All)
        {
            if (command.Latencies is not { } latencies || !config.Monitoring.LatencyTracking.Value)
                continue;
            IEnumerable<string> percentiles = config.Monitoring.LatencyTrackingInfoPercentiles.Value.Select(percent =>
                string.Create(CultureInfo.InvariantCulture, $"p{percent:0.######}={InfoText.Fixed(latencies.Percentile(percent), 3)}"));
            text.Line("latency_percentiles_usec_" + command.Name, string.Join(',', percentiles));
        }
    }

    public void WriteErrors(InfoText text)
    {
        text.Section("Errorstats");
        foreach ((string kind, long count) in errors.Counts.OrderBy(static each => each.Key, StringComparer.Ordinal))
            text.Line("errorstat_" + kind, $"count={count}");
    }
}
