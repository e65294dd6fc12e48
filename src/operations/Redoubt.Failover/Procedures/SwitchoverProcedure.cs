using Redoubt.Topology;

namespace Redoubt.Failover.Procedures;

// A planned change of master, step by step. Every step writes its intent before and its end after, so that a process that dies leaves behind how
// far it may have come, and another can go on.
//
//   pre_hooks ─► roll_call ─► catch_up ─► name_change ─► name_verify ─► recheck ─► hand_over ══► forward steps (AfterHandOver)
//       │            │           │             │              │            │           │     ║
//    refused      refused     refused       refused      ◄── the name is put back ──►  │     ║ point of no return: the target is master
//                                                                          rolled back, or unknown
//
// Up to the point of no return every failure leads back to the state before, which is verified by looking; after it nothing leads back, and a
// step that fails becomes a follow-up. The name moves first: a client that is turned away by the old master then finds the new
// one at once, and until the hand-over whoever comes early to the replica reads there and is refused writes.
//
// Going on. A new process trusts the journal for what was wanted and for nothing else. It looks at both nodes, and the table in Situate()
// says where the operation stands. Every step may be done twice.

/// <summary>Carries out a switchover that has been planned and allowed.</summary>
public sealed class SwitchoverProcedure(ProcedurePorts ports, SwitchoverIntent intent, SwitchoverRequest request)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly HandOverStep _handOver = new(ports, intent, request);
    private readonly NameMove _name = new(ports, intent, request.Name);

    /// <summary>Where an operation stands, by what the nodes say.</summary>
    private enum Situation
    {
        /// <summary>The old master serves and the target follows it.</summary>
        Before,

        /// <summary>A FAILOVER is under way.</summary>
        UnderWay,

        /// <summary>A guarded abort was begun: both may be masters, the old one with writes paused.</summary>
        Guarded,

        /// <summary>The target is the master.</summary>
        HandedOver,

        /// <summary>None of these; only a person can decide.</summary>
        Unclear,
    }

    /// <summary>From the beginning.</summary>
    public async Task<ProcedureEnd> RunAsync()
    {
        ports.Journal.Write(JournalMark.Begin, "switchover", intent.ToFacts());
        if (await ports.TryAsync("pre_hooks", "run the hooks pre_switchover", () => ports.RunHooksAsync("pre_switchover", intent)).ConfigureAwait(false) is { } refused)
            return await BackAsync(refused).ConfigureAwait(false);
        return await FromRollCallAsync(JournalPast.None).ConfigureAwait(false);
    }

    /// <summary>Goes on where another process has stopped.</summary>
    public async Task<ProcedureEnd> ResumeAsync(JournalPast past)
    {
        ports.Journal.Write(JournalMark.Resumed, "resume");
        _name.MayHaveMoved = past.Begun("name_change");
        await ports.Acts.CutEarlierAsync([.. intent.Nodes]).ConfigureAwait(false);
        (Situation situation, string seen) = await SituateAsync(past).ConfigureAwait(false);
        ports.Operator.Tell("resume", seen);
        return situation switch
        {
            Situation.HandedOver => await ForwardAsync(new HandOverEnd(HandOverVerdict.Promoted, TimeSpan.Zero, seen), past).ConfigureAwait(false),
            Situation.Before => await AgainAsync(past).ConfigureAwait(false),
            Situation.UnderWay => await SettledAsync(await _handOver.FinishAsync(ports.Acts.Now, uncertain: false, request.Deadline).ConfigureAwait(false), past).ConfigureAwait(false),
            Situation.Guarded => await SettledAsync(await _handOver.SettleAsync(Late(seen)).ConfigureAwait(false), past).ConfigureAwait(false),
            _ => Unknown(seen),
        };
    }

    /// <summary>Undoes what another process has begun, where that can be undone; a hand-over that has happened is finished instead.</summary>
    public async Task<ProcedureEnd> AbortAsync(JournalPast past)
    {
        ports.Journal.Write(JournalMark.Resumed, "abort");
        _name.MayHaveMoved = past.Begun("name_change");
        await ports.Acts.CutEarlierAsync([.. intent.Nodes]).ConfigureAwait(false);
        (Situation situation, string seen) = await SituateAsync(past).ConfigureAwait(false);
        ports.Operator.Tell("abort", seen);
        return situation switch
        {
            Situation.HandedOver => await ForwardAsync(new HandOverEnd(HandOverVerdict.Promoted, TimeSpan.Zero, seen), past).ConfigureAwait(false),
            Situation.Before => await BackAsync("aborted by the operator.", begun: true).ConfigureAwait(false),
            Situation.UnderWay => await SettledAsync(await _handOver.FinishAsync(ports.Acts.Now, uncertain: false, TimeSpan.Zero).ConfigureAwait(false), past).ConfigureAwait(false),
            Situation.Guarded => await SettledAsync(await _handOver.SettleAsync(Late(seen)).ConfigureAwait(false), past).ConfigureAwait(false),
            _ => Unknown(seen),
        };
    }

    private static HandOverEnd Late(string seen) => new(HandOverVerdict.Abort, TimeSpan.Zero, seen);

    private async Task<(Situation Situation, string Seen)> SituateAsync(JournalPast past)
    {
        (NodeObservation target, NodeObservation old) = await _handOver.LookAtBothAsync().ConfigureAwait(false);
        string seen = $"{HandOverStep.Describe(old)}, {HandOverStep.Describe(target)}";
        bool guarded = past.GuardedUntil is { } until && ports.Acts.WallClock < until;
        Situation situation = (old.Replication, target.Replication) switch
        {
            ({ Role: Role.Master }, { Role: Role.Master }) => guarded ? Situation.Guarded : Situation.Unclear,
            // Silent after an abort was begun: when it comes back it may be a second master, and until the pause ends there is time to find out.
            (null, { Role: Role.Master }) => guarded ? Situation.Unclear : Situation.HandedOver,
            (_, { Role: Role.Master }) => Situation.HandedOver,
            ({ FailoverState: not FailoverState.NoFailover }, _) => Situation.UnderWay,
            ({ Role: Role.Master }, { Role: Role.Replica }) => guarded ? Situation.Guarded : Situation.Before,
            // The target's silence hides a promotion only if one was ever asked for.
            ({ Role: Role.Master }, null) => past.Begun("hand_over") && guarded ? Situation.Unclear : Situation.Before,
            _ => Situation.Unclear,
        };
        return (situation, seen);
    }

    /// <summary>Nothing has happened to the roles yet: everything before the hand-over is done again, plan included.</summary>
    private async Task<ProcedureEnd> AgainAsync(JournalPast past)
    {
        GroupObservation group = await ports.Acts.ObserveAsync().ConfigureAwait(false);
        var plan = SwitchoverPlanner.Plan(group, request with { Target = intent.Target });
        if (plan.Refusal is { } refusal)
            return await BackAsync($"it cannot go on: {refusal.Evidence}", begun: true).ConfigureAwait(false);
        return await FromRollCallAsync(past).ConfigureAwait(false);
    }

    private async Task<ProcedureEnd> FromRollCallAsync(JournalPast past)
    {
        if (await ports.TryAsync("roll_call", $"count the clients of {intent.OldMaster}", RollCallAsync).ConfigureAwait(false) is { } alone)
            return await BackAsync(alone).ConfigureAwait(false);
        if (await ports.TryAsync("catch_up", $"wait until {intent.Target} has what {intent.OldMaster} has now", CatchUpAsync).ConfigureAwait(false) is { } slow)
            return await BackAsync(slow).ConfigureAwait(false);
        if (intent.HasName)
        {
            if (await ports.TryAsync("name_change", $"{ports.Names.Name}: {intent.OldName} -> {intent.NewName}, if it still is {intent.OldName}", _name.ChangeAsync).ConfigureAwait(false) is { } unchanged)
                return await BackAsync(unchanged).ConfigureAwait(false);
            if (await ports.TryAsync("name_verify", $"{ports.Names.Name} is {intent.NewName} wherever it is asked for", _name.VerifyAsync).ConfigureAwait(false) is { } invisible)
                return await BackAsync(invisible).ConfigureAwait(false);
        }

        if (await ports.TryAsync("recheck", "look again at roles, link and lag", RecheckAsync).ConfigureAwait(false) is { } changed)
            return await BackAsync(changed).ConfigureAwait(false);
        if (ports.Meter is { } meter)
            await meter.BeginAsync(intent.OldMaster, intent.Target).ConfigureAwait(false);
        if (ports.Operator.WantsToStop)
            return await BackAsync("stopped by the operator.").ConfigureAwait(false);
        ports.Journal.Write(JournalMark.Intent, "hand_over", ("act", $"FAILOVER TO {intent.Announced.Host} {intent.Announced.Port}"));
        return await SettledAsync(await _handOver.RunAsync().ConfigureAwait(false), past).ConfigureAwait(false);
    }

    private async Task<ProcedureEnd> SettledAsync(HandOverEnd end, JournalPast past)
    {
        if (end.Verdict == HandOverVerdict.Promoted)
            return await ForwardAsync(end, past).ConfigureAwait(false);
        ports.Journal.Write(JournalMark.Failed, "hand_over", ("seen", end.Seen));
        WritePause? pause = await MeasuredAsync(end).ConfigureAwait(false);
        ProcedureEnd back = end.Verdict == HandOverVerdict.RolledBack ? await BackAsync(end.Seen, begun: !end.NotBegun).ConfigureAwait(false) : Unknown(end.Seen);
        return back with { Pause = pause };
    }

    private async Task<ProcedureEnd> ForwardAsync(HandOverEnd end, JournalPast past)
    {
        ports.Journal.Write(JournalMark.Done, "hand_over", ("seen", end.Seen));
        ports.Operator.Tell("hand_over", end.Seen);
        WritePause? pause = await MeasuredAsync(end).ConfigureAwait(false);
        var rest = new AfterHandOver(ports, intent, request, past);
        return (await rest.RunAsync(pause).ConfigureAwait(false)) with { Pause = pause };
    }

    private async Task<WritePause?> MeasuredAsync(HandOverEnd end)
    {
        if (ports.Meter is { } meter)
            return await meter.EndAsync().ConfigureAwait(false);
        return end.Took > TimeSpan.Zero ? new WritePause(end.Took, "at most, from FAILOVER's sending to the first role:master seen") : null;
    }

    private async Task<StepEnd> RollCallAsync()
    {
        IReadOnlyList<ClientLine>? clients = await ports.Acts.ClientsAsync(intent.OldMaster).ConfigureAwait(false);
        long? full = await AfterHandOver.FullSyncsAsync(ports.Acts, intent.Target).ConfigureAwait(false);
        int count = clients?.Count(client => !client.IsInternal) ?? -1;
        return new StepEnd(true, count < 0 ? "" : $"{count} clients on {intent.OldMaster}", ("clients", $"{count}"), ("target_full_syncs", $"{full ?? -1}"));
    }

    /// <summary>The target has what the master had when it was asked. The master goes on, so this says that the rest is small.</summary>
    private async Task<StepEnd> CatchUpAsync()
    {
        NodeObservation master = await ports.Acts.LookAsync(intent.OldMaster).ConfigureAwait(false);
        if (master.Replication is null)
            return new StepEnd(false, $"{intent.OldMaster} does not answer: {master.Failure!.Message}");
        TimeSpan began = ports.Acts.Now;
        while (true)
        {
            NodeObservation target = await ports.Acts.LookAsync(intent.Target).ConfigureAwait(false);
            if (target.Offset is { } offset && offset >= master.Replication.Offset)
                return new StepEnd(true, $"{intent.Target} has everything up to {master.Replication.Offset}");
            TimeSpan elapsed = ports.Acts.Now - began;
            if (elapsed >= request.Timeout)
                return new StepEnd(false, $"{intent.Target} did not catch up within {request.Timeout.TotalMilliseconds:0} ms ({target.Failure?.Message ?? $"it is at {target.Offset}, the master was at {master.Replication.Offset}"}).");
            await ports.Acts.WaitAsync(PollInterval).ConfigureAwait(false);
        }
    }

    /// <summary>Time has passed since the plan was made: is it still the group it was made for?</summary>
    private async Task<StepEnd> RecheckAsync()
    {
        (NodeObservation target, NodeObservation old) = await _handOver.LookAtBothAsync().ConfigureAwait(false);
        if (old.Replication is not { Role: Role.Master, FailoverState: FailoverState.NoFailover } master)
            return new StepEnd(false, $"{HandOverStep.Describe(old)}.");
        if (master.ReplicationId != intent.History)
            return new StepEnd(false, $"{intent.OldMaster} has begun another history since the plan was made.");
        if (target.Replication?.Master is not { IsUp: true } link)
            return new StepEnd(false, $"{HandOverStep.Describe(target)}, its link is down.");
        long behind = link.AppliedOffset.BytesBehind(master.Offset);
        return behind <= request.LagBytesMax
            ? new StepEnd(true, $"roles as planned, {Math.Max(0, behind)} bytes behind")
            : new StepEnd(false, $"{intent.Target} is {behind} bytes behind, limit {request.LagBytesMax}.");
    }

    /// <summary>Leads back to the state before, and says so only after having looked.</summary>
    private async Task<ProcedureEnd> BackAsync(string why, bool begun = false)
    {
        bool stopped = ports.Operator.WantsToStop;
        bool moved = intent.HasName && _name.MayHaveMoved;
        if (moved && await _name.BackAsync().ConfigureAwait(false) is { } stuck)
            return End(ProcedureOutcome.Unknown, $"Not switched: {why} But the name could not be put back: {stuck}", [$"Set {ports.Names.Name} to {intent.OldName}: {intent.OldMaster} is the master."]);
        NodeObservation old = await ports.Acts.LookAsync(intent.OldMaster).ConfigureAwait(false);
        if (begun && !old.IsMaster)
            return Unknown($"{why} {HandOverStep.Describe(old)}.");
        ProcedureOutcome outcome = begun || moved ? ProcedureOutcome.RolledBack : stopped ? ProcedureOutcome.Interrupted : ProcedureOutcome.Refused;
        string summary = outcome switch
        {
            ProcedureOutcome.RolledBack => $"Not switched: {why} {intent.OldMaster} serves as before.",
            ProcedureOutcome.Interrupted => "Stopped; nothing was changed.",
            _ => $"Refused, nothing changed: {why}",
        };
        await ports.Hooks.RunAsync("on_failed", new Dictionary<string, string> { ["why"] = why }).ConfigureAwait(false);
        return End(outcome, summary, []);
    }

    private ProcedureEnd Unknown(string seen) => new(ProcedureOutcome.Unknown, $"The outcome is not known: {seen}",
    [
        $"Look at both nodes: redoubt status --nodes {intent.OldMaster},{intent.Target}",
        "Then go on with redoubt resume, or undo with redoubt abort: both look again before they act.",
        $"By hand: if {intent.Target} is a replica or gone for good, FAILOVER ABORT on {intent.OldMaster} makes that one the master again.",
        $"Do not abort while {intent.Target} may be a master that cannot be seen: then both would accept writes.",
    ]);

    private ProcedureEnd End(ProcedureOutcome outcome, string summary, IReadOnlyList<string> followUps)
    {
        // An unknown outcome stays open, so that somebody goes on with it.
        if (outcome != ProcedureOutcome.Unknown)
            ports.Journal.Write(JournalMark.End, "switchover", ("outcome", outcome.ToString()), ("summary", summary));
        return new ProcedureEnd(outcome, summary, followUps);
    }
}
