using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>One client of one node. A straggler is on a replica and has no business there.</summary>
public sealed record ClientRow(NodeAddress Node, ClientLine Client, bool IsStraggler);

/// <summary>Who is connected where.</summary>
public sealed class ClientRoll(GroupProbe probe, ClientRules allowed) : IDisposable
{
    private readonly GroupActs _acts = new(probe, probe.Options);

    /// <summary>All clients but those of replication and of this tool.</summary>
    public async Task<IReadOnlyList<ClientRow>> CallAsync(CancellationToken cancellation)
    {
        GroupObservation group = await probe.ObserveAsync(cancellation).ConfigureAwait(false);
        List<ClientRow> rows = [];
        foreach (NodeObservation node in group.Nodes.Where(node => node.Failure is null))
        {
            foreach (ClientLine client in await _acts.ClientsAsync(node.Address).ConfigureAwait(false) ?? [])
            {
                if (!client.IsInternal)
                    rows.Add(new ClientRow(node.Address, client, node.IsReplica && !allowed.Allows(client)));
            }
        }

        return rows;
    }

    /// <summary>Cuts one off; null when it is gone, otherwise why not.</summary>
    public async Task<string?> KillAsync(ClientRow row)
    {
        NodeAnswer answer = await _acts.SendAsync(row.Node, "CLIENT", "KILL", "ID", row.Client.Id.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        // One that has left by itself is as good as gone.
        return answer.Kind is AnswerKind.Done or AnswerKind.Refused ? null : answer.Text;
    }

    public void Dispose() => _acts.Dispose();

    /// <summary>One object with <c>clients</c>.</summary>
    public static string ToJson(IReadOnlyList<ClientRow> rows)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("clients");
            foreach (ClientRow row in rows)
            {
                json.WriteStartObject();
                json.WriteString("node", row.Node.ToString());
                json.WriteNumber("id", row.Client.Id);
                json.WriteString("name", row.Client.Name);
                json.WriteString("user", row.Client.User);
                json.WriteString("address", row.Client.Address);
                json.WriteString("library", row.Client.Library);
                json.WriteNumber("subscriptions", row.Client.Subscriptions);
                json.WriteNumber("idle_seconds", row.Client.IdleSeconds);
                json.WriteBoolean("straggler", row.IsStraggler);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
