using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Failover.Unplanned;

// The master is gone. Whoever promotes a replica bets that it will not come back and accept writes; the fence is what takes the bet's place.
//
//   pre_hooks ─► fence ─► name_change ─► name_verify ─► evidence ─► promote ══► probe, siblings, persist, post_hooks
//       │          │           │              │                       │     ║
//    refused    refused    ◄── name and fence are put back ──►     rolled   ║ point of no return
//
// Before the promotion the replica's offset is frozen: its link is dead, nobody writes to it, so what it has then is what both histories share.
// INFO and a snapshot are kept before, and the last stretch of the stream right after (a replica without a link gives it to nobody), since
// missed writes are found by laying the old master's data beside them.
// A failover never ends with 0: the old master stays in quarantine until somebody has looked at what only it has.

/// <summary>How a fence stands.</summary>
/// <param name="Raised">It was put up, as far as one can tell.</param>
/// <param name="Verified">And it was seen to hold.</param>
public sealed record FenceState(bool Raised, bool Verified, string Evidence);

/// <summary>One way to keep a node from accepting writes.</summary>
public interface IFence
{
    /// <summary>The word of the group file: <c>min-replicas</c>, <c>hook:NAME</c>.</summary>
    string Method { get; }

    /// <summary>Puts it up and sees whether it holds. May be repeated.</summary>
    Task<FenceState> RaiseAsync(NodeAddress node);

    /// <summary>Takes it down; null when it is down, otherwise why not.</summary>
    Task<string?> LowerAsync(NodeAddress node);
}

/// <summary>Keeps what missed writes are later found with.</summary>
public interface IEvidence
{
    /// <summary>Before the promotion: what was kept and what could not be, in a sentence. Never throws.</summary>
    Task<string> KeepAsync(NodeAddress candidate, ReplicationInfo frozen);

    /// <summary>After it: the last stretch of the history that both share. A replica without a link gives its stream to nobody. Never throws.</summary>
    Task<string> KeepTailAsync(NodeAddress promoted, ReplicationInfo now);
}

