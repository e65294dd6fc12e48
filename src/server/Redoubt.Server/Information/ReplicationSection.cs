using System.Buffers;
using System.Text;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;
using Redoubt.Server.Replicas;
using Redoubt.Topology;

namespace Redoubt.Server.Information;

/// <summary>This server's place in its group, in the words that the tools read (see <see cref="ReplicationInfo"/>).</summary>
internal sealed class ReplicationSection(ServerConfig config, ServerState state, ReplicationService service)
{
    public void Write(InfoText text)
    {
        ArrayBufferWriter<byte> bytes = new(1024);
        ReplicationInfoWriter.Write(Now(), bytes);
        text.Ready(Encoding.UTF8.GetString(bytes.WrittenSpan));
        WriteLag(text);
        if (service.Stream.SpilledBytes is > 0 and long spilled)
            text.Line("repl_sync_spilled_bytes", spilled);
        if (state.IsReplica && service.Master.RefusedResync is { } reason)
            text.Line("master_resync_refused", reason);
        if (service.Master.Missed is { } missed)
        {
            text.Line("missed_writes_file", missed.Path);
            text.Line("missed_writes_commands", missed.Commands);
            text.Line("missed_writes_bytes", missed.Bytes);
        }
    }

    /// <summary>Ours: how far behind each replica is, as it acknowledges (once a second), and how old a replica's data may be.</summary>
    private void WriteLag(InfoText text)
    {
        ReplicaRegistry replicas = service.Replicas.Registry;
        for (int i = 0; i < replicas.Count; i++)
        {
            ReplicaSession session = replicas[i];
            if (session.State != SessionState.Online)
                continue;
            long behindMs = service.Replicas.Offsets.BehindMs(session.AckedOffset, service.Stream.Offset, Clock.SteadyMs);
            text.Line($"replica_lag{i}", $"ip={session.Host},port={session.ListeningPort},bytes={Math.Max(0, service.Stream.Offset - session.AckedOffset)},ms={behindMs}");
        }
        if (state.IsReplica)
            text.Line("replica_data_age_ms", service.Master.DataAgeMs(Clock.SteadyMs));
    }

    private ReplicationInfo Now()
    {
        ReplicationStream stream = service.Stream;
        long nowMs = Clock.UnixMs;
        ReplicaRegistry replicas = service.Replicas.Registry;
        bool wantsGood = config.MinReplicasToWrite > 0 && config.MinReplicasMaxLagSeconds > 0;
        return new ReplicationInfo
        {
            Role = service.Role,
            Master = state.IsReplica ? Link() : null,
            ConnectedReplicas = replicas.Count,
            GoodReplicas = wantsGood ? replicas.CountGood(config.MinReplicasMaxLagSeconds, nowMs) : null,
            Replicas = Replicas(replicas, nowMs),
            FailoverState = service.Failover.State,
            ReplicationId = service.History.Id,
            SecondReplicationId = service.History.SecondId,
            Offset = stream.Offset,
            SecondOffset = service.History.SecondOffset,
            BacklogActive = stream.IsActive,
            BacklogSizeBytes = stream.BacklogSizeBytes,
            Backlog = stream.Window ?? default,
        };
    }

    private Redoubt.Topology.MasterLink Link()
    {
        MasterAddress address = config.ReplicaOf!.Value;
        Redoubt.Server.Replicas.MasterLink link = service.Master;
        long now = Clock.SteadyMs;
        long sinceIo = link.LastIoSteadyMs == 0 ? -1 : (now - link.LastIoSteadyMs) / 1000;
        // Before there is any history to go on from, the next byte that is wanted is the first.
        bool hasHistory = state.IsMasterLinkUp || (link.HasHistory && !link.IsReceivingSnapshot);
        ReplicationOffset nothing = new(1);
        bool receives = link.State == LinkState.Sync;
        return new Redoubt.Topology.MasterLink
        {
            Address = NodeAddress.Stated(address.Host, address.Port),
            IsUp = state.IsMasterLinkUp,
            LastIoSecondsAgo = state.IsMasterLinkUp ? sinceIo : -1,
            Sync = receives ? new SyncProgress(link.SnapshotProgress.Total, link.SnapshotProgress.Received, Math.Max(0, sinceIo)) : null,
            ReadOffset = hasHistory ? link.ReadOffset : nothing,
            AppliedOffset = hasHistory ? service.Stream.Offset : nothing,
            DownSinceSeconds = state.IsMasterLinkUp ? null : link.DownSinceSteadyMs == 0 ? -1 : (now - link.DownSinceSteadyMs) / 1000,
            Priority = config.ReplicaPriority,
            ReadOnly = config.ReplicaReadOnly,
            Announced = config.ReplicaAnnounced,
        };
    }

    private static List<ConnectedReplica> Replicas(ReplicaRegistry registry, long nowMs)
    {
        List<ConnectedReplica> list = [];
        for (int i = 0; i < registry.Count; i++)
        {
            ReplicaSession session = registry[i];
            if (session.State == SessionState.Announced)
                continue;
            list.Add(new ConnectedReplica(
                NodeAddress.Stated(session.Host, session.ListeningPort), session.WireState, session.AckedOffset, session.LagSeconds(nowMs)));
        }
        return list;
    }
}
