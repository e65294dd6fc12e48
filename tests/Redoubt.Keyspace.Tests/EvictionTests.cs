namespace Redoubt.Keyspace.Tests;

public sealed class EvictionTests
{
    private static void Fill(Rig rig, int count, string prefix = "key:", long expireAtMs = -1, int database = 0)
    {
        for (int i = 0; i < count; i++)
            rig.Keyspace[database].SetString(rig.KeyOf(Rig.Text(prefix + i)), "value"u8, expireAtMs);
    }

    private static bool Holds(Rig rig, string key, int database = 0) => rig.Keyspace[database].Peek(rig.KeyOf(Rig.Text(key))).Exists;

    private static void Evict(Rig rig, int count)
    {
        for (int i = 0; i < count; i++)
            Assert.NotNull(rig.Keyspace.Evictor.Evict());
    }

    [Theory]
    [InlineData(EvictionPolicy.AllKeysLru)]
    [InlineData(EvictionPolicy.AllKeysLfu)]
    [InlineData(EvictionPolicy.AllKeysRandom)]
    [InlineData(EvictionPolicy.VolatileLru)]
    [InlineData(EvictionPolicy.VolatileLfu)]
    [InlineData(EvictionPolicy.VolatileRandom)]
    [InlineData(EvictionPolicy.VolatileTtl)]
    public void Every_key_that_may_go_goes_in_the_end_and_no_other(EvictionPolicy policy)
    {
        using Rig rig = new(1);
        rig.Keyspace.Evictor.Policy = policy;
        Fill(rig, 300, "plain:");
        Fill(rig, 20, "expires:", rig.NowMs + 5000);
        Fill(rig, 30, "expires:", rig.NowMs + 5000, database: 2);
        bool spares = policy.SparesPersistentKeys();

        Evict(rig, spares ? 50 : 350);

        Assert.Null(rig.Keyspace.Evictor.Evict());
        Assert.Equal(spares ? 300 : 0, rig.Keyspace.KeyCount);
        Assert.Equal(spares ? 50 : 350, rig.Keyspace.Statistics.EvictedKeys);
        Assert.Equal(rig.Keyspace.Statistics.EvictedKeys, rig.Observer.Evictions.Count);
        rig.Keyspace[0].Verify();
    }

    [Fact]
    public void Without_a_policy_nothing_goes()
    {
        using Rig rig = new(1);
        Fill(rig, 10);
        Assert.Null(rig.Keyspace.Evictor.Evict());
    }

    [Fact]
    public void By_time_to_live_those_that_would_expire_soonest_go_first()
    {
        using Rig rig = new(2);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.VolatileTtl;
        Fill(rig, 500, "soon:", rig.NowMs + 10_000);
        Fill(rig, 500, "late:", rig.NowMs + 10_000_000);

        Evict(rig, 400);

        Assert.True(Enumerable.Range(0, 500).Count(i => Holds(rig, "late:" + i)) >= 495);
    }

    [Fact]
    public void A_key_that_is_used_after_it_was_seen_is_not_held_to_what_it_was()
    {
        using Rig rig = new(3);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.AllKeysLru;
        Fill(rig, 30);
        rig.Keyspace.NowMs += 100_000;
        // The pool is full of keys by now, all of them old.
        Evict(rig, 5);
        List<string> kept = [.. Enumerable.Range(0, 30).Select(static i => "key:" + i).Where(key => Holds(rig, key)).Take(5)];
        rig.Keyspace.NowMs += 10_000;
        foreach (string key in kept)
            rig.Keyspace[0].Read(rig.KeyOf(Rig.Text(key)));

        Evict(rig, 20);

        Assert.All(kept, key => Assert.True(Holds(rig, key)));
    }

    /// <summary>How near to the exact order the approximation comes: what part of the evicted keys would have been evicted by it, too.</summary>
    [Theory]
    [InlineData(3, 0.85)]
    [InlineData(5, 0.92)]
    [InlineData(10, 0.97)]
    public void With_more_samples_the_choice_is_nearer_to_the_exact_order_of_age(int samples, double expected)
    {
        using Rig rig = new(4);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.AllKeysLru;
        rig.Keyspace.Evictor.Samples = samples;
        const int keys = 10_000;
        int[] order = [.. Enumerable.Range(0, keys)];
        Fill(rig, keys);
        new Random(5).Shuffle(order);
        foreach (int i in order)
        {
            rig.Keyspace.NowMs += 1000;
            rig.Keyspace[0].Read(rig.KeyOf(Rig.Text("key:" + i)));
        }

        Evict(rig, keys / 2);

        double right = order.Take(keys / 2).Count(i => !Holds(rig, "key:" + i)) / (double)(keys / 2);
        Assert.True(right >= expected, $"{right:P1} of the oldest half went");
    }

