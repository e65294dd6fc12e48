using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Failover.Unplanned;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations.Unplanned;

/// <summary>Everything worth telling about a failover.</summary>
public sealed record FailoverResult(ProcedureOutcome Outcome, string Summary, FailoverPlan Plan)
{
    /// <summary>What is left to do, in sentences.</summary>
    public IReadOnlyList<string> FollowUps { get; init; } = [];

    /// <summary>The group as it is now; null when nothing was changed.</summary>
    public GroupObservation? After { get; init; }

    /// <summary>The operation's number; 0 when it has no journal.</summary>
    public int Number { get; init; }
}

/// <summary>Brings a FailoverProcedure together with a real group: diagnoses, waits for a master that may recover, plans, asks, and lets the procedure run.</summary>
public sealed class UnplannedFailover(GroupProbe group, GroupDefinition definition, OperationOptions options)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    /// <summary>Carries a failover out if no check refuses and <paramref name="accept"/> agrees.</summary>
    /// <exception cref="GroupBusyException">Another operation has the group.</exception>
    public async Task<FailoverResult> RunAsync(FailoverRequest request, Func<FailoverPlan, bool> accept, CancellationToken cancellation)
    {
        using Operation operation = Operation.Begin(options.State);
        using var acts = new GroupActs(group, group.Options with { ClientName = operation.ConnectionName });
        FailoverPlan plan = await DiagnoseAsync(request, cancellation).ConfigureAwait(false);
        bool accepted = accept(plan);
        if (plan.Refusal is { } refusal)
            return new FailoverResult(ProcedureOutcome.Refused, $"Refused, nothing changed: {refusal.Evidence}. Remedy: {refusal.Remedy}.", plan);
        if (!accepted)
            return new FailoverResult(ProcedureOutcome.Refused, "Not carried out, nothing changed.", plan);
        NodeAddress target = plan.Target!.Address;
        var intent = new SwitchoverIntent
        {
            OldMaster = plan.OldMaster!.Value,
            Target = target,
            Announced = target,
            History = plan.Target.Replication!.ReplicationId,
            Siblings = [.. plan.Siblings.Select(node => node.Address)],
            OldName = request.Rules.Name?.ValueOf(plan.OldMaster.Value) ?? "",
            NewName = request.Rules.Name?.ValueOf(target) ?? "",
            AcceptUnfenced = request.AcceptUnfenced,
        };
        if (await acts.ForeignOperationAsync(intent.Siblings.Prepend(target)).ConfigureAwait(false) is { } foreign)
            throw new GroupBusyException($"another operation works on this group: {foreign}");
        FailoverProcedure procedure = Procedure(acts, operation, intent, request, cancellation);
        return await ResultAsync(await procedure.RunAsync().ConfigureAwait(false), plan, operation).ConfigureAwait(false);
    }

    /// <summary>Goes on with an unfinished failover, or undoes it.</summary>
    internal async Task<FailoverResult> ContinueAsync(Operation operation, JournalFile past, SwitchoverRequest rules, bool abort, CancellationToken cancellation)
    {
        using var acts = new GroupActs(group, group.Options with { ClientName = operation.ConnectionName });
        var intent = SwitchoverIntent.Of(past.Wishes);
        var request = new FailoverRequest { Target = intent.Target, AcceptUnfenced = intent.AcceptUnfenced, Rules = rules };
        FailoverProcedure procedure = Procedure(acts, operation, intent, request, cancellation);
        ProcedureEnd end = await procedure.ContinueAsync(new JournalPast(past.Records), abort).ConfigureAwait(false);
        return await ResultAsync(end, new FailoverPlan { Checks = [], OldMaster = intent.OldMaster }, operation).ConfigureAwait(false);
    }

    /// <summary>Looks until the master is there again, or the time for that is up.</summary>
    private async Task<FailoverPlan> DiagnoseAsync(FailoverRequest request, CancellationToken cancellation)
    {
        TimeSpan began = NodeProbe.Now();
        while (true)
        {
            FailoverPlan plan = FailoverPlanner.Plan(await group.ObserveAsync(cancellation).ConfigureAwait(false), request);
            if (plan.Diagnosis is not { MayRecover: true } || NodeProbe.Now() - began >= request.WaitRecovery)
                return plan;
            options.Report("diagnosis", $"{plan.Diagnosis.Evidence}; waiting for it");
            await Task.Delay(LookAgain, cancellation).ConfigureAwait(false);
        }
    }

    private FailoverProcedure Procedure(GroupActs acts, Operation operation, SwitchoverIntent intent, FailoverRequest request, CancellationToken cancellation)
    {
        var ports = new ProcedurePorts(acts, options.Journal ?? operation.Journal, new OperatorAtTerminal(options, cancellation), options.Names, options.Hooks, null);
        IEvidence evidence = options.State is { } state && operation.Number > 0 ? new EvidenceFolder(state.EvidenceOf(operation.Number), acts, group.Options, definition.Evidence) : new NoEvidence();
        return new FailoverProcedure(ports, intent, request, Fences.Of(definition.Fence, acts, options.State, definition.Name, definition.Hooks.Timeout), evidence);
    }

    private async Task<FailoverResult> ResultAsync(ProcedureEnd end, FailoverPlan plan, Operation operation) => new(end.Outcome, end.Summary, plan)
    {
        FollowUps = end.FollowUps,
        Number = operation.Number,
        After = end.Outcome is ProcedureOutcome.Refused or ProcedureOutcome.Interrupted ? null : await group.ObserveAsync().ConfigureAwait(false),
    };
}

