using Redoubt.Failover.Procedures;

namespace Redoubt.Cli;

/// <summary>What scripts go by. Zero is never given for a failure, and "not known" is not given as "failed".</summary>
internal static class ExitCode
{
    /// <summary>Done; with <c>status</c> and <c>doctor</c>: healthy.</summary>
    public const int Done = 0;

    /// <summary>Nothing was changed; with <c>status</c> and <c>doctor</c>: the group is degraded or broken.</summary>
    public const int NotDone = 1;

    /// <summary>The arguments or the group file make no sense; nothing was changed.</summary>
    public const int Usage = 2;

    /// <summary>A check refused, the operator said no, or no node could be reached; nothing was changed.</summary>
    public const int Refused = 3;

    /// <summary>Begun and undone; everything is as before.</summary>
    public const int RolledBack = 4;

    /// <summary>Done, but something is left to do or to prove.</summary>
    public const int DoneWithFollowUps = 5;

    /// <summary>Begun, with an outcome that has to be looked at.</summary>
    public const int Unknown = 6;

    /// <summary>Another operation has the group; nothing was changed.</summary>
    public const int Busy = 7;

    /// <summary><c>missed-writes</c>: some are missing, and which is known; nothing was changed.</summary>
    public const int WritesMissing = 8;

    /// <summary><c>missed-writes</c>: cannot be determined; nothing was changed.</summary>
    public const int NotDetermined = 9;

    /// <summary>Ctrl-C before anything was changed.</summary>
    public const int Interrupted = 130;

    /// <summary>What a command's help says about them.</summary>
    public static string Explain(string command) => command switch
    {
        "status" => "Exit codes:\n  0 healthy, 1 degraded or broken, 2 usage or group file, 3 no node reachable",
        "init" => "Exit codes:\n  0 written, 2 usage, or the file exists, or there is not one master, 3 no node reachable",
        "doctor" => "Exit codes:\n  0 no check fails (--strict: and none warns), 1 one does, 2 usage or group file",
        "failover" => "Exit codes:\n  2 usage or group file, 3 refused and nothing changed, 4 begun and rolled back, 5 promoted, with the old master in quarantine,\n"
            + "  6 outcome unknown, 7 another operation has the group, 130 interrupted before the first change; 0 only with --dry-run",
        "fence" => "Exit codes:\n  0 fenced and verified, 1 not verified, 2 usage or group file, 7 another operation has the group",
        "unfence" => "Exit codes:\n  0 not fenced any more, 1 something may still be up, 2 usage or group file, 7 another operation has the group",
        "clients" => "Exit codes:\n  0 listed, or every straggler cut off, 1 some were left, 2 usage or group file",
        "plan" => "Exit codes:\n  0 every check passes, 2 usage or group file, 3 refused or no node reachable",
        "show" or "verify" => "Exit codes:\n  0 every server agrees, 1 not, 2 usage or group file",
        "set" or "revert" => "Exit codes:\n  0 changed and every server agrees, 2 usage or group file, 3 refused and nothing changed,\n"
            + "  5 changed, but not every server agrees yet, 6 outcome unknown, 7 an operation has the group",
        "missed-writes" => "Exit codes:\n  0 none are missing (proven), 2 usage or group file, 3 no new master to compare with, 8 some are missing (exact), 9 cannot be determined",
        "apply" => "Exit codes:\n  0 all applied, 2 usage or group file, 3 nothing was applied, 5 applied, but some are left, 6 outcome unknown",
        "rejoin" => "Exit codes:\n  0 it follows and has everything, 2 usage or group file, 3 refused and nothing changed, 5 follow-ups remain, 7 an operation has the group",
        "history" => "Exit codes:\n  0 listed, 2 usage or group file",
        "journal" => "Exit codes:\n  0 shown and its chain is whole, 1 its chain is broken, 2 usage, group file or no such operation",
        "resume" or "abort" => "Exit codes:\n  0 done or nothing to do, 2 usage or group file, 3 refused, 4 rolled back, 5 done with follow-ups, 6 outcome still unknown,\n"
            + "  7 a process is at work on it",
        "switchover" => "Exit codes:\n  0 done, 2 usage or group file, 3 refused or no node reachable and nothing changed, 4 begun and rolled back,\n"
            + "  5 done with follow-ups, 6 outcome unknown, 7 another operation has the group, 130 interrupted before the first change",
        _ => "Exit codes:\n  0 done, 1 not done, 2 usage",
    };

    public static int Of(ProcedureOutcome outcome) => outcome switch
    {
        ProcedureOutcome.Done => Done,
        ProcedureOutcome.DoneWithFollowUps => DoneWithFollowUps,
        ProcedureOutcome.Refused or ProcedureOutcome.Unreachable => Refused,
        ProcedureOutcome.RolledBack => RolledBack,
        ProcedureOutcome.Interrupted => Interrupted,
        _ => Unknown,
    };
}
