using System.Globalization;
using System.Net;

namespace Redoubt.Server.Logging;

/// <summary>
/// Every line that Redis writes too, in Redis's words and at Redis's level: 1xxx start, 2xxx snapshots, 3xxx as a replica, 4xxx as a master,
/// 5xxx failover, 6xxx clients, 7xxx shutdown, 8xxx configuration, 9xxx our own.
/// </summary>
internal static class LogMessages
{
    /// <summary>The numbers, for who watches <see cref="ServerLog.Written"/>.</summary>
    public static class Id
    {
        public const int Starting = 1000;
        public const int Version = 1001;
        public const int ConfigurationLoaded = 1002;
        public const int NoConfigurationFile = 1003;
        public const int RunningMode = 1004;
        public const int Logo = 1005;
        public const int ServerInitialized = 1006;
        public const int ReadyToAccept = 1007;
        public const int ReadyToAcceptAtSocket = 1008;
        public const int ListenFailed = 1009;
        public const int ListeningSocketWarning = 1010;
        public const int UnixSocketFailed = 1011;
        public const int NotListening = 1012;
        public const int BacklogTooLong = 1013;
        public const int OpenFilesRaised = 1014;
        public const int OpenFilesTooFew = 1015;
        public const int OomScoreFailed = 1016;
        public const int Supervision = 1017;
        public const int AffinityFailed = 1018;
        public const int RestartFailed = 1019;
        public const int Watchdog = 1020;

        public const int DatabaseLoaded = 2000;
        public const int LoadingProducedBy = 2001;
        public const int LoadingAge = 2002;
        public const int LoadingMemory = 2003;
        public const int LoadingDone = 2004;
        public const int LoadFailed = 2005;
        public const int DatabaseSaved = 2006;
        public const int SaveStarted = 2007;
        public const int SaveSucceeded = 2008;
        public const int SaveFailed = 2009;
        public const int SaveBecauseOfChanges = 2010;
        public const int WriteErrorSaving = 2011;
        public const int SaveChildKilled = 2012;
        public const int AppendOnlyFile = 2020;

        public const int Connecting = 3000;
        public const int Reconnecting = 3001;
        public const int ReconnectingAfterFailure = 3002;
        public const int SyncStarted = 3003;
        public const int ConnectFired = 3004;
        public const int ConnectFailed = 3005;
        public const int UnableToConnect = 3006;
        public const int PingReplied = 3007;
        public const int PingError = 3008;
        public const int AuthError = 3009;
        public const int ReplconfNotUnderstood = 3010;
        public const int NoCachedMaster = 3011;
        public const int TryingPartial = 3012;
        public const int FullResync = 3013;
        public const int PartialAccepted = 3014;
        public const int ReplicationIdChanged = 3015;
        public const int PartialDone = 3016;
        public const int ReceivingBytes = 3017;
        public const int ReceivingStream = 3018;
        public const int Flushing = 3019;
        public const int LoadingInMemory = 3020;
        public const int SyncFinished = 3021;
        public const int SwappingDatabases = 3060;
        public const int DiscardingDatabase = 3061;
        public const int ConnectionLost = 3022;
        public const int CachingMaster = 3023;
        public const int DiscardingCachedMaster = 3024;
        public const int SynthesizedMaster = 3025;
        public const int MasterMode = 3026;
        public const int ReplicaOfEnabled = 3027;
        public const int ReplicaOfSame = 3028;
        public const int SecondaryId = 3029;
        public const int TimeoutConnecting = 3030;
        public const int TimeoutBulk = 3031;
        public const int TimeoutMaster = 3032;
        public const int TryLater = 3033;
        public const int UnexpectedPsyncReply = 3034;
        public const int PsyncUnsupported = 3035;
        public const int SyncIoError = 3036;
        public const int BulkCountError = 3037;
        public const int MasterAborted = 3038;
        public const int BadProtocol = 3039;
        public const int SyncLoadFailed = 3040;
        public const int HandshakeNoReply = 3041;
        public const int HandshakeSendFailed = 3042;
        public const int CriticalMasterError = 3043;

