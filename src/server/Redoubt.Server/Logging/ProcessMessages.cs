using System.Globalization;
using static Redoubt.Server.Logging.LogMessages;

namespace Redoubt.Server.Logging;

/// <summary>Lines about the process and what the operating system gives it, in Redis's words.</summary>
internal static class ProcessMessages
{
    public static void OpenFilesNotEnough(this ServerLog log, ulong limit, ulong needed) => log.Write(LogLevel.Warning, Id.OpenFilesTooFew, Text(
        $"Your current 'ulimit -n' of {limit} is not enough for the server to start. Please increase your open file limit to at least {needed}. Exiting."));

    public static void OpenFilesTooFew(this ServerLog log, long maxClients, ulong needed, ulong limit, long reducedTo, string reason)
    {
        log.Write(LogLevel.Warning, Id.OpenFilesTooFew,
            Text($"You requested maxclients of {maxClients} requiring at least {needed} max file descriptors."));
        log.Write(LogLevel.Warning, Id.OpenFilesTooFew,
            Text($"Server can't set maximum open files to {needed} because of OS error: {reason}."));
        log.Write(LogLevel.Warning, Id.OpenFilesTooFew, Text(
            $"Current maximum open files is {limit}. maxclients has been reduced to {reducedTo} to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'."));
    }

    public static void OomScoreFailed(this ServerLog log, string step, string reason) =>
        log.Write(LogLevel.Warning, Id.OomScoreFailed, $"Unable to {step} oom_score_adj: {reason}");

    public static void SupervisionDetected(this ServerLog log, string by) =>
        log.Write(LogLevel.Verbose, Id.Supervision, $"{by} supervision detected.");

    public static void SupervisedBySystemd(this ServerLog log) => log.Write(LogLevel.Notice, Id.Supervision,
        "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in your service unit.");

    public static void SystemdSocketMissing(this ServerLog log) =>
        log.Write(LogLevel.Warning, Id.Supervision, "systemd supervision requested, but NOTIFY_SOCKET not found");

    public static void SupervisedByUpstart(this ServerLog log) =>
        log.Write(LogLevel.Notice, Id.Supervision, "supervised by upstart, will stop to signal readiness.");

    public static void UpstartJobMissing(this ServerLog log) =>
        log.Write(LogLevel.Warning, Id.Supervision, "upstart supervision requested, but UPSTART_JOB not found!");

    public static void AffinityFailed(this ServerLog log, string directive, string reason) =>
        log.Write(LogLevel.Warning, Id.AffinityFailed, $"Unable to bind threads to the processors of {directive}: {reason}");

    public static void RestartFailed(this ServerLog log, string reason) =>
        log.Write(LogLevel.Warning, Id.RestartFailed, $"Can't restart: {reason}");

    public static void ExitingWhileLoading(this ServerLog log) => log.WriteFromSignal(LogLevel.Warning, Id.ExitNow,
        "Received shutdown signal during loading, exiting now.");

    public static void WatchdogExpired(this ServerLog log, string doing)
    {
        log.WriteFromSignal(LogLevel.Warning, Id.Watchdog, "\n--- WATCHDOG TIMER EXPIRED ---");
        log.WriteFromSignal(LogLevel.Warning, Id.Watchdog, doing);
        log.WriteFromSignal(LogLevel.Warning, Id.Watchdog, "--------\n");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
