using System.Globalization;
using Redoubt.Failover.Names;
using Redoubt.Topology;

namespace Redoubt.Failover.Procedures;

// The new master serves. What is left is to prove that nothing is missing, to see that it takes writes, to bring everybody after it (the old
// master, the siblings, the clients, the configuration files), and to say what could not be done. Nothing here leads back, and
// everything may be done twice, so a process that takes over simply begins again with the proof.

/// <summary>The steps behind the point of no return.</summary>
internal sealed class AfterHandOver(ProcedurePorts ports, SwitchoverIntent intent, SwitchoverRequest request, JournalPast past)
{
    /// <summary>The old master is gone: nothing is expected of it, and nothing is left unsaid about it.</summary>
    public bool Unplanned { get; init; }

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ClientInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly List<string> _followUps = [];
    private long? _fullSyncsBefore;

    public async Task<ProcedureEnd> RunAsync(WritePause? pause)
    {
        _fullSyncsBefore = past.NumberNoted("roll_call", "target_full_syncs") ?? await FullSyncsAsync(ports.Acts, intent.Target).ConfigureAwait(false);
        LossProof proof = LossProof.Of(null, null, intent.History);
        if (!Unplanned)
            await StepAsync("prove", "compare the fork that both nodes name", async () => Seen(proof = await ProveAsync().ConfigureAwait(false))).ConfigureAwait(false);
        await StepAsync("probe", $"{intent.Target}: DEL of a key that is not there", ProbeAsync).ConfigureAwait(false);
        if (!Unplanned)
            await StepAsync("follow", $"watch {intent.OldMaster}", FollowAsync).ConfigureAwait(false);
        if (intent.Siblings.Count > 0)
            await StepAsync("siblings", $"REPLICAOF {intent.Announced.Host} {intent.Announced.Port} on {string.Join(", ", intent.Siblings)}", SiblingsAsync).ConfigureAwait(false);
        if (request.RewriteConfiguration)
            await StepAsync("persist", "CONFIG REWRITE on every node", PersistAsync).ConfigureAwait(false);
        if (!Unplanned)
            await StepAsync("clients", $"see the clients of {intent.OldMaster} leave", ClientsAsync).ConfigureAwait(false);
        if (intent.HasName)
            await StepAsync("name_final", $"{ports.Names.Name} is {intent.NewName} wherever it is asked for", NameAsync).ConfigureAwait(false);
        await StepAsync("post_hooks", $"run the hooks {(Unplanned ? "post_failover" : "post_switchover")}", HooksAsync).ConfigureAwait(false);
        return Unplanned ? EndUnplanned() : EndPlanned(pause, proof);
    }

    private ProcedureEnd EndPlanned(WritePause? pause, LossProof proof)
    {
        string proven = proof.Proven ? "nothing lost (proven)" : "loss not excluded";
        string paused = pause is { } measured ? string.Create(CultureInfo.InvariantCulture, $", writes paused {measured.Time.TotalMilliseconds:0} ms") : "";
        string summary = $"{intent.Target} is the master now: {proven}{paused}.";
        ProcedureOutcome outcome = _followUps.Count == 0 ? ProcedureOutcome.Done : ProcedureOutcome.DoneWithFollowUps;
        ports.Journal.Write(JournalMark.End, "switchover", ("outcome", outcome.ToString()), ("summary", summary), ("follow_ups", string.Join("\n", _followUps)));
        return new ProcedureEnd(outcome, summary, _followUps) { Proof = proof };
    }

    private ProcedureEnd EndUnplanned()
    {
        _followUps.Add($"{intent.OldMaster} is in quarantine: whatever it has that the new master never got is only there. When it is back: redoubt missed-writes, then redoubt rejoin.");
        string summary = $"{intent.Target} is the master now; {intent.OldMaster} is in quarantine.";
        ports.Journal.Write(JournalMark.End, "failover",
            ("outcome", nameof(ProcedureOutcome.DoneWithFollowUps)), ("summary", summary), ("quarantined", intent.OldMaster.ToString()), ("follow_ups", string.Join("\n", _followUps)));
        return new ProcedureEnd(ProcedureOutcome.DoneWithFollowUps, summary, _followUps);
    }

    /// <summary>How many full resynchronisations the node has given since it started; null when it does not tell.</summary>
    public static async Task<long?> FullSyncsAsync(IGroupActs acts, NodeAddress node)
    {
        NodeAnswer stats = await acts.SendAsync(node, "INFO", "stats").ConfigureAwait(false);
        int at = stats.IsDone ? stats.Text.IndexOf("sync_full:", StringComparison.Ordinal) : -1;
        if (at < 0)
            return null;
        string digits = string.Concat(stats.Text[(at + "sync_full:".Length)..].TakeWhile(char.IsAsciiDigit));
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? count : null;
    }

