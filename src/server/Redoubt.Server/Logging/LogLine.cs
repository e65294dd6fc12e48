using System.Globalization;
using System.Text;

namespace Redoubt.Server.Logging;

/// <summary>
/// The form of a line: <c>PID:ROLE DD Mon YYYY HH:MM:SS.mmm LEVEL text</c>, in local time, as Redis writes it and as what reads its logs expects.
/// </summary>
internal static class LogLine
{
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>The bytes of a line, with its line feed.</summary>
    public static byte[] Format(int pid, char role, DateTime local, LogLevel level, string text)
    {
        var mark = level switch { LogLevel.Debug => '.', LogLevel.Verbose => '-', LogLevel.Notice => '*', _ => '#' };
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{pid}:{role} {local.Day:00} {Months[local.Month - 1]} {local.Year:0000} "
            + $"{local.Hour:00}:{local.Minute:00}:{local.Second:00}.{local.Millisecond:000} {mark} {text}\n"));
    }

    /// <summary>A line from before the log is open; C is the role of a process that is no server yet.</summary>
    public static string AtStart(LogLevel level, string text) =>
        Encoding.UTF8.GetString(Format(Environment.ProcessId, 'C', DateTime.Now, level, text));
}
