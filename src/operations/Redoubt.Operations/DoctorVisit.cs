using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Failover.Doctor;
using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>Asks nodes, name servers and this machine for what the doctor's checks look at. It only reads, but for the rehearsal of a change of
/// name, which changes nothing.</summary>
public sealed class DoctorVisit(GroupProbe probe, GroupDefinition definition, INameProvider names, StateFolder state)
{
    private static readonly string[][] Needed = [["FAILOVER"], ["REPLICAOF", "NO", "ONE"], ["CONFIG", "GET", "save"], ["CONFIG", "REWRITE"], ["CLIENT", "LIST"], ["CLIENT", "KILL", "ID", "1"], ["CLIENT", "PAUSE", "1"], ["INFO"]];

    /// <summary>Gathers the facts and runs every check.</summary>
    public async Task<IReadOnlyList<DoctorFinding>> RunAsync(CancellationToken cancellation) => Checks.Run(await GatherAsync(cancellation).ConfigureAwait(false));

    /// <summary>The findings as one JSON object: counts, and <c>checks</c>.</summary>
    public static string ToJson(IReadOnlyList<DoctorFinding> findings)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (Diagnosis diagnosis in Enum.GetValues<Diagnosis>())
                json.WriteNumber(diagnosis.ToString().ToLowerInvariant(), findings.Count(finding => finding.Diagnosis == diagnosis));
            json.WriteStartArray("checks");
            foreach (DoctorFinding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("id", finding.Id);
                json.WriteString("result", finding.Diagnosis.ToString().ToLowerInvariant());
                json.WriteString("evidence", finding.Evidence);
                json.WriteString("remedy", finding.Remedy.Length == 0 ? null : finding.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private async Task<GroupFacts> GatherAsync(CancellationToken cancellation)
    {
        GroupObservation group = await probe.ObserveAsync(cancellation).ConfigureAwait(false);
        using var acts = new GroupActs(probe, probe.Options);
        NodeFacts[] nodes = await Task.WhenAll(group.Nodes.Select(node => AskAsync(node, acts))).ConfigureAwait(false);
        bool named = names.Name.Length > 0;
        return new GroupFacts
        {
            Group = group,
            Nodes = nodes,
            Written = definition.Name.Length > 0 ? [.. definition.Nodes.Select(node => node.Address)] : [],
            Name = definition.ToName(),
            Answers = named ? await names.ShowAsync(cancellation).ConfigureAwait(false) : [],
            Rehearsal = named ? await names.RehearseAsync(cancellation).ConfigureAwait(false) : null,
            FenceMethods = definition.Fence.Methods,
            UnverifiedFences = [.. definition.Fence.Hooks.Where(hook => hook.Value.Verify.Count == 0).Select(hook => hook.Key)],
            AllowedOnReplica = new ClientRules(definition.Clients.AllowedOnReplica),
            StateTrouble = StateTrouble(),
            OpenSecrets = OpenSecrets(),
        };
    }

    private async Task<NodeFacts> AskAsync(NodeObservation node, GroupActs acts)
    {
        string name = definition.Find(node.Address) is { } written && definition.Name.Length > 0 ? written.Name : node.Address.ToString();
        if (node.Failure is not null)
            return new NodeFacts { Node = node, Name = name };
        NodeAnswer info = await acts.SendAsync(node.Address, "INFO", "everything").ConfigureAwait(false);
        IReadOnlyList<ClientLine>? clients = await acts.ClientsAsync(node.Address).ConfigureAwait(false);
        return new NodeFacts
        {
            Node = node,
            Name = name,
            Info = Fields(info.IsDone ? info.Text : ""),
            Configuration = await ConfigurationAsync(node.Address).ConfigureAwait(false),
            Clients = clients,
            ClockAhead = await ClockAsync(node.Address).ConfigureAwait(false),
            Denied = await DeniedAsync(node.Address, acts).ConfigureAwait(false),
        };
    }

    private static Dictionary<string, string> Fields(string info)
    {
        Dictionary<string, string> fields = [];
        foreach (string line in info.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line[0] != '#' && colon > 0)
                fields[line[..colon]] = line[(colon + 1)..];
        }

        return fields;
    }

    private async Task<IReadOnlyDictionary<string, string>> ConfigurationAsync(NodeAddress node)
    {
        Dictionary<string, string> directives = [];
        try
        {
            Reply reply = await probe.ProbeOf(node).CommandAsync("CONFIG", "GET", "*").ConfigureAwait(false);
            for (int i = 0; i + 1 < reply.Items.Count; i += 2)
                directives[reply[i].ToString()] = reply[i + 1].ToString();
        }
        catch (ClientException)
        {
            // What may not be read is not judged; tool.rights says so.
        }

        return directives;
    }

    private async Task<TimeSpan?> ClockAsync(NodeAddress node)
    {
        try
        {
            DateTimeOffset asked = DateTimeOffset.UtcNow;
            Reply reply = await probe.ProbeOf(node).CommandAsync("TIME").ConfigureAwait(false);
            DateTimeOffset here = asked + ((DateTimeOffset.UtcNow - asked) / 2);
            return DateTimeOffset.FromUnixTimeSeconds(reply[0].ToInteger()) + TimeSpan.FromMicroseconds(reply[1].ToInteger()) - here;
        }
        catch (ClientException)
        {
            return null;
        }
    }

    /// <summary>ACL DRYRUN answers without doing anything; servers before 7.0 do not have it, and are not judged.</summary>
    private static async Task<IReadOnlyList<string>> DeniedAsync(NodeAddress node, GroupActs acts)
    {
        NodeAnswer user = await acts.SendAsync(node, "ACL", "WHOAMI").ConfigureAwait(false);
        if (!user.IsDone)
            return user.Text.Contains("NOPERM", StringComparison.Ordinal) ? ["ACL WHOAMI"] : [];
        List<string> denied = [];
        foreach (string[] command in Needed)
        {
            NodeAnswer answer = await acts.SendAsync(node, ["ACL", "DRYRUN", user.Text, .. command]).ConfigureAwait(false);
            if (answer.IsDone && answer.Text.Contains("no permissions", StringComparison.OrdinalIgnoreCase))
                denied.Add(string.Join(' ', command.TakeWhile(word => !char.IsAsciiLetterLower(word[0]) && !char.IsAsciiDigit(word[0]))));
        }

        return denied;
    }

    private string? StateTrouble()
    {
        try
        {
            // The nearest folder that exists has to let us in; the rest is made when it is needed.
            string folder = state.Folder;
            while (!Directory.Exists(folder))
                folder = Path.GetDirectoryName(folder) ?? "/";
            string trial = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".redoubt-{Environment.ProcessId}"));
            File.WriteAllBytes(trial, []);
            File.Delete(trial);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    private IReadOnlyList<string> OpenSecrets()
    {
        List<string> open = [];
        foreach (string? file in new[] { definition.Login.PasswordFile, definition.Dns.Tsig?.SecretFile })
        {
            if (!OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
                open.Add(file);
        }

        return open;
    }
}
