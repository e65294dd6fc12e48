using Redoubt.Resp;
using Redoubt.Server.Blocking;

namespace Redoubt.Server.Tests.Blocking;

public sealed class DeadlineHeapTests
{
    private sealed class Nap : Wait
    {
        public override void AnswerTimeout(RespWriter reply) => reply.NullArray();

        public override void Leave()
        {
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_first_is_always_the_earliest_whoever_comes_and_leaves(int seed)
    {
        Random random = new(seed);
        DeadlineHeap heap = new();
        List<Nap> model = [];
        for (int step = 0; step < 5000; step++)
        {
            // Grows first, shrinks later.
            if (model.Count == 0 || random.Next(5000) > step)
            {
                Nap nap = new() { Client = null!, DeadlineMs = random.Next(500) };
                model.Add(nap);
                heap.Add(nap);
            }
            else
            {
                int index = random.Next(model.Count);
                heap.Remove(model[index]);
                heap.Remove(model[index]);
                model.RemoveAt(index);
            }
            Assert.Equal(model.Count, heap.Count);
            if (model.Count > 0)
                Assert.Equal(model.Min(static nap => nap.DeadlineMs), heap.First.DeadlineMs);
        }
    }

    [Fact]
    public void For_ever_and_what_does_not_fit_a_number_have_no_deadline()
    {
        Assert.Equal(Wait.Forever, Wait.DeadlineAfter(0));
        Assert.Equal(Wait.Forever, Wait.DeadlineAfter(long.MaxValue));
        Assert.NotEqual(Wait.Forever, Wait.DeadlineAfter(1));
    }
}
