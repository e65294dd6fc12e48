namespace Redoubt.Failover.Procedures;

/// <summary>How a step that can still be undone ended, and what another process may want to know of it.</summary>
internal readonly record struct StepEnd(bool Passed, string Seen, params (string Name, string Value)[] Facts);

/// <summary>The steps before the point of no return: recorded before and after, told of, and not begun when the operator wants to stop.</summary>
internal static class UndoableSteps
{
    /// <summary>One step: null when it passed, otherwise why not.</summary>
    public static async Task<string?> TryAsync(this ProcedurePorts ports, string step, string act, Func<Task<StepEnd>> body)
    {
        if (ports.Operator.WantsToStop)
            return "stopped by the operator.";
        ports.Journal.Write(JournalMark.Intent, step, ("act", act));
        StepEnd end = await body().ConfigureAwait(false);
        ports.Journal.Write(end.Passed ? JournalMark.Done : JournalMark.Failed, step, [("seen", end.Seen), .. end.Facts]);
        if (end.Passed && end.Seen.Length > 0)
            ports.Operator.Tell(step, end.Seen);
        return end.Passed ? null : end.Seen;
    }

    /// <summary>The hooks of a moment, which may refuse.</summary>
    public static async Task<StepEnd> RunHooksAsync(this ProcedurePorts ports, string moment, SwitchoverIntent intent)
    {
        string? failed = await ports.Hooks.RunAsync(moment, intent.ToFacts().ToDictionary(fact => fact.Name, fact => fact.Value)).ConfigureAwait(false);
        return new StepEnd(failed is null, failed ?? "");
    }
}