    private async Task StepAsync(string step, string act, Func<Task<string>> body)
    {
        ports.Journal.Write(JournalMark.Intent, step, ("act", act));
        int before = _followUps.Count;
        string seen = await body().ConfigureAwait(false);
        ports.Journal.Write(_followUps.Count == before ? JournalMark.Done : JournalMark.Failed, step,
            ("seen", seen), ("follow_ups", string.Join("\n", _followUps.Skip(before))));
        if (seen.Length > 0)
            ports.Operator.Tell(step, seen);
    }

    private string Seen(LossProof proof)
    {
        if (proof.Proven)
            return $"nothing lost: {proof.Evidence}";
        _followUps.Add($"It is not proven that nothing was lost: {proof.Evidence}.");
        return $"not proven: {proof.Evidence}";
    }

    /// <summary>The old master takes a moment to join the new history; until then there is nothing to compare.</summary>
    private async Task<LossProof> ProveAsync()
    {
        TimeSpan began = ports.Acts.Now;
        while (true)
        {
            NodeObservation[] looks = await Task.WhenAll(ports.Acts.LookAsync(intent.OldMaster), ports.Acts.LookAsync(intent.Target)).ConfigureAwait(false);
            var proof = LossProof.Of(looks[0].Replication, looks[1].Replication, intent.History);
            if (proof.Proven || ports.Acts.Now - began > Limit)
                return proof;
            await ports.Acts.WaitAsync(PollInterval).ConfigureAwait(false);
        }
    }

    /// <summary>A write that changes nothing: what would turn a client's write away turns this away.</summary>
    private async Task<string> ProbeAsync()
    {
        NodeAnswer answer = await ports.Acts.SendAsync(intent.Target, "DEL", $"redoubt:probe:{intent.History.ToString()[..8]}").ConfigureAwait(false);
        if (answer.IsDone)
            return $"{intent.Target} takes writes";
        _followUps.Add($"{intent.Target} is the master but does not take writes: {answer.Text}");
        return answer.Text;
    }

    private async Task<string> FollowAsync()
    {
        if (await WaitForLinkAsync(intent.OldMaster).ConfigureAwait(false) is { } broken)
        {
            _followUps.Add($"{intent.OldMaster} does not follow the new master: {broken}. "
                + (past.GuardedUntil is null ? "Check masterauth and its log." : $"The hand-over was being aborted when it fell silent, so it may come back as a second master: redoubt fence {intent.OldMaster}."));
            return broken;
        }

        return $"{intent.OldMaster} follows {intent.Target}, link up";
    }

    private async Task<string?> WaitForLinkAsync(NodeAddress replica)
    {
        TimeSpan began = ports.Acts.Now;
        while (true)
        {
            NodeObservation look = await ports.Acts.LookAsync(replica).ConfigureAwait(false);
            if (look.Replication?.Master is { IsUp: true })
                return null;
            if (ports.Acts.Now - began > Limit)
                return look.Failure?.Message ?? (look.IsMaster ? "it is still a master" : "its link is down");
            await ports.Acts.WaitAsync(PollInterval).ConfigureAwait(false);
        }
    }

    private async Task<string> SiblingsAsync()
    {
        await Task.WhenAll(intent.Siblings.Select(RepointAsync)).ConfigureAwait(false);
        long? full = await FullSyncsAsync(ports.Acts, intent.Target).ConfigureAwait(false) - _fullSyncsBefore;
        return full is > 0 ? $"done, {full} of them with a full resync" : "all follow the new master by partial resync";
    }

    private async Task RepointAsync(NodeAddress sibling)
    {
        NodeAnswer answer = await ports.Acts.SendAsync(sibling, "REPLICAOF", intent.Announced.Host, $"{intent.Announced.Port}").ConfigureAwait(false);
        if (!answer.IsDone)
            _followUps.Add($"{sibling} still follows the old master: {answer.Text}. REPLICAOF {intent.Announced.Host} {intent.Announced.Port} there.");
        else if (await WaitForLinkAsync(sibling).ConfigureAwait(false) is { } broken)
            _followUps.Add($"{sibling} was pointed at {intent.Announced} but is not linked: {broken}.");
        else
            ports.Operator.Tell("siblings", $"{sibling} follows {intent.Announced}, link up");
    }

    private async Task<string> PersistAsync()
    {
        foreach (NodeAddress node in intent.Nodes.Where(node => !Unplanned || node != intent.OldMaster))
        {
            NodeAnswer answer = await ports.Acts.SendAsync(node, "CONFIG", "REWRITE").ConfigureAwait(false);
            string manual = node == intent.Target ? "no replicaof" : $"replicaof {intent.Announced.Host} {intent.Announced.Port}";
            if (answer.Kind == AnswerKind.Refused && answer.Text.Contains("without a config file", StringComparison.OrdinalIgnoreCase))
                ports.Operator.Tell("persist", $"{node}: runs without a configuration file, so a restart forgets its role; it needs: {manual}");
            else if (!answer.IsDone)
                _followUps.Add($"{node}: CONFIG REWRITE failed ({answer.Text}); after a restart it would take its old role. Write by hand: {manual}.");
            else
                await ReadBackAsync(node, manual).ConfigureAwait(false);
        }

        return "";
    }

