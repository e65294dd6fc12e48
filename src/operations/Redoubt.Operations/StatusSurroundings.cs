using System.Globalization;
using System.Text.Json;
using Redoubt.Failover;
using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>What a status shows beside the nodes: where the name leads, what was done last, and who is fenced or in quarantine.</summary>
public sealed record StatusSurroundings
{
    /// <summary>What each server answers for the group's name; empty without one.</summary>
    public IReadOnlyList<NameAnswer> Answers { get; init; } = [];

    /// <summary>The name; empty without one.</summary>
    public string Name { get; init; } = "";

    /// <summary>The newest operation, or null.</summary>
    public JournalFile? Last { get; init; }

    /// <summary>By node: how it is kept from accepting writes, as far as this machine knows.</summary>
    public IReadOnlyDictionary<NodeAddress, string> Fences { get; init; } = new Dictionary<NodeAddress, string>();

    /// <summary>Asks the name's servers and looks into the folder of state.</summary>
    public static async Task<StatusSurroundings> LookAsync(INameProvider names, StateFolder state, GroupObservation group, CancellationToken cancellation) => new()
    {
        Name = names.Name,
        Answers = names.Name.Length > 0 ? await names.ShowAsync(cancellation).ConfigureAwait(false) : [],
        Last = state.Last(),
        Fences = FencesOf(state, group),
    };

    /// <summary>The name in one line: where it leads, how long that is remembered, and whether everybody agrees. Empty without a name.</summary>
    public string NameLine
    {
        get
        {
            if (Name.Length == 0)
                return "";
            NameAnswer[] sure = [.. Answers.Where(answer => answer.IsAuthoritative)];
            string[] values = [.. sure.Where(answer => answer.Failure is null).Select(answer => string.Join(' ', answer.Values)).Distinct()];
            string leads = values.Length == 0 ? "nobody answers" : string.Join(" / ", values);
            string ttl = sure.Max(answer => answer.TtlSeconds) is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", TTL {seconds}") : "";
            int agree = values.Length == 0 ? 0 : sure.Count(answer => answer.Is(values[0]));
            return string.Create(CultureInfo.InvariantCulture, $"{Name} -> {leads}{ttl}, {agree}/{sure.Length} authoritative agree");
        }
    }

    /// <summary>The newest operation in one line; empty when there was none.</summary>
    public string OperationLine => Last switch
    {
        null => "",
        { IsOpen: true } open => $"Operation #{open.Number} ({open.Kind}) is UNFINISHED: redoubt resume, or redoubt abort",
        { } done => string.Create(CultureInfo.InvariantCulture, $"Last operation: {done.Kind} #{done.Number}, {done.Records[0].At.ToLocalTime():yyyy-MM-dd HH:mm}, {done.EndFact("summary") ?? done.Outcome}"),
    };

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("name", Name.Length == 0 ? null : Name);
        json.WriteStartArray("name_answers");
        foreach (NameAnswer answer in Answers)
        {
            json.WriteStartObject();
            json.WriteString("server", answer.Server);
            json.WriteBoolean("authoritative", answer.IsAuthoritative);
            json.WriteString("values", string.Join(' ', answer.Values));
            json.WriteString("failure", answer.Failure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("last_operation", Last is null ? null : $"{Last.Kind} #{Last.Number} {Last.Outcome}");
        json.WriteBoolean("operation_open", Last is { IsOpen: true });
    }

    private static Dictionary<NodeAddress, string> FencesOf(StateFolder state, GroupObservation group)
    {
        Dictionary<NodeAddress, string> fences = [];
        foreach (NodeObservation node in group.Nodes)
        {
            if (state.IsFenced(node.Address))
                fences[node.Address] = "min-replicas";
        }

        // Whoever was failed over from stays in quarantine until another operation has ended on the group with it as a replica.
        if (state.Last() is { Kind: "failover" } failover && NodeAddress.TryParse(failover.EndFact("quarantined"), out NodeAddress old) && group.Find(old) is { IsReplica: false })
            fences.TryAdd(old, "quarantine");
        return fences;
    }
}
