namespace Redoubt.Replication;

/// <summary>When a master without replicas gives its backlog up (<c>repl-backlog-ttl</c>).</summary>
public static class BacklogLifetime
{
    /// <summary>True when the backlog is to be freed. A replica never frees its own: it may be promoted, and then its history
    /// is what the others continue from. After freeing, a master must take a new replication ID, because it will not count
    /// what it writes from now on.</summary>
    /// <param name="isMaster">This node follows no other.</param>
    /// <param name="replicas">Connected replicas, in any state.</param>
    /// <param name="ttlSeconds">The directive; 0 means never.</param>
    /// <param name="lastReplicaLeftMs">When the last replica left, or when the node became a master without any.</param>
    /// <param name="nowMs">The present, by the same clock.</param>
    public static bool IsOver(bool isMaster, int replicas, long ttlSeconds, long lastReplicaLeftMs, long nowMs) =>
        isMaster && replicas == 0 && ttlSeconds != 0 && nowMs / 1000 - lastReplicaLeftMs / 1000 > ttlSeconds;
}
