using Redoubt.Keyspace;
using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

/// <summary>How much memory the dataset takes, what goes when there is none left, and when what has gone is freed.</summary>
internal sealed class MemoryDirectives(DirectiveTable table)
{
    public NumberDirective MaxMemory { get; } = table.Memory("maxmemory", 0, 0, -1, unsigned: true);

    public ChoiceDirective<EvictionPolicy> MaxMemoryPolicy { get; } = table.Choice("maxmemory-policy", EvictionPolicy.NoEviction,
    [
        ("volatile-lru", EvictionPolicy.VolatileLru), ("volatile-lfu", EvictionPolicy.VolatileLfu),
        ("volatile-random", EvictionPolicy.VolatileRandom), ("volatile-ttl", EvictionPolicy.VolatileTtl),
        ("allkeys-lru", EvictionPolicy.AllKeysLru), ("allkeys-lfu", EvictionPolicy.AllKeysLfu),
        ("allkeys-random", EvictionPolicy.AllKeysRandom), ("noeviction", EvictionPolicy.NoEviction),
    ]);

    public NumberDirective MaxMemorySamples { get; } = table.Number("maxmemory-samples", 5, 1, int.MaxValue);

    public NumberDirective MaxMemoryEvictionTenacity { get; } = table.Number("maxmemory-eviction-tenacity", 10, 0, 100);

    public NumberDirective MaxMemoryClients { get; } = table.Memory("maxmemory-clients", 0, -100, long.MaxValue, percent: true);

    public NumberDirective LfuLogFactor { get; } = table.Number("lfu-log-factor", 10, 0, int.MaxValue);

    public NumberDirective LfuDecayTime { get; } = table.Number("lfu-decay-time", 1, 0, int.MaxValue);

    public SwitchDirective LazyFreeEviction { get; } = table.Switch("lazyfree-lazy-eviction", false);

    public SwitchDirective LazyFreeExpire { get; } = table.Switch("lazyfree-lazy-expire", false);

    public SwitchDirective LazyFreeServerDel { get; } = table.Switch("lazyfree-lazy-server-del", false);

    public SwitchDirective LazyFreeUserDel { get; } = table.Switch("lazyfree-lazy-user-del", false);

    public SwitchDirective LazyFreeUserFlush { get; } = table.Switch("lazyfree-lazy-user-flush", false);

    public NumberDirective ActiveExpireEffort { get; } = table.Number("active-expire-effort", 1, 1, 10);

    public SwitchDirective ActiveRehashing { get; } = table.Switch("activerehashing", true);

    // Moving live blocks is a service of one allocator build that Redis may or may not have; without it Redis refuses in these words.
    public SwitchDirective ActiveDefrag { get; } = table.Add(new SwitchDirective("activedefrag", false, None)
    {
        Refuse = yes => !yes
            ? null
            : "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one "
              + "shipped by default with the Redis source distribution",
    });

    public NumberDirective DefragIgnoreBytes { get; } =
        table.Memory("active-defrag-ignore-bytes", 100 << 20, 1, long.MaxValue, NotInEffect, unsigned: true);

    public NumberDirective DefragCycleMin { get; } = table.Number("active-defrag-cycle-min", 1, 1, 99, NotInEffect);

    public NumberDirective DefragCycleMax { get; } = table.Number("active-defrag-cycle-max", 25, 1, 99, NotInEffect);

    public NumberDirective DefragThresholdLower { get; } = table.Number("active-defrag-threshold-lower", 10, 0, 1000, NotInEffect);

    public NumberDirective DefragThresholdUpper { get; } = table.Number("active-defrag-threshold-upper", 100, 0, 1000, NotInEffect);

    public NumberDirective DefragMaxScanFields { get; } = table.Number("active-defrag-max-scan-fields", 1000, 1, long.MaxValue, NotInEffect);
}
