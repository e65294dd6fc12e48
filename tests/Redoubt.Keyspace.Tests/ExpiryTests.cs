namespace Redoubt.Keyspace.Tests;

public sealed class ExpiryTests
{
    [Fact]
    public void A_key_lives_up_to_and_including_its_last_millisecond()
    {
        using Rig rig = With(100);
        rig.Keyspace.NowMs = Rig.StartMs + 100;
        Assert.True(rig.Keyspace[0].Contains(rig.KeyOf([1])));
        rig.Keyspace.NowMs++;
        Assert.False(rig.Keyspace[0].Contains(rig.KeyOf([1])));
    }

    [Fact]
    public void A_master_deletes_what_it_meets_and_tells_so_once()
    {
        using Rig rig = With(100);
        rig.Keyspace.NowMs += 101;
        Assert.False(rig.Keyspace[0].Read(rig.KeyOf([1])).Exists);
        Assert.False(rig.Keyspace[0].Read(rig.KeyOf([1])).Exists);
        Assert.Equal([1], Assert.Single(rig.Observer.Expirations).Key);
        Assert.Equal(1, rig.Keyspace.Statistics.ExpiredKeys);
        Assert.Equal((0L, 0L), (rig.Keyspace[0].Count, rig.Keyspace[0].ExpiringCount));
    }

    [Fact]
    public void A_replica_hides_what_has_expired_and_keeps_it()
    {
        using Rig rig = With(100);
        rig.Keyspace.NowMs += 101;
        rig.Keyspace.ExpiryMode = ExpiryMode.Hide;
        Database database = rig.Keyspace[0];
        Assert.False(database.Read(rig.KeyOf([1])).Exists);
        Assert.False(database.Delete(rig.KeyOf([1])));
        Assert.False(database.Persist(rig.KeyOf([1])));
        Assert.Equal((0, 0), database.Sweep(1000, 1000));
        List<byte[]> keys = [];
        Collector collector = new(keys);
        database.VisitAll(ref collector);
        Assert.Empty(keys);
        Assert.Equal(1, database.Count);
        Assert.Empty(rig.Observer.Expirations);
        rig.Keyspace.ExpiryMode = ExpiryMode.Ignore;
        Assert.True(database.Delete(rig.KeyOf([1])));
    }

    [Fact]
    public void The_masters_stream_sees_what_the_master_says_is_there()
    {
        using Rig rig = With(100);
        rig.Keyspace.NowMs += 101;
        rig.Keyspace.ExpiryMode = ExpiryMode.Ignore;
        Assert.True(rig.Keyspace[0].Read(rig.KeyOf([1])).Exists);
        Assert.Equal(AppendStatus.Ok, rig.Keyspace[0].Append(rig.KeyOf([1]), "x"u8, 100, out int length));
        Assert.Equal(6, length);
        Assert.Empty(rig.Observer.Expirations);
    }

    [Fact]
    public void Every_write_over_a_hidden_key_replaces_it_instead_of_adding_a_second_one()
    {
        Action<Rig, Database, byte[]>[] writes =
        [
            (r, d, k) => d.SetString(r.KeyOf(k), "v"u8),
            (r, d, k) => d.SetInteger(r.KeyOf(k), 4),
            (r, d, k) => d.Increment(r.KeyOf(k), 4, out _),
            (r, d, k) => d.Append(r.KeyOf(k), "v"u8, 100, out _),
            (r, d, k) => d.SetRange(r.KeyOf(k), 3, "v"u8, out _),
            (r, d, k) => d.CopyTo(d, r.KeyOf([2]), r.KeyOf(k)),
            (r, d, k) => d.Rename(r.KeyOf([2]), r.KeyOf(k)),
            (r, d, k) => r.Keyspace[1].MoveTo(d, r.KeyOf(k)),
        ];
        foreach (Action<Rig, Database, byte[]> write in writes)
        {
            using Rig rig = With(100);
            Database database = rig.Keyspace[0];
            database.SetString(rig.KeyOf([2]), "other"u8);
            rig.Keyspace[1].SetString(rig.KeyOf([1]), "other"u8);
            rig.Keyspace.NowMs += 101;
            rig.Keyspace.ExpiryMode = ExpiryMode.Hide;
            write(rig, database, [1]);
            Assert.True(database.Delete(rig.KeyOf([1])));
            rig.Keyspace.ExpiryMode = ExpiryMode.Ignore;
            Assert.False(database.Contains(rig.KeyOf([1])));
            database.Table.Verify();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_sweep_finds_every_expired_key_in_a_bounded_number_of_steps_also_while_buckets_move(int seed)
    {
        using Rig rig = new(seed, databases: 1);
        rig.Keyspace.FreesExpiredLazily = true;
        Random random = rig.Random;
        Database database = rig.Keyspace[0];
        int count = random.Next(2000, 20_000), expired = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] key = Rig.Text(i);
            long expireAtMs = random.Next(3) switch { 0 => -1, 1 => Rig.StartMs + random.Next(100), _ => Rig.StartMs + 100_000 };
            expired += expireAtMs is >= 0 and < Rig.StartMs + 100 ? 1 : 0;
            database.SetString(rig.KeyOf(key), random.Next(50) == 0 ? new byte[50_000] : "value"u8, expireAtMs);
            rig.Model[0][key] = new ModelEntry(database.Peek(rig.KeyOf(key)).Bytes.ToArray(), expireAtMs);
        }
        rig.Keyspace.NowMs += 1000;
        int total = 0, steps = 0;
        while (total < expired)
        {
            (int seen, int removed) = database.Sweep(16, 40);
            Assert.InRange(removed, 0, seen);
            Assert.InRange(seen, 0, 40 + 30);
            total += removed;
            Assert.True(++steps < 20_000);
        }
        Assert.Equal(expired, total);
        rig.TakeExpirations();
        rig.CheckAll();
        Assert.True(rig.Observer.FreedElsewhere > 0, "large values are freed on another thread");
        Assert.Equal(expired, rig.Keyspace.Statistics.ExpiredKeys);
    }

