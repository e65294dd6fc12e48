using System.Numerics;

namespace Redoubt.Commands;

/// <summary>
/// A distribution of times between 1 ns and 1 s. Its steps are those of a histogram with two significant digits: 128 for each power of
/// two, so that a time is known to one part in 128, and redis-server's percentiles and buckets come out of it unchanged.
/// </summary>
public sealed class LatencyHistogram
{
    private const int StepsPerPower = 128;
    private const int StepBits = 7;
    private const long NanosecondsMax = 1_000_000_000;

    /// <summary>The first bucket of LATENCY HISTOGRAM ends here; each further one is twice as wide.</summary>
    private const long FirstBucketNanoseconds = 1024;

    private readonly long[] _counts = new long[IndexOf((1L << (BitOperations.Log2((ulong)NanosecondsMax) + 1)) - 1) + 1];

    /// <summary>How many times were added.</summary>
    public long Total { get; private set; }

    public void Add(long nanoseconds, long weight)
    {
        _counts[IndexOf(Math.Clamp(nanoseconds, 1, NanosecondsMax))] += weight;
        Total += weight;
    }

    /// <summary>The time in microseconds that this share of the calls did not exceed, at the upper end of its step.</summary>
    public double Percentile(double percent)
    {
        long wanted = Math.Max(1, (long)(percent / 100 * Total + 0.5));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
                return UpperEnd(i) / 1000.0;
        }
        return 0;
    }

    /// <summary>How many calls took at most so many microseconds, for each power of two that has calls of its own.</summary>
    public List<(long Microseconds, long Calls)> Cumulative()
    {
        List<(long, long)> buckets = [];
        long seen = 0;
        int next = 0;
        for (long level = FirstBucketNanoseconds; seen < Total; level *= 2)
        {
            int last = Math.Min(IndexOf(level), _counts.Length - 1);
            long before = seen;
            for (; next <= last; next++)
                seen += _counts[next];
            if (seen > before)
                buckets.Add((UpperEnd(last) / 1000, seen));
        }
        return buckets;
    }

    /// <summary>Times below 256 ns have a step each; above, a step spans 1/128 of the power of two.</summary>
    private static int IndexOf(long nanoseconds)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)nanoseconds) - StepBits);
        return shift * StepsPerPower + (int)(nanoseconds >> shift);
    }

    private static long UpperEnd(int index)
    {
        int shift = Math.Max(0, index / StepsPerPower - 1);
        return ((long)(index - shift * StepsPerPower + 1) << shift) - 1;
    }
}
