using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

public sealed class HashAndSetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Random_changes_leave_what_a_dictionary_would_hold(int seed) => HashValueModel.Run(new Random(seed), steps: 600);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Random_changes_leave_what_sets_of_strings_would_hold(int seed) => SetValueModel.Run(new Random(seed), steps: 400);

    [Fact]
    public void Collections_are_loaded_from_their_own_bytes_and_become_tables_beyond_the_limits()
    {
        using GuardHeap heap = new();
        ValueStore store = new(heap, new KeyHasher(1, 2));
        foreach (int limit in new[] { 512, 2 })
        {
            store.Limits.HashMaxListpackEntries = limit;
            store.Limits.SetMaxIntSetEntries = limit;
            using CollectionDraft hashDraft = new(store, ValueType.Hash, ValueEncoding.Listpack), setDraft = new(store, ValueType.Set, ValueEncoding.IntSet);
            new HashValue(hashDraft.Slot).Load([22, 0, 0, 0, 6, 0, 0x81, 0x61, 2, 1, 1, 0x81, 0x62, 2, 2, 1, 0x81, 0x63, 2, 3, 1, 0xFF]);
            new SetValue(setDraft.Slot).Load([2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0, 3, 0]);
            Assert.Equal(limit == 2, new HashValue(hashDraft.Slot).IsTable);
            Assert.Equal(limit == 2, new SetValue(setDraft.Slot).IsTable);
            Assert.True(new HashValue(hashDraft.Slot).TryGet("b"u8, out PackedValue value) && value.TextEquals("2"u8));
            Assert.True(new SetValue(setDraft.Slot).Contains("3"u8));
            new HashValue(hashDraft.Slot).Verify();
            new SetValue(setDraft.Slot).Verify();
        }
        heap.AssertEmpty();
    }

    [Theory]
    [InlineData(ValueEncoding.Listpack)]
    [InlineData(ValueEncoding.HashTable)]
    public void Every_choice_of_fields_is_as_likely(ValueEncoding encoding)
    {
        using GuardHeap heap = new();
        ValueStore store = new(heap, new KeyHasher(1, 2));
        using (CollectionDraft draft = new(store, ValueType.Hash, encoding))
        {
            HashValue hash = new(draft.Slot);
            if (encoding == ValueEncoding.HashTable)
                hash.Expand(10);
            for (byte i = 0; i < 10; i++)
                hash.Set([i, i], [i]);
            foreach (int count in new[] { 1, 3, 5, 9 })
            {
                Counter counter = new(new int[10]);
                Random random = new(3);
                const int rounds = 4000;
                for (int i = 0; i < rounds; i++)
                    hash.PickDistinct(random, count, ref counter);
                double expected = rounds * count / 10.0;
                Assert.All(counter.Picked, picked => Assert.InRange(picked, expected - 6 * Math.Sqrt(expected), expected + 6 * Math.Sqrt(expected)));
            }
        }
        heap.AssertEmpty();
    }

    private readonly struct Counter(int[] picked) : IFieldReceiver
    {
        public int[] Picked => picked;

        public void Receive(HashField field) => picked[field.Name.Text([])[0]]++;
    }
}
