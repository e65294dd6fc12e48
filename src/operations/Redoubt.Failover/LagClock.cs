using Redoubt.Topology;

namespace Redoubt.Failover;

// "4 MB behind" says little to someone who has to decide; "0.2 s behind" does. Redis has no such figure: `lag` in INFO is the age
// of the last acknowledgement, which is below one second on a replica that is an hour behind. So time is measured: the master's offset
// is sampled, and a replica that has applied offset X now is as far behind as the moment lies back at which the master was at X.
//
//   master's offset  ·1000 ····· 5000 ····· 9000        samples, oldest first, a ring
//   at                10.0 s     10.5 s     11.0 s
//   replica at 7000 at 11.0 s  ->  the master was there at 10.75 s  ->  0.25 s behind
//
// Between two samples the stream is taken as even. Before the first sample the answer is a lower bound, and with no samples there is no
// answer: both are said, never guessed.

/// <summary>How far behind in time, and how well that is known.</summary>
/// <param name="Time">The lag; null when it is not known.</param>
/// <param name="AtLeast">The samples do not reach back far enough: the lag is this or more.</param>
public readonly record struct Lag(TimeSpan? Time, bool AtLeast)
{
    /// <summary>There is nothing to tell it from.</summary>
    public static Lag Unknown => default;

    /// <summary>Nothing is missing.</summary>
    public static Lag None => new(TimeSpan.Zero, false);
}

/// <summary>Translates bytes behind into time behind, from samples of the master's offset.</summary>
public sealed class LagClock
{
    private readonly (TimeSpan At, ReplicationOffset Offset)[] _ring;
    private ReplicationId _history;
    private int _first;
    private int _count;

    /// <summary>Keeps that many samples.</summary>
    public LagClock(int capacity = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        _ring = new (TimeSpan, ReplicationOffset)[capacity];
    }

    /// <summary>Takes the master's offset of that moment. A new history, or an offset that went back, starts anew.</summary>
    public void Sample(TimeSpan at, ReplicationId history, ReplicationOffset offset)
    {
        if (history != _history || (_count > 0 && offset < At(_count - 1).Offset))
        {
            _history = history;
            _count = 0;
        }

        if (_count > 0 && at <= At(_count - 1).At)
            return;
        // While nothing is written only the newest such moment matters, and the one at which the stillness began.
        if (_count > 1 && At(_count - 1).Offset == offset && At(_count - 2).Offset == offset)
        {
            _ring[(_first + _count - 1) % _ring.Length] = (at, offset);
            return;
        }

        if (_count == _ring.Length)
        {
            _first = (_first + 1) % _ring.Length;
            _count--;
        }

        _ring[(_first + _count++) % _ring.Length] = (at, offset);
    }

    /// <summary>How far behind a replica is that had applied this offset at that moment.</summary>
    public Lag Behind(TimeSpan at, ReplicationId history, ReplicationOffset applied)
    {
        if (_count == 0 || history != _history)
            return Lag.Unknown;
        if (applied >= At(_count - 1).Offset)
            return Lag.None;
        if (applied < At(0).Offset)
            return new Lag(Positive(at - At(0).At), true);
        // The first sample past it, and the one before: the master passed the replica's offset between the two.
        int low = 0;
        int high = _count - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (At(middle).Offset > applied)
                high = middle;
            else
                low = middle + 1;
        }

        (TimeSpan beforeAt, ReplicationOffset before) = At(low - 1);
        (TimeSpan afterAt, ReplicationOffset after) = At(low);
        double share = (double)(applied - before) / (after - before);
        return new Lag(Positive(at - (beforeAt + ((afterAt - beforeAt) * share))), false);
    }

    private (TimeSpan At, ReplicationOffset Offset) At(int index) => _ring[(_first + index) % _ring.Length];

    private static TimeSpan Positive(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}