    [Fact]
    public void Keys_expire_by_the_sweep_while_the_last_buckets_of_a_shrinking_table_move()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            using Rig rig = new(seed, databases: 1);
            Database database = rig.Keyspace[0];
            for (int i = 0; i < 3000; i++)
                database.SetInteger(rig.KeyOf(Rig.Text(i)), i, Rig.StartMs + 10);
            rig.Keyspace.NowMs += 11;
            // One bucket at a time: every removal moves buckets, also the one that is being swept.
            int guard = 0;
            while (database.Count > 0)
            {
                database.Sweep(1, 1);
                if (rig.Random.Next(2) == 0)
                    rig.Keyspace.MoveSlice(1);
                Assert.True(++guard < 50_000);
            }
            database.Table.Verify();
            Assert.Equal(3000, rig.Observer.Expirations.Select(e => int.Parse(e.Key)).Distinct().Count());
            Assert.Equal(3000, rig.Observer.Expirations.Count);
        }
    }

    [Fact]
    public void The_mean_time_to_live_settles_near_the_truth_whatever_the_times()
    {
        using Rig rig = new(1, databases: 1);
        Database database = rig.Keyspace[0];
        for (int i = 0; i < 1000; i++)
            database.SetInteger(rig.KeyOf(Rig.Text(i)), i, Rig.StartMs + 50_000);
        for (int i = 0; i < 200; i++)
            database.Sweep(64, 64);
        Assert.InRange(database.AverageTtlMs, 45_000, 50_000);
        for (int i = 0; i < 1000; i++)
            database.SetInteger(rig.KeyOf(Rig.Text(i)), i, long.MaxValue);
        for (int i = 0; i < 200; i++)
        {
            database.Sweep(64, 64);
            Assert.True(database.AverageTtlMs > 0);
        }
        database.Flush();
        Assert.Equal(0, database.AverageTtlMs);
    }

    [Fact]
    public void Random_keys_of_a_replica_end_although_all_have_expired()
    {
        using Rig rig = With(100);
        rig.Keyspace.NowMs += 101;
        rig.Keyspace.ExpiryMode = ExpiryMode.Hide;
        Assert.True(rig.Keyspace[0].TryRandomKey(out _));
        rig.Keyspace.ExpiryMode = ExpiryMode.Delete;
        Assert.False(rig.Keyspace[0].TryRandomKey(out _));
        Assert.Single(rig.Observer.Expirations);
    }

    [Fact]
    public void A_key_that_is_renamed_over_an_expired_one_leaves_no_trace_of_it()
    {
        using Rig rig = With(100);
        rig.Keyspace[0].SetString(rig.KeyOf([2]), "v"u8);
        rig.Keyspace.NowMs += 101;
        Assert.True(rig.Keyspace[0].Rename(rig.KeyOf([2]), rig.KeyOf([1])));
        Assert.Single(rig.Observer.Expirations);
        Assert.Equal(1, rig.Keyspace[0].Count);
        Assert.Equal(-1, rig.Keyspace[0].Peek(rig.KeyOf([1])).ExpireAtMs);
    }

    private static Rig With(long ttlMs)
    {
        Rig rig = new(1);
        rig.Keyspace[0].SetString(rig.KeyOf([1]), "value"u8, Rig.StartMs + ttlMs);
        return rig;
    }
}