/// <summary>Fences one node, or lifts its fences, outside of a failover.</summary>
public sealed class NodeFence(GroupProbe group, GroupDefinition definition, StateFolder state)
{
    /// <summary>Tries method after method until one is verified; each with what came of it.</summary>
    public async Task<IReadOnlyList<(string Method, FenceState State)>> RaiseAsync(NodeAddress node, string? method)
    {
        List<(string, FenceState)> states = [];
        await RunAsync("fence", node, async (fences, journal) =>
        {
            foreach (IFence fence in fences.Where(fence => method is null || fence.Method == method))
            {
                FenceState seen = await fence.RaiseAsync(node).ConfigureAwait(false);
                states.Add((fence.Method, seen));
                journal.Write(seen.Verified ? JournalMark.Done : JournalMark.Failed, "fence", ("method", fence.Method), ("seen", seen.Evidence));
                if (seen.Verified)
                    break;
            }

            return states.Any(state => state.Item2.Verified);
        }).ConfigureAwait(false);
        return states;
    }

    /// <summary>Takes all of them down; what is still up, with the reason.</summary>
    public async Task<IReadOnlyList<(string Method, string Trouble)>> LowerAsync(NodeAddress node)
    {
        List<(string, string)> left = [];
        await RunAsync("unfence", node, async (fences, journal) =>
        {
            foreach (IFence fence in fences.Reverse())
            {
                string? trouble = await fence.LowerAsync(node).ConfigureAwait(false);
                if (trouble is not null)
                    left.Add((fence.Method, trouble));
                journal.Write(trouble is null ? JournalMark.Done : JournalMark.Failed, "unfence", ("method", fence.Method), ("seen", trouble ?? "down"));
            }

            return left.Count == 0;
        }).ConfigureAwait(false);
        return left;
    }

    private async Task RunAsync(string kind, NodeAddress node, Func<IReadOnlyList<IFence>, IProcedureJournal, Task<bool>> body)
    {
        using Operation operation = Operation.Begin(state);
        using var acts = new GroupActs(group, group.Options with { ClientName = operation.ConnectionName });
        operation.Journal.Write(JournalMark.Begin, kind, ("node", node.ToString()));
        bool done = await body(Fences.Of(definition.Fence, acts, state, definition.Name, definition.Hooks.Timeout), operation.Journal).ConfigureAwait(false);
        operation.Journal.Write(JournalMark.End, kind, ("outcome", done ? nameof(ProcedureOutcome.Done) : nameof(ProcedureOutcome.RolledBack)), ("summary", $"{kind} {node}"));
    }
}
