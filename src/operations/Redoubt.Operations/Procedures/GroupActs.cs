using System.Collections.Concurrent;
using System.Globalization;
using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations.Procedures;

// A procedure's hands on real servers. Each node has a connection of its own here, so that a frozen one does not hold up the questions to the
// other. The connections are named redoubt-op:NUMBER:HOST-PID, which every other operator's redoubt sees in CLIENT LIST: that
// is the lock between machines. It vanishes with the process, and no key is written into anybody's data for it.

/// <summary>Looks at and acts on the nodes of a group.</summary>
public sealed class GroupActs(GroupProbe group, ProbeOptions options) : IGroupActs, IDisposable
{
    private const string NamePrefix = "redoubt-op:";

    private readonly ConcurrentDictionary<NodeAddress, NodeProbe> _probes = new();

    /// <summary>The name of an operation's connections.</summary>
    public static string ConnectionName(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{number}:{string.Concat(Environment.MachineName.Where(char.IsAsciiLetterOrDigit))}-{Environment.ProcessId}");

    public TimeSpan Now => NodeProbe.Now();

    public DateTimeOffset WallClock => DateTimeOffset.UtcNow;

    public Task WaitAsync(TimeSpan time) => Task.Delay(time);

    public Task<NodeObservation> LookAsync(NodeAddress node) => ProbeOf(node).ObserveReplicationAsync(default);

    public Task<GroupObservation> ObserveAsync() => group.ObserveAsync();

    public async Task<NodeAnswer> SendAsync(NodeAddress node, params string[] command)
    {
        try
        {
            CommandArgument[] arguments = [.. command.Select(text => (CommandArgument)text)];
            Reply reply = await ProbeOf(node).CommandAsync(arguments).ConfigureAwait(false);
            return new NodeAnswer(AnswerKind.Done, reply.ToString());
        }
        catch (CommandException error)
        {
            return new NodeAnswer(AnswerKind.Refused, error.Message);
        }
        catch (ConnectException error)
        {
            return new NodeAnswer(AnswerKind.NotSent, error.Message);
        }
        catch (ConnectionLostException error) when (!error.MayHaveBeenExecuted)
        {
            return new NodeAnswer(AnswerKind.NotSent, error.Message);
        }
        catch (ClientException error)
        {
            return new NodeAnswer(AnswerKind.Unknown, error.Message);
        }
    }

    public async Task<IReadOnlyList<ClientLine>?> ClientsAsync(NodeAddress node)
    {
        NodeAnswer answer = await SendAsync(node, "CLIENT", "LIST").ConfigureAwait(false);
        return answer.IsDone ? Parse(answer.Text) : null;
    }

    public async Task CutEarlierAsync(IReadOnlyList<NodeAddress> nodes)
    {
        string own = options.ClientName;
        string ours = own[..(own.LastIndexOf(':') + 1)];
        foreach (NodeAddress node in nodes)
        {
            foreach (ClientLine client in await ClientsAsync(node).ConfigureAwait(false) ?? [])
            {
                if (ours.Length > 0 && client.Name.StartsWith(ours, StringComparison.Ordinal) && client.Name != own)
                    await SendAsync(node, "CLIENT", "KILL", "ID", client.Id.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Another operator's operation on one of these nodes, by the name of its connection; null when there is none.</summary>
    public async Task<string?> ForeignOperationAsync(IEnumerable<NodeAddress> nodes)
    {
        string own = options.ClientName;
        foreach (NodeAddress node in nodes)
        {
            // The first question opens the connection and so puts up our own name, before theirs is looked for: of two that begin at
            // the same moment at least one sees the other.
            ClientLine? other = (await ClientsAsync(node).ConfigureAwait(false) ?? []).FirstOrDefault(client => client.Name.StartsWith(NamePrefix, StringComparison.Ordinal) && client.Name != own);
            if (other is not null)
                return $"{other.Name} from {other.Address}, seen on {node}";
        }

        return null;
    }

    public async Task<string?> ReplicaOfInFileAsync(NodeAddress node)
    {
        if (!System.Net.IPAddress.TryParse(node.Host, out System.Net.IPAddress? ip) || !System.Net.IPAddress.IsLoopback(ip))
            return null;
        NodeAnswer info = await SendAsync(node, "INFO", "server").ConfigureAwait(false);
        string? path = info.Text.Split("\r\n").FirstOrDefault(line => line.StartsWith("config_file:", StringComparison.Ordinal))?["config_file:".Length..];
        if (!info.IsDone || path is not { Length: > 0 })
            return null;
        try
        {
            foreach (string line in await File.ReadAllLinesAsync(path).ConfigureAwait(false))
            {
                string[] words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (words.Length == 2 && words[0].ToLowerInvariant() is "replicaof" or "slaveof")
                    return words[1];
            }

            return "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's file, or a container's: nothing to be seen from here.
            return null;
        }
    }

    public void Dispose()
    {
        foreach (NodeProbe probe in _probes.Values)
            probe.Dispose();
    }

    /// <summary>CLIENT LIST's lines; a field that a server does not have is empty or 0.</summary>
    internal static IReadOnlyList<ClientLine> Parse(string list)
    {
        List<ClientLine> clients = [];
        foreach (string line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Dictionary<string, string> fields = [];
            foreach (string field in line.Split(' '))
            {
                int equals = field.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                    fields[field[..equals]] = field[(equals + 1)..];
            }

            long Number(string name) => fields.TryGetValue(name, out string? text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;
            string Text(string name) => fields.GetValueOrDefault(name, "");
            clients.Add(new ClientLine(Number("id"), Text("name"), Text("user"), Text("addr"), Text("lib-name"),
                (int)(Number("sub") + Number("psub") + Number("ssub")), Number("idle"), Text("flags")));
        }

        return clients;
    }

    private NodeProbe ProbeOf(NodeAddress node) => _probes.GetOrAdd(node, address => new NodeProbe(address, options));
}
