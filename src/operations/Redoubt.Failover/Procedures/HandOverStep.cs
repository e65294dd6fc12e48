using Redoubt.Topology;

namespace Redoubt.Failover.Procedures;

// The one step that can leave a group without a master, or with two. It sends FAILOVER and then looks at both nodes until HandOver.Judge has
// a verdict; when time is up it undoes, if that can be done without the risk of two masters.
//
// The guarded abort. FAILOVER ABORT makes the old node the master again; but in that very moment the target may take over after all, even if the
// old master was still waiting when it was looked at. So writes are paused first, and go on only when the target cannot be or become
// master: either the old one still has the history it had, so it never stepped down and never told the target to take over; or the target was
// seen to be a replica after the abort, twice, since what the old one had sent it may have been on its way. If the target has become master
// instead, the old one, which has accepted nothing since, is sent after it: the hand-over then was late, not lost. Whatever is uncertain in
// between leaves the writers paused.

/// <summary>How the hand-over ended: verdict, the time from sending to seeing, and what was seen.</summary>
public sealed record HandOverEnd(HandOverVerdict Verdict, TimeSpan Took, string Seen)
{
    /// <summary>The old master never began.</summary>
    public bool NotBegun { get; init; }
}

/// <summary>Sends FAILOVER and sees it through.</summary>
public sealed class HandOverStep(ProcedurePorts ports, SwitchoverIntent intent, SwitchoverRequest request)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastWordTime = TimeSpan.FromMilliseconds(100);

    /// <summary>From the beginning.</summary>
    public async Task<HandOverEnd> RunAsync()
    {
        TimeSpan sent = ports.Acts.Now;
        NodeAnswer answer = await ports.Acts.SendAsync(intent.OldMaster,
            "FAILOVER", "TO", intent.Announced.Host, $"{intent.Announced.Port}", "TIMEOUT", $"{(long)request.Timeout.TotalMilliseconds}").ConfigureAwait(false);
        // One that runs already is ours, sent by a process that died.
        bool running = answer.Kind == AnswerKind.Refused && answer.Text.Contains("already in progress", StringComparison.OrdinalIgnoreCase);
        if (answer.Kind is AnswerKind.Refused or AnswerKind.NotSent && !running)
            return new HandOverEnd(HandOverVerdict.RolledBack, TimeSpan.Zero, $"the master refused FAILOVER: {answer.Text}.") { NotBegun = true };
        return await FinishAsync(sent, uncertain: answer.Kind == AnswerKind.Unknown, request.Deadline).ConfigureAwait(false);
    }

    /// <summary>When it may have been sent already: by this process, or by one that is no more.</summary>
    public async Task<HandOverEnd> FinishAsync(TimeSpan sent, bool uncertain, TimeSpan deadline)
    {
        HandOverEnd end = await WatchAsync(sent, uncertain, deadline).ConfigureAwait(false);
        return end.Verdict == HandOverVerdict.Abort ? await AbortAsync(end).ConfigureAwait(false) : end;
    }

    private async Task<HandOverEnd> WatchAsync(TimeSpan sent, bool uncertain, TimeSpan deadline)
    {
        FailoverState state = FailoverState.NoFailover;
        // A command whose answer was lost may still be on its way: a master that serves proves nothing before this.
        TimeSpan trustAfter = uncertain ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
        while (true)
        {
            (NodeObservation now, NodeObservation old) = await LookAtBothAsync().ConfigureAwait(false);
            TimeSpan elapsed = ports.Acts.Now - sent;
            if (old.Replication is { } seen && seen.FailoverState != state)
            {
                state = seen.FailoverState;
                if (state != FailoverState.NoFailover)
                    ports.Operator.Tell("hand_over", $"{intent.OldMaster}: {Word(state)} after {elapsed.TotalMilliseconds:0} ms");
            }

            HandOverVerdict verdict = HandOver.Judge(old.Replication, now.Replication, elapsed, deadline);
            if (verdict != HandOverVerdict.Wait && (verdict != HandOverVerdict.RolledBack || elapsed >= trustAfter))
                return new HandOverEnd(verdict, elapsed, Said(verdict, elapsed, old, now));
            await ports.Acts.WaitAsync(PollInterval).ConfigureAwait(false);
        }
    }

    /// <summary>Undoes a hand-over whose time is up.</summary>
    private async Task<HandOverEnd> AbortAsync(HandOverEnd late)
    {
        ports.Operator.Tell("abort", "FAILOVER ABORT with writes paused");
        ports.Journal.Write(JournalMark.Intent, "guard", ("act", "CLIENT PAUSE, FAILOVER ABORT"));
        NodeAnswer pause = await ports.Acts.SendAsync(intent.OldMaster, "CLIENT", "PAUSE", $"{(long)JournalPast.GuardTime.TotalMilliseconds}", "WRITE").ConfigureAwait(false);
        if (!pause.IsDone)
            return late with { Verdict = HandOverVerdict.Unknown, Seen = $"writes could not be paused for an abort: {pause.Text}." };
        // An error ("no failover in progress") means that it ended by itself in this very moment, one way or the other.
        NodeAnswer abort = await ports.Acts.SendAsync(intent.OldMaster, "FAILOVER", "ABORT").ConfigureAwait(false);
        if (abort.Kind is AnswerKind.NotSent or AnswerKind.Unknown)
            return late with { Verdict = HandOverVerdict.Unknown, Seen = $"the abort was not answered: {abort.Text}." };
        return await SettleAsync(late).ConfigureAwait(false);
    }

    /// <summary>With writes paused, after an abort: who is the master? Both may be, for as long as the pause lasts, and that is put right here.</summary>
    public async Task<HandOverEnd> SettleAsync(HandOverEnd late)
    {
        (NodeObservation target, NodeObservation old) = await LookAtBothAsync().ConfigureAwait(false);
        if (target.IsReplica && old.Replication?.ReplicationId != intent.History)
        {
            await ports.Acts.WaitAsync(LastWordTime).ConfigureAwait(false);
            (target, old) = await LookAtBothAsync().ConfigureAwait(false);
        }

        if (target.IsMaster && old.IsReplica)
            return late with { Verdict = HandOverVerdict.Promoted, Seen = $"{intent.Target} became master while it was being aborted" };
        if (target.IsMaster && old.IsMaster)
        {
            NodeAnswer follow = await ports.Acts.SendAsync(intent.OldMaster, "REPLICAOF", intent.Announced.Host, $"{intent.Announced.Port}").ConfigureAwait(false);
            if (!follow.IsDone)
                return late with { Verdict = HandOverVerdict.Unknown, Seen = $"both are masters, writes on {intent.OldMaster} are paused, and it did not follow: {follow.Text}." };
            await ports.Acts.SendAsync(intent.OldMaster, "CLIENT", "UNPAUSE").ConfigureAwait(false);
            return late with { Verdict = HandOverVerdict.Promoted, Seen = $"{intent.Target} became master while it was being aborted; {intent.OldMaster}, which had accepted nothing since, follows it" };
        }

        bool neverStepped = old.IsMaster && old.Replication!.ReplicationId == intent.History && old.Replication.FailoverState == FailoverState.NoFailover;
        if (!old.IsMaster || old.Replication!.FailoverState != FailoverState.NoFailover || !(target.IsReplica || neverStepped))
        {
            return late with
            {
                Verdict = HandOverVerdict.Unknown,
                Seen = $"after the abort {Describe(old)}, {Describe(target)}; writes on {intent.OldMaster} stay paused for {JournalPast.GuardTime.TotalMinutes:0} minutes.",
            };
        }

        await ports.Acts.SendAsync(intent.OldMaster, "CLIENT", "UNPAUSE").ConfigureAwait(false);
        return late with { Verdict = HandOverVerdict.RolledBack, Seen = $"{intent.Target} did not take over in time; the hand-over was aborted." };
    }

    /// <summary>The target first: once it says master, nothing on the old one can take that back.</summary>
    public async Task<(NodeObservation Target, NodeObservation Old)> LookAtBothAsync()
    {
        NodeObservation[] looks = await Task.WhenAll(ports.Acts.LookAsync(intent.Target), ports.Acts.LookAsync(intent.OldMaster)).ConfigureAwait(false);
        return (looks[0], looks[1]);
    }

    /// <summary>A node in a few words.</summary>
    public static string Describe(NodeObservation look) => look.Replication switch
    {
        null => $"{look.Address} does not answer ({look.Failure!.Message})",
        { Role: Role.Master } info => $"{look.Address} is master ({Word(info.FailoverState)})",
        { } info => $"{look.Address} is replica of {info.Master!.Address} ({Word(info.FailoverState)})",
    };

    private string Said(HandOverVerdict verdict, TimeSpan elapsed, NodeObservation old, NodeObservation target) => verdict switch
    {
        HandOverVerdict.Promoted => $"{intent.Target} is master after {elapsed.TotalMilliseconds:0} ms",
        HandOverVerdict.RolledBack => $"{intent.Target} did not acknowledge everything in time.",
        _ => $"after {elapsed.TotalMilliseconds:0} ms {Describe(old)}, {Describe(target)}.",
    };

    private static string Word(FailoverState state) => System.Text.Encoding.ASCII.GetString(state.ToWire());
}
