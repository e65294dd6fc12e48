namespace Redoubt.Persistence.Rdb;

/// <summary>What the AUX fields of an RDB file say about it; null where a file says nothing.</summary>
public sealed record RdbAux
{
    public string? RedisVersion { get; init; }

    /// <summary>Unix seconds.</summary>
    public long? CreatedAtSeconds { get; init; }

    public long? UsedMemoryBytes { get; init; }

    /// <summary>True when the file is the base of a multi-part AOF.</summary>
    public bool? AofBase { get; init; }

    /// <summary>The database that the replication stream has selected at the offset.</summary>
    public int? ReplicationStreamDatabase { get; init; }

    /// <summary>40 hexadecimal digits.</summary>
    public string? ReplicationId { get; init; }

    /// <summary>The replication offset whose dataset this is.</summary>
    public long? ReplicationOffset { get; init; }
}
