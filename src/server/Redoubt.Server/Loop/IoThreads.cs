// Threads that read, parse and send for the keyspace thread: `io-threads N` with N above 1.
//
// Nearly all of the cost of a request that comes alone is the kernel's. These threads take that part: while they receive and
// parse what arrived, or send what is to be sent, the keyspace thread does the same beside them and waits for the rest; then it
// alone executes. So nothing that commands touch is shared, and the order of commands is what it was.
//
// Work is an array of independent items. Whoever is free claims the next one; so a helper that is slow to wake costs nothing but its
// help. Helpers spin for a moment before they sleep, because the next round is usually near.
//
// Where there are few cores this takes more than it gives (waking costs, and a spinning helper costs the kernel its core):
// it is off unless asked for, and a round with few ready clients does without.

namespace Redoubt.Server.Loop;

/// <summary>Independent items of work, by number.</summary>
internal interface ISharedWork
{
    /// <summary>Any thread; each item once.</summary>
    void Do(int item);
}

internal sealed class IoThreads : IDisposable
{
    private const int SpinsBeforeSleep = 2000;
    private const int ItemsPerThread = 2;

    private readonly Thread[] _helpers;
    private readonly ManualResetEventSlim _wake = new(false, 0);
    private ISharedWork? _work;
    private int _count;
    private int _next;
    private int _done;
    private int _inside;
    private volatile int _round;
    private volatile bool _ending;

    /// <param name="threads">With the keyspace thread itself.</param>
    public IoThreads(int threads)
    {
        _helpers = new Thread[threads - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Thread(Help) { IsBackground = true, Name = $"redoubt-io-{i + 1}" };
            _helpers[i].Start();
        }
    }

    /// <summary>Whether so many items are worth waking anybody for.</summary>
    public bool IsWorthIt(int items) => items >= ItemsPerThread * (_helpers.Length + 1);

    /// <summary>Does all items, with the helpers' help; returns when the last one is done. The keyspace thread.</summary>
    public void Share(ISharedWork work, int count)
    {
        _work = work;
        _count = count;
        Volatile.Write(ref _done, 0);
        Volatile.Write(ref _next, 0);
        _round++;
        _wake.Set();
        Claim(work, count);
        SpinWait spin = default;
        while (Volatile.Read(ref _done) < count)
            spin.SpinOnce(sleep1Threshold: -1);
        _wake.Reset();
        // Nobody may still be between two claims when the next round begins.
        Volatile.Write(ref _next, int.MaxValue / 2);
        while (Volatile.Read(ref _inside) > 0)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    public void Dispose()
    {
        _ending = true;
        _wake.Set();
        foreach (Thread helper in _helpers)
            helper.Join();
        _wake.Dispose();
    }

    private void Claim(ISharedWork work, int count)
    {
        while (true)
        {
            int item = Interlocked.Increment(ref _next) - 1;
            if (item >= count)
                return;
            work.Do(item);
            Interlocked.Increment(ref _done);
        }
    }

    private void Help()
    {
        int seen = 0;
        while (!_ending)
        {
            for (int i = 0; i < SpinsBeforeSleep && _round == seen && !_ending; i++)
                Thread.SpinWait(10);
            if (_round == seen)
            {
                _wake.Wait();
                if (_round == seen)
                {
                    Thread.Yield();
                    continue;
                }
            }
            Interlocked.Increment(ref _inside);
            seen = _round;
            // A round that is over already has no item left to claim.
            if (Volatile.Read(ref _next) < _count)
                Claim(_work!, _count);
            Interlocked.Decrement(ref _inside);
        }
    }
}
