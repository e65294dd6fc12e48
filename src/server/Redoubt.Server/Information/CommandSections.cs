using Redoubt.Commands;
using Redoubt.Server.Dispatch;

namespace Redoubt.Server.Information;

/// <summary>What was called how often, and with which errors.</summary>
internal sealed class CommandSections(ErrorStatistics errors)
{
    public static void WriteCommands(InfoText text)
    {
        text.Section("Commandstats");
        foreach (CommandDescriptor command in CommandTable.All)
        {
            if (command.Calls == 0 && command.RejectedCalls == 0 && command.FailedCalls == 0)
                continue;
            text.Line("cmdstat_" + command.Name,
                $"calls={command.Calls},usec=0,usec_per_call=0.00,rejected_calls={command.RejectedCalls},failed_calls={command.FailedCalls}");
        }
    }

    public void WriteErrors(InfoText text)
    {
        text.Section("Errorstats");
        foreach ((string kind, long count) in errors.Counts.OrderBy(static each => each.Key, StringComparer.Ordinal))
            text.Line("errorstat_" + kind, $"count={count}");
    }
}
