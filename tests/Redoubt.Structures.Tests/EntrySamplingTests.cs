using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

/// <summary>Entries for those who need some and not particular ones.</summary>
public sealed class EntrySamplingTests : IDisposable
{
    private static readonly KeyHasher Hasher = new(3, 4);

    private readonly GuardHeap _heap = new();
    private readonly EntryTable _table;

    public EntrySamplingTests() => _table = new EntryTable(new ValueStore(_heap, Hasher));

    public void Dispose()
    {
        _table.Dispose();
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private struct Keys() : IEntryReceiver
    {
        public List<string> Seen = [];

        public readonly void Receive(scoped in Entry entry) => Seen.Add(Encoding.ASCII.GetString(entry.Key));
    }

    private void Add(string key, long expireAtMs = -1)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(key);
        _table.Insert(bytes, Hasher.Hash(bytes), "v"u8, ValueEncoding.Embedded, 0, expireAtMs, 0);
    }

    private Entry Find(string key)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(key);
        return _table.Find(bytes, Hasher.Hash(bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    public void Going_round_shows_every_entry_once_per_round(int atATime)
    {
        for (int i = 0; i < 1000; i++)
            Add("key:" + i);
        while (_table.Move(100))
        {
        }
        long hand = 0;
        Keys keys = new();
        for (int shown = 0; shown < 1000; shown = keys.Seen.Count)
            _table.Visit(ref hand, Math.Min(atATime, 1000 - shown), onlyExpiring: false, ref keys);

        Assert.Equal(1000, keys.Seen.Distinct().Count());
    }

    [Fact]
    public void Going_round_asks_for_more_than_there_is_and_ends()
    {
        long hand = 12345;
        Keys keys = new();
        _table.Visit(ref hand, 5, onlyExpiring: false, ref keys);
        Assert.Empty(keys.Seen);
        Add("a");
        _table.Visit(ref hand, 5, onlyExpiring: true, ref keys);
        Assert.Empty(keys.Seen);
        Add("b", 7);
        _table.Visit(ref hand, 1, onlyExpiring: true, ref keys);
        Assert.Equal(["b"], keys.Seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_few_that_expire_are_found_among_many_while_the_table_grows_and_shrinks(int seed)
    {
        Random random = new(seed);
        HashSet<string> expiring = [];
        HashSet<string> present = [];
        long hand = 0;
        for (int step = 0; step < 6000; step++)
        {
            string key = "key:" + random.Next(3000);
            bool grows = step / 2000 != 1;
            if (!present.Contains(key))
            {
                bool expires = random.Next(100) == 0;
                Add(key, expires ? 5 : -1);
                present.Add(key);
                if (expires)
                    expiring.Add(key);
            }
            else if (!grows)
            {
                _table.Remove(Find(key));
                present.Remove(key);
                expiring.Remove(key);
            }
            else if (random.Next(4) == 0)
            {
                bool expires = !expiring.Contains(key);
                _table.SetExpiry(Find(key), expires ? 6 : -1);
                _ = expires ? expiring.Add(key) : expiring.Remove(key);
            }
            Keys keys = new();
            _table.Visit(ref hand, 2, onlyExpiring: true, ref keys);
            Assert.Equal(Math.Min(2, expiring.Count), keys.Seen.Distinct().Count());
            Assert.All(keys.Seen, seen => Assert.Contains(seen, expiring));
            Assert.Equal(expiring.Count > 0, _table.TryPickExpiring(random, out Entry picked));
            Assert.True(!picked.Exists || expiring.Contains(Encoding.ASCII.GetString(picked.Key)));
            if (step % 200 == 0)
                _table.Verify();
        }
        Keys all = new();
        _table.Visit(ref hand, int.MaxValue, onlyExpiring: true, ref all);
        Assert.True(expiring.SetEquals(all.Seen));
    }

    [Fact]
    public void Each_of_the_entries_that_expire_is_picked_by_chance()
    {
        for (int i = 0; i < 2000; i++)
            Add("plain:" + i);
        for (int i = 0; i < 50; i++)
            Add("expires:" + i, 5);
        Dictionary<string, int> picks = [];
        Random random = new(1);
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(_table.TryPickExpiring(random, out Entry entry));
            string key = Encoding.ASCII.GetString(entry.Key);
            picks[key] = picks.GetValueOrDefault(key) + 1;
        }
        Assert.Equal(50, picks.Count);
        Assert.All(picks.Values, static count => Assert.InRange(count, 20, 1000));
    }

    [Fact]
    public void An_entry_is_found_by_the_hash_of_its_key_alone()
    {
        for (int i = 0; i < 500; i++)
            Add("key:" + i);
        for (int i = 0; i < 500; i++)
        {
            byte[] key = Encoding.ASCII.GetBytes("key:" + i);
            Assert.True(_table.FindByHash(Hasher.Hash(key)).Key.SequenceEqual(key));
        }
        Assert.False(_table.FindByHash(Hasher.Hash("other"u8)).Exists);
    }

    [Fact]
    public void Where_memory_is_short_the_table_grows_later_but_not_never()
    {
        for (int i = 0; i < 768; i++)
            Add("key:" + i);
        while (_table.Move(100))
        {
        }
        Assert.Equal(128, _table.BucketCount);
        _heap.GrowthBytesMax = 1000;
        for (int i = 0; i < 300; i++)
            Add("more:" + i);
        Assert.Equal(128, _table.BucketCount);
        for (int i = 0; i < 100; i++)
            Add("still more:" + i);
        Assert.Equal(256, _table.BucketCount);
        _table.Verify();
    }
}
