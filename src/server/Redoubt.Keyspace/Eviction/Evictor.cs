// Choosing the key that goes when memory is short.
//
// An exact order of all keys by age would cost memory and a write per read. So a few keys are looked at for each eviction, the
// best of them are remembered in a pool of 16 (EvictionPool.cs), and the best of the pool goes: with 5 keys looked at, what goes is
// nearly always among the oldest fifth; with 10 it is hard to tell from the exact order.
//
// Keys are not drawn by chance but looked at in the order of the table, round and round: the table is in the order of a seeded
// hash, which has nothing to do with use, so neighbours are as good as a random sample, each key is looked at equally often,
// and memory is read in order. For the volatile policies the table knows which stretches hold keys with an expiry at all, so few
// of them among many others are found without reading what lies between.
//
// The candidates for the random policies are drawn by chance, since going round would make the order of the table the order
// of eviction.
//
// What frees memory is decided elsewhere: this class takes one key out at a time. Threads: the keyspace thread.

using Redoubt.Structures.Entries;

namespace Redoubt.Keyspace;

public sealed class Evictor
{
    private readonly Keyspace _keyspace;
    private readonly EvictionPool _pool = new();
    private EvictionPolicy _policy;
    private int _nextDatabase;

    internal Evictor(Keyspace keyspace) => _keyspace = keyspace;

    public EvictionPolicy Policy
    {
        get => _policy;
        set
        {
            if (value == _policy)
                return;
            _policy = value;
            // What made a candidate good by one policy says nothing under another.
            _pool.Clear();
            _keyspace.Usage.CountsFrequency = value.CountsFrequency();
        }
    }

    /// <summary>`maxmemory-samples`: keys looked at for each eviction, in each database.</summary>
    public int Samples { get; set; } = 5;

    /// <summary>`lazyfree-lazy-eviction`: a large value is freed apart from its key.</summary>
    public bool IsLazy { get; set; }

    /// <summary>Takes the key out that the policy chooses, and says of which database; null when there is none that may go.</summary>
    public Database? Evict() => Policy switch
    {
        EvictionPolicy.NoEviction => null,
        EvictionPolicy.AllKeysRandom or EvictionPolicy.VolatileRandom => EvictRandom(),
        _ => EvictBest(),
    };

    private Database? EvictRandom()
    {
        bool onlyExpiring = Policy.SparesPersistentKeys();
        for (int tried = 0; tried < _keyspace.DatabaseCount; tried++)
        {
            _nextDatabase = (_nextDatabase + 1) % _keyspace.DatabaseCount;
            Database database = _keyspace[_nextDatabase];
            bool found = onlyExpiring
                ? database.Table.TryPickExpiring(_keyspace.Random, out Entry entry)
                : database.Table.TryPick(_keyspace.Random, out entry);
            if (!found)
                continue;
            database.Evict(entry, IsLazy);
            return database;
        }
        return null;
    }

    private Database? EvictBest()
    {
        while (FillPool())
        {
            while (_pool.TryTake(out EvictionPool.Candidate candidate))
            {
                Entry entry = candidate.Database.Table.FindByHash(candidate.Hash);
                if (!entry.Exists || (Policy.SparesPersistentKeys() && !entry.HasExpiry))
                    continue;
                ulong score = Score(entry);
                if (score < candidate.Score && _pool.Count > 0)
                {
                    // It was used since it was seen. Others may be better now.
                    _pool.Offer(candidate.Database, candidate.Hash, score);
                    continue;
                }
                candidate.Database.Evict(entry, IsLazy);
                return candidate.Database;
            }
        }
        return null;
    }

    /// <summary>Looks at some keys of every database; false when no database has a key that may go.</summary>
    private bool FillPool()
    {
        bool any = false;
        bool onlyExpiring = Policy.SparesPersistentKeys();
        for (int i = 0; i < _keyspace.DatabaseCount; i++)
        {
            Database database = _keyspace[i];
            if ((onlyExpiring ? database.ExpiringCount : database.Count) == 0)
                continue;
            Inspector inspector = new(this, database);
            database.Table.Visit(ref database.EvictionHand, Samples, onlyExpiring, ref inspector);
            any = true;
        }
        return any;
    }

    private ulong Score(scoped in Entry entry) => Policy switch
    {
        EvictionPolicy.VolatileTtl => ulong.MaxValue - (ulong)entry.ExpireAtMs,
        EvictionPolicy.AllKeysLfu or EvictionPolicy.VolatileLfu => (ulong)(256 - _keyspace.Usage.Frequency(entry.Access)),
        _ => (ulong)_keyspace.Usage.IdleSeconds(entry.Access) + 1,
    };

    /// <summary>Offers the entries it is shown to the pool.</summary>
    private readonly ref struct Inspector(Evictor evictor, Database database) : IEntryReceiver
    {
        public void Receive(scoped in Entry entry)
        {
            ulong score = evictor.Score(entry);
            if (score > evictor._pool.Bar)
                evictor._pool.Offer(database, evictor._keyspace.HashOf(entry.Key), score);
        }
    }
}
