using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Names;
using Redoubt.Operations.Procedures;
using Redoubt.Operations.Unplanned;
using Redoubt.Topology;

namespace Redoubt.Operations;

// Brings a SwitchoverProcedure together with a real group: observes, plans, asks, takes the lock, opens the journal, and lets the procedure
// run. What is done in which order, and what a failure leads to, is written in Redoubt.Failover; nothing of it is repeated here.
//
// Ending it early (Ctrl-C) is honoured until FAILOVER is sent; after that leaving would only mean not to know, so it is carried to an end.

/// <summary>Everything worth telling about a switchover.</summary>
public sealed record SwitchoverResult(ProcedureOutcome Outcome, string Summary, SwitchoverPlan? Plan)
{
    /// <summary>What is left to do, in sentences; empty when nothing is.</summary>
    public IReadOnlyList<string> FollowUps { get; init; } = [];

    /// <summary>Null when there was none to measure.</summary>
    public WritePause? Pause { get; init; }

    /// <summary>Null when it never came to a promotion.</summary>
    public LossProof? Proof { get; init; }

    /// <summary>The group as it is now; null when nothing was changed.</summary>
    public GroupObservation? After { get; init; }

    /// <summary>The operation's number; 0 when it has no journal.</summary>
    public int Number { get; init; }
}

/// <summary>How a procedure is carried out, beyond what the plan says.</summary>
public sealed record OperationOptions
{
    /// <summary>Key that a probing writer sets all the while to measure the write pause; null for no writing.</summary>
    public string? ProbeKey { get; init; }

    /// <summary>Keeps the name that clients use.</summary>
    public INameProvider Names { get; init; } = new NoName();

    /// <summary>The operator's programs.</summary>
    public IProcedureHooks Hooks { get; init; } = ProcedureHooks.None;

    /// <summary>Where the journal goes; null for none, and then an interrupted operation cannot be gone on with.</summary>
    public StateFolder? State { get; init; }

    /// <summary>The group as it was written down; needed to go on with a failover.</summary>
    public Groups.GroupDefinition? Definition { get; init; }

    /// <summary>Takes the place of <see cref="State"/>'s journal; for those who keep their records elsewhere.</summary>
    public IProcedureJournal? Journal { get; init; }

    /// <summary>Told of each step as it is done: its name and what was seen.</summary>
    public Action<string, string> Report { get; init; } = (_, _) => { };

    /// <summary>Asks the operator; false when nobody answers.</summary>
    public Func<string, bool> Ask { get; init; } = _ => false;

    /// <summary>Shown the plan before anything happens; false stops there.</summary>
    public Func<SwitchoverPlan, bool> Accept { get; init; } = _ => true;
}

/// <summary>Carries out planned switchovers on one group.</summary>
public sealed class Switchover(GroupProbe group, OperationOptions options)
{
    /// <summary>Observes, plans, and carries the plan out if no check refuses.</summary>
    /// <exception cref="GroupBusyException">Another operation has the group.</exception>
    public async Task<SwitchoverResult> RunAsync(SwitchoverRequest request, CancellationToken cancellation = default)
    {
        using Operation operation = Operation.Begin(options.State);
        using var acts = new GroupActs(group, group.Options with { ClientName = operation.ConnectionName });
        GroupObservation before = await group.ObserveAsync(cancellation).ConfigureAwait(false);
        SwitchoverPlan plan = SwitchoverPlanner.Plan(before, request);
        if (before.Nodes.All(node => node.Failure is not null))
        {
            string why = string.Join("; ", before.Nodes.Select(node => $"{node.Address}: {node.Failure!.Message}"));
            return new SwitchoverResult(ProcedureOutcome.Unreachable, $"No node answers: {why}", plan);
        }

        bool accepted = options.Accept(plan);
        if (plan.Refusal is { } refusal)
            return new SwitchoverResult(ProcedureOutcome.Refused, $"Refused, nothing changed: {refusal.Evidence}. Remedy: {refusal.Remedy}.", plan);
        if (!accepted)
            return new SwitchoverResult(ProcedureOutcome.Refused, "Not carried out, nothing changed.", plan);
        var intent = SwitchoverIntent.Of(plan);
        if (await acts.ForeignOperationAsync(intent.Nodes).ConfigureAwait(false) is { } foreign)
            throw new GroupBusyException($"another operation works on this group: {foreign}");
        cancellation.ThrowIfCancellationRequested();
        await using var meter = new Meter(options.ProbeKey, group.Options);
        var procedure = new SwitchoverProcedure(PortsFor(operation, acts, meter, cancellation), intent, request);
        return await ResultAsync(await procedure.RunAsync().ConfigureAwait(false), plan, operation).ConfigureAwait(false);
    }

