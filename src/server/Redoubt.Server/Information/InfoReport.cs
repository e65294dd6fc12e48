// INFO: the server as monitoring sees it.
//
// Exporters, sentinels and client libraries read these lines by name and often by position, so sections, fields, order and
// number formats are those of Redis 7.0. A field whose feature does not exist here is a true zero, never an invented figure; where
// a field's meaning had to be carried over (there is no fork, memory comes from no malloc), the section that writes it says how.
//
// Most values stand ready as counters of the part they belong to. Rates, the peak of the memory and the largest buffers
// are sampled by the loop's timer, because nobody can tell them afterwards.
//
// The keyspace thread only: a report is of one moment between two commands.

using Redoubt.Commands;
using Redoubt.Native.Sockets;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Server.Loop;
using Redoubt.Server.Memory;
using Redoubt.Server.Persistence;
using Redoubt.Server.PubSub;
using Redoubt.Server.Replicas;
using Redoubt.Server.Tracking;

namespace Redoubt.Server.Information;

/// <summary>Writes the sections that an INFO asks for, and takes the samples that some of them need.</summary>
internal sealed class InfoReport : IServerStatus
{
    private readonly ServerConfig _config;
    private readonly ServerSection _server;
    private readonly ClientsSection _clients;
    private readonly MemorySection _memory;
    private readonly PersistenceSection _persistence;
    private readonly StatsSection _stats;
    private readonly ReplicationSection _replication;
    private readonly CommandSections _commands;
    private readonly Redoubt.Keyspace.Keyspace _keyspace;

    public InfoReport(
        ServerConfig config, ServerState state, Redoubt.Keyspace.Keyspace keyspace, MemoryService memory,
        ConnectionTable connections, BlockedClients waiting, SnapshotKeeper snapshots,
        DatasetLoader loader, AofKeeper aof, ReplicationService replication, Lifecycle lifecycle, ErrorStatistics errors, KeyspaceLoop loop,
        DeletionNotes notes, SocketLoop sockets, Subscriptions subscriptions, KeyTracking tracking, OwnExpiries ownExpiries)
    {
        _config = config;
        _keyspace = keyspace;
        MemoryWatch watch = new(memory.Account, connections);
        _server = new ServerSection(config, state, lifecycle, sockets);
        _clients = new ClientsSection(config, connections, waiting, watch, tracking);
        _memory = new MemorySection(config, keyspace, memory.Survey, notes, aof.Writer);
        _persistence = new PersistenceSection(state, snapshots, loader, aof);
        _stats = new StatsSection(state, keyspace, replication, errors, subscriptions, tracking, ownExpiries);
        _replication = new ReplicationSection(config, state, replication);
        _commands = new CommandSections(config, state.Timings, errors);
        state.Timings.Tracking = config.Monitoring.LatencyTracking;
        loop.Timer += nowMs =>
        {
            watch.Sample(nowMs);
            _stats.Sample(nowMs);
        };
    }

    public string RedisVersion => ServerVersion.Redis;

    public string Info(IReadOnlyList<string> sections)
    {
        InfoText text = new();
        HashSet<InfoSection> chosen = SectionChoice.Of(sections);
        foreach (InfoSection section in Enum.GetValues<InfoSection>())
        {
            if (chosen.Contains(section))
                Write(section, text);
        }
        return text.ToString();
    }

    private void Write(InfoSection section, InfoText text)
    {
        switch (section)
        {
            case InfoSection.Server:
                _server.Write(text);
                break;
            case InfoSection.Clients:
                _clients.Write(text);
                break;
            case InfoSection.Memory:
                _memory.Write(text);
                break;
            case InfoSection.Persistence:
                _persistence.Write(text);
                break;
            case InfoSection.Stats:
                _stats.Write(text);
                break;
            case InfoSection.Replication:
                _replication.Write(text);
                break;
            case InfoSection.Cpu:
                ProcessorSection.Write(text);
                break;
            case InfoSection.Modules:
                text.Section("Modules");
                break;
            case InfoSection.CommandStats:
                _commands.WriteCommands(text);
                break;
            case InfoSection.ErrorStats:
                _commands.WriteErrors(text);
                break;
            case InfoSection.LatencyStats:
                _commands.WriteLatencies(text);
                break;
            case InfoSection.Cluster:
                text.Section("Cluster");
                text.Line("cluster_enabled", false);
                break;
            case InfoSection.Keyspace:
                WriteKeyspace(text);
                break;
        }
    }

    private void WriteKeyspace(InfoText text)
    {
        text.Section("Keyspace");
        for (int i = 0; i < _config.Databases; i++)
        {
            Redoubt.Keyspace.Database database = _keyspace[i];
            if (database.Count > 0)
                text.Line("db" + i, $"keys={database.Count},expires={database.ExpiringCount},avg_ttl={database.AverageTtlMs}");
        }
    }
}