    [Fact]
    public void By_frequency_what_is_used_much_outlives_what_is_used_once()
    {
        using Rig rig = new(6);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.AllKeysLfu;
        Fill(rig, 1000, "rare:");
        Fill(rig, 1000, "often:");
        for (int round = 0; round < 100; round++)
        {
            for (int i = 0; i < 1000; i++)
                rig.Keyspace[0].Read(rig.KeyOf(Rig.Text("often:" + i)));
        }

        Evict(rig, 900);

        Assert.True(Enumerable.Range(0, 1000).Count(i => Holds(rig, "often:" + i)) >= 990);
    }

    [Fact]
    public void The_counter_rises_ever_more_slowly_and_falls_with_time()
    {
        using Rig rig = new(7);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.AllKeysLfu;
        Key key = rig.KeyOf(Rig.Text("k"));
        rig.Keyspace[0].SetString(key, "v"u8);
        Assert.Equal(KeyUsage.InitialFrequency, rig.Keyspace[0].Peek(key).Frequency);

        // Redis documents 10 after 100 uses, 18 after 1000 and 142 after a hundred thousand, with the default factor.
        Assert.InRange(After(100), 8, 13);
        Assert.InRange(After(900), 15, 22);
        int high = After(99_000);
        Assert.InRange(high, 130, 155);

        rig.Keyspace.NowMs += 10 * 60_000;
        Assert.Equal(high - 10, rig.Keyspace[0].Peek(key).Frequency);
        rig.Keyspace.Usage.DecayMinutes = 0;
        Assert.Equal(high, rig.Keyspace[0].Peek(key).Frequency);

        int After(int uses)
        {
            for (int i = 0; i < uses; i++)
                rig.Keyspace[0].Read(rig.KeyOf(Rig.Text("k")));
            return rig.Keyspace[0].Peek(rig.KeyOf(Rig.Text("k"))).Frequency;
        }
    }

    [Fact]
    public void A_new_value_keeps_the_frequency_and_so_does_a_new_name()
    {
        using Rig rig = new(8);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.AllKeysLfu;
        Database database = rig.Keyspace[0];
        database.SetString(rig.KeyOf([1]), "v"u8);
        database.SetFrequency(rig.KeyOf([1]), 200);
        database.SetString(rig.KeyOf([1]), "a much longer value than the one before"u8);
        Assert.InRange(database.Peek(rig.KeyOf([1])).Frequency, 200, 201);
        database.Rename(rig.KeyOf([1]), rig.KeyOf([2]));
        Assert.InRange(database.Peek(rig.KeyOf([2])).Frequency, 200, 202);
        database.CopyTo(database, rig.KeyOf([2]), rig.KeyOf([3]));
        Assert.Equal(KeyUsage.InitialFrequency, database.Peek(rig.KeyOf([3])).Frequency);
    }

    [Fact]
    public void An_evicted_key_is_in_the_snapshot_that_had_begun_before()
    {
        using Rig rig = new(9);
        rig.Keyspace.Evictor.Policy = EvictionPolicy.AllKeysRandom;
        Fill(rig, 50);
        SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
        Counter counter = new();
        walk.Sink = counter;
        Evict(rig, 50);
        while (walk.Step(10))
        {
        }
        Assert.Equal(50, counter.Count);
    }

    private sealed class Counter : ISnapshotSink
    {
        public int Count { get; private set; }

        public void Add(in SnapshotHead head, ReadOnlySpan<byte> key, bool isInteger, long integer, ReadOnlySpan<byte> value) => Count++;

        public ImageWriter BeginPiece(in SnapshotHead head, ReadOnlySpan<byte> key, bool isFirst) => new();

        public void EndPiece(ImageType type, bool isLast) => Count++;
    }
}
