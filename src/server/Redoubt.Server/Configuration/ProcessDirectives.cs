using Redoubt.Server.Logging;
using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

internal enum Supervision
{
    None,
    Upstart,
    Systemd,
    Auto,
}

internal enum SyslogFacility
{
    User,
    Local0,
    Local1,
    Local2,
    Local3,
    Local4,
    Local5,
    Local6,
    Local7,
}

internal enum OomScoreAdjust
{
    No,
    Relative,
    Absolute,
}

/// <summary>The process itself: folder, log, start, shutdown, timers, and what the operating system is told.</summary>
internal sealed class ProcessDirectives(DirectiveTable table, string currentDirectory)
{
    public const string DefaultTitleTemplate = "{title} {listen-addr} {server-mode}";

    public DirDirective Dir { get; } = table.Add(new DirDirective(currentDirectory));

    public SwitchDirective Daemonize { get; } = table.Switch("daemonize", false, Immutable);

    public TextDirective PidFile { get; } = table.Text("pidfile", Immutable);

    public ChoiceDirective<Supervision> Supervised { get; } = table.Choice("supervised", Supervision.None,
        [("upstart", Supervision.Upstart), ("systemd", Supervision.Systemd), ("auto", Supervision.Auto), ("no", Supervision.None)],
        Immutable);

    public ChoiceDirective<LogLevel> LogLevel { get; } = table.Choice("loglevel", Logging.LogLevel.Notice,
    [
        ("debug", Logging.LogLevel.Debug), ("verbose", Logging.LogLevel.Verbose),
        ("notice", Logging.LogLevel.Notice), ("warning", Logging.LogLevel.Warning),
    ]);

    public TextDirective LogFile { get; } = table.TextOr("logfile", "", Immutable);

    public SwitchDirective AlwaysShowLogo { get; } = table.Switch("always-show-logo", false, Immutable);

    public SwitchDirective SyslogEnabled { get; } = table.Switch("syslog-enabled", false, Immutable);

    public TextDirective SyslogIdent { get; } = table.TextOr("syslog-ident", "redis", Immutable);

    public ChoiceDirective<SyslogFacility> SyslogFacility { get; } = table.Choice("syslog-facility", Configuration.SyslogFacility.Local0,
    [
        ("user", Configuration.SyslogFacility.User), ("local0", Configuration.SyslogFacility.Local0),
        ("local1", Configuration.SyslogFacility.Local1), ("local2", Configuration.SyslogFacility.Local2),
        ("local3", Configuration.SyslogFacility.Local3), ("local4", Configuration.SyslogFacility.Local4),
        ("local5", Configuration.SyslogFacility.Local5), ("local6", Configuration.SyslogFacility.Local6),
        ("local7", Configuration.SyslogFacility.Local7),
    ], Immutable);

    public NumberDirective Databases { get; } = table.Number("databases", 16, 1, int.MaxValue, Immutable);

    public NumberDirective Hz { get; } = table.Number("hz", 10, 0, int.MaxValue, capTo: (1, 500));

    public SwitchDirective DynamicHz { get; } = table.Switch("dynamic-hz", true);

    public NumberDirective ShutdownTimeout { get; } = table.Number("shutdown-timeout", 10, 0, int.MaxValue);

    public ShutdownFlagsDirective ShutdownOnSigint { get; } = table.Add(new ShutdownFlagsDirective("shutdown-on-sigint"));

    public ShutdownFlagsDirective ShutdownOnSigterm { get; } = table.Add(new ShutdownFlagsDirective("shutdown-on-sigterm"));

    public SwitchDirective SetProcTitle { get; } = table.Switch("set-proc-title", true, Immutable);

    public TextDirective ProcTitleTemplate { get; } =
        table.TextOr("proc-title-template", DefaultTitleTemplate, None, ProcessTitle.WhyInvalid);

    public TextDirective IgnoreWarnings { get; } = table.TextOr("ignore-warnings", "", NotInEffect);

    public SwitchDirective CrashLogEnabled { get; } = table.Switch("crash-log-enabled", true);

    public SwitchDirective CrashMemcheckEnabled { get; } = table.Switch("crash-memcheck-enabled", true, NotInEffect);

    public SwitchDirective UseExitOnPanic { get; } = table.Switch("use-exit-on-panic", false, Hidden);

    public NumberDirective WatchdogPeriod { get; } = table.Number("watchdog-period", 0, 0, int.MaxValue, Hidden);

    public SwitchDirective DisableThp { get; } = table.Switch("disable-thp", true, Immutable | NotInEffect);

    public SwitchDirective JemallocBgThread { get; } = table.Switch("jemalloc-bg-thread", true, NotInEffect);

    public ChoiceDirective<OomScoreAdjust> OomScoreAdj { get; } = table.Choice("oom-score-adj", OomScoreAdjust.No,
    [
        ("no", OomScoreAdjust.No), ("yes", OomScoreAdjust.Relative),
        ("relative", OomScoreAdjust.Relative), ("absolute", OomScoreAdjust.Absolute),
    ]);

    public OomScoreDirective OomScoreAdjValues { get; } = table.Add(new OomScoreDirective(None));

    public TextDirective ServerCpuList { get; } = table.Text("server_cpulist", Immutable);

    public TextDirective BioCpuList { get; } = table.Text("bio_cpulist", Immutable | NotInEffect);

    public TextDirective AofRewriteCpuList { get; } = table.Text("aof_rewrite_cpulist", Immutable | NotInEffect);

    public TextDirective BgsaveCpuList { get; } = table.Text("bgsave_cpulist", Immutable | NotInEffect);
}
