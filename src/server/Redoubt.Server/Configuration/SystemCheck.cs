using System.Text;

namespace Redoubt.Server.Configuration;

/// <summary>
/// <c>--check-system</c>: settings of the machine that hurt a store. Redis's list has more, which come from fork: Redoubt does not fork, so
/// overcommit and transparent huge pages are no danger to it.
/// </summary>
internal static class SystemCheck
{
    public static LoadResult Run()
    {
        var report = new StringBuilder();
        var fine = Check(report, "slow-clocksource", WhyClockIsSlow("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
        fine &= Check(report, "listen-backlog", WhyBacklogIsShort("/proc/sys/net/core/somaxconn"));
        return LoadResult.Stop(fine ? 0 : 1, output: report.ToString());
    }

    private static bool Check(StringBuilder report, string name, string? problem)
    {
        report.Append('[').Append(name).Append("]...").Append(problem is null ? "OK\n" : "WARNING:\n");
        if (problem is not null) report.Append(problem).Append('\n');
        return problem is null;
    }

    private static string? WhyClockIsSlow(string file) => Read(file) is "tsc" or "kvm-clock" or "hyperv_clocksource_tsc_page" or "arch_sys_counter" or null
        ? null
        : $"The clock source of this system is '{Read(file)}', which asks the kernel for every reading. "
          + $"A faster one, if the machine has it, is chosen by writing its name into {file}.";

    private static string? WhyBacklogIsShort(string file) => int.TryParse(Read(file), out var limit) && limit < 511
        ? $"net.core.somaxconn is {limit}: bursts of new connections beyond it are refused, whatever tcp-backlog says. Try 'sysctl net.core.somaxconn=1024'."
        : null;

    private static string? Read(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
