using Redoubt.Native.Memory;
using Redoubt.Structures.IntSets;

namespace Redoubt.Structures.Tests;

/// <summary>An intset beside a sorted set of numbers: the same random changes on both, compared after each.</summary>
internal static class IntSetModel
{
    public static void Run(Random random, int bits, int steps)
    {
        using GuardHeap heap = new();
        nint block = IntSet.Create(heap);
        SortedSet<long> model = [];
        for (int step = 0; step < steps; step++)
        {
            long number = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64 - bits, 64);
            if (model.Count > 0 && random.Next(2) == 0)
                number = new IntSet(block)[random.Next(model.Count)];
            Assert.Equal(model.Contains(number), new IntSet(block).Contains(number));
            if (random.Next(model.Count > 300 ? 2 : 3) != 0)
                Assert.Equal(model.Add(number), IntSet.Add(heap, ref block, number));
            else
                Assert.Equal(model.Remove(number), IntSet.Remove(heap, ref block, number));
            IntSet set = new(block);
            set.Verify();
            Assert.Equal(model.Count, set.Count);
            int index = 0;
            foreach (long expected in model)
                Assert.Equal(expected, set[index++]);
            Assert.True(model.Count == 0 || IntSet.Validate(set.Span, deep: true));
        }
        heap.Verify();
        IntSet.Free(heap, block);
        heap.AssertEmpty();
    }
}
