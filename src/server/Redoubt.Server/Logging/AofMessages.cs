// What the log says about the append-only file.
//
// Where Redis says the same these are its words, since people and tools look for them, and "child" is the word for what runs in the background
// here without being a process. Lines of our own say what an operator needs beyond that: where damage stands, how much was cut off.
using System.Globalization;
using Redoubt.Persistence.AppendOnly;

namespace Redoubt.Server.Logging;

/// <summary>Lines about the append-only file.</summary>
internal static class AofMessages
{
    private const int Id = LogMessages.Id.AppendOnlyFile;

    private static void Notice(ServerLog log, FormattableString text) => log.Write(LogLevel.Notice, Id, text.ToString(CultureInfo.InvariantCulture));

    private static void Warning(ServerLog log, FormattableString text) => log.Write(LogLevel.Warning, Id, text.ToString(CultureInfo.InvariantCulture));

    // Files

    public static void AofFolderFailed(this ServerLog log, string folder, string cause) => Warning(log, $"Can't open or create append-only dir {folder}: {cause}");

    public static void AofCannotOpen(this ServerLog log, string file, string cause) => Warning(log, $"Can't open the append-only file {file}: {cause}");

    public static void AofManifestUnreadable(this ServerLog log, string file, string cause) =>
        Warning(log, $"Fatal error: can't open the AOF manifest file {file} for reading: {cause}");

