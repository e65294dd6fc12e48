using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Tracking;

namespace Redoubt.Server.Information;

/// <summary>Who is connected. Replicas are counted in the replication section; the link to the master is a client.</summary>
internal sealed class ClientsSection(ServerConfig config, ConnectionTable connections, BlockedClients waiting, MemoryWatch memory, KeyTracking tracking)
{
    public void Write(InfoText text)
    {
        int normal = 0;
        int blocked = 0;
        foreach (ClientConnection client in connections.All.Values)
        {
            normal += client.IsReplica ? 0 : 1;
            blocked += client.IsBlocked ? 1 : 0;
        }
        text.Section("Clients");
        text.Line("connected_clients", normal);
        text.Line("cluster_connections", 0);
        text.Line("maxclients", config.MaxClients);
        text.Line("client_recent_max_input_buffer", memory.LargestInput);
        text.Line("client_recent_max_output_buffer", memory.LargestOutput);
        text.Line("blocked_clients", blocked);
        text.Line("tracking_clients", tracking.ClientCount);
        text.Line("clients_in_timeout_table", waiting.DeadlineCount);
    }
}
