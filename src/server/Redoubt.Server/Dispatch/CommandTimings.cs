// How long commands take: the times of INFO commandstats and latencystats.
//
// Reading the clock costs about 25 ns, twice per command; a simple command costs 8 microseconds when a client sends one at a time, and
// 300 ns in a pipeline. So what comes alone is always timed, and in a pipeline every command that may be slow; of brief
// commands (what COMMAND calls fast, and SET) in a pipeline one in eight is timed and stands for eight: 6 ns per command. Sums and
// percentiles stay right on average; the first one of a kind is always timed, so that none shows calls without time for long.
//
// A slow command must not escape the slow log for not being timed: so batches of a pipeline are timed as well, and what they took beyond
// their timed commands is looked at. That is two more looks at the clock for up to 32 commands.
//
// While somebody wants to know of every command that takes less than `SampledNanosecondsMin`, by the slow log or the latency monitor,
// everything is timed.
//
// A command's histogram takes 24 KB and is made at its first call.
//
// The keyspace thread only.

using System.Diagnostics;
using Redoubt.Commands;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Dispatch;

internal sealed class CommandTimings
{
    private const int SampleEvery = 8;
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private long _batchBegun;
    private long _timedOfBatch;

    private readonly Row[] _rows = Array.ConvertAll(CommandTable.All, static command => new Row { IsBrief = command.Has(CommandFlags.Fast) || command.Name == "set" });

    private sealed class Row
    {
        public bool IsBrief;
        public uint Pipelined;
        public long Weight;
        public long Nanoseconds;
    }

    /// <summary>A brief command that takes longer is an accident, which the batch as a whole shows.</summary>
    public const long SampledNanosecondsMin = 5_000_000;

    /// <summary>Nothing is left to sampling.</summary>
    public bool TimesAll { get; set; }

    /// <summary>latency-tracking: whether percentiles are kept.</summary>
    public SwitchDirective? Tracking { get; set; }

    /// <summary>Before a command runs: the time to give to <see cref="End"/>, or 0 when this one is not timed.</summary>
    /// <param name="isAlone">It did not come with others.</param>
    public long Begin(CommandDescriptor command, bool isAlone)
    {
        Row row = _rows[command.Index];
        row.Weight = 1;
        if (!isAlone && row.IsBrief && !TimesAll)
        {
            if ((row.Pipelined++ & (SampleEvery - 1)) != 0)
                return 0;
            row.Weight = SampleEvery;
        }
        return Stopwatch.GetTimestamp();
    }

    /// <param name="begun">What <see cref="Begin"/> gave.</param>
    /// <param name="isWaiting">It left its client waiting: how long the whole takes says nothing of the server.</param>
    /// <returns>How many nanoseconds it took.</returns>
    public long End(CommandDescriptor command, long begun, bool isWaiting)
    {
        Row row = _rows[command.Index];
        long nanoseconds = (long)((Stopwatch.GetTimestamp() - begun) * s_nanosecondsPerTick);
        row.Nanoseconds += nanoseconds * row.Weight;
        _timedOfBatch += nanoseconds;
        if (!isWaiting && Tracking is { Value: true })
            (command.Latencies ??= new LatencyHistogram()).Add(nanoseconds, row.Weight);
        return nanoseconds;
    }

    /// <summary>Several commands of one client are about to run.</summary>
    public void BeginBatch()
    {
        _timedOfBatch = 0;
        _batchBegun = Stopwatch.GetTimestamp();
    }

    /// <summary>Something other than commands took time during the batch.</summary>
    public void LeaveOut(long microseconds) => _timedOfBatch += microseconds * 1000;

    /// <summary>How many nanoseconds the batch took but for its timed commands.</summary>
    public long UntimedOfBatch() => (long)((Stopwatch.GetTimestamp() - _batchBegun) * s_nanosecondsPerTick) - _timedOfBatch;

    public long MicrosecondsOf(CommandDescriptor command) => _rows[command.Index].Nanoseconds / 1000;

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        foreach (Row row in _rows)
        {
            row.Pipelined = 0;
            row.Nanoseconds = 0;
        }
    }
}
