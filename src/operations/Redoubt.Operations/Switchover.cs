using System.Diagnostics;
using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Topology;

namespace Redoubt.Operations;

// Carries a SwitchoverPlan out. What to do is decided in Redoubt.Failover (the planner's checks, HandOver.Judge, LossProof.Of);
// here are only the commands, the looking, and the time.
//
//   observe ─► plan ─► catch_up ─► FAILOVER ─► poll both nodes every 5 ms ─► prove ─► follow ─► siblings ─► persist ─► observe
//                │          │          │            │
//             refused    refused    refused    rolled back / unknown            from here on a failed step is a follow-up, never a return
//
// Time: the plan's deadline covers the hand-over, whatever FAILOVER's own TIMEOUT does. Ending it early (Ctrl-C) is honoured until FAILOVER is
// sent; after that leaving would only mean not to know, so it is carried to an end. Each node has a connection of its own
// here, so that a frozen one does not hold up the questions to the other.

/// <summary>How a switchover ended.</summary>
public enum SwitchoverOutcome
{
    /// <summary>The target is master and it is proven that nothing was lost; nothing is left to do.</summary>
    Done,

    /// <summary>The target is master; the follow-ups say what is left to do or to prove.</summary>
    DoneWithFollowUps,

    /// <summary>A check refused; nothing was changed.</summary>
    Refused,

    /// <summary>No node of the group answered.</summary>
    Unreachable,

    /// <summary>It was begun and undone: the old master serves as before.</summary>
    RolledBack,

    /// <summary>It was begun, and what became of it cannot be told without the risk of two masters.</summary>
    Unknown,
}

/// <summary>How long writes were held up, and how that is known.</summary>
public sealed record WritePause(TimeSpan Time, string Source);

/// <summary>Everything worth telling about a switchover.</summary>
public sealed record SwitchoverResult(SwitchoverOutcome Outcome, string Summary, SwitchoverPlan Plan)
{
    /// <summary>What is left to do, in sentences; empty when nothing is.</summary>
    public IReadOnlyList<string> FollowUps { get; init; } = [];

    /// <summary>Null when there was none to measure.</summary>
    public WritePause? Pause { get; init; }

    /// <summary>Null when it never came to a promotion.</summary>
    public LossProof? Proof { get; init; }

    /// <summary>The group as it is now; null when nothing was changed.</summary>
    public GroupObservation? After { get; init; }
}

/// <summary>How a switchover is carried out, beyond what the plan says.</summary>
public sealed record SwitchoverOptions
{
    /// <summary>Key that a probing writer sets all the while to measure the write pause; null for no writing.</summary>
    public string? ProbeKey { get; init; }

    /// <summary>Whether the new roles are written into the nodes' configuration files with CONFIG REWRITE.</summary>
    public bool RewriteConfiguration { get; init; } = true;

    /// <summary>Told of each step as it is done: its name and what was seen.</summary>
    public Action<string, string> Report { get; init; } = (_, _) => { };

    /// <summary>Shown the plan before anything happens; false stops there.</summary>
    public Func<SwitchoverPlan, bool> Accept { get; init; } = _ => true;
}

