using System.Globalization;

namespace Redoubt.Loadbench;

/// <summary>What the kernel knows about a process, from /proc.</summary>
internal static class ProcessFigures
{
    /// <summary>The kernel's unit in /proc/PID/stat: a hundredth of a second on every Linux.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>User and system time so far, that of children that have ended included.</summary>
    public static double CpuSeconds(int processId) => CpuSecondsOf(File.ReadAllText($"/proc/{processId}/stat"));

    /// <summary>"pid (name) state ppid ...": the name may hold anything, so the fields are counted from its end. utime, stime, cutime, cstime are 14 to 17.</summary>
    public static double CpuSecondsOf(string stat)
    {
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    public static long ResidentBytes(int processId) => KilobytesOf(File.ReadAllText($"/proc/{processId}/status"), "VmRSS:") * 1024;

    /// <summary>The kilobytes after a field's name in /proc's tables; 0 where there is none.</summary>
    public static long KilobytesOf(string table, string field)
    {
        foreach (string line in table.Split('\n'))
        {
            if (line.StartsWith(field, StringComparison.Ordinal))
                return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }

        return 0;
    }

    /// <summary>Pages that belong to the child processes alone: what a fork has copied.</summary>
    public static long ChildrensOwnBytes(int processId)
    {
        long bytes = 0;
        try
        {
            foreach (string child in File.ReadAllText($"/proc/{processId}/task/{processId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                string table = File.ReadAllText($"/proc/{child}/smaps_rollup");
                bytes += (KilobytesOf(table, "Private_Dirty:") + KilobytesOf(table, "Private_Clean:")) * 1024;
            }
        }
        catch (IOException)
        {
            // A child that has just ended owns nothing any more.
        }

        return bytes;
    }
}
