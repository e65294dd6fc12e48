using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;

namespace Redoubt.Failover.Doctor;

// The people around the servers: clients, the name they go by, and this tool itself.

/// <summary>Clients, name, tool.</summary>
internal static class SurroundingsChecks
{
    private const int TtlSecondsMax = 60;

    public static IReadOnlyList<Func<GroupFacts, DoctorFinding?>> All { get; } =
        [Nameless, WrongNode, Subscribers, NameAnswers, NameAgrees, NameTtl, NameChange, Clock, StateFolder, Secrets, Rights];

    private static IEnumerable<ClientLine> People(NodeFacts node) => node.Clients?.Where(client => !client.IsInternal && !client.Name.StartsWith("sentinel-", StringComparison.Ordinal)) ?? [];

    private static DoctorFinding? Nameless(GroupFacts facts) => Checks.Over("clients.nameless",
        facts.Nodes.Select(node => (node.Name, Count: People(node).Count(client => client.Name.Length == 0))).Where(pair => pair.Count > 0).Select(pair => $"{pair.Count} on {pair.Name} have no name"), Diagnosis.Warn,
        "every client has a name", "CLIENT SETNAME in the application: in a switchover one wants to know who stays behind");

    private static DoctorFinding? WrongNode(GroupFacts facts) => Checks.Over("clients.wrong_node",
        facts.Nodes.Where(node => node.Node.IsReplica).SelectMany(node => People(node).Where(client => !facts.AllowedOnReplica.Allows(client)).Select(client => $"{client} is on the replica {node.Name}")).Take(5), Diagnosis.Warn,
        "nobody is on a replica who may not be", "clients.allow_on_replica in the group file if it may; otherwise it has missed the last change of master");

    private static DoctorFinding? Subscribers(GroupFacts facts)
    {
        if (facts.Master is not { } master)
            return null;
        int count = People(master).Count(client => client.Subscriptions > 0);
        return count == 0
            ? new DoctorFinding("clients.subscribers", Diagnosis.Pass, "no client of the master only listens")
            : new DoctorFinding("clients.subscribers", Diagnosis.Warn, $"{count} clients of {master.Name} are subscribed", "subscribers never see READONLY: clients.kill_stragglers cuts them off after a switchover");
    }

    private static DoctorFinding? NameAnswers(GroupFacts facts)
    {
        if (facts.Name is not { } name || facts.Group.Master is not { } master)
            return null;
        string wanted = name.ValueOf(master.Address);
        return Checks.Over("dns.answer", facts.Answers.Where(answer => !answer.Is(wanted)).Select(answer => $"{answer.Server}: {answer.Failure ?? string.Join(' ', answer.Values)}"), Diagnosis.Fail,
            $"{name.Name} is {wanted}, the master", $"it should be {wanted} and nothing else: clients go to the wrong node");
    }

    private static DoctorFinding? NameAgrees(GroupFacts facts)
    {
        NameAnswer[] authoritative = [.. facts.Answers.Where(answer => answer.IsAuthoritative && answer.Failure is null)];
        if (authoritative.Length == 0)
            return null;
        string[] values = [.. authoritative.Select(answer => string.Join(' ', answer.Values.Order(StringComparer.Ordinal))).Distinct()];
        return values.Length == 1
            ? new DoctorFinding("dns.agree", Diagnosis.Pass, $"{authoritative.Length} of {authoritative.Length} authoritative servers agree")
            : new DoctorFinding("dns.agree", Diagnosis.Fail, $"authoritative servers disagree: {string.Join(" / ", values)}", "see whether zone transfers work");
    }

    private static DoctorFinding? NameTtl(GroupFacts facts)
    {
        if (facts.Answers.Where(answer => answer.IsAuthoritative).Max(answer => answer.TtlSeconds) is not { } ttl)
            return null;
        return ttl <= TtlSecondsMax
            ? new DoctorFinding("dns.ttl", Diagnosis.Pass, $"TTL {ttl} s")
            : new DoctorFinding("dns.ttl", Diagnosis.Warn, $"TTL {ttl} s: clients that resolve may see the old address for that long", $"{TtlSecondsMax} s or less");
    }

    private static DoctorFinding? NameChange(GroupFacts facts) => facts.Rehearsal switch
    {
        null => null,
        { Outcome: NameChangeOutcome.Changed } rehearsal => new DoctorFinding("dns.cas", Diagnosis.Pass, rehearsal.Evidence),
        { } rehearsal => new DoctorFinding("dns.cas", Diagnosis.Fail, $"the name could not be changed: {rehearsal.Evidence}", "see the key, its rights, and the server's log"),
    };

    private static DoctorFinding? Clock(GroupFacts facts) => Checks.Over("tool.clock_skew",
        facts.Nodes.Where(node => node.ClockAhead is { } ahead && ahead.Duration() > TimeSpan.FromSeconds(2)).Select(node => $"{node.Name}'s clock is {node.ClockAhead!.Value.TotalSeconds:0.#} s ahead of this machine's"), Diagnosis.Warn,
        "clocks agree", "NTP: keys expire by each node's own clock");

    private static DoctorFinding? StateFolder(GroupFacts facts) => facts.StateTrouble is { } trouble
        ? new DoctorFinding("tool.state_dir", Diagnosis.Fail, trouble, "journals have to be written before anything is done: state_dir in the group file")
        : new DoctorFinding("tool.state_dir", Diagnosis.Pass, "journals can be written");

    private static DoctorFinding? Secrets(GroupFacts facts) => Checks.Over("tool.secrets", facts.OpenSecrets.Select(file => $"{file} can be read by others"), Diagnosis.Fail,
        "secrets are readable by their owner only", "chmod 600");

    private static DoctorFinding? Rights(GroupFacts facts) => Checks.Over("tool.rights",
        facts.Nodes.Where(node => node.Denied.Count > 0).Select(node => $"{node.Name} refuses {string.Join(", ", node.Denied)}"), Diagnosis.Fail,
        "the login may do what a change of master needs", "ACL SETUSER … with +@admin +@dangerous +info +client +config +replicaof +failover, or the commands named");
}
