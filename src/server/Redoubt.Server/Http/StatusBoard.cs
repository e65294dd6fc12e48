using Redoubt.Server.Dispatch;
using Redoubt.Server.Information;
using Redoubt.Server.Loop;
using Redoubt.Server.Replicas;
using Redoubt.Topology;

namespace Redoubt.Server.Http;

/// <summary>Sums up the state of the server, on the keyspace thread. INFO is written once a second, for it costs a tenth of a millisecond.</summary>
internal sealed class StatusBoard(ServerState state, ReplicationService replication, InfoReport info)
{
    private string _info = "";
    private long _infoAtMs = long.MinValue / 2;

    public ServerStatus Take()
    {
        long now = Clock.SteadyMs;
        if (now - _infoAtMs >= 1000)
        {
            _infoAtMs = now;
            _info = info.Info([]);
        }
        return new ServerStatus(
            now, replication.Role, state.IsLoading, replication.Failover.State != FailoverState.NoFailover, state.IsMasterLinkUp,
            state.IsReplica ? replication.Master.DataAgeMs(now) : -1, replication.Stream.Offset, _info);
    }
}
