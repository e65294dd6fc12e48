using System.Diagnostics;
using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Failover.MissedWrites;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Groups;
using Redoubt.Operations.MissedWrites;
using Redoubt.Operations.Procedures;
using Redoubt.Operations.Unplanned;
using Redoubt.Topology;

namespace Redoubt.Operations.Rejoining;

/// <summary>How a rejoin is carried out.</summary>
public sealed record RejoinOptions
{
    /// <summary>Give up what only that node has, unseen.</summary>
    public bool DiscardMissedWrites { get; init; }

    /// <summary>Check, and say what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary>How long the node may take until it has everything.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Told of each step and what was seen.</summary>
    public Action<string, string> Report { get; init; } = (_, _) => { };
}

// A node that comes back after a failover has to become a replica of the new master, and in that moment it forgets what only it had: a full resync replaces its
// dataset, and even a partial one gives up its history. So before anything is changed it is asked for the writes that the new master never got. None,
// proven: go on. Some, or nobody knows: go on only after a search has been kept (`missed-writes` does that), or when told to discard.
//
// The fence, if one was raised, stays until the node has everything: until then it could still be taken for a master by whoever is
// late. Every step may be repeated, so what was interrupted is simply begun again.

/// <summary>Brings a node back as a replica of the present master.</summary>
public sealed class Rejoin(GroupProbe group, GroupDefinition definition, StateFolder state, RejoinOptions options)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly List<string> _followUps = [];

    /// <summary>Does it.</summary>
    /// <exception cref="GroupBusyException">An operation has the group.</exception>
    public async Task<ProcedureEnd> RunAsync(NodeAddress node, CancellationToken cancellation)
    {
        GroupObservation seen = await group.ObserveAsync(cancellation).ConfigureAwait(false);
        NodeObservation[] masters = [.. seen.Nodes.Where(other => other.IsMaster && other.Address != node)];
        if (masters.Length != 1)
            return Refused(masters.Length == 0 ? $"there is no master that {node} could follow" : $"there are {masters.Length} masters besides {node}: {string.Join(", ", masters.Select(master => master.Address))}");
        NodeObservation master = masters[0];
        NodeProbe probe = group.ProbeOf(node);
        NodeObservation look = await probe.ObserveReplicationAsync(cancellation).ConfigureAwait(false);
        if (look.Replication is null)
            return Refused($"{node} does not answer: {look.Failure!.Message}");
        if (look.Replication.ReplicationId != master.Replication!.ReplicationId || look.IsMaster)
        {
            if (await WhyNotForgetAsync(master, probe, cancellation).ConfigureAwait(false) is { } reason)
                return Refused(reason);
        }

        if (options.DryRun)
            return new ProcedureEnd(ProcedureOutcome.Done, $"{node} can follow {master.Address}; nothing was changed.", []);
        using (state.Lock())
        {
            if (await FollowAsync(probe, master, cancellation).ConfigureAwait(false) is { } trouble)
                return new ProcedureEnd(ProcedureOutcome.DoneWithFollowUps, $"{node} was told to follow {master.Address}, but {trouble}. Run redoubt rejoin again.", [trouble]);
        }

        foreach ((string method, string trouble) in await new NodeFence(group, definition, state).LowerAsync(node).ConfigureAwait(false))
            _followUps.Add($"{method} may still be up: {trouble}. redoubt unfence {node}");
        await PersistAsync(probe).ConfigureAwait(false);
        return new ProcedureEnd(_followUps.Count == 0 ? ProcedureOutcome.Done : ProcedureOutcome.DoneWithFollowUps, $"{node} follows {master.Address} and has everything.", _followUps);
    }

    /// <summary>Why the node may not be made to forget what it has, or null.</summary>
    private async Task<string?> WhyNotForgetAsync(NodeObservation master, NodeProbe node, CancellationToken cancellation)
    {
        if (options.DiscardMissedWrites)
        {
            options.Report("missed", "whatever only this node has is given up");
            return null;
        }

        if (ForkPoint.Of(master.Replication!) is not { } fork)
            return $"{master.Address} names no fork, so nobody can tell what only {node.Address} has. --discard-missed-writes gives it up";
        LossFindings findings = await new MissedWritesSearch(group.ProbeOf(master.Address), group.Options).OfLiveAsync(fork, node, cancellation).ConfigureAwait(false);
        if (findings.Verdict == LossVerdict.None)
        {
            options.Report("missed", $"nothing is missing on {master.Address}: {findings.Evidence}");
            return null;
        }

        if (MissedWritesAudit.Exists(state, fork))
        {
            options.Report("missed", $"a search was kept in {MissedWritesAudit.FolderOf(state, fork)}");
            return null;
        }

        string what = findings.Verdict == LossVerdict.Found ? $"{findings.Commands.Count} writes are only on {node.Address}" : $"it is not known what only {node.Address} has ({findings.Evidence})";
        return $"{what}. Keep them first: redoubt missed-writes (--node or --data); or give them up: --discard-missed-writes";
    }

    private async Task<string?> FollowAsync(NodeProbe node, NodeObservation master, CancellationToken cancellation)
    {
        NodeProbe source = group.ProbeOf(master.Address);
        long full = await FullResyncsAsync(source).ConfigureAwait(false);
        try
        {
            await node.CommandAsync("REPLICAOF", master.Address.Host, master.Address.Port).ConfigureAwait(false);
        }
        catch (CommandException error)
        {
            return error.Message;
        }
        catch (ClientException error)
        {
            // It may have arrived all the same; the node will tell.
            options.Report("follow", error.Message);
        }

        long began = Stopwatch.GetTimestamp();
        bool linked = false;
        while (true)
        {
            NodeObservation[] looks = await Task.WhenAll(node.ObserveReplicationAsync(cancellation), source.ObserveReplicationAsync(cancellation)).ConfigureAwait(false);
            if (looks[0].Replication is { Master: { IsUp: true } link } && looks[1].Replication is { Role: Role.Master } now)
            {
                if (!linked)
                    options.Report("link", await FullResyncsAsync(source).ConfigureAwait(false) > full ? "up, after a full resync" : "up, after a partial resync");
                linked = true;
                // The master writes on, so "everything" is what it had when it was asked.
                if (looks[0].Replication!.ReplicationId == now.ReplicationId && link.AppliedOffset >= now.Offset)
                {
                    options.Report("caught_up", $"offset {link.AppliedOffset}");
                    return null;
                }
            }

            if (Stopwatch.GetElapsedTime(began) > options.Limit)
                return linked ? "it has not caught up yet" : $"its link is not up: {looks[0].Failure?.Message ?? "look at its log, and at masterauth"}";
            await Task.Delay(PollInterval, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<long> FullResyncsAsync(NodeProbe master)
    {
        try
        {
            string stats = (await master.CommandAsync("INFO", "stats").ConfigureAwait(false)).ToString();
            string? line = stats.Split("\r\n").FirstOrDefault(text => text.StartsWith("sync_full:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["sync_full:".Length..], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (ClientException)
        {
            return 0;
        }
    }

    private async Task PersistAsync(NodeProbe node)
    {
        try
        {
            await node.CommandAsync("CONFIG", "REWRITE").ConfigureAwait(false);
            options.Report("persist", "configuration file rewritten");
        }
        catch (CommandException error) when (error.Message.Contains("without a config file", StringComparison.OrdinalIgnoreCase))
        {
            options.Report("persist", "it runs without a configuration file, so a restart forgets its role");
        }
        catch (ClientException error)
        {
            _followUps.Add($"{node.Address}: CONFIG REWRITE failed ({error.Message}); after a restart it would be a master again. Write replicaof by hand.");
        }
    }

    private static ProcedureEnd Refused(string reason) => new(ProcedureOutcome.Refused, reason, []);
}