    /// <summary>Trusts the server's OK only as far as it must: where the file can be seen from here, it is read.</summary>
    private async Task ReadBackAsync(NodeAddress node, string wanted)
    {
        string? said = await ports.Acts.ReplicaOfInFileAsync(node).ConfigureAwait(false);
        bool follows = said is { Length: > 0 };
        if (said is null)
            ports.Operator.Tell("persist", $"{node}: configuration file rewritten");
        else if (follows == (node == intent.Target))
            _followUps.Add($"{node}: its configuration file says 'replicaof {said}' after CONFIG REWRITE; it should have {wanted}.");
        else
            ports.Operator.Tell("persist", $"{node}: configuration file rewritten and read back");
    }

    /// <summary>Clients have some time to come over by themselves; those that do not, subscribers and idle ones above all, never would.</summary>
    private async Task<string> ClientsAsync()
    {
        TimeSpan began = ports.Acts.Now;
        List<ClientLine>? left = await StayingAsync().ConfigureAwait(false);
        while (left is { Count: > 0 } && ports.Acts.Now - began < request.Drain)
        {
            await ports.Acts.WaitAsync(ClientInterval).ConfigureAwait(false);
            left = await StayingAsync().ConfigureAwait(false);
        }

        if (left is null)
        {
            _followUps.Add($"{intent.OldMaster} does not list its clients; nobody knows who is still there.");
            return "";
        }

        int killed = 0;
        foreach (ClientLine client in left.Where(MayKill))
        {
            NodeAnswer answer = await ports.Acts.SendAsync(intent.OldMaster, "CLIENT", "KILL", "ID", $"{client.Id}").ConfigureAwait(false);
            if (!answer.IsDone && answer.Kind != AnswerKind.Refused)
                _followUps.Add($"{client} could not be cut off from {intent.OldMaster}: {answer.Text}.");
            killed++;
        }

        if (killed > 0)
            left = await StayingAsync().ConfigureAwait(false) ?? [];
        if (request.Stragglers != StragglerRule.Never)
            _followUps.AddRange(left.Select(client => $"{client} is still on {intent.OldMaster}: redoubt clients --kill-stragglers, or restart it."));
        IReadOnlyList<ClientLine>? there = await ports.Acts.ClientsAsync(intent.Target).ConfigureAwait(false);
        string arrived = there is null ? "" : $", {there.Count(client => !client.IsInternal)} on {intent.Target}";
        return $"{left.Count} still on {intent.OldMaster}{arrived}{(killed > 0 ? $", {killed} cut off" : "")}";
    }

    private bool MayKill(ClientLine client) =>
        request.Stragglers == StragglerRule.Always || (request.Stragglers == StragglerRule.Ask && ports.Operator.Ask($"{client} is still on {intent.OldMaster}. Cut it off?"));

    private async Task<List<ClientLine>?> StayingAsync()
    {
        IReadOnlyList<ClientLine>? clients = await ports.Acts.ClientsAsync(intent.OldMaster).ConfigureAwait(false);
        return clients is null ? null : [.. clients.Where(client => !client.IsInternal && !request.AllowedOnReplica.Allows(client))];
    }

    private async Task<string> NameAsync()
    {
        // A process that took over may find it unchanged: with a rule to go on without, or when the role had moved before the name.
        NameChange change = await ports.Names.ChangeAsync(intent.OldName, intent.NewName, default).ConfigureAwait(false);
        NameVerdict verdict = await ports.Names.VerifyAsync(intent.NewName, request.Name!.Timeout, default).ConfigureAwait(false);
        if (change.Outcome != NameChangeOutcome.Changed || !verdict.Agreed)
            _followUps.Add($"{ports.Names.Name} is not {intent.NewName} everywhere: {change.Evidence}; {verdict.Evidence}.");
        return verdict.Evidence;
    }

    private async Task<string> HooksAsync()
    {
        Dictionary<string, string> facts = intent.ToFacts().ToDictionary(fact => fact.Name, fact => fact.Value);
        foreach (string moment in new[] { Unplanned ? "post_failover" : "post_switchover", "notify" })
        {
            if (await ports.Hooks.RunAsync(moment, facts).ConfigureAwait(false) is { } failed)
                _followUps.Add($"A hook {moment} failed: {failed}");
        }

        return "";
    }
}
