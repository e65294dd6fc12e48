namespace Redoubt.Replication.Tests;

internal static class Allocations
{
    /// <summary>Bytes the action allocates per round, the least of several rounds: the runtime itself allocates now and then on
    /// any thread (compiling a hot method again, a collection that retires this thread's buffer); the action does so each time.</summary>
    internal static long Least(Action round)
    {
        round();
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
