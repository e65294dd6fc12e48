using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

public sealed class EntryTableTests
{
    private static readonly KeyHasher Hasher = new(1, 2);

    private struct Counter : IEntryReceiver
    {
        public int Count;

        public void Receive(scoped in Entry entry) => Count++;
    }

    private struct Judge(long nowMs) : IExpiryJudge
    {
        public readonly bool IsExpired(scoped in Entry entry) => entry.ExpireAtMs < nowMs;
    }

    /// <summary>Keys that share the low bits of their hashes, and with them a bucket.</summary>
    private static byte[][] Colliding(int count, int bits)
    {
        List<byte[]> keys = [];
        for (int i = 0; keys.Count < count; i++)
        {
            byte[] key = BitConverter.GetBytes(i);
            if ((Hasher.Hash(key) & ((1UL << bits) - 1)) == 5)
                keys.Add(key);
        }
        return [.. keys];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Long_chains_of_one_bucket_are_searched_emptied_and_moved(int seed)
    {
        using GuardHeap heap = new();
        Random random = new(seed);
        byte[][] keys = Colliding(60, 11);
        using (EntryTable table = new(new ValueStore(heap, Hasher)))
        {
            HashSet<int> present = [];
            byte[] other = new byte[8];
            for (int step = 0; step < 4000; step++)
            {
                int number = random.Next(keys.Length);
                ulong hash = Hasher.Hash(keys[number]);
                Entry entry = table.Find(keys[number], hash);
                Assert.Equal(present.Contains(number), entry.Exists);
                bool grows = step / 500 % 2 == 0;
                if (!entry.Exists && random.Next(4) < (grows ? 4 : 1))
                {
                    table.Insert(keys[number], hash, keys[number], ValueEncoding.Raw, 0, random.Next(2) == 0 ? -1 : 5, 0);
                    present.Add(number);
                }
                else if (entry.Exists && random.Next(4) < (grows ? 1 : 4))
                {
                    Assert.True(entry.Value.SequenceEqual(keys[number]));
                    table.Remove(entry);
                    present.Remove(number);
                }
                if (step % 40 == 0)
                {
                    // Others make the table grow under the chain.
                    random.NextBytes(other);
                    if (!table.Find(other, Hasher.Hash(other)).Exists)
                        table.Insert(other, Hasher.Hash(other), default, ValueEncoding.Integer, step, -1, 0);
                    table.Verify();
                }
                if (random.Next(20) == 0)
                    table.Expand(table.BucketCount * 8);
                table.Move(random.Next(3));
            }
            table.Verify();
            heap.Verify();
            Counter counter = default;
            ulong cursor = 0;
            do
            {
                cursor = table.Scan(cursor, ref counter);
            }
            while (cursor != 0);
            Assert.Equal(table.Count, counter.Count);
        }
        heap.AssertEmpty();
    }

    [Fact]
    public void A_chain_is_swept_of_all_that_expired_at_once()
    {
        using GuardHeap heap = new();
        using (EntryTable table = new(new ValueStore(heap, Hasher)))
        {
            byte[][] keys = Colliding(40, 11);
            for (int i = 0; i < keys.Length; i++)
                table.Insert(keys[i], Hasher.Hash(keys[i]), default, ValueEncoding.Integer, i, i % 2 == 0 ? 10 : 1000, 0);
            while (table.Move(1))
            {
            }
            Judge judge = new(100);
            long position = 0;
            (int seen, int removed) = table.SweepExpired(ref position, (int)table.BucketCount, 1000, ref judge);
            Assert.Equal((40, 20), (seen, removed));
            Assert.Equal(20, table.ExpiringCount);
            table.Verify();
        }
        heap.AssertEmpty();
    }

    [Fact]
    public void A_sweep_of_the_last_bucket_to_move_reads_no_memory_that_the_move_gave_back()
    {
        using GuardHeap heap = new();
        using (EntryTable table = new(new ValueStore(heap, Hasher)))
        {
            // An array of 32768 buckets comes from the system and is unmapped as soon as its last bucket has moved.
            const int buckets = 1 << 15;
            table.Expand(6 * buckets);
            Assert.Equal(buckets, table.BucketCount);
            int added = 0;
            for (int i = 0; added < 5; i++)
            {
                byte[] key = BitConverter.GetBytes(i);
                if ((Hasher.Hash(key) & (buckets - 1)) != buckets - 1)
                    continue;
                table.Insert(key, Hasher.Hash(key), default, ValueEncoding.Integer, i, 10, 0);
                added++;
            }
            table.Expand(12 * buckets);
            Assert.True(table.Move(buckets - 1));
            Judge judge = new(100);
            long position = buckets - 1;
            Assert.Equal((5, 5), table.SweepExpired(ref position, 1, 100, ref judge));
            Assert.Equal(0, table.Count);
            table.Verify();
        }
        heap.AssertEmpty();
    }

    [Fact]
    public void A_table_of_a_million_entries_moves_by_the_bits_in_its_slots()
    {
        // Above 2^20 buckets the target of an entry comes from its slot, not from its key.
        using SlabHeap heap = new();
        using EntryTable table = new(new ValueStore(heap, Hasher));
        table.Expand(6L << 20);
        Assert.Equal(1 << 20, table.BucketCount);
        const int count = 300_000;
        for (int i = 0; i < count; i++)
        {
            byte[] key = BitConverter.GetBytes(i);
            table.Insert(key, Hasher.Hash(key), default, ValueEncoding.Integer, i, -1, 0);
        }
        table.Expand(12L << 20);
        Assert.True(table.IsMoving);
        while (table.Move(10_000))
        {
        }
        Assert.Equal(2 << 20, table.BucketCount);
        table.Verify();
        Assert.Equal(count, table.Count);
    }

    [Fact]
    public void A_moving_table_is_freed_in_slices()
    {
        using GuardHeap heap = new();
        using (EntryTable table = new(new ValueStore(heap, Hasher)))
        {
            for (int i = 0; i < 10_000; i++)
            {
                byte[] key = BitConverter.GetBytes(i);
                table.Insert(key, Hasher.Hash(key), new byte[i % 6000], ValueEncoding.Raw, 0, i % 3 - 1, 0);
                if (table.IsMoving && i > 9000)
                    break;
            }
            long before = table.Count;
            Assert.True(table.FreeSome(10));
            Assert.InRange(table.Count, before - 200, before);
            while (table.FreeSome(10))
            {
            }
            Assert.Equal((0L, 0L), (table.Count, table.ExpiringCount));
        }
        heap.AssertEmpty();
    }

    [Fact]
    public void Access_bits_do_not_touch_the_length_of_the_key()
    {
        using GuardHeap heap = new();
        using (EntryTable table = new(new ValueStore(heap, Hasher)))
        {
            foreach (int length in new[] { 0, 1, 254, 255, 256, 70_000 })
            {
                byte[] key = new byte[length];
                Entry entry = table.Insert(key, Hasher.Hash(key), "v"u8, ValueEncoding.Embedded, 0, 7, 0xFFFFFFFF);
                Assert.Equal(0xFFFFFFu, entry.Access);
                entry.Access = 0xABCDEF01;
                Assert.Equal(0xCDEF01u, entry.Access);
                Assert.Equal(length, entry.Key.Length);
                Assert.Equal(7, entry.ExpireAtMs);
                Assert.Equal("v"u8, entry.Value);
            }
        }
        heap.AssertEmpty();
    }
}
