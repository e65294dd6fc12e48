namespace Redoubt.Keyspace.Tests;

public sealed class ModelTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_operations_do_to_the_keyspace_what_they_do_to_a_dictionary(int seed)
    {
        using Rig rig = new(seed, databases: 1 + seed % 4);
        RandomOperations operations = new(rig, keyCount: 10 << (seed % 6));
        for (int round = 0; round < 12; round++)
        {
            operations.RemovalWeight = round % 3 == 2 ? 30 : 1;
            for (int i = 0; i < 400; i++)
                operations.Step();
            rig.CheckAll();
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_table_grows_and_shrinks_while_it_is_used(int seed)
    {
        using Rig rig = new(seed, databases: 1);
        Random random = rig.Random;
        Database database = rig.Keyspace[0];
        int next = 0, oldest = 0;
        for (int wave = 0; wave < 4; wave++)
        {
            for (int i = 0; i < 15_000; i++)
            {
                Set(next++);
                if (random.Next(4) == 0)
                    Check(random.Next(oldest, next));
            }
            rig.CheckAll();
            for (int i = 0; i < 14_900; i++)
            {
                Assert.True(database.Delete(rig.KeyOf(Rig.Text(oldest))));
                rig.Model[0].Remove(Rig.Text(oldest++));
                if (random.Next(4) == 0)
                    Check(random.Next(oldest, next));
                if (random.Next(6) == 0)
                    rig.Keyspace.MoveSlice(1);
            }
            rig.CheckAll();
            while (rig.Keyspace.MoveSlice(64))
                Check(random.Next(oldest, next));
            rig.CheckAll();
            Assert.True(database.Table.TableBytes <= 64 * Math.Max(64, 2 * database.Count + 1), "an emptied table becomes small again");
        }

        void Set(int number)
        {
            byte[] key = Rig.Text(number), value = Rig.Text(number * 7);
            database.SetString(rig.KeyOf(key), value);
            rig.Model[0][key] = new ModelEntry(value, -1);
        }

        void Check(int number) => Assert.Equal(rig.Live(0, Rig.Text(number))!.Value, database.Peek(rig.KeyOf(Rig.Text(number))).Bytes.ToArray());
    }

    [Fact]
    public void A_table_expanded_for_a_load_keeps_its_room_until_keys_are_removed()
    {
        using Rig rig = new(5);
        Database database = rig.Keyspace[0];
        database.Expand(100_000);
        long room = database.Table.TableBytes;
        for (int i = 0; i < 50; i++)
            database.Load(rig.KeyOf(Rig.Text(i)), "v"u8, false, 0, -1);
        rig.Keyspace.MoveSlice(1 << 20);
        Assert.Equal(room, database.Table.TableBytes);
        database.Delete(rig.KeyOf(Rig.Text(0)));
        while (rig.Keyspace.MoveSlice(1 << 20))
        {
        }
        Assert.True(database.Table.TableBytes < 64 * 128);
        database.Expand(long.MaxValue);
        database.Expand(-1);
        Assert.Equal(49, database.Count);
        database.Table.Verify();
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(40_000)]
    [InlineData(3 << 20)]
    public void Renaming_and_moving_pass_a_large_value_on_without_copying_it(int length)
    {
        using Rig rig = new(6);
        byte[] value = new byte[length];
        rig.Random.NextBytes(value);
        Database a = rig.Keyspace[0], b = rig.Keyspace[1];
        a.SetString(rig.KeyOf([1]), value, Rig.StartMs + 100);
        a.SetString(rig.KeyOf([2]), new byte[5000]);
        long used = rig.Heap.UsedBytes - new byte[5000].Length;
        Assert.True(a.Rename(rig.KeyOf([1]), rig.KeyOf([2])));
        Assert.True(a.MoveTo(b, rig.KeyOf([2])));
        Assert.True(b.Rename(rig.KeyOf([2]), rig.KeyOf(new byte[300])));
        Assert.InRange(rig.Heap.UsedBytes, used - 6000, used + 1000);
        EntryView view = b.Read(rig.KeyOf(new byte[300]));
        Assert.True(view.Bytes.SequenceEqual(value));
        Assert.Equal(Rig.StartMs + 100, view.ExpireAtMs);
        Assert.Equal("raw"u8, view.EncodingName);
        b.Append(rig.KeyOf(new byte[300]), "tail"u8, 1 << 30, out int grown);
        Assert.Equal(length + 4, grown);
        Assert.True(b.CopyTo(b, rig.KeyOf(new byte[300]), rig.KeyOf(new byte[300])));
        Assert.True(b.Read(rig.KeyOf(new byte[300])).Bytes.StartsWith(value));
        b.Delete(rig.KeyOf(new byte[300]));
        Assert.Equal(0, rig.Keyspace.KeyCount);
    }

    [Fact]
    public void Statistics_count_hits_and_misses_of_reads_only()
    {
        using Rig rig = new(7);
        Database database = rig.Keyspace[0];
        database.SetString(rig.KeyOf([1]), "1"u8);
        database.Read(rig.KeyOf([1]));
        database.Read(rig.KeyOf([2]));
        database.Read(rig.KeyOf([2]));
        database.Peek(rig.KeyOf([2]));
        database.ReadForWrite(rig.KeyOf([2]));
        Assert.Equal((1L, 2L), (rig.Keyspace.Statistics.Hits, rig.Keyspace.Statistics.Misses));
    }

    [Fact]
    public void Encodings_are_those_of_Redis_and_accesses_are_remembered()
    {
        using Rig rig = new(8);
        Database database = rig.Keyspace[0];
        Assert.Equal("int", Encoding("9223372036854775807"u8));
        Assert.Equal("int", Encoding("-9223372036854775808"u8));
        Assert.Equal("embstr", Encoding("9223372036854775808"u8));
        Assert.Equal("embstr", Encoding("01"u8));
        Assert.Equal("embstr", Encoding(""u8));
        Assert.Equal("embstr", Encoding(new byte[44]));
        Assert.Equal("raw", Encoding(new byte[45]));
        database.SetInteger(rig.KeyOf([1]), 5);
        database.Append(rig.KeyOf([1]), "6"u8, 100, out _);
        Assert.Equal("raw"u8, database.Peek(rig.KeyOf([1])).EncodingName);
        rig.Keyspace.NowMs += 90_000;
        Assert.Equal(90, database.Peek(rig.KeyOf([1])).IdleSeconds);
        database.SetExpiry(rig.KeyOf([1]), rig.NowMs + 10);
        Assert.Equal(0, database.Peek(rig.KeyOf([1])).IdleSeconds);

        string Encoding(ReadOnlySpan<byte> value)
        {
            database.SetString(rig.KeyOf([1]), value);
            return System.Text.Encoding.ASCII.GetString(database.Peek(rig.KeyOf([1])).EncodingName);
        }
    }
}