    public static void AofManifestDamaged(this ServerLog log, AofManifestError error)
    {
        Warning(log, $"\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        if (error.LineNumber > 0)
        {
            Warning(log, $"Reading the manifest file, at line {error.LineNumber}\n");
            Warning(log, $">>> '{error.Line}'\n");
        }
        Warning(log, $"{error.Message}\n");
    }

    public static void AofManifestFailed(this ServerLog log, string cause) => Warning(log, $"Fail to persist the AOF manifest file: {cause}");

    public static void AofMigrated(this ServerLog log, string file, string folder) =>
        Notice(log, $"Successfully migrated an old-style AOF configuration ({file}) into the AOF directory ({folder}).");

    public static void AofMigrationFailed(this ServerLog log, string file, string folder, string cause) =>
        Warning(log, $"Error trying to move the old AOF file {file} into dir {folder}: {cause}");

    public static void AofHistoryRemoved(this ServerLog log, string file) => Notice(log, $"Removing the history file {file} in the background");

    public static void AofBaseCreated(this ServerLog log, string file) => Notice(log, $"Creating AOF base file {file} on server start");

    public static void AofIncrementalCreatedAtStart(this ServerLog log, string file) => Notice(log, $"Creating AOF incr file {file} on server start");

    public static void AofIncrementalOpened(this ServerLog log, string file) => Notice(log, $"Opening AOF incr file {file} on server start");

    public static void AofIncrementalCreated(this ServerLog log, string file) => Notice(log, $"Creating AOF incr file {file} on background rewrite");

    public static void AofIncrementalRenamed(this ServerLog log, string from, string to) =>
        Notice(log, $"Successfully renamed the temporary AOF incr file {from} into {to}");

    // Loading

    public static void Progress(this ServerLog log, string text) => log.Write(LogLevel.Notice, Id, text);

    public static void LoadingBase(this ServerLog log) => Notice(log, $"RDB is base AOF");

    public static void AofLoaded(this ServerLog log, TimeSpan took) => Notice(log, $"DB loaded from append only file: {took.TotalSeconds:0.000} seconds");

    public static void AofFileLoaded(this ServerLog log, string file, bool isBase, TimeSpan took) =>
        Notice(log, $"DB loaded from {(isBase ? "base" : "incr")} file {file}: {took.TotalSeconds:0.000} seconds");

    public static void AofReadingRdb(this ServerLog log, bool isPreamble)
    {
        if (isPreamble)
            Notice(log, $"Reading RDB preamble from AOF file...");
        else
            Notice(log, $"Reading RDB base file on AOF loading...");
    }

    public static void AofReadingTail(this ServerLog log) => Notice(log, $"Reading the remaining AOF tail...");

    public static void AofRdbFailed(this ServerLog log, string file, bool isPreamble) =>
        Warning(log, $"Error reading the RDB {(isPreamble ? "preamble of the AOF" : "base")} file {file}, AOF loading aborted");

    public static void AofLengthUnknown(this ServerLog log, string file, string cause) => Warning(log, $"Unable to obtain the AOF file {file} length. stat: {cause}");

    public static void AofUnopened(this ServerLog log, string file, string cause) =>
        Warning(log, $"Fatal error: can't open the append log file {file} for reading: {cause}");

    public static void AofUnreadable(this ServerLog log, string file, string cause) =>
        Warning(log, $"Unrecoverable error reading the append only file {file}: {cause}");

    public static void AofUnknownCommand(this ServerLog log, string command, string file) =>
        Warning(log, $"Unknown command '{command}' reading the append only file {file}");

    public static void AofTransactionReverted(this ServerLog log, string file) =>
        Warning(log, $"Revert incomplete MULTI/EXEC transaction from AOF file {file}");

    public static void AofDamaged(this ServerLog log, string file, long offset)
    {
        Warning(log, $"What stands at offset {offset} of {file} is no command: the file is damaged there.");
        Warning(log, $"Bad file format reading the append only file {file}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>");
    }

    public static void AofEndsEarly(this ServerLog log, string file) => Warning(log,
        $"Unexpected end of file reading the append only file {file}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.");

    public static void AofTruncating(this ServerLog log, string file, long at, long bytes)
    {
        Warning(log, $"!!! Warning: short read while loading the AOF file {file}!!!");
        Warning(log, $"!!! Truncating the AOF {file} at offset {at} !!!");
        Warning(log, $"{bytes} bytes after the last whole command or transaction of {file} are cut off");
    }

    public static void AofTruncatedInTheMiddle(this ServerLog log) => Warning(log, $"Fatal error: the truncated file is not the last file");

    public static void AofTruncateFailedAtLoad(this ServerLog log, string file, string cause) => Warning(log, $"Error truncating the AOF file {file}: {cause}");

    public static void AofLoadedAnyway(this ServerLog log, string file) =>
        Warning(log, $"AOF {file} loaded anyway because aof-load-truncated is enabled");

    // Writing

    public static void DiskIsBusy(this ServerLog log) => Notice(log,
        $"Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.");

    public static void AofWriteError(this ServerLog log, string cause) => Warning(log, $"Error writing to the AOF file: {cause}");

    public static void AofTruncateFailed(this ServerLog log, string cause) => Warning(log,
        $"Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it starts.  ftruncate: {cause}");

    public static void AofWriteErrorSolved(this ServerLog log) => Warning(log, $"AOF write error looks solved, Redis can write again.");

    public static void AofSyncFailed(this ServerLog log, string cause) => Warning(log, $"Fail to fsync the AOF file: {cause}");

    public static void AofUnrecoverable(this ServerLog log, string cause, bool isWritten)
    {
        if (isWritten)
        {
            Warning(log, $"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {cause}. Exiting...");
            return;
        }
        log.AofWriteError(cause);
        Warning(log, $"Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
    }

    // Rewriting

    public static void AofRewriteStarted(this ServerLog log) => Notice(log, $"Background append only file rewriting started by pid {Environment.ProcessId}");

    public static void AofBaseWritten(this ServerLog log, string file) => Notice(log, $"Successfully created the temporary AOF base file {file}");

    public static void AofRewriteTerminated(this ServerLog log) => Notice(log, $"Background AOF rewrite terminated with success");

    public static void AofBaseRenamed(this ServerLog log, string from, string to) =>
        Notice(log, $"Successfully renamed the temporary AOF base file {from} into {to}");

    public static void AofRewriteFinished(this ServerLog log) => Notice(log, $"Background AOF rewrite finished successfully");

    public static void AofRewriteWriteFailed(this ServerLog log, string cause) => Warning(log, $"Write error writing append only file on disk: {cause}");

    public static void AofRewriteFailed(this ServerLog log, string cause)
    {
        log.AofRewriteWriteFailed(cause);
        Warning(log, $"Background AOF rewrite terminated with error");
    }

    public static void AofRewriteKilled(this ServerLog log) => Notice(log, $"Killing running AOF rewrite child: {Environment.ProcessId}");

    public static void AofRewriteLimited(this ServerLog log, int minutes) => Warning(log,
        $"Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {minutes} minutes");

    public static void AofGrown(this ServerLog log, long percent) => Notice(log, $"Starting automatic rewriting of AOF on {percent}% growth");

    // On and off

    public static void AofScheduledBehindOther(this ServerLog log) => Warning(log,
        $"AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.");

    public static void AofScheduledInTransaction(this ServerLog log) =>
        Warning(log, $"AOF was enabled during a transaction. An AOF background was scheduled to start when possible.");

    public static void AofRestartsRewrite(this ServerLog log) => Warning(log,
        $"AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.");

    public static void AofCannotStart(this ServerLog log) => Warning(log,
        $"Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.");

    public static void AofInitialAtShutdown(this ServerLog log, bool exitsAnyway)
    {
        if (exitsAnyway)
            Warning(log, $"Writing initial AOF. Exit anyway.");
        else
            Warning(log, $"Writing initial AOF, can't exit");
    }

    public static void AofKillingAtShutdown(this ServerLog log) => Warning(log, $"There is a child rewriting the AOF. Killing it!");

    public static void AofSyncAtShutdown(this ServerLog log) => Notice(log, $"Calling fsync() on the AOF file.");
}
