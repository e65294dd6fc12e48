using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

internal enum AppendFsync
{
    EverySecond,
    Always,
    No,
}

internal enum DumpSanitizing
{
    No,
    Yes,
    Clients,
}

internal sealed class PersistenceDirectives(DirectiveTable table)
{
    public SaveDirective Save { get; } = table.Add(new SaveDirective());

    public TextDirective DbFilename { get; } = table.TextOr("dbfilename", "dump.rdb", Protected,
        name => IsBaseName(name) ? null : "dbfilename can't be a path, just a filename");

    public SwitchDirective RdbCompression { get; } = table.Switch("rdbcompression", true);

    public SwitchDirective RdbChecksum { get; } = table.Switch("rdbchecksum", true, Immutable);

    public SwitchDirective RdbDelSyncFiles { get; } = table.Switch("rdb-del-sync-files", false);

    public SwitchDirective RdbSaveIncrementalFsync { get; } = table.Switch("rdb-save-incremental-fsync", true);

    public SwitchDirective StopWritesOnBgsaveError { get; } = table.Switch("stop-writes-on-bgsave-error", true);

    public ChoiceDirective<DumpSanitizing> SanitizeDumpPayload { get; } = table.Choice("sanitize-dump-payload", DumpSanitizing.No,
        [("no", DumpSanitizing.No), ("yes", DumpSanitizing.Yes), ("clients", DumpSanitizing.Clients)]);

    /// <summary>Slows saving for tests: microseconds per key; -n sleeps a microsecond once in about n keys.</summary>
    public NumberDirective RdbKeySaveDelay { get; } = table.Number("rdb-key-save-delay", 0, int.MinValue, int.MaxValue, Hidden);

    /// <summary>Slows loading for tests, in the same unit.</summary>
    public NumberDirective KeyLoadDelay { get; } = table.Number("key-load-delay", 0, int.MinValue, int.MaxValue, Hidden);

    /// <summary>How many bytes of a file are loaded between two looks at the connections.</summary>
    public NumberDirective LoadingProcessEventsIntervalBytes { get; } =
        table.Number("loading-process-events-interval-bytes", 2 << 20, 1024, int.MaxValue, Hidden);

    public SwitchDirective AppendOnly { get; } = table.Switch("appendonly", false, NotWhileLoading);

    public TextDirective AppendFilename { get; } = table.TextOr("appendfilename", "appendonly.aof", Immutable, name =>
        name.Length == 0 ? "appendfilename can't be empty" : IsBaseName(name) ? null : "appendfilename can't be a path, just a filename");

    public TextDirective AppendDirname { get; } = table.TextOr("appenddirname", "appendonlydir", Immutable, name =>
        name.Length == 0 ? "appenddirname can't be empty" : IsBaseName(name) ? null : "appenddirname can't be a path, just a dirname");

    public ChoiceDirective<AppendFsync> AppendFsync { get; } = table.Choice("appendfsync", Configuration.AppendFsync.EverySecond,
    [
        ("everysec", Configuration.AppendFsync.EverySecond), ("always", Configuration.AppendFsync.Always),
        ("no", Configuration.AppendFsync.No),
    ]);

    public SwitchDirective NoAppendFsyncOnRewrite { get; } = table.Switch("no-appendfsync-on-rewrite", false);

    public SwitchDirective AofLoadTruncated { get; } = table.Switch("aof-load-truncated", true);

    public SwitchDirective AofUseRdbPreamble { get; } = table.Switch("aof-use-rdb-preamble", true);

    public SwitchDirective AofTimestampEnabled { get; } = table.Switch("aof-timestamp-enabled", false);

    public SwitchDirective AofDisableAutoGc { get; } = table.Switch("aof-disable-auto-gc", false);

    public SwitchDirective AofRewriteIncrementalFsync { get; } = table.Switch("aof-rewrite-incremental-fsync", true);

    public NumberDirective AutoAofRewritePercentage { get; } = table.Number("auto-aof-rewrite-percentage", 100, 0, int.MaxValue);

    public NumberDirective AutoAofRewriteMinSize { get; } = table.Memory("auto-aof-rewrite-min-size", 64 << 20, 0, long.MaxValue);

    private static bool IsBaseName(string name) => !name.AsSpan().ContainsAny('/', '\\');
}
