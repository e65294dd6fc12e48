using Redoubt.Failover.Names;

namespace Redoubt.Failover.Procedures;

/// <summary>Moves the name, waits until it is seen, and puts it back.</summary>
internal sealed class NameMove(ProcedurePorts ports, SwitchoverIntent intent, NamePlan? plan)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    /// <summary>It has, or nobody knows; then it has to be put back when the procedure is.</summary>
    public bool MayHaveMoved { get; set; }

    public async Task<StepEnd> ChangeAsync()
    {
        NameChange change = await ports.Names.ChangeAsync(intent.OldName, intent.NewName, default).ConfigureAwait(false);
        // A refusal now says nothing about what an earlier process may have changed.
        MayHaveMoved |= change.Outcome is NameChangeOutcome.Changed or NameChangeOutcome.Unknown;
        bool passed = change.Outcome == NameChangeOutcome.Changed || plan is { GoOnWithout: true };
        return new StepEnd(passed, change.Evidence);
    }

    public async Task<StepEnd> VerifyAsync()
    {
        if (plan!.Wait == NameWait.None)
            return new StepEnd(true, "not waited for");
        NameVerdict verdict = await ports.Names.VerifyAsync(intent.NewName, plan.Timeout, default).ConfigureAwait(false);
        if (!verdict.Agreed && !plan.GoOnWithout)
            return new StepEnd(false, $"the name is not visible everywhere: {verdict.Evidence}");
        TimeSpan ttl = TimeSpan.FromSeconds(plan.TtlSeconds);
        if (plan.Wait != NameWait.Ttl || ttl == TimeSpan.Zero)
            return new StepEnd(true, verdict.Evidence);
        ttl = ttl < WaitMax ? ttl : WaitMax;
        TimeSpan until = ports.Acts.Now + ttl;
        while (ports.Acts.Now < until && !ports.Operator.WantsToStop)
            await ports.Acts.WaitAsync(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        return new StepEnd(true, $"{verdict.Evidence}; {ttl.TotalSeconds:0} s waited until older answers have run out");
    }

    /// <summary>Null when the old value is back and seen everywhere, otherwise why not.</summary>
    public async Task<string?> BackAsync()
    {
        ports.Journal.Write(JournalMark.Intent, "name_back", ("act", $"{ports.Names.Name}: {intent.NewName} -> {intent.OldName}"));
        NameChange change = await ports.Names.ChangeAsync(intent.NewName, intent.OldName, default).ConfigureAwait(false);
        NameVerdict verdict = await ports.Names.VerifyAsync(intent.OldName, plan!.Timeout, default).ConfigureAwait(false);
        bool back = change.Outcome != NameChangeOutcome.Refused && verdict.Agreed;
        ports.Journal.Write(back ? JournalMark.Done : JournalMark.Failed, "name_back", ("seen", $"{change.Evidence}; {verdict.Evidence}"));
        return back ? null : $"{change.Evidence}; {verdict.Evidence}";
    }
}
