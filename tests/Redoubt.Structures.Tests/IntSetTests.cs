using Redoubt.Native.Memory;
using Redoubt.Structures.IntSets;

namespace Redoubt.Structures.Tests;

public sealed class IntSetTests
{
    private static string Spelt(params long[] numbers)
    {
        using GuardHeap heap = new();
        nint block = IntSet.Create(heap);
        foreach (long number in numbers)
            Assert.True(IntSet.Add(heap, ref block, number));
        string spelt = BitConverter.ToString(new IntSet(block).Span.ToArray());
        IntSet.Free(heap, block);
        heap.AssertEmpty();
        return spelt;
    }

    [Fact]
    public void Numbers_stand_sorted_in_the_width_of_the_widest()
    {
        Assert.Equal("02-00-00-00-02-00-00-00-FF-FF-05-00", Spelt(5, -1));
        Assert.Equal("04-00-00-00-02-00-00-00-05-00-00-00-00-80-00-00", Spelt(5, 32768));
        Assert.Equal("04-00-00-00-02-00-00-00-FF-7F-FF-FF-05-00-00-00", Spelt(5, -32769));
        Assert.Equal("08-00-00-00-02-00-00-00-05-00-00-00-00-00-00-00-00-00-00-80-00-00-00-00", Spelt(5, 1L << 31));
    }

    [Theory]
    [InlineData(1, 12)]
    [InlineData(2, 30)]
    [InlineData(3, 60)]
    public void Random_changes_leave_what_a_sorted_set_of_numbers_would_hold(int seed, int bits) => IntSetModel.Run(new Random(seed), bits, steps: 2000);

    [Fact]
    public void Foreign_bytes_out_of_order_twice_the_same_or_of_a_wrong_length_are_refused()
    {
        Assert.True(IntSet.Validate([2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0], deep: true));
        Assert.True(IntSet.Validate([2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0], deep: false));
        Assert.False(IntSet.Validate([2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0], deep: true));
        Assert.False(IntSet.Validate([2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0], deep: true));
        Assert.False(IntSet.Validate([2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0], deep: false));
        Assert.False(IntSet.Validate([3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 2], deep: false));
        Assert.False(IntSet.Validate([2, 0, 0, 0, 0, 0, 0, 0], deep: false));
        Assert.False(IntSet.Validate([8, 0, 0, 0, 0, 0, 0, 0x20], deep: false));
        Assert.False(IntSet.Validate([2, 0, 0], deep: false));
    }

    [Fact]
    public void Picks_are_fair()
    {
        using GuardHeap heap = new();
        nint block = IntSet.Create(heap);
        for (int i = 0; i < 10; i++)
            IntSet.Add(heap, ref block, i);
        Random random = new(1);
        int[] picked = new int[10];
        for (int i = 0; i < 10_000; i++)
            picked[new IntSet(block).Pick(random)]++;
        Assert.All(picked, count => Assert.InRange(count, 850, 1150));
        IntSet.Free(heap, block);
    }
}