/// <summary>Carries out planned switchovers on one group.</summary>
public sealed class Switchover(GroupProbe group, SwitchoverOptions options)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan AfterwardsLimit = TimeSpan.FromSeconds(10);

    private readonly List<string> _followUps = [];

    /// <summary>Observes, plans, and carries the plan out if no check refuses.</summary>
    public async Task<SwitchoverResult> RunAsync(SwitchoverRequest request, CancellationToken cancellation = default)
    {
        GroupObservation before = await group.ObserveAsync(cancellation).ConfigureAwait(false);
        SwitchoverPlan plan = SwitchoverPlanner.Plan(before, request);
        if (before.Nodes.All(node => node.Failure is not null))
        {
            string why = string.Join("; ", before.Nodes.Select(node => $"{node.Address}: {node.Failure!.Message}"));
            return new SwitchoverResult(SwitchoverOutcome.Unreachable, $"No node answers: {why}", plan);
        }

        bool accepted = options.Accept(plan);
        if (!plan.IsAllowed)
        {
            Check refusal = plan.Checks.First(check => check.Outcome == CheckOutcome.Refused);
            return new SwitchoverResult(SwitchoverOutcome.Refused, $"Refused, nothing changed: {refusal.Evidence}. Remedy: {refusal.Remedy}.", plan);
        }

        if (!accepted)
            return new SwitchoverResult(SwitchoverOutcome.Refused, "Not carried out, nothing changed.", plan);
        if (await CatchUpAsync(plan, cancellation).ConfigureAwait(false) is { } tooSlow)
            return new SwitchoverResult(SwitchoverOutcome.Refused, $"Refused, nothing changed: {tooSlow}", plan);
        cancellation.ThrowIfCancellationRequested();
        return await CarryOutAsync(plan).ConfigureAwait(false);
    }

    private async Task<SwitchoverResult> CarryOutAsync(SwitchoverPlan plan)
    {
        using NodeProbe oldMaster = new(plan.OldMaster!.Address, group.Options);
        using NodeProbe target = new(plan.Target!.Address, group.Options);
        await Task.WhenAll(oldMaster.ObserveReplicationAsync(default), target.ObserveReplicationAsync(default)).ConfigureAwait(false);
        await using ProbeWriter? writer = options.ProbeKey is { } key ? await ProbeWriter.StartAsync(key, oldMaster.Address, target.Address, group.Options).ConfigureAwait(false) : null;

        long sent = Stopwatch.GetTimestamp();
        (bool begun, string answer) = await SendFailoverAsync(plan, oldMaster).ConfigureAwait(false);
        if (!begun)
            return new SwitchoverResult(SwitchoverOutcome.Refused, $"The master refused FAILOVER, nothing changed: {answer}", plan);
        (HandOverVerdict verdict, TimeSpan took, string seen) = await WatchAsync(oldMaster, target, sent, answer.Length > 0, plan.Request.Deadline).ConfigureAwait(false);
        if (verdict is HandOverVerdict.AbortPlainly or HandOverVerdict.AbortGuarded)
            (verdict, seen) = await AbortAsync(verdict, oldMaster, target).ConfigureAwait(false);
        WritePause pause = writer is not null
            ? await writer.StopAsync().ConfigureAwait(false)
            : new WritePause(took, "at most, from FAILOVER's sending to the first role:master seen");
        return verdict switch
        {
            HandOverVerdict.Promoted => await FinishAsync(plan, oldMaster, target, pause, seen).ConfigureAwait(false),
            HandOverVerdict.RolledBack => new SwitchoverResult(SwitchoverOutcome.RolledBack,
                $"Not switched: {seen} {plan.OldMaster.Address} serves as before.", plan)
            {
                Pause = pause,
                After = await group.ObserveAsync().ConfigureAwait(false),
            },
            _ => new SwitchoverResult(SwitchoverOutcome.Unknown, $"The outcome is not known: {seen}", plan)
            {
                FollowUps =
                [
                    $"Look at both nodes: redoubt status --nodes {oldMaster.Address},{target.Address}",
                    $"If {target.Address} is a replica or gone for good: FAILOVER ABORT on {oldMaster.Address} makes that one the master again.",
                    $"Do not abort while {target.Address} may be a master that cannot be seen: then both would accept writes.",
                ],
                After = await group.ObserveAsync().ConfigureAwait(false),
            },
        };
    }

    /// <summary>Null when the target has what the master had; otherwise why not.</summary>
    private async Task<string?> CatchUpAsync(SwitchoverPlan plan, CancellationToken cancellation)
    {
        NodeProbe target = group.ProbeOf(plan.Target!.Address);
        NodeObservation master = await group.ProbeOf(plan.OldMaster!.Address).ObserveReplicationAsync(cancellation).ConfigureAwait(false);
        if (master.Replication is not { Role: Role.Master } top)
            return $"{plan.OldMaster.Address} is not the master any more.";
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            NodeObservation seen = await target.ObserveReplicationAsync(cancellation).ConfigureAwait(false);
            if (seen.Offset is { } applied && applied >= top.Offset && seen.Replication!.ReplicationId == top.ReplicationId)
            {
                options.Report("catch_up", $"{plan.Target.Address} has applied offset {applied}, the master was at {top.Offset}");
                return null;
            }

            if (Stopwatch.GetElapsedTime(began) > plan.Request.Timeout)
            {
                string state = seen.Failure is { } failure ? failure.Message : $"it is at {seen.Offset}, the master was at {top.Offset}";
                return $"{plan.Target.Address} did not catch up within {plan.Request.Timeout.TotalMilliseconds:0} ms ({state}).";
            }

            await Task.Delay(PollInterval, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether FAILOVER may have begun, and the error if it is not certain.</summary>
    private static async Task<(bool Begun, string Answer)> SendFailoverAsync(SwitchoverPlan plan, NodeProbe oldMaster)
    {
        NodeAddress to = plan.TargetAsAnnounced!.Value;
        try
        {
            await oldMaster.CommandAsync("FAILOVER", "TO", to.Host, to.Port, "TIMEOUT", (long)plan.Request.Timeout.TotalMilliseconds).ConfigureAwait(false);
            return (true, "");
        }
        catch (CommandException error)
        {
            return (false, error.Message);
        }
        catch (ConnectException error)
        {
            return (false, error.Message);
        }
        catch (ConnectionLostException error) when (!error.MayHaveBeenExecuted)
        {
            return (false, error.Message);
        }
        catch (ClientException error)
        {
            // It may have arrived all the same; the nodes will tell.
            return (true, error.Message);
        }
    }

    private async Task<(HandOverVerdict Verdict, TimeSpan Took, string Seen)> WatchAsync(
        NodeProbe oldMaster, NodeProbe target, long sent, bool uncertain, TimeSpan deadline)
    {
        FailoverState state = FailoverState.NoFailover;
        // A command whose answer was lost may still be on its way: a master that serves proves nothing before this.
        TimeSpan trustAfter = uncertain ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
        while (true)
        {
            NodeObservation[] looks = await Task.WhenAll(target.ObserveReplicationAsync(default), oldMaster.ObserveReplicationAsync(default)).ConfigureAwait(false);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(sent);
            ReplicationInfo? now = looks[0].Replication;
            ReplicationInfo? old = looks[1].Replication;
            if (old is not null && old.FailoverState != state)
            {
                state = old.FailoverState;
                if (state != FailoverState.NoFailover)
                    options.Report("hand_over", $"{oldMaster.Address}: {System.Text.Encoding.ASCII.GetString(state.ToWire())} after {elapsed.TotalMilliseconds:0} ms");
            }

            HandOverVerdict verdict = HandOver.Judge(old, now, elapsed, deadline);
            if (verdict == HandOverVerdict.Wait || (verdict == HandOverVerdict.RolledBack && elapsed < trustAfter))
            {
                await Task.Delay(PollInterval).ConfigureAwait(false);
                continue;
            }

            string seen = verdict switch
            {
                HandOverVerdict.Promoted => $"{target.Address} is master after {elapsed.TotalMilliseconds:0} ms",
                HandOverVerdict.RolledBack => $"{target.Address} did not acknowledge everything in time.",
                _ => $"after {elapsed.TotalMilliseconds:0} ms {Describe(oldMaster, looks[1])}, {Describe(target, looks[0])}.",
            };
            return (verdict, elapsed, seen);
        }
    }

    private static string Describe(NodeProbe probe, NodeObservation look) => look.Replication switch
    {
        null => $"{probe.Address} does not answer ({look.Failure!.Message})",
        { Role: Role.Master } info => $"{probe.Address} is master ({System.Text.Encoding.ASCII.GetString(info.FailoverState.ToWire())})",
        { } info => $"{probe.Address} is replica of {info.Master!.Address} ({System.Text.Encoding.ASCII.GetString(info.FailoverState.ToWire())})",
    };

    /// <summary>Undoes a hand-over whose time is up. Under guard the old master's writers stay paused until the target has been seen to be a replica
    /// after the abort: it may have been promoted in between, and then letting writes go on would make two histories.</summary>
    private async Task<(HandOverVerdict Verdict, string Seen)> AbortAsync(HandOverVerdict how, NodeProbe oldMaster, NodeProbe target)
    {
        bool guarded = how == HandOverVerdict.AbortGuarded;
        options.Report("abort", guarded ? "FAILOVER ABORT with writes paused" : "FAILOVER ABORT");
        try
        {
            if (guarded)
                await oldMaster.CommandAsync("CLIENT", "PAUSE", 60_000, "WRITE").ConfigureAwait(false);
            try
            {
                await oldMaster.CommandAsync("FAILOVER", "ABORT").ConfigureAwait(false);
            }
            catch (CommandException)
            {
                // "No failover in progress": it ended by itself in this very moment, one way or the other.
            }

            NodeObservation[] looks = await Task.WhenAll(target.ObserveReplicationAsync(default), oldMaster.ObserveReplicationAsync(default)).ConfigureAwait(false);
            if (looks[0].IsMaster && looks[1].IsReplica)
                return (HandOverVerdict.Promoted, $"{target.Address} became master while it was being aborted");
            bool safe = guarded ? looks[0].IsReplica : !looks[0].IsMaster;
            if (!safe || !looks[1].IsMaster)
                return (HandOverVerdict.Unknown, $"after the abort {Describe(oldMaster, looks[1])}, {Describe(target, looks[0])}{(guarded ? "; writes on the old master stay paused for a minute" : "")}.");
            if (guarded)
                await oldMaster.CommandAsync("CLIENT", "UNPAUSE").ConfigureAwait(false);
            return (HandOverVerdict.RolledBack, $"{target.Address} did not take over in time; the hand-over was aborted.");
        }
        catch (ClientException error)
        {
            return (HandOverVerdict.Unknown, $"the abort failed: {error.Message}.");
        }
    }

    private async Task<SwitchoverResult> FinishAsync(SwitchoverPlan plan, NodeProbe oldMaster, NodeProbe target, WritePause pause, string seen)
    {
        options.Report("hand_over", seen);
        LossProof proof = await ProveAsync(plan, oldMaster, target).ConfigureAwait(false);
        options.Report("prove", proof.Proven ? $"nothing lost: {proof.Evidence}" : $"not proven: {proof.Evidence}");
        if (!proof.Proven)
            _followUps.Add($"It is not proven that nothing was lost: {proof.Evidence}.");
        if (await WaitForLinkAsync(oldMaster).ConfigureAwait(false) is { } broken)
            _followUps.Add($"{oldMaster.Address} does not follow the new master: {broken}. Check masterauth and its log.");
        else
            options.Report("follow", $"{oldMaster.Address} follows {target.Address}, link up");
        await Task.WhenAll(plan.Siblings.Select(sibling => RepointAsync(sibling, plan.TargetAsAnnounced!.Value))).ConfigureAwait(false);
        if (options.RewriteConfiguration)
        {
            foreach (NodeObservation node in plan.Siblings.Prepend(plan.Target!).Prepend(plan.OldMaster!))
                await PersistAsync(node.Address).ConfigureAwait(false);
        }

        string proven = proof.Proven ? "nothing lost (proven)" : "loss not excluded";
        return new SwitchoverResult(_followUps.Count == 0 ? SwitchoverOutcome.Done : SwitchoverOutcome.DoneWithFollowUps,
            $"{target.Address} is the master now: {proven}, writes paused {pause.Time.TotalMilliseconds:0} ms.", plan)
        {
            FollowUps = _followUps,
            Pause = pause,
            Proof = proof,
            After = await group.ObserveAsync().ConfigureAwait(false),
        };
    }

    /// <summary>The old master takes a moment to join the new history; until then there is nothing to compare.</summary>
    private static async Task<LossProof> ProveAsync(SwitchoverPlan plan, NodeProbe oldMaster, NodeProbe target)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            NodeObservation[] looks = await Task.WhenAll(oldMaster.ObserveReplicationAsync(default), target.ObserveReplicationAsync(default)).ConfigureAwait(false);
            var proof = LossProof.Of(looks[0].Replication, looks[1].Replication, plan.OldMaster!.Replication!.ReplicationId);
            if (proof.Proven || Stopwatch.GetElapsedTime(began) > AfterwardsLimit)
                return proof;
            await Task.Delay(PollInterval).ConfigureAwait(false);
        }
    }

    private static async Task<string?> WaitForLinkAsync(NodeProbe replica)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            NodeObservation look = await replica.ObserveReplicationAsync(default).ConfigureAwait(false);
            if (look.Replication?.Master is { IsUp: true })
                return null;
            if (Stopwatch.GetElapsedTime(began) > AfterwardsLimit)
                return look.Failure?.Message ?? (look.IsMaster ? "it is still a master" : "its link is down");
            await Task.Delay(PollInterval).ConfigureAwait(false);
        }
    }

    private async Task RepointAsync(NodeObservation sibling, NodeAddress newMaster)
    {
        try
        {
            using var probe = new NodeProbe(sibling.Address, group.Options);
            await probe.CommandAsync("REPLICAOF", newMaster.Host, newMaster.Port).ConfigureAwait(false);
            if (await WaitForLinkAsync(probe).ConfigureAwait(false) is { } broken)
            {
                _followUps.Add($"{sibling.Address} was pointed at {newMaster} but is not linked: {broken}.");
                return;
            }

            options.Report("siblings", $"{sibling.Address} follows {newMaster}, link up");
        }
        catch (ClientException error)
        {
            _followUps.Add($"{sibling.Address} still follows the old master: {error.Message}. REPLICAOF {newMaster.Host} {newMaster.Port} there.");
        }
    }

    private async Task PersistAsync(NodeAddress address)
    {
        try
        {
            await group.ProbeOf(address).CommandAsync("CONFIG", "REWRITE").ConfigureAwait(false);
            options.Report("persist", $"{address}: configuration file rewritten");
        }
        catch (CommandException error) when (error.Message.Contains("without a config file", StringComparison.OrdinalIgnoreCase))
        {
            options.Report("persist", $"{address}: runs without a configuration file, so a restart forgets its role");
        }
        catch (ClientException error)
        {
            _followUps.Add($"{address}: CONFIG REWRITE failed ({error.Message}); after a restart it would take its old role. Write replicaof by hand.");
        }
    }
}
