namespace Redoubt.Keyspace.Tests;

public sealed class ScanTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Keys_that_stay_are_reported_while_the_table_grows_shrinks_and_moves(int seed)
    {
        using Rig rig = new(seed, databases: 1);
        Random random = rig.Random;
        Database database = rig.Keyspace[0];
        HashSet<int> present = [];
        int next = 0;
        Add(random.Next(1, 4000));
        for (int scan = 0; scan < 12; scan++)
        {
            HashSet<int> stayed = [.. present];
            HashSet<int> reported = [];
            int direction = random.Next(3);
            ulong cursor = 0;
            int steps = 0;
            do
            {
                List<byte[]> keys = [];
                Collector collector = new(keys);
                cursor = database.Scan(cursor, ref collector);
                reported.UnionWith(keys.Select(k => int.Parse(k)));
                Assert.True(keys.Count < 8 * 7 * 9, "a step reports a bounded number of keys");
                if (direction == 0)
                    Add(random.Next(30));
                else if (direction == 1)
                    Remove(random.Next(20), stayed);
                if (random.Next(3) == 0)
                    rig.Keyspace.MoveSlice(random.Next(1, 60));
                if (random.Next(200) == 0)
                    database.Expand(present.Count * 3);
                Assert.True(++steps < 40_000, "a scan comes to its end");
            }
            while (cursor != 0 && present.Count < 60_000);
            if (cursor == 0)
                Assert.Subset(reported, stayed);
            if (present.Count > 30_000)
                Remove(present.Count - random.Next(3000), stayed);
        }
        database.Table.Verify();

        void Add(int count)
        {
            for (; count > 0; count--)
            {
                present.Add(next);
                database.SetString(rig.KeyOf(Rig.Text(next)), "v"u8);
                next++;
            }
        }

        void Remove(int count, HashSet<int> stayed)
        {
            foreach (int number in present.Take(count).ToArray())
            {
                present.Remove(number);
                stayed.Remove(number);
                Assert.True(database.Delete(rig.KeyOf(Rig.Text(number))));
            }
        }
    }

    [Fact]
    public void Any_cursor_leads_to_an_end()
    {
        using Rig rig = new(1, databases: 1);
        Database database = rig.Keyspace[0];
        for (int i = 0; i < 1537; i++)
            database.SetString(rig.KeyOf(Rig.Text(i)), "v"u8);
        Assert.True(database.Table.IsMoving);
        foreach (ulong start in new ulong[] { 1, 77, ulong.MaxValue, 1UL << 63, 0xDEADBEEFDEADBEEF })
        {
            ulong cursor = start;
            int steps = 0;
            Collector collector = new([]);
            do
            {
                cursor = database.Scan(cursor, ref collector);
                Assert.True(++steps < 5000);
            }
            while (cursor != 0);
        }
    }

    [Fact]
    public void Visiting_all_reports_every_key_once_when_nothing_changes()
    {
        using Rig rig = new(2, databases: 1);
        for (int i = 0; i < 5000; i++)
        {
            rig.Keyspace[0].SetString(rig.KeyOf(Rig.Text(i)), "v"u8);
            if (i % 501 != 0)
                continue;
            List<byte[]> keys = [];
            Collector collector = new(keys);
            rig.Keyspace[0].VisitAll(ref collector);
            Assert.Equal(Enumerable.Range(0, i + 1), keys.Select(k => int.Parse(k)).Order());
        }
    }

    [Fact]
    public void Random_picks_are_fair()
    {
        using Rig rig = new(3, databases: 1);
        Database database = rig.Keyspace[0];
        const int keys = 200, picks = 100_000;
        for (int i = 0; i < keys; i++)
            database.SetString(rig.KeyOf(Rig.Text(i)), "v"u8);
        int[] counts = new int[keys];
        for (int i = 0; i < picks; i++)
        {
            Assert.True(database.TryRandomKey(out ReadOnlySpan<byte> key));
            counts[int.Parse(key)]++;
        }
        double chiSquare = counts.Sum(c => Math.Pow(c - picks / keys, 2) / (picks / keys));
        // 199 degrees of freedom: mean 199, standard deviation 20.
        Assert.InRange(chiSquare, 100, 320);
    }

    [Fact]
    public void The_last_key_of_a_table_that_was_large_is_picked_soon()
    {
        using Rig rig = new(4, databases: 1);
        Database database = rig.Keyspace[0];
        for (int i = 0; i < 200_000; i++)
            database.SetInteger(rig.KeyOf(Rig.Text(i)), i);
        for (int i = 1; i < 200_000; i++)
            database.Delete(rig.KeyOf(Rig.Text(i)));
        Assert.True(database.Table.IsMoving);
        for (int i = 0; i < 20; i++)
        {
            Assert.True(database.TryRandomKey(out ReadOnlySpan<byte> key));
            Assert.True(key.SequenceEqual("0"u8));
        }
        database.Delete(rig.KeyOf(Rig.Text(0)));
        Assert.False(database.TryRandomKey(out _));
    }
}