        public const int AsksForSync = 4000;
        public const int FullRequested = 4001;
        public const int BacklogCreated = 4002;
        public const int SaveForSync = 4003;
        public const int TransferStarted = 4004;
        public const int TransferDone = 4005;
        public const int StreamedToReplica = 4006;
        public const int SyncSucceeded = 4007;
        public const int PartialGranted = 4008;
        public const int IdMismatch = 4009;
        public const int SecondIdOffset = 4010;
        public const int LackOfBacklog = 4011;
        public const int OffsetAhead = 4012;
        public const int ReplicaLost = 4013;
        public const int ReplicaTimedOut = 4014;
        public const int BacklogFreed = 4015;
        public const int DelayedForMore = 4016;
        public const int WaitingForSave = 4017;
        public const int WaitingForNextSave = 4018;
        public const int LastReplicaDropped = 4019;
        public const int TransferEnded = 4020;
        public const int CriticalReplicaError = 4021;

        public const int FailoverRequested = 5000;
        public const int FailoverSynced = 5001;
        public const int FailoverTimedOut = 5002;
        public const int FailoverAborted = 5003;
        public const int FailoverReceived = 5004;
        public const int FailoverRejected = 5005;

        public const int Accepted = 6000;
        public const int ClientClosed = 6001;
        public const int DatabaseKeys = 6002;
        public const int ClientsConnected = 6003;
        public const int OutputLimit = 6004;
        public const int IdleClient = 6005;
        public const int WebRequest = 6006;
        public const int MaxMemoryBelowUse = 6020;
        public const int MaxMemoryTiny = 6021;
        public const int ClientEvicted = 6022;
        public const int NoMoreClientsToEvict = 6023;
        public const int QueryLimit = 6024;

        public const int ShutdownRequested = 7000;
        public const int SignalReceived = 7001;
        public const int FinalSave = 7002;
        public const int FinalSaveFailed = 7003;
        public const int Bye = 7004;
        public const int RemovingPidFile = 7005;
        public const int RemovingUnixSocket = 7006;
        public const int WaitingForReplicas = 7007;
        public const int ShutdownAborted = 7008;
        public const int LaggingReplica = 7009;
        public const int ReplicasInSync = 7010;
        public const int ShutdownErrors = 7011;
        public const int SaveChildAtShutdown = 7012;
        public const int ExitNow = 7013;

        public const int Rewritten = 8000;
        public const int RewriteFailed = 8001;

        public const int NotInEffect = 9000;
        public const int Text = 9001;
        public const int Crash = 9002;
    }

    // Start

