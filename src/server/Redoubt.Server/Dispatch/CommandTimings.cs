// How long commands take: the times of INFO commandstats and latencystats.
//
// Reading the clock costs about 25 ns, twice per command; a simple command costs 8 microseconds when a client sends one at a time, and
// 300 ns in a pipeline. So what comes alone is always timed, and in a pipeline every command that may be slow; of brief
// commands (what COMMAND calls fast, and SET) in a pipeline one in eight is timed and stands for eight: 6 ns per command. Sums and
// percentiles stay right on average; the first one of a kind is always timed, so that none shows calls without time for long.
//
// The percentiles come from counters that grow in width with the time they stand for: 128 steps for each power of two of
// nanoseconds, so that a time is known to one part in 128 and a command's counters take 24 KB, made at its first call.
//
// The keyspace thread only.

using System.Diagnostics;
using System.Numerics;
using Redoubt.Commands;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Dispatch;

internal sealed class CommandTimings
{
    private const int SampleEvery = 8;
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly Row[] _rows = Array.ConvertAll(CommandTable.All, static command => new Row { IsBrief = command.Has(CommandFlags.Fast) || command.Name == "set" });

    private sealed class Row
    {
        public bool IsBrief;
        public uint Pipelined;
        public long Weight;
        public long Nanoseconds;
        public LatencyCounters? Latencies;
    }

    /// <summary>latency-tracking: whether percentiles are kept.</summary>
    public SwitchDirective? Tracking { get; set; }

    /// <summary>Before a command runs: the time to give to <see cref="End"/>, or 0 when this one is not timed.</summary>
    /// <param name="isAlone">It did not come with others.</param>
    public long Begin(CommandDescriptor command, bool isAlone)
    {
        Row row = _rows[command.Index];
        row.Weight = 1;
        if (!isAlone && row.IsBrief)
        {
            if ((row.Pipelined++ & (SampleEvery - 1)) != 0)
                return 0;
            row.Weight = SampleEvery;
        }
        return Stopwatch.GetTimestamp();
    }

    /// <param name="begun">What <see cref="Begin"/> gave.</param>
    /// <param name="isWaiting">It left its client waiting: how long the whole takes says nothing of the server.</param>
    public void End(CommandDescriptor command, long begun, bool isWaiting)
    {
        Row row = _rows[command.Index];
        long nanoseconds = (long)((Stopwatch.GetTimestamp() - begun) * s_nanosecondsPerTick);
        row.Nanoseconds += nanoseconds * row.Weight;
        if (!isWaiting && Tracking is { Value: true })
            (row.Latencies ??= new LatencyCounters()).Add(nanoseconds, row.Weight);
    }

    public long MicrosecondsOf(CommandDescriptor command) => _rows[command.Index].Nanoseconds / 1000;

    /// <summary>Null when nothing was kept.</summary>
    public LatencyCounters? LatenciesOf(CommandDescriptor command) => _rows[command.Index].Latencies;

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        foreach (Row row in _rows)
        {
            row.Pipelined = 0;
            row.Nanoseconds = 0;
            row.Latencies = null;
        }
    }
}

/// <summary>A distribution of times between 1 ns and 1 s.</summary>
internal sealed class LatencyCounters
{
    private const int StepsPerPower = 128;
    private const int StepBits = 7;
    private const long NanosecondsMax = 1_000_000_000;

    private readonly long[] _counts = new long[IndexOf(NanosecondsMax) + 1];
    private long _total;

    public void Add(long nanoseconds, long weight)
    {
        _counts[IndexOf(Math.Clamp(nanoseconds, 1, NanosecondsMax))] += weight;
        _total += weight;
    }

    /// <summary>The time in microseconds that this share of the calls did not exceed, at the upper end of its step.</summary>
    public double Percentile(double percent)
    {
        long wanted = Math.Max(1, (long)(percent / 100 * _total + 0.5));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
                return UpperEnd(i) / 1000.0;
        }
        return 0;
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
