using Redoubt.Native.Memory;
using Redoubt.Structures.Streams;

namespace Redoubt.Structures.Tests.Streams;

public sealed class IdTreeTests
{
    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 400)]
    [InlineData(3, 4000)]
    [InlineData(4, 30000)]
    public void Random_changes_keep_the_tree_equal_to_a_sorted_dictionary(int seed, int range)
    {
        using GuardHeap heap = new();
        Random random = new(seed);
        IdTree tree = default;
        SortedDictionary<StreamId, nint> model = [];
        for (int step = 0; step < 20000; step++)
        {
            bool grows = step / 4000 % 2 == 0;
            StreamId id = new((ulong)random.Next(range) / 4, (ulong)random.Next(4));
            if (random.Next(4) < (grows ? 3 : 1))
                Assert.Equal(model.TryAdd(id, step), tree.TryAdd(heap, id, step));
            else
                Assert.Equal(model.Remove(id, out nint expected) ? expected : 0, tree.TryRemove(heap, id, out nint removed) ? removed : 0);
            if (step % 50 == 0)
            {
                tree.Verify();
                AssertSameAround(ref tree, model, new StreamId((ulong)random.Next(range) / 4, (ulong)random.Next(6)));
            }
        }
        AssertSame(ref tree, model);
        Empty(heap, ref tree);
    }

    [Fact]
    public void A_tree_filled_in_order_has_full_leaves_and_empties_from_its_front()
    {
        using GuardHeap heap = new();
        IdTree tree = default;
        const int Count = 100_000;
        for (uint i = 0; i < Count; i++)
            Assert.True(tree.TryAdd(heap, new StreamId(i / 10, i % 10), (nint)i));
        tree.Verify();
        Assert.InRange(tree.OccupiedBytes(heap), Count * 24L, Count * 26L);
        for (uint i = 0; i < Count; i++)
        {
            Assert.Equal(new StreamId(i / 10, i % 10), tree.First().Id);
            Assert.True(tree.TryRemove(heap, new StreamId(i / 10, i % 10), out nint value));
            Assert.Equal((nint)i, value);
            if (i % 5000 == 0)
                tree.Verify();
        }
        Assert.Equal(0, tree.Count);
        heap.AssertEmpty();
    }

    private static void AssertSameAround(ref IdTree tree, SortedDictionary<StreamId, nint> model, StreamId id)
    {
        Assert.Equal(model.TryGetValue(id, out nint expected), tree.TryFind(id, out nint found));
        Assert.Equal(expected, found);
        List<StreamId> before = [.. model.Keys.Where(k => k <= id).TakeLast(3).Reverse()];
        List<StreamId> after = [.. model.Keys.Where(k => k >= id).Take(3)];
        IdCursor back = tree.AtOrBefore(id);
        foreach (StreamId key in before)
        {
            Assert.True(back.IsAt(key));
            back.MoveBack();
        }
        Assert.True(before.Count == 3 || !back.IsValid);
        IdCursor on = tree.AtOrAfter(id);
        foreach (StreamId key in after)
        {
            Assert.True(on.IsAt(key));
            on.MoveOn();
        }
        Assert.True(after.Count == 3 || !on.IsValid);
    }

    private static void AssertSame(ref IdTree tree, SortedDictionary<StreamId, nint> model)
    {
        IdCursor on = tree.First();
        foreach ((StreamId key, nint value) in model)
        {
            Assert.True(on.IsAt(key));
            Assert.Equal(value, on.Value);
            on.MoveOn();
        }
        Assert.False(on.IsValid);
        IdCursor back = tree.Last();
        foreach (StreamId key in model.Keys.Reverse())
        {
            Assert.True(back.IsAt(key));
            back.MoveBack();
        }
        Assert.False(back.IsValid);
        Assert.Equal(model.Count, tree.Count);
    }

    private static void Empty(GuardHeap heap, ref IdTree tree)
    {
        while (tree.TryTakeLast(heap, out _))
        {
        }
        tree.Verify();
        heap.AssertEmpty();
    }
}
