using Redoubt.Operations;

namespace Redoubt.Cli;

/// <summary>What scripts go by. Zero is never given for a failure, and "not known" is not given as "failed".</summary>
internal static class ExitCode
{
    /// <summary>Done; with <c>status</c>: healthy.</summary>
    public const int Done = 0;

    /// <summary>Nothing was changed; with <c>status</c>: the group is degraded or broken.</summary>
    public const int NotDone = 1;

    /// <summary>The arguments make no sense; nothing was changed.</summary>
    public const int Usage = 2;

    /// <summary>No node could be reached; nothing was changed.</summary>
    public const int Unreachable = 3;

    /// <summary>Begun and undone; the old master serves as before.</summary>
    public const int RolledBack = 4;

    /// <summary>Done, but something is left to do or to prove.</summary>
    public const int DoneWithFollowUps = 5;

    /// <summary>Begun, with an outcome that has to be looked at.</summary>
    public const int Unknown = 6;

    /// <summary>Ctrl-C before anything was changed.</summary>
    public const int Interrupted = 130;

    /// <summary>What a command's help says about them.</summary>
    public static string Explain(string command) => command switch
    {
        "status" => "Exit codes:\n  0 healthy, 1 degraded or broken, 2 usage, 3 no node reachable",
        "switchover" => "Exit codes:\n  0 done, 1 refused and nothing changed, 2 usage, 3 no node reachable, 4 begun and rolled back,\n"
            + "  5 done with follow-ups, 6 outcome unknown, 130 interrupted before the first change",
        _ => "Exit codes:\n  0 done, 1 not done, 2 usage",
    };

    public static int Of(SwitchoverOutcome outcome) => outcome switch
    {
        SwitchoverOutcome.Done => Done,
        SwitchoverOutcome.DoneWithFollowUps => DoneWithFollowUps,
        SwitchoverOutcome.Refused => NotDone,
        SwitchoverOutcome.Unreachable => Unreachable,
        SwitchoverOutcome.RolledBack => RolledBack,
        _ => Unknown,
    };
}
