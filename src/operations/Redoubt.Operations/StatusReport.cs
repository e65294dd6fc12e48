using System.Buffers;
using System.Text;
using System.Text.Json;
using Redoubt.Failover;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>One node as it is shown: values, not text, so that a terminal, JSON and a web page can each say it their way.</summary>
/// <param name="Node">What it rests on.</param>
/// <param name="Name">The node's name in a local group; null elsewhere.</param>
/// <param name="BehindBytes">Null on masters and where it cannot be known.</param>
/// <param name="Behind">The same in time.</param>
public sealed record StatusRow(NodeObservation Node, string? Name, long? BehindBytes, Lag Behind)
{
    /// <summary><c>master</c>, <c>replica</c>, or <c>?</c> for a node that was not observed.</summary>
    public string Role => Node.Replication switch { null => "?", { Role: Topology.Role.Master } => "master", _ => "replica" };

    /// <summary>Whole seconds since the master last heard an acknowledgement of it; null on masters and where the master does not say.</summary>
    public long? AcknowledgedSecondsAgo { get; init; }

    /// <summary>How it is kept from accepting writes, as far as this machine knows; null when it is not.</summary>
    public string? Fence { get; init; }

    /// <summary>The state of the link to the master, or of the node itself where that matters more.</summary>
    public string Link => Node switch
    {
        { Failure.Kind: NodeFailureKind.AccessDenied } => "denied",
        { Failure.Kind: NodeFailureKind.NotRedis } => "no redis",
        { Failure: not null } => "unreachable",
        { Vitals.Loading: true } => "loading",
        { Replication.FailoverState: not FailoverState.NoFailover } => "failover",
        { Replication.Master: null } => "",
        { Replication.Master.Sync: { TotalBytes: > 0 } sync } => $"sync {sync.Percent:0} %",
        { Replication.Master.Sync: not null } => "sync",
        { Replication.Master.IsUp: true } => "up",
        _ => "down",
    };
}

/// <summary>A group at one moment: rows, what they mean, and how bad that is.</summary>
public sealed record StatusReport(GroupObservation Group, GroupAnalysis Analysis, IReadOnlyList<StatusRow> Rows)
{
    /// <summary>The name and the operations; null when nobody looked.</summary>
    public StatusSurroundings? Around { get; init; }

    /// <summary>Observes the group once. <paramref name="names"/> are the local names of nodes, if there are any.</summary>
    public static async Task<StatusReport> TakeAsync(GroupProbe probe, IReadOnlyDictionary<NodeAddress, string> names, CancellationToken cancellation = default)
    {
        GroupObservation group = await probe.ObserveAsync(cancellation).ConfigureAwait(false);
        return Of(group, probe, names);
    }

    /// <summary>The report of an observation.</summary>
    public static StatusReport Of(GroupObservation group, GroupProbe probe, IReadOnlyDictionary<NodeAddress, string> names) =>
        new(group, GroupAnalysis.Of(group), [.. group.Nodes.Select(node => new StatusRow(
            node, NameOf(node, names), group.BytesBehind(node), node.IsReplica ? probe.LagOf(group, node) : Lag.Unknown)
        {
            AcknowledgedSecondsAgo = node.IsReplica && group.Master is { } master && GroupObservation.LineFor(master, node) is { State: ReplicaState.Online } line ? line.LagSeconds : null,
        })]);

    /// <summary>The report with what is known beside the nodes.</summary>
    public StatusReport With(StatusSurroundings around) => this with
    {
        Around = around,
        Rows = [.. Rows.Select(row => row with { Fence = around.Fences.GetValueOrDefault(row.Node.Address) })],
    };

    /// <summary>The report as one JSON object: <c>severity</c>, <c>summary</c>, <c>nodes</c>, <c>findings</c>. What is not known is null.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("severity", Analysis.Severity.ToString().ToLowerInvariant());
            json.WriteString("summary", Analysis.Summary);
            WriteNodes(json);
            Around?.Write(json);
            json.WriteStartArray("findings");
            foreach (Finding finding in Analysis.Findings)
            {
                json.WriteStartObject();
                json.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
                json.WriteString("rule", finding.Rule);
                json.WriteString("node", finding.Node?.ToString());
                json.WriteString("sentence", finding.Sentence);
                json.WriteString("remedy", finding.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal void WriteNodes(Utf8JsonWriter json)
    {
        json.WriteStartArray("nodes");
        foreach (StatusRow row in Rows)
        {
            json.WriteStartObject();
            json.WriteString("name", row.Name);
            json.WriteString("address", row.Node.Address.ToString());
            json.WriteString("role", row.Node.Replication is null ? null : row.Role);
            json.WriteString("link", row.Link.Length == 0 ? null : row.Link);
            json.WriteString("failure", row.Node.Failure?.Message);
            Number(json, "offset", row.Node.Offset?.Value);
            Number(json, "behind_bytes", row.BehindBytes);
            Number(json, "behind_ms", row.Behind.Time is { } time ? (long)time.TotalMilliseconds : null);
            json.WriteBoolean("behind_ms_is_lower_bound", row.Behind.AtLeast);
            Number(json, "master_last_io_seconds_ago", row.Node.Replication?.Master is { LastIoSecondsAgo: >= 0 } link ? link.LastIoSecondsAgo : null);
            Number(json, "acknowledged_seconds_ago", row.AcknowledgedSecondsAgo);
            json.WriteString("persistence", row.Node.Vitals.Persistence.Length == 0 ? null : row.Node.Vitals.Persistence);
            json.WriteString("fence", row.Fence);
            json.WriteString("replication_id", row.Node.Replication?.ReplicationId.ToString());
            json.WriteString("master", row.Node.Replication?.Master?.Address.ToString());
            json.WriteString("version", row.Node.Vitals.Version.Length == 0 ? null : row.Node.Vitals.Version);
            Number(json, "clients", Known(row.Node.Vitals.Clients));
            Number(json, "used_memory_bytes", Known(row.Node.Vitals.UsedMemoryBytes));
            Number(json, "ops_per_second", Known(row.Node.Vitals.OpsPerSecond));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static long? Known(long value) => value < 0 ? null : value;

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static string? NameOf(NodeObservation node, IReadOnlyDictionary<NodeAddress, string> names)
    {
        foreach (NodeAddress address in node.Aliases.Prepend(node.Address))
        {
            if (names.TryGetValue(address, out string? name))
                return name;
        }

        return null;
    }
}
