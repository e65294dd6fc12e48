using Redoubt.Failover;
using Redoubt.Topology;

namespace Redoubt.Operations;

// From one address to the whole group: a master lists its replicas, a replica names its master, so asking every
// node that is mentioned finds the rest, in as many rounds as the chain is deep. All nodes of a round are asked at the same time: a
// dead one costs its timeout once, not once per node.
//
// The same process may be reached by several addresses (a name, an IP, what a container announces). Its run ID tells, so it is
// listed once, under the address that was given first, with the others as aliases. A node that was seen once stays on the list when
// it falls silent, because that is when one wants to see it.

/// <summary>Finds and observes the nodes of a group, again and again over the same connections. For one caller at a time.</summary>
public sealed class GroupProbe : IDisposable
{
    /// <summary>A group is a handful of nodes; more means that the addresses lead in circles.</summary>
    private const int NodesMax = 64;

    private readonly ProbeOptions _options;
    private readonly List<NodeAddress> _addresses = [];
    private readonly Dictionary<NodeAddress, NodeProbe> _probes = [];
    private readonly Dictionary<NodeAddress, NodeAddress> _aliasOf = [];
    private readonly LagClock _clock = new();

    /// <summary>Starts from these addresses; any one node of the group will do.</summary>
    public GroupProbe(IEnumerable<NodeAddress> seeds, ProbeOptions options)
    {
        _options = options;
        foreach (NodeAddress seed in seeds)
        {
            if (!_addresses.Contains(seed))
                _addresses.Add(seed);
        }
    }

    /// <summary>How nodes are reached.</summary>
    public ProbeOptions Options => _options;

    /// <summary>Asks every node that is known or mentioned.</summary>
    public async Task<GroupObservation> ObserveAsync(CancellationToken cancellation = default)
    {
        var seen = new Dictionary<NodeAddress, NodeObservation>();
        while (true)
        {
            NodeAddress[] round = [.. _addresses.Where(address => !seen.ContainsKey(address) && !IsAliasOfLiving(address, seen))];
            if (round.Length == 0)
                break;
            NodeObservation[] heard = await Task.WhenAll(round.Select(address => ProbeOf(address).ObserveAsync(cancellation))).ConfigureAwait(false);
            foreach (NodeObservation node in heard)
            {
                seen[node.Address] = node;
                NoteAlias(node, seen);
            }

            foreach (NodeObservation node in heard)
                Mention(node);
        }

        var group = new GroupObservation([.. _addresses.Where(seen.ContainsKey).Where(address => !IsAliasOfLiving(address, seen)).Select(address => WithAliases(seen[address]))]);
        if (group.Master is { } master)
            _clock.Sample(master.At, master.Replication!.ReplicationId, master.Replication.Offset);
        return group;
    }

    /// <summary>How far behind in time a replica of the last observation is. One observation alone tells only whether anything
    /// is missing at all; with several, the time is read from the master's course between them.</summary>
    public Lag LagOf(GroupObservation group, NodeObservation replica)
    {
        if (group.BytesBehind(replica) is not { } bytes)
            return Lag.Unknown;
        if (bytes == 0)
            return Lag.None;
        Lag lag = _clock.Behind(replica.At, replica.Replication!.ReplicationId, replica.Offset!.Value);
        // "At least 3 ms", known from a single sample, would read like a measurement.
        return lag is { AtLeast: true, Time.TotalMilliseconds: < 100 } ? Lag.Unknown : lag;
    }

    /// <summary>The connection to a node.</summary>
    public NodeProbe ProbeOf(NodeAddress address)
    {
        if (!_probes.TryGetValue(address, out NodeProbe? probe))
            _probes[address] = probe = new NodeProbe(address, _options);
        return probe;
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose()
    {
        foreach (NodeProbe probe in _probes.Values)
            probe.Dispose();
    }

    private void Mention(NodeObservation node)
    {
        if (node.Replication is not { } replication)
            return;
        IEnumerable<NodeAddress> mentioned = replication.Replicas.Select(line => line.Address);
        if (replication.Master is { } link)
            mentioned = mentioned.Prepend(link.Address);
        foreach (NodeAddress address in mentioned)
        {
            if (_addresses.Count < NodesMax && !_addresses.Contains(address))
                _addresses.Add(address);
        }
    }

    private void NoteAlias(NodeObservation node, Dictionary<NodeAddress, NodeObservation> seen)
    {
        _aliasOf.Remove(node.Address);
        if (node.Vitals.RunId.Length == 0)
            return;
        // The address that was known first names the node.
        NodeAddress first = _addresses.First(address => seen.TryGetValue(address, out NodeObservation? other) && other.Vitals.RunId == node.Vitals.RunId);
        if (first != node.Address)
            _aliasOf[node.Address] = first;
    }

    private bool IsAliasOfLiving(NodeAddress address, Dictionary<NodeAddress, NodeObservation> seen) =>
        _aliasOf.TryGetValue(address, out NodeAddress first) && (!seen.TryGetValue(first, out NodeObservation? node) || node.Failure is null);

    private NodeObservation WithAliases(NodeObservation node)
    {
        NodeAddress[] aliases = [.. _aliasOf.Where(pair => pair.Value == node.Address).Select(pair => pair.Key)];
        return aliases.Length == 0 ? node : node with { Aliases = aliases };
    }
}
