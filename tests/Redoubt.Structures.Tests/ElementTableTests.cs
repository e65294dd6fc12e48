using System.Buffers.Binary;
using Redoubt.Native.Memory;
using Redoubt.Structures.Elements;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Tests;

public sealed class ElementTableTests
{
    private static readonly KeyHasher Hasher = new(1, 2);

    private struct Collector(HashSet<int> seen) : IElementReceiver
    {
        public readonly void Receive(scoped in Element element) => seen.Add(BinaryPrimitives.ReadInt32LittleEndian(element.Key));
    }

    private static byte[] Number(int number) => BitConverter.GetBytes(number);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Random_changes_leave_what_a_dictionary_would_hold(int seed) => ElementTableModel.Run(new Random(seed), steps: 1600);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_scan_reports_whatever_is_there_from_start_to_end_while_the_table_grows_and_shrinks(int seed)
    {
        using SlabHeap heap = new();
        Random random = new(seed);
        nint root = ElementTable.Create(heap, ElementKind.Member);
        ElementTable table = new(heap, Hasher, root);
        const int staying = 500;
        for (int i = 0; i < staying; i++)
            table.AddNew(Number(i));
        for (int round = 0; round < 40; round++)
        {
            HashSet<int> seen = [];
            Collector collector = new(seen);
            ulong cursor = 0;
            int others = staying;
            bool grows = round % 2 == 0;
            if (!grows)
            {
                for (; others < 8000; others++)
                    table.FindOrAdd(Number(others), out _);
            }
            do
            {
                cursor = table.Scan(cursor, ref collector);
                for (int changes = random.Next(80); changes > 0; changes--)
                {
                    // A table that grows faster than it is scanned would be scanned for ever.
                    if (grows && others < 8000)
                        table.FindOrAdd(Number(others++), out _);
                    else if (!grows && others > staying)
                        table.Remove(Number(--others));
                }
            }
            while (cursor != 0);
            Assert.Equal(staying, seen.Count(number => number < staying));
            for (; others >= staying; others--)
                table.Remove(Number(others));
            table.Verify();
        }
        ElementTable.Free(heap, root);
        Assert.Equal(0, heap.UsedBytes);
    }

    [Theory]
    [InlineData(10, 100_000)]
    [InlineData(1000, 400_000)]
    public void Picks_are_fair(int count, int picks)
    {
        using GuardHeap heap = new();
        nint root = ElementTable.Create(heap, ElementKind.Member);
        ElementTable table = new(heap, Hasher, root);
        for (int i = 0; i < count; i++)
            table.AddNew(Number(i));
        Random random = new(5);
        int[] picked = new int[count];
        for (int i = 0; i < picks; i++)
            picked[BinaryPrimitives.ReadInt32LittleEndian(table.Pick(random).Key)]++;
        double expected = (double)picks / count;
        double chiSquare = picked.Sum(n => (n - expected) * (n - expected) / expected);
        // Mean count - 1, deviation sqrt(2 (count - 1)): five deviations above are not chance.
        Assert.InRange(chiSquare, 0, count - 1 + 5 * Math.Sqrt(2.0 * (count - 1)));
        ElementTable.Free(heap, root);
        heap.AssertEmpty();
    }

    [Fact]
    public void A_million_elements_move_by_the_bits_in_their_slots_and_go_in_slices()
    {
        using SlabHeap heap = new();
        nint root = ElementTable.Create(heap, ElementKind.Scored);
        ElementTable table = new(heap, Hasher, root);
        for (int i = 0; i < 1_000_000; i++)
            table.AddNew(Number(i)).Score = i;
        table.Verify();
        Assert.Equal(70_000, table.Find(Number(70_000)).Score);
        for (int i = 1000; i < 1_000_000; i++)
            table.Remove(Number(i));
        table.Verify();
        Assert.InRange(table.BucketCounts.Main, 64, 8192);
        int slices = 0, budget = 0;
        while (!ElementTable.FreeSome(heap, ref root, ref budget))
        {
            budget = 100;
            slices++;
        }
        Assert.InRange(slices, 10, 100);
        Assert.Equal((0L, 0L), (heap.UsedBytes, heap.BlockCount));
    }

    [Fact]
    public void Small_tables_are_small_and_large_ones_take_at_most_80_bytes_for_a_field_of_16_and_a_value_of_32()
    {
        using SlabHeap heap = new();
        nint small = ElementTable.Create(heap, ElementKind.Member);
        new ElementTable(heap, Hasher, small).AddNew("0123456789"u8);
        Assert.Equal(48 + 64 + 16, heap.UsedBytes);
        Assert.Equal(heap.UsedBytes, new ElementTable(heap, Hasher, small).MemoryBytes);
        ElementTable.Free(heap, small);

        nint root = ElementTable.Create(heap, ElementKind.Field);
        ElementTable table = new(heap, Hasher, root);
        byte[] key = new byte[16];
        byte[] value = new byte[32];
        const int count = 600_000;
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, i);
            table.Set(key, value);
        }
        Assert.Equal(heap.UsedBytes, table.MemoryBytes);
        Assert.InRange(heap.UsedBytes / (double)count, 60, 80);
        ElementTable.Free(heap, root);
    }

    [Fact]
    public void Values_change_in_place_within_their_size_class()
    {
        using SlabHeap heap = new();
        nint root = ElementTable.Create(heap, ElementKind.Field);
        ElementTable table = new(heap, Hasher, root);
        table.Set("field"u8, "0123456"u8);
        long blocks = heap.BlockCount, used = heap.UsedBytes;
        Assert.False(table.Set("field"u8, "01"u8));
        Assert.Equal((blocks, used), (heap.BlockCount, heap.UsedBytes));
        Assert.Equal("01"u8, table.Find("field"u8).Value);
        Assert.False(table.Set("field"u8, new byte[300]));
        Assert.Equal(300, table.Find("field"u8).Value.Length);
        Assert.Equal(heap.UsedBytes, table.MemoryBytes);
        table.Verify();
        ElementTable.Free(heap, root);
    }
}
