using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Memory;

/// <summary>
/// Keeps the memory of clients within `maxmemory-clients`: above it, those that take most are closed first. Links to replicas and
/// to the master, and clients that said CLIENT NO-EVICT, are neither counted nor closed. The sum is kept by the account, so that as
/// long as it is below the limit this costs one comparison per round.
/// </summary>
internal sealed class ClientEviction(MemoryAccount account, ConnectionTable connections, ServerState state, ServerConfig config, ServerLog log)
{
    // Less would leave nobody who could correct a mistake.
    private const long LimitMin = 128 * 1024;

    private readonly List<ClientConnection> _candidates = [];

    /// <summary>The limit in bytes, or long.MaxValue.</summary>
    public long LimitBytes
    {
        get
        {
            long limit = config.Memory.MaxMemoryClients.Value;
            if (limit == 0)
                return long.MaxValue;
            ulong maxMemory = config.Memory.MaxMemory.Unsigned;
            if (limit < 0)
                limit = maxMemory == 0 ? long.MaxValue : (long)(maxMemory * (double)-limit / 100);
            return Math.Max(limit, LimitMin);
        }
    }

    public bool IsLimited => config.Memory.MaxMemoryClients.Value != 0;

    /// <summary>Every round, and before each command while there is a limit. True when clients were closed, the present one perhaps among them.</summary>
    public bool Enforce()
    {
        if (!IsLimited)
            return false;
        long limit = LimitBytes;
        if (account.EvictableClients < limit)
            return false;
        Evict(limit);
        return true;
    }

    private void Evict(long limit)
    {
        foreach (ClientConnection client in connections.InOrder)
        {
            if (client.IsChargedAsEvictable)
                _candidates.Add(client);
        }
        _candidates.Sort(static (a, b) => b.ChargedBytes.CompareTo(a.ChargedBytes));
        foreach (ClientConnection client in _candidates)
        {
            if (account.EvictableClients < limit)
                break;
            log.ClientEvicted(ClientLine.Of(client));
            state.EvictedClients++;
            connections.Close(client);
        }
        _candidates.Clear();
        if (account.EvictableClients >= limit)
            log.NoMoreClientsToEvict();
    }
}
