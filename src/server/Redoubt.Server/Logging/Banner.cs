using System.Globalization;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Logging;

/// <summary>
/// What a start prints first. With always-show-logo, or when a person looks (standard output is a terminal), a picture with the port and the
/// process id; tools that start servers wait for " PID: ". Otherwise a plain line with the mode and the port.
/// </summary>
internal static class Banner
{
    public static void Print(ServerLog log, ServerConfig config, bool standardOutputIsTerminal)
    {
        var port = config.Port != 0 ? config.Port : config.Tls.Port.Int;
        var shows = config.AlwaysShowLogo || (config.LogFile.Length == 0 && standardOutputIsTerminal);
        if (shows) log.WriteRaw(LogLevel.Notice, LogMessages.Id.Logo, Picture(port));
        else log.RunningMode(port);
    }

    private static string Picture(int port) => string.Create(CultureInfo.InvariantCulture, $"""

              |>          |>
             _|_  _   _  _|_
            |#| |_| |_| |#|      Redoubt {ServerVersion.Redoubt} ({nint.Size * 8} bit)
            |#|  _   _  |#|      speaks Redis {ServerVersion.Redis}, standalone mode
            |#| | | | | |#|      Port: {port}
            |#| |_| |_| |#|      PID: {Environment.ProcessId}
            |#|    _    |#|
          __|#|___| |___|#|__
         /___________________\


        """);
}
