namespace Redoubt.Keyspace;

/// <summary>Which keys go when there is no memory left: `maxmemory-policy`.</summary>
public enum EvictionPolicy
{
    NoEviction,
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
}

public static class EvictionPolicies
{
    /// <summary>Keys are chosen by how often they are used.</summary>
    public static bool CountsFrequency(this EvictionPolicy policy) =>
        policy is EvictionPolicy.AllKeysLfu or EvictionPolicy.VolatileLfu;

    /// <summary>Keys are chosen by when they were used last.</summary>
    public static bool RemembersAccess(this EvictionPolicy policy) =>
        policy is EvictionPolicy.AllKeysLru or EvictionPolicy.VolatileLru;

    /// <summary>Only keys with an expiry are ever chosen.</summary>
    public static bool SparesPersistentKeys(this EvictionPolicy policy) =>
        policy is EvictionPolicy.VolatileLru or EvictionPolicy.VolatileLfu or EvictionPolicy.VolatileRandom or EvictionPolicy.VolatileTtl;
}