    /// <summary>Goes on with the unfinished operation, or undoes it; null when there is none.</summary>
    /// <exception cref="GroupBusyException">A process is at work on it.</exception>
    public async Task<SwitchoverResult?> ContinueAsync(SwitchoverRequest request, bool abort, CancellationToken cancellation = default)
    {
        if (options.State is not { } state || Operation.Continue(state) is not var (operation, past))
            return null;
        using (operation)
        {
            if (past.Kind == "failover")
                return await ContinueFailoverAsync(operation, past, request, abort, cancellation).ConfigureAwait(false);
            if (past.Kind != "switchover")
            {
                // A fence is put up or taken down in one go; whatever it did is there to be seen, and doing it again is harmless.
                operation.Journal.Write(JournalMark.End, past.Kind, ("outcome", nameof(ProcedureOutcome.Unknown)), ("summary", "interrupted; to be started again"));
                return new SwitchoverResult(ProcedureOutcome.Refused, $"Operation {past.Number} is a {past.Kind}: start it again. It blocks others no more.", null);
            }

            using var acts = new GroupActs(group, group.Options with { ClientName = operation.ConnectionName });
            var intent = SwitchoverIntent.Of(past.Wishes);
            await using var meter = new Meter(null, group.Options);
            var procedure = new SwitchoverProcedure(PortsFor(operation, acts, meter, cancellation), intent, request with { Target = intent.Target });
            var records = new JournalPast(past.Records);
            ProcedureEnd end = abort ? await procedure.AbortAsync(records).ConfigureAwait(false) : await procedure.ResumeAsync(records).ConfigureAwait(false);
            return await ResultAsync(end, null, operation).ConfigureAwait(false);
        }
    }

    private async Task<SwitchoverResult> ContinueFailoverAsync(Operation operation, JournalFile past, SwitchoverRequest request, bool abort, CancellationToken cancellation)
    {
        if (options.Definition is not { } definition)
            return new SwitchoverResult(ProcedureOutcome.Refused, $"Operation {past.Number} is a failover; going on with it needs its group.", null);
        FailoverResult result = await new UnplannedFailover(group, definition, options).ContinueAsync(operation, past, request, abort, cancellation).ConfigureAwait(false);
        return new SwitchoverResult(result.Outcome, result.Summary, null) { FollowUps = result.FollowUps, Number = result.Number, After = result.After };
    }

    private ProcedurePorts PortsFor(Operation operation, GroupActs acts, Meter meter, CancellationToken cancellation) =>
        new(acts, options.Journal ?? operation.Journal, new OperatorAtTerminal(options, cancellation), options.Names, options.Hooks, meter.IsWanted ? meter : null);

    private async Task<SwitchoverResult> ResultAsync(ProcedureEnd end, SwitchoverPlan? plan, Operation operation) => new(end.Outcome, end.Summary, plan)
    {
        FollowUps = end.FollowUps,
        Pause = end.Pause,
        Proof = end.Proof,
        Number = operation.Number,
        After = end.Outcome is ProcedureOutcome.Refused or ProcedureOutcome.Interrupted ? null : await group.ObserveAsync().ConfigureAwait(false),
    };

    /// <summary>A probing writer, started and stopped by the procedure.</summary>
    private sealed class Meter(string? key, ProbeOptions probing) : IWritePauseMeter, IAsyncDisposable
    {
        private ProbeWriter? _writer;

        public bool IsWanted => key is not null;

        public async Task BeginAsync(NodeAddress oldMaster, NodeAddress target)
        {
            try
            {
                _writer = await ProbeWriter.StartAsync(key!, oldMaster, target, probing).ConfigureAwait(false);
            }
            catch (ClientException)
            {
                // Whoever may not write cannot measure; the switchover does not depend on it.
            }
        }

        public async Task<WritePause> EndAsync() =>
            _writer is not null ? await _writer.StopAsync().ConfigureAwait(false) : new WritePause(TimeSpan.Zero, "not measured: the probing writer was refused");

        public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

/// <summary>The person at the terminal, as far as there is one.</summary>
internal sealed class OperatorAtTerminal(OperationOptions options, CancellationToken cancellation) : IOperator
{
    public bool WantsToStop => cancellation.IsCancellationRequested;

    public void Tell(string step, string seen) => options.Report(step, seen);

    public bool Ask(string question) => options.Ask(question);
}