/// <summary>Carries out a failover that has been planned and allowed.</summary>
public sealed class FailoverProcedure(ProcedurePorts ports, SwitchoverIntent intent, FailoverRequest request, IReadOnlyList<IFence> fences, IEvidence evidence)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly NameMove _name = new(ports, intent, request.Rules.Name);
    private readonly List<IFence> _raised = [];

    /// <summary>From the beginning.</summary>
    public async Task<ProcedureEnd> RunAsync()
    {
        ports.Journal.Write(JournalMark.Begin, "failover", intent.ToFacts());
        if (await ports.TryAsync("pre_hooks", "run the hooks pre_failover", () => ports.RunHooksAsync("pre_failover", intent)).ConfigureAwait(false) is { } refused)
            return await BackAsync(refused).ConfigureAwait(false);
        return await FromFenceAsync(JournalPast.None).ConfigureAwait(false);
    }

    /// <summary>Goes on where another process has stopped, or undoes it while that can be.</summary>
    public async Task<ProcedureEnd> ContinueAsync(JournalPast past, bool abort)
    {
        ports.Journal.Write(JournalMark.Resumed, abort ? "abort" : "resume");
        _name.MayHaveMoved = past.Begun("name_change");
        if (past.Begun("fence"))
            _raised.AddRange(fences);
        await ports.Acts.CutEarlierAsync([.. intent.Nodes]).ConfigureAwait(false);
        NodeObservation target = await ports.Acts.LookAsync(intent.Target).ConfigureAwait(false);
        ports.Operator.Tell(abort ? "abort" : "resume", HandOverStep.Describe(target));
        if (target.IsMaster)
            return await ForwardAsync(past).ConfigureAwait(false);
        if (target.Replication is null)
            return Unknown($"{HandOverStep.Describe(target)}; it may have been promoted.");
        return abort ? await BackAsync("aborted by the operator.").ConfigureAwait(false) : await FromFenceAsync(past).ConfigureAwait(false);
    }

    private async Task<ProcedureEnd> FromFenceAsync(JournalPast past)
    {
        if (await ports.TryAsync("fence", $"keep {intent.OldMaster} from accepting writes", FenceAsync).ConfigureAwait(false) is { } open)
            return await BackAsync(open).ConfigureAwait(false);
        if (intent.HasName)
        {
            if (await ports.TryAsync("name_change", $"{ports.Names.Name}: {intent.OldName} -> {intent.NewName}, if it still is {intent.OldName}", _name.ChangeAsync).ConfigureAwait(false) is { } unchanged)
                return await BackAsync(unchanged).ConfigureAwait(false);
            if (await ports.TryAsync("name_verify", $"{ports.Names.Name} is {intent.NewName} wherever it is asked for", _name.VerifyAsync).ConfigureAwait(false) is { } invisible)
                return await BackAsync(invisible).ConfigureAwait(false);
        }

        NodeObservation frozen = await ports.Acts.LookAsync(intent.Target).ConfigureAwait(false);
        if (frozen.Replication is not { Role: Role.Replica, Master.IsUp: false } info)
            return await BackAsync($"{HandOverStep.Describe(frozen)}{(frozen.Replication?.Master is { IsUp: true } ? ", and it hears its master again" : "")}.").ConfigureAwait(false);
        await ports.TryAsync("evidence", $"keep what {intent.Target} knows of the old history", async () => new StepEnd(true, await evidence.KeepAsync(intent.Target, info).ConfigureAwait(false),
            ("offset", $"{frozen.Offset}"), ("history", info.ReplicationId.ToString()))).ConfigureAwait(false);
        if (ports.Operator.WantsToStop)
            return await BackAsync("stopped by the operator.").ConfigureAwait(false);
        return await PromoteAsync(info, past).ConfigureAwait(false);
    }

    private async Task<ProcedureEnd> PromoteAsync(ReplicationInfo frozen, JournalPast past)
    {
        ports.Journal.Write(JournalMark.Intent, "promote", ("act", $"{intent.Target}: REPLICAOF NO ONE"), ("offset", $"{frozen.Master!.AppliedOffset}"));
        NodeAnswer answer = await ports.Acts.SendAsync(intent.Target, "REPLICAOF", "NO", "ONE").ConfigureAwait(false);
        TimeSpan until = ports.Acts.Now + request.Rules.Deadline;
        NodeObservation look = await ports.Acts.LookAsync(intent.Target).ConfigureAwait(false);
        while (!look.IsMaster && !(look.IsReplica && answer.Kind is AnswerKind.Refused or AnswerKind.NotSent) && ports.Acts.Now < until)
        {
            await ports.Acts.WaitAsync(PollInterval).ConfigureAwait(false);
            look = await ports.Acts.LookAsync(intent.Target).ConfigureAwait(false);
        }

        if (look.IsMaster)
            return await ForwardAsync(past, frozen).ConfigureAwait(false);
        ports.Journal.Write(JournalMark.Failed, "promote", ("seen", $"{answer.Text}; {HandOverStep.Describe(look)}"));
        return look.IsReplica && answer.Kind is AnswerKind.Refused or AnswerKind.NotSent
            ? await BackAsync($"{intent.Target} was not promoted: {answer.Text}.").ConfigureAwait(false)
            : Unknown($"{answer.Text}; {HandOverStep.Describe(look)}.");
    }

    private async Task<ProcedureEnd> ForwardAsync(JournalPast past, ReplicationInfo? frozen = null)
    {
        NodeObservation look = await ports.Acts.LookAsync(intent.Target).ConfigureAwait(false);
        bool forked = look.Replication is { } now && now.SecondReplicationId == intent.History && (frozen is null || now.SecondOffset.Value == frozen.Master!.AppliedOffset.Value + 1);
        string seen = forked ? $"{intent.Target} is master, forked from {intent.History.ToString()[..8]}… at byte {look.Replication!.SecondOffset}" : $"{intent.Target} is master, but does not name the expected fork";
        ports.Journal.Write(JournalMark.Done, "promote", ("seen", seen));
        ports.Operator.Tell("promote", seen);
        if (look.Replication is { SecondReplicationId.IsNone: false } promoted)
        {
            ports.Journal.Write(JournalMark.Intent, "tail", ("act", $"keep the last stretch of {promoted.SecondReplicationId}"));
            string kept = await evidence.KeepTailAsync(intent.Target, promoted).ConfigureAwait(false);
            ports.Journal.Write(JournalMark.Done, "tail", ("seen", kept));
            if (kept.Length > 0)
                ports.Operator.Tell("tail", kept);
        }

        return await new AfterHandOver(ports, intent, request.Rules, past) { Unplanned = true }.RunAsync(null).ConfigureAwait(false);
    }

    private async Task<StepEnd> FenceAsync()
    {
        List<string> seen = [];
        foreach (IFence fence in fences)
        {
            if (!_raised.Contains(fence))
                _raised.Add(fence);
            FenceState state = await fence.RaiseAsync(intent.OldMaster).ConfigureAwait(false);
            seen.Add($"{fence.Method}: {state.Evidence}");
            if (state.Verified)
                return new StepEnd(true, string.Join("; ", seen), ("method", fence.Method));
        }

        string all = seen.Count == 0 ? "there is no way to fence it" : string.Join("; ", seen);
        return request.AcceptUnfenced
            ? new StepEnd(true, $"not fenced, which was accepted: {all}")
            : new StepEnd(false, $"no fence could be verified ({all}): {intent.OldMaster} may come back and accept writes. Fence it, or accept the risk with --accept-unfenced.");
    }

    /// <summary>Puts name and fence back.</summary>
    private async Task<ProcedureEnd> BackAsync(string why)
    {
        bool begun = _raised.Count > 0;
        if (intent.HasName && _name.MayHaveMoved && await _name.BackAsync().ConfigureAwait(false) is { } stuck)
            return Unknown($"{why} The name could not be put back: {stuck}.");
        List<string> left = [];
        foreach (IFence fence in _raised.AsEnumerable().Reverse())
        {
            ports.Journal.Write(JournalMark.Intent, "unfence", ("act", fence.Method));
            if (await fence.LowerAsync(intent.OldMaster).ConfigureAwait(false) is { } still)
                left.Add($"{fence.Method} may still be up on {intent.OldMaster}: {still}. redoubt unfence {intent.OldMaster}");
        }

        ProcedureOutcome outcome = begun ? ProcedureOutcome.RolledBack : ports.Operator.WantsToStop ? ProcedureOutcome.Interrupted : ProcedureOutcome.Refused;
        string summary = outcome switch
        {
            ProcedureOutcome.RolledBack => $"Not promoted: {why}",
            ProcedureOutcome.Interrupted => "Stopped; nothing was changed.",
            _ => $"Refused, nothing changed: {why}",
        };
        await ports.Hooks.RunAsync("on_failed", new Dictionary<string, string> { ["why"] = why }).ConfigureAwait(false);
        ports.Journal.Write(JournalMark.End, "failover", ("outcome", outcome.ToString()), ("summary", summary), ("follow_ups", string.Join("\n", left)));
        return new ProcedureEnd(outcome, summary, left);
    }

    private ProcedureEnd Unknown(string seen) => new(ProcedureOutcome.Unknown, $"The outcome is not known: {seen}",
    [
        $"Look at the nodes: redoubt status --nodes {string.Join(',', intent.Nodes)}",
        "Then go on with redoubt resume, or undo with redoubt abort: both look again before they act.",
    ]);
}