    public static void Starting(this ServerLog log)
    {
        log.Write(LogLevel.Warning, Id.Starting, "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        log.Write(LogLevel.Warning, Id.Version, string.Create(CultureInfo.InvariantCulture,
            $"Redis version={Configuration.ServerVersion.Redis}, bits={nint.Size * 8}, commit=00000000, modified=0, pid={Environment.ProcessId}, just started"));
    }

    public static void ConfigurationLoaded(this ServerLog log) => log.Write(LogLevel.Warning, Id.ConfigurationLoaded, "Configuration loaded");

    public static void NoConfigurationFile(this ServerLog log, string program) => log.Write(LogLevel.Warning, Id.NoConfigurationFile,
        $"Warning: no config file specified, using the default config. In order to specify a config file use {program} /path/to/redis.conf");

    public static void RunningMode(this ServerLog log, int port) => log.Write(LogLevel.Notice, Id.RunningMode, Text($"Running mode=standalone, port={port}."));

    public static void RemovingUnixSocket(this ServerLog log) =>
        log.Write(LogLevel.Notice, Id.RemovingUnixSocket, "Removing the unix socket file.");

    public static void ServerInitialized(this ServerLog log) => log.Write(LogLevel.Warning, Id.ServerInitialized, "Server initialized");

    public static void ReadyToAcceptConnections(this ServerLog log) => log.Write(LogLevel.Notice, Id.ReadyToAccept, "Ready to accept connections");

    public static void ReadyToAcceptConnectionsAt(this ServerLog log, string socket) => log.Write(LogLevel.Notice, Id.ReadyToAcceptAtSocket,
        $"The server is now ready to accept connections at {socket}");

    public static void ListeningSocketWarning(this ServerLog log, string address, int port, string reason) => log.Write(LogLevel.Warning,
        Id.ListeningSocketWarning, Text($"Warning: Could not create server TCP listening socket {address}:{port}: {reason}"));

    public static void ListenFailed(this ServerLog log, int port) => log.Write(LogLevel.Warning, Id.ListenFailed,
        Text($"Failed listening on port {port} (TCP), aborting."));

    public static void UnixSocketFailed(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.UnixSocketFailed,
        $"Failed opening Unix socket: {reason}");

    public static void NotListening(this ServerLog log) => log.Write(LogLevel.Warning, Id.NotListening, "Configured to not listen anywhere, exiting.");

    public static void BacklogTooLong(this ServerLog log, int backlog, int limit) => log.Write(LogLevel.Warning, Id.BacklogTooLong, Text(
        $"WARNING: The TCP backlog setting of {backlog} cannot be enforced because /proc/sys/net/core/somaxconn is set to the lower value of {limit}."));

    public static void OpenFilesRaised(this ServerLog log, ulong limit, ulong before) => log.Write(LogLevel.Notice, Id.OpenFilesRaised,
        Text($"Increased maximum number of open files to {limit} (it was originally set to {before})."));

    // Snapshots

    public static void DatabaseLoaded(this ServerLog log, TimeSpan took) => log.Write(LogLevel.Notice, Id.DatabaseLoaded,
        Text($"DB loaded from disk: {took.TotalSeconds:0.000} seconds"));

    public static void LoadingProducedBy(this ServerLog log, string version) => log.Write(LogLevel.Notice, Id.LoadingProducedBy,
        $"Loading RDB produced by version {version}");

    public static void LoadingAge(this ServerLog log, long seconds) => log.Write(LogLevel.Notice, Id.LoadingAge, Text($"RDB age {seconds} seconds"));

    public static void LoadingMemory(this ServerLog log, long bytes) => log.Write(LogLevel.Notice, Id.LoadingMemory,
        Text($"RDB memory usage when created {bytes / 1048576.0:0.00} Mb"));

    public static void EmptyKeySkipped(this ServerLog log, string key) => log.Write(LogLevel.Warning, Id.LoadingDone, $"rdbLoadObject skipping empty key: {key}");

    public static void LoadingDone(this ServerLog log, long loaded, long expired, long emptySkipped = 0) => log.Write(LogLevel.Notice, Id.LoadingDone,
        emptySkipped == 0
            ? Text($"Done loading RDB, keys loaded: {loaded}, keys expired: {expired}.")
            : Text($"Done loading RDB, keys loaded: {loaded}, keys expired: {expired}, empty keys skipped: {emptySkipped}."));

    public static void LoadFailed(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.LoadFailed,
        $"Fatal error loading the DB: {reason.TrimEnd('.')}. Exiting.");

    /// <summary>The last line of a start that a damaged file ended.</summary>
    public static void TerminatingAfterLoad(this ServerLog log, string reason)
    {
        log.Write(LogLevel.Warning, Id.LoadFailed, $"Internal error in RDB reading: {reason}");
        log.Write(LogLevel.Warning, Id.LoadFailed, "Terminating server after rdb file reading failure.");
    }

    public static void DatabaseSaved(this ServerLog log) => log.Write(LogLevel.Notice, Id.DatabaseSaved, "DB saved on disk");

    public static void BackgroundSaveStarted(this ServerLog log, long pid) => log.Write(LogLevel.Notice, Id.SaveStarted,
        Text($"Background saving started by pid {pid}"));

    public static void BackgroundSaveSucceeded(this ServerLog log) => log.Write(LogLevel.Notice, Id.SaveSucceeded,
        "Background saving terminated with success");

    public static void BackgroundSaveFailed(this ServerLog log) => log.Write(LogLevel.Warning, Id.SaveFailed, "Background saving error");

    public static void BackgroundSaveCancelled(this ServerLog log, int signal) => log.Write(LogLevel.Warning, Id.SaveChildKilled,
        Text($"Background saving terminated by signal {signal}"));

    public static void SavingBecauseOfChanges(this ServerLog log, int changes, long seconds) => log.Write(LogLevel.Notice, Id.SaveBecauseOfChanges,
        Text($"{changes} changes in {seconds} seconds. Saving..."));

    public static void WriteErrorSaving(this ServerLog log, string operation, string reason) => log.Write(LogLevel.Warning, Id.WriteErrorSaving,
        $"Write error saving DB on disk({operation}): {reason}");

    // As a replica

    public static void ConnectingToMaster(this ServerLog log, string host, int port) => log.Write(LogLevel.Notice, Id.Connecting,
        Text($"Connecting to MASTER {host}:{port}"));

    public static void ReconnectingToMaster(this ServerLog log, string host, int port) => log.Write(LogLevel.Notice, Id.Reconnecting,
        Text($"Reconnecting to MASTER {host}:{port}"));

    public static void ReconnectingToMasterAfterFailure(this ServerLog log, string host, int port) => log.Write(LogLevel.Notice,
        Id.ReconnectingAfterFailure, Text($"Reconnecting to MASTER {host}:{port} after failure"));

    public static void SyncStarted(this ServerLog log) => log.Write(LogLevel.Notice, Id.SyncStarted, "MASTER <-> REPLICA sync started");

    public static void ConnectFired(this ServerLog log) => log.Write(LogLevel.Notice, Id.ConnectFired, "Non blocking connect for SYNC fired the event.");

    public static void ConnectFailed(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.ConnectFailed,
        $"Error condition on socket for SYNC: {reason}");

    public static void UnableToConnectToMaster(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.UnableToConnect,
        $"Unable to connect to MASTER: {reason}");

    public static void MasterRepliedToPing(this ServerLog log) => log.Write(LogLevel.Notice, Id.PingReplied,
        "Master replied to PING, replication can continue...");

    public static void MasterErrorOnPing(this ServerLog log, string reply) => log.Write(LogLevel.Warning, Id.PingError,
        $"Error reply to PING from master: '{reply}'");

    public static void UnableToAuthenticate(this ServerLog log, string reply) => log.Write(LogLevel.Warning, Id.AuthError,
        $"Unable to AUTH to MASTER: {reply}");

    public static void ReplconfNotUnderstood(this ServerLog log, string option, string reply) => log.Write(LogLevel.Notice, Id.ReplconfNotUnderstood,
        $"(Non critical) Master does not understand REPLCONF {option}: {reply}");

    public static void HandshakeNoReply(this ServerLog log) => log.Write(LogLevel.Warning, Id.HandshakeNoReply,
        "Master did not respond to command during SYNC handshake");

    public static void HandshakeSendFailed(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.HandshakeSendFailed,
        $"Sending command to master in replication handshake: {reason}");

    public static void NoCachedMaster(this ServerLog log) => log.Write(LogLevel.Notice, Id.NoCachedMaster,
        "Partial resynchronization not possible (no cached master)");

    public static void TryingPartialResync(this ServerLog log, string replicationId, long offset) => log.Write(LogLevel.Notice, Id.TryingPartial,
        Text($"Trying a partial resynchronization (request {replicationId}:{offset})."));

    public static void FullResyncFromMaster(this ServerLog log, string replicationId, long offset) => log.Write(LogLevel.Notice, Id.FullResync,
        Text($"Full resync from master: {replicationId}:{offset}"));

    public static void PartialResyncSuccessful(this ServerLog log) => log.Write(LogLevel.Notice, Id.PartialAccepted,
        "Successful partial resynchronization with master.");

    public static void MasterReplicationIdChanged(this ServerLog log, string replicationId) => log.Write(LogLevel.Warning, Id.ReplicationIdChanged,
        $"Master replication ID changed to {replicationId}");

    public static void PartialResyncAccepted(this ServerLog log) => log.Write(LogLevel.Notice, Id.PartialDone,
        "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");

    public static void MasterSaysTryLater(this ServerLog log, string reply) => log.Write(LogLevel.Notice, Id.TryLater,
        $"Master is currently unable to PSYNC but should be in the future: {reply}");

    public static void UnexpectedPsyncReply(this ServerLog log, string reply) => log.Write(LogLevel.Warning, Id.UnexpectedPsyncReply,
        $"Unexpected reply to PSYNC from master: {reply}");

    public static void PsyncUnsupported(this ServerLog log, string reply) => log.Write(LogLevel.Notice, Id.PsyncUnsupported,
        $"Master does not support PSYNC or is in error state (reply: {reply})");

    public static void ReceivingBytes(this ServerLog log, long bytes, bool toDisk) => log.Write(LogLevel.Notice, Id.ReceivingBytes,
        Text($"MASTER <-> REPLICA sync: receiving {bytes} bytes from master {(toDisk ? "to disk" : "to parser")}"));

    public static void ReceivingStream(this ServerLog log, bool toDisk) => log.Write(LogLevel.Notice, Id.ReceivingStream,
        $"MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF {(toDisk ? "to disk" : "to parser")}");

    public static void FlushingOldData(this ServerLog log) => log.Write(LogLevel.Notice, Id.Flushing, "MASTER <-> REPLICA sync: Flushing old data");

    public static void LoadingInMemory(this ServerLog log) => log.Write(LogLevel.Notice, Id.LoadingInMemory, "MASTER <-> REPLICA sync: Loading DB in memory");

    public static void SwappingDatabases(this ServerLog log) => log.Write(LogLevel.Notice, Id.SwappingDatabases, "MASTER <-> REPLICA sync: Swapping active DB with loaded DB");

    public static void DiscardingOldDatabase(this ServerLog log) => log.Write(LogLevel.Notice, Id.DiscardingDatabase, "MASTER <-> REPLICA sync: Discarding old DB in background");

    public static void DiscardingTemporaryDatabase(this ServerLog log) => log.Write(LogLevel.Notice, Id.DiscardingDatabase, "MASTER <-> REPLICA sync: Discarding temporary DB in background");

    public static void SyncFinished(this ServerLog log) => log.Write(LogLevel.Notice, Id.SyncFinished, "MASTER <-> REPLICA sync: Finished with success");

    public static void SyncLoadFailed(this ServerLog log, bool fromSocket, string reason) => log.Write(LogLevel.Warning, Id.SyncLoadFailed,
        $"Failed trying to load the MASTER synchronization DB from {(fromSocket ? "socket" : "disk")}: {reason}");

    public static void BulkCountError(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.BulkCountError,
        $"I/O error reading bulk count from MASTER: {reason}");

    public static void MasterAborted(this ServerLog log, string reply) => log.Write(LogLevel.Warning, Id.MasterAborted,
        $"MASTER aborted replication with an error: {reply}");

    public static void BadProtocolFromMaster(this ServerLog log, string received) => log.Write(LogLevel.Warning, Id.BadProtocol,
        $"Bad protocol from MASTER, the first byte is not '$' (we received '{received}'), are you sure the host and port are right?");

    public static void SyncIoError(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.SyncIoError,
        $"I/O error trying to sync with MASTER: {reason}");

    public static void ConnectionWithMasterLost(this ServerLog log) => log.Write(LogLevel.Warning, Id.ConnectionLost, "Connection with master lost.");

    public static void CachingMaster(this ServerLog log) => log.Write(LogLevel.Notice, Id.CachingMaster, "Caching the disconnected master state.");

    public static void DiscardingCachedMaster(this ServerLog log) => log.Write(LogLevel.Notice, Id.DiscardingCachedMaster,
        "Discarding previously cached master state.");

    public static void SynthesizedMaster(this ServerLog log) => log.Write(LogLevel.Notice, Id.SynthesizedMaster,
        "Before turning into a replica, using my own master parameters to synthesize a cached master: "
        + "I may be able to synchronize with the new master with just a partial transfer.");

    public static void TimeoutConnecting(this ServerLog log) => log.Write(LogLevel.Warning, Id.TimeoutConnecting, "Timeout connecting to the MASTER...");

    public static void TimeoutReceivingBulk(this ServerLog log) => log.Write(LogLevel.Warning, Id.TimeoutBulk,
        "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.");

    public static void MasterTimeout(this ServerLog log) => log.Write(LogLevel.Warning, Id.TimeoutMaster, "MASTER timeout: no data nor PING received...");

    /// <summary>Either a user's REPLICAOF NO ONE or the FAILOVER of the old master did it; the client is described as in CLIENT LIST.</summary>
    public static void MasterModeEnabled(this ServerLog log, bool failover, string client) => log.Write(LogLevel.Notice, Id.MasterMode,
        $"MASTER MODE enabled ({(failover ? "failover" : "user")} request from '{client}')");

    public static void ReplicaOfEnabled(this ServerLog log, string host, int port, string client) => log.Write(LogLevel.Notice, Id.ReplicaOfEnabled,
        Text($"REPLICAOF {host}:{port} enabled (user request from '{client}')"));

    public static void ReplicaOfSameMaster(this ServerLog log) => log.Write(LogLevel.Notice, Id.ReplicaOfSame,
        "REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.");

    public static void SecondaryReplicationId(this ServerLog log, string second, long upTo, string first) => log.Write(LogLevel.Warning, Id.SecondaryId,
        Text($"Setting secondary replication ID to {second}, valid up to offset: {upTo}. New replication ID is {first}"));

    /// <summary>A command of the stream failed here: the datasets differ from now on.</summary>
    public static void ErrorToMaster(this ServerLog log, string reply, string command) => log.Write(LogLevel.Warning, Id.CriticalMasterError,
        $"== CRITICAL == This replica is sending an error to its master: '{reply}' after processing the command '{command}'");

    // As a master

    public static void ReplicaAsksForSync(this ServerLog log, string replica) => log.Write(LogLevel.Notice, Id.AsksForSync,
        $"Replica {replica} asks for synchronization");

    public static void FullResyncRequested(this ServerLog log, string replica) => log.Write(LogLevel.Notice, Id.FullRequested,
        $"Full resync requested by replica {replica}");

    public static void BacklogCreated(this ServerLog log, string first, string second) => log.Write(LogLevel.Notice, Id.BacklogCreated,
        $"Replication backlog created, my new replication IDs are '{first}' and '{second}'");

    public static void SaveForSync(this ServerLog log, bool toSockets) => log.Write(LogLevel.Notice, Id.SaveForSync,
        $"Starting BGSAVE for SYNC with target: {(toSockets ? "replicas sockets" : "disk")}");

    public static void TransferStarted(this ServerLog log, long pid) => log.Write(LogLevel.Notice, Id.TransferStarted,
        Text($"Background RDB transfer started by pid {pid}"));

    public static void TransferRead(this ServerLog log, int replicas) => log.Write(LogLevel.Warning, Id.TransferDone,
        Text($"Diskless rdb transfer, done reading from pipe, {replicas} replicas still up."));

    public static void TransferSucceeded(this ServerLog log) => log.Write(LogLevel.Notice, Id.TransferEnded,
        "Background RDB transfer terminated with success");

    public static void LastReplicaDropped(this ServerLog log) => log.Write(LogLevel.Warning, Id.LastReplicaDropped,
        "Diskless rdb transfer, last replica dropped, killing fork child.");

    public static void StreamedToReplica(this ServerLog log, string replica) => log.Write(LogLevel.Notice, Id.StreamedToReplica,
        $"Streamed RDB transfer with replica {replica} succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming");

    public static void SynchronizationSucceeded(this ServerLog log, string replica) => log.Write(LogLevel.Notice, Id.SyncSucceeded,
        $"Synchronization with replica {replica} succeeded");

    public static void PartialResyncGranted(this ServerLog log, string replica, long bytes, long offset) => log.Write(LogLevel.Notice, Id.PartialGranted,
        Text($"Partial resynchronization request from {replica} accepted. Sending {bytes} bytes of backlog starting from offset {offset}."));

    public static void ReplicationIdMismatch(this ServerLog log, string asked, string first, string second) => log.Write(LogLevel.Notice, Id.IdMismatch,
        $"Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '{asked}', my replication IDs are '{first}' and '{second}')");

    public static void SecondIdOffsetTooHigh(this ServerLog log, long asked, long upTo) => log.Write(LogLevel.Notice, Id.SecondIdOffset, Text(
        $"Partial resynchronization not accepted: Requested offset for second ID was {asked}, but I can reply up to {upTo}"));

    public static void LackOfBacklog(this ServerLog log, string replica, long asked) => log.Write(LogLevel.Notice, Id.LackOfBacklog,
        Text($"Unable to partial resync with replica {replica} for lack of backlog (Replica request was: {asked})."));

    public static void OffsetAhead(this ServerLog log, string replica) => log.Write(LogLevel.Warning, Id.OffsetAhead,
        $"Warning: replica {replica} tried to PSYNC with an offset that is greater than the master replication offset.");

    public static void ConnectionWithReplicaLost(this ServerLog log, string replica) => log.Write(LogLevel.Warning, Id.ReplicaLost,
        $"Connection with replica {replica} lost.");

    public static void ReplicaTimedOut(this ServerLog log, bool inFullSync, string replica) => log.Write(LogLevel.Warning, Id.ReplicaTimedOut,
        $"Disconnecting timedout replica ({(inFullSync ? "full" : "streaming")} sync): {replica}");

    public static void BacklogFreed(this ServerLog log, long seconds) => log.Write(LogLevel.Notice, Id.BacklogFreed,
        Text($"Replication backlog freed after {seconds} seconds without connected replicas."));

    public static void SaveDelayedForMoreReplicas(this ServerLog log) => log.Write(LogLevel.Notice, Id.DelayedForMore, "Delay next BGSAVE for diskless SYNC");

    public static void WaitingForSave(this ServerLog log) => log.Write(LogLevel.Notice, Id.WaitingForSave, "Waiting for end of BGSAVE for SYNC");

    public static void WaitingForNextSave(this ServerLog log, bool currentGoesToSockets) => log.Write(LogLevel.Notice, Id.WaitingForNextSave,
        currentGoesToSockets
            ? "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC"
            : "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");

    public static void ErrorToReplica(this ServerLog log, string reply, string command) => log.Write(LogLevel.Warning, Id.CriticalReplicaError,
        $"== CRITICAL == This master is sending an error to its replica: '{reply}' after processing the command '{command}'");

    // Failover

    public static void FailoverRequested(this ServerLog log, string? host, int port) => log.Write(LogLevel.Notice, Id.FailoverRequested,
        host is null ? "FAILOVER requested to any replica." : Text($"FAILOVER requested to {host}:{port}."));

    public static void FailoverTargetSynced(this ServerLog log, string host, int port) => log.Write(LogLevel.Notice, Id.FailoverSynced,
        Text($"Failover target {host}:{port} is synced, failing over."));

    public static void FailoverTimedOut(this ServerLog log, string host, int port) => log.Write(LogLevel.Notice, Id.FailoverTimedOut,
        Text($"FAILOVER to {host}:{port} time out exceeded, failing over."));

    public static void FailoverAborted(this ServerLog log, string? host, int port, string reason) => log.Write(LogLevel.Notice, Id.FailoverAborted,
        host is null ? $"FAILOVER to any replica aborted: {reason}" : Text($"FAILOVER to {host}:{port} aborted: {reason}"));

    public static void FailoverReceived(this ServerLog log, string replicationId) => log.Write(LogLevel.Warning, Id.FailoverReceived,
        $"Failover request received for replid {replicationId}.");

    // Clients

    public static void AcceptedClient(this ServerLog log, EndPoint peer)
    {
        if (log.IsOn(LogLevel.Verbose)) log.Write(LogLevel.Verbose, Id.Accepted, $"Accepted {peer}");
    }

    public static void ClientClosed(this ServerLog log, string client) => log.Write(LogLevel.Verbose, Id.ClientClosed, $"Client closed connection {client}");

    public static void IdleClientClosed(this ServerLog log) => log.Write(LogLevel.Verbose, Id.IdleClient, "Closing idle client");

    public static void OutputLimitReached(this ServerLog log, string client) => log.Write(LogLevel.Warning, Id.OutputLimit,
        $"Client {client} scheduled to be closed ASAP for overcoming of output buffer limits.");

    public static void MaxMemoryBelowUse(this ServerLog log, ulong bytesMax, long used) => log.Write(LogLevel.Warning, Id.MaxMemoryBelowUse,
        Text($"WARNING: the new maxmemory value set via CONFIG SET ({bytesMax}) is smaller than the current memory usage ({used}). This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy."));

    public static void MaxMemoryTiny(this ServerLog log, ulong bytesMax) => log.Write(LogLevel.Warning, Id.MaxMemoryTiny,
        Text($"WARNING: You specified a maxmemory value that is less than 1MB (current value is {bytesMax} bytes). Are you sure this is what you really want?"));

    public static void ClientEvicted(this ServerLog log, string client) => log.Write(LogLevel.Notice, Id.ClientEvicted, $"Evicting client: {client}");

    public static void QueryLimitReached(this ServerLog log, string client, ReadOnlySpan<byte> query) => log.Write(LogLevel.Warning, Id.QueryLimit,
        $"Closing client that reached max query buffer length: {client} (qbuf initial bytes: {Configuration.ConfigText.Quote(System.Text.Encoding.Latin1.GetString(query[..Math.Min(query.Length, 64)]))})");

    public static void NoMoreClientsToEvict(this ServerLog log) => log.Write(LogLevel.Warning, Id.NoMoreClientsToEvict,
        "Over client maxmemory after evicting all evictable clients");

    public static void WebRequest(this ServerLog log) => log.Write(LogLevel.Warning, Id.WebRequest,
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker "
        + "attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection aborted.");

    public static void DatabaseKeys(this ServerLog log, int database, long keys, long withExpiry, long slots)
    {
        if (log.IsOn(LogLevel.Verbose)) log.Write(LogLevel.Verbose, Id.DatabaseKeys, Text($"DB {database}: {keys} keys ({withExpiry} volatile) in {slots} slots HT."));
    }

    public static void ClientsConnected(this ServerLog log, int clients, int replicas, long bytes)
    {
        if (log.IsOn(LogLevel.Debug)) log.Write(LogLevel.Debug, Id.ClientsConnected, Text($"{clients} clients connected ({replicas} replicas), {bytes} bytes in use"));
    }

    // Shutdown

    public static void SignalReceived(this ServerLog log, string signal) => log.WriteFromSignal(LogLevel.Warning, Id.SignalReceived,
        $"Received {signal} scheduling shutdown...");

    public static void ExitingNow(this ServerLog log) => log.WriteFromSignal(LogLevel.Warning, Id.ExitNow, "You insist... exiting now.");

    public static void ShutdownRequested(this ServerLog log) => log.Write(LogLevel.Warning, Id.ShutdownRequested, "User requested shutdown...");

    public static void WaitingForReplicas(this ServerLog log) => log.Write(LogLevel.Notice, Id.WaitingForReplicas, "Waiting for replicas before shutting down.");

    public static void ShutdownAborted(this ServerLog log) => log.Write(LogLevel.Notice, Id.ShutdownAborted, "Shutdown manually aborted.");

    public static void LaggingReplica(this ServerLog log, string replica, long behind, long lagSeconds, string state) => log.Write(
        LogLevel.Warning, Id.LaggingReplica,
        Text($"Lagging replica {replica} reported offset {behind} behind master, lag={lagSeconds}, state={state}."));

    public static void ReplicasInSync(this ServerLog log, int inSync, int all) => log.Write(LogLevel.Notice, Id.ReplicasInSync,
        Text($"{inSync} of {all} replicas are in sync when shutting down."));

    public static void FinalSave(this ServerLog log) => log.Write(LogLevel.Notice, Id.FinalSave, "Saving the final RDB snapshot before exiting.");

    public static void FinalSaveFailed(this ServerLog log, bool exitsAnyway) => log.Write(LogLevel.Warning, Id.FinalSaveFailed,
        exitsAnyway ? "Error trying to save the DB. Exit anyway." : "Error trying to save the DB, can't exit.");

    public static void StoppingSaveAtShutdown(this ServerLog log) => log.Write(LogLevel.Warning, Id.SaveChildAtShutdown,
        "There is a child saving an .rdb. Killing it!");

    public static void RemovingPidFile(this ServerLog log) => log.Write(LogLevel.Notice, Id.RemovingPidFile, "Removing the pid file.");

    public static void ShutdownErrors(this ServerLog log) => log.Write(LogLevel.Warning, Id.ShutdownErrors,
        "Errors trying to shut down the server. Check the logs for more information.");

    public static void Bye(this ServerLog log) => log.Write(LogLevel.Warning, Id.Bye, "Redis is now ready to exit, bye bye...");

    // Configuration

    public static void ConfigRewritten(this ServerLog log) => log.Write(LogLevel.Warning, Id.Rewritten, "CONFIG REWRITE executed with success.");

    public static void ConfigRewriteFailed(this ServerLog log, string reason) => log.Write(LogLevel.Warning, Id.RewriteFailed, $"CONFIG REWRITE failed: {reason}");

    // Our own

    /// <summary>Said once at the start, so that a file written for Redis does not promise what this server does not do.</summary>
    public static void DirectivesNotInEffect(this ServerLog log, IEnumerable<string> names)
    {
        var list = string.Join(", ", names);
        if (list.Length > 0) log.Write(LogLevel.Warning, Id.NotInEffect, $"Accepted, but without effect in this version: {list}.");
    }

    public static void Warn(this ServerLog log, string text) => log.Write(LogLevel.Warning, Id.Text, text);

    public static void Tell(this ServerLog log, string text) => log.Write(LogLevel.Notice, Id.Text, text);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
