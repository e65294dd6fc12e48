using Redoubt.Server.Loop;

namespace Redoubt.Server.Tests.Loop;

public class IoThreadsTests
{
    [Fact]
    public void Every_item_of_every_round_is_done_once_and_before_the_round_ends()
    {
        using IoThreads threads = new(4);
        Tally tally = new(1000);
        for (int round = 1; round <= 3000; round++)
        {
            int count = round % 1000;
            tally.Clear();
            threads.Share(tally, count);
            Assert.Equal(count, tally.DoneOnce);
            Assert.Equal(0, tally.DoneAgain);
        }
    }

    [Fact]
    public void Few_items_are_not_worth_waking_anybody()
    {
        using IoThreads threads = new(4);
        Assert.False(threads.IsWorthIt(7));
        Assert.True(threads.IsWorthIt(8));
    }

    private sealed class Tally(int items) : ISharedWork
    {
        private readonly int[] _done = new int[items];

        public int DoneOnce => _done.Count(static times => times == 1);

        public int DoneAgain => _done.Count(static times => times > 1);

        public void Clear() => Array.Clear(_done);

        public void Do(int item) => Interlocked.Increment(ref _done[item]);
    }
}
