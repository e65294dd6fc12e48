using System.Text;
using Redoubt.Commands;
using Redoubt.Native.Sockets;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Server.Loop;
using Redoubt.Server.Persistence;
using Redoubt.Server.Replicas;

namespace Redoubt.Server.Information;

/// <summary>INFO.</summary>
internal sealed class InfoReport(
    ServerConfig config, ServerState state, Redoubt.Keyspace.Keyspace keyspace, ConnectionTable connections, SnapshotKeeper snapshots,
    DatasetLoader loader, ReplicationService replication, Lifecycle lifecycle, ErrorStatistics errors, KeyspaceLoop loop,
    DeletionNotes notes, SocketLoop sockets) : IServerStatus
{
    public string RedisVersion => ServerVersion.Redis;

    public string Info(IReadOnlyList<string> sections)
    {
        StringBuilder text = new();
        text.Append("# Replication\r\n");
        text.Append("role:").Append(state.IsReplica ? "slave" : "master").Append("\r\n");
        text.Append("connected_slaves:").Append(replication.Replicas.Registry.Count).Append("\r\n");
        text.Append("master_repl_offset:").Append(replication.Stream.Offset).Append("\r\n");
        if (state.IsReplica)
            text.Append("master_link_status:").Append(state.IsMasterLinkUp ? "up" : "down").Append("\r\n");
        _ = (config, keyspace, connections, snapshots, loader, lifecycle, errors, loop, notes, sockets);
        return text.ToString();
    }
}
