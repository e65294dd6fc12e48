using Redoubt.Commands;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Server.Replicas;

namespace Redoubt.Server.Memory;

/// <summary>All that looks after memory, put together: the account, who reports it, and who keeps it within limits.</summary>
internal sealed class MemoryService
{
    private readonly ClientEviction _clients;
    private readonly Gate _gate;
    private readonly ServerConfig _config;

    public MemoryService(
        Redoubt.Keyspace.Keyspace keyspace, ReplicationStream stream, ServerState state, ServerConfig config, ServerLog log,
        ConnectionTable connections, ReplicaHost replicas, Propagator propagator, DeletionNotes notes, Gate gate, CommandSettings settings)
    {
        _gate = gate;
        _config = config;
        Account = new MemoryAccount(keyspace.Heap, stream);
        connections.Account = Account;
        Survey = new MemorySurvey(Account, keyspace, connections, replicas);
        Upkeep = new ClientUpkeep(connections, Account, state, config);
        Guard = new MemoryGuard(keyspace, Account, state, config, propagator, notes, gate, settings, log);
        _clients = new ClientEviction(Account, connections, state, config, log);
    }

    public MemoryAccount Account { get; }

    public MemoryGuard Guard { get; }

    public MemorySurvey Survey { get; }

    public ClientUpkeep Upkeep { get; }

    /// <summary>Obeys the configuration, and works with the loop, from here on.</summary>
    public void Install(KeyspaceLoop loop)
    {
        Guard.Install();
        _gate.Clients = _clients;
        _config.WhenSet(RefreshGate, "maxmemory-clients");
        _ = RefreshGate();
        loop.AddSlice(Guard.Slice);
        loop.AddBeforeSleep(() => _clients.Enforce());
    }

    private string? RefreshGate()
    {
        _gate.Refresh();
        return null;
    }
}
