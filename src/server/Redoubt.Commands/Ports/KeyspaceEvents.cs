namespace Redoubt.Commands;

/// <summary>Classes of keyspace events, and where they are published.</summary>
[Flags]
public enum KeyspaceEvents
{
    None = 0,
    Generic = 1,
    String = 1 << 1,
    List = 1 << 2,
    Set = 1 << 3,
    Hash = 1 << 4,
    SortedSet = 1 << 5,
    Expired = 1 << 6,
    Evicted = 1 << 7,
    Stream = 1 << 8,
    Module = 1 << 9,
    New = 1 << 10,
    Keyspace = 1 << 11,
    Keyevent = 1 << 12,
    KeyMiss = 1 << 13,

    /// <summary>What 'A' stands for: all that is not K, E, m or n.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,
}

/// <summary>Publishes what happens to keys, for those who subscribed to it.</summary>
public interface IKeyspaceEvents
{
    /// <summary>Publishes an event of a class that <see cref="CommandSettings.KeyspaceEvents"/> has.</summary>
    /// <param name="name">Redis's name of the event, such as "hset".</param>
    void Publish(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database);
}
