using Redoubt.Native.Processes;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Logging;

/// <summary>syslog-enabled: every line goes to the system's log as well.</summary>
internal static class Syslog
{
    private const int UserFacility = 1, FirstLocalFacility = 16;

    public static void Attach(ServerLog log, ServerConfig config)
    {
        SyslogFacility facility = config.Process.SyslogFacility.Value;
        SystemLog.Open(
            config.Process.SyslogIdent.Text, facility == SyslogFacility.User ? UserFacility : FirstLocalFacility + (facility - SyslogFacility.Local0));
        log.Written += static line => SystemLog.Write(PriorityOf(line.Level), line.Text);
    }

    private static int PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Debug => SystemLog.Debug,
        LogLevel.Verbose => SystemLog.Info,
        LogLevel.Notice => SystemLog.Notice,
        _ => SystemLog.Warning,
    };
}
