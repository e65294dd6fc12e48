// Keeps the memory within `maxmemory`.
//
// Before each command the use is compared with the limit; above it, keys are evicted, one after the other, until it is below,
// or until the time that `maxmemory-eviction-tenacity` allows is over: then commands go on, and the rest is evicted in
// slices between them. Where the policy has nothing to evict, commands that may need memory are refused (Gate.cs).
//
// An evicted key is propagated as a deletion at once, a unit of its own, before the command that made it necessary. A large
// value leaves the dataset at once and its memory in pieces; those are freed before a further key is taken, so that one
// large key does not cost many small ones.
//
// Nothing is evicted on a replica (its master decides, unless `replica-ignore-maxmemory no`), while a dataset is loaded, and
// while writes are held back.
//
// Threads: the keyspace thread.

using Redoubt.Keyspace;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Memory;

internal sealed class MemoryGuard(
    Redoubt.Keyspace.Keyspace keyspace, MemoryAccount account, ServerState state, ServerConfig config, Propagator propagator,
    DeletionNotes notes, Gate gate, Redoubt.Commands.CommandSettings settings, ServerLog log)
{
    private const int KeysPerLook = 16;
    private const int FreeBucketsPerKey = 64;
    private const int SuspiciouslyFew = 1024 * 1024;
    private const int TenacityLinearMax = 10;
    private const int TenacityEndless = 100;
    private const int MicrosecondsPerStep = 50;
    private const double GrowthPerStep = 1.15;

    private readonly Redoubt.Commands.Propagation _deletions = new();
    private ulong _maxBytes;
    private bool _isBehind;

    /// <summary>Where evictions that took long are noted; set by the composition root.</summary>
    public Redoubt.Commands.LatencyEvents? Latency { get; set; }

    /// <summary>There is a limit: <see cref="MakeRoom"/> is to be asked before each command.</summary>
    public bool IsLimited => _maxBytes > 0;

    private Evictor Evictor => keyspace.Evictor;

    private long Excess => account.UsedForEviction - (long)Math.Min(_maxBytes, long.MaxValue);

    private long Dataset => account.Entries + account.Tables;

    private bool MayEvict => !state.IsLoadingAny && state.Pause == PauseKind.None && !(state.IsReplica && config.ReplicaIgnoreMaxMemory);

    /// <summary>Obeys the configuration from here on.</summary>
    public void Install()
    {
        config.WhenSet(
            Apply, "maxmemory", "maxmemory-policy", "maxmemory-samples", "lfu-log-factor", "lfu-decay-time", "lazyfree-lazy-eviction");
        gate.Memory = this;
        _ = Apply();
        if (_maxBytes is > 0 and < SuspiciouslyFew)
            log.MaxMemoryTiny(_maxBytes);
    }

    private string? Apply()
    {
        MemoryDirectives memory = config.Memory;
        bool isLower = memory.MaxMemory.Unsigned != _maxBytes && memory.MaxMemory.Unsigned > 0;
        _maxBytes = memory.MaxMemory.Unsigned;
        Evictor.Policy = memory.MaxMemoryPolicy.Value;
        Evictor.Samples = memory.MaxMemorySamples.Int;
        Evictor.IsLazy = memory.LazyFreeEviction.Value;
        keyspace.Usage.LogFactor = memory.LfuLogFactor.Int;
        keyspace.Usage.DecayMinutes = memory.LfuDecayTime.Int;
        keyspace.Heap.GrowthBytesMax = long.MaxValue;
        _isBehind = isLower && Excess > 0;
        if (_isBehind && account.Startup > 0)
            log.MaxMemoryBelowUse(_maxBytes, account.Used);
        settings.IsMemoryLimited = IsLimited;
        gate.Refresh();
        return null;
    }

    /// <summary>Before a command. False when memory is short and there is nothing to evict.</summary>
    public bool MakeRoom()
    {
        if (!MayEvict)
            return true;
        long excess = Excess;
        keyspace.Heap.GrowthBytesMax = Math.Max(0, -excess);
        if (excess <= 0)
        {
            EndExcess();
            return true;
        }
        account.NotePeak();
        return Evict(Clock.SteadyMicroseconds + TimeLimitMicroseconds(config.Memory.MaxMemoryEvictionTenacity.Int));
    }

    /// <summary>Goes on with evictions for which there was no time. True while there are some left.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (!_isBehind)
            return false;
        _isBehind = IsLimited && MayEvict && Excess > 0;
        if (!_isBehind)
        {
            EndExcess();
            return false;
        }
        keyspace.NowMs = Clock.UnixMs;
        if (!Evict(deadlineMicroseconds))
            _isBehind = false;
        return _isBehind;
    }

    /// <summary>How long one command may be held up: linear up to 500 microseconds at 10, then by 15 % per step, without end at 100.</summary>
    internal static long TimeLimitMicroseconds(int tenacity) =>
        tenacity <= TenacityLinearMax ? MicrosecondsPerStep * tenacity
            : tenacity < TenacityEndless ? (long)(MicrosecondsPerStep * TenacityLinearMax * Math.Pow(GrowthPerStep, tenacity - TenacityLinearMax))
            : long.MaxValue / 2;

    /// <summary>
    /// Evicts until the dataset is smaller by what is too much now, or time is over; false when there is nothing to evict. What evictions
    /// themselves give rise to, such as messages to clients with caches, is not run after: it would take the whole dataset.
    /// </summary>
    private bool Evict(long deadlineMicroseconds)
    {
        long begun = Clock.SteadyMicroseconds;
        bool succeeded = EvictExcess(deadlineMicroseconds);
        long taken = Clock.SteadyMicroseconds - begun;
        state.Timings.LeaveOut(taken);
        Latency?.Add("eviction-cycle", taken / 1000, Clock.UnixMs / 1000);
        return succeeded;
    }

    private bool EvictExcess(long deadlineMicroseconds)
    {
        long target = Dataset - Excess;
        for (int keys = 1; ; keys++)
        {
            if (keyspace.IsFreeing)
                keyspace.FreeSlice(FreeBucketsPerKey);
            else if (!TryEvictKey())
            {
                BeginExcess();
                return false;
            }
            if (Dataset <= target || Excess <= 0)
            {
                _isBehind = false;
                EndExcess();
                return true;
            }
            if (keys % KeysPerLook == 0 && Clock.SteadyMicroseconds > deadlineMicroseconds)
            {
                _isBehind = true;
                BeginExcess();
                return true;
            }
        }
    }

    private bool TryEvictKey()
    {
        Redoubt.Commands.Propagation others = notes.Deletions;
        notes.Deletions = _deletions;
        Database? database = Evictor.Evict();
        notes.Deletions = others;
        if (database is null)
            return false;
        propagator.PropagateAside(_deletions, database.Index);
        return true;
    }

    private void BeginExcess()
    {
        if (state.EvictionExceededSince == 0)
            state.EvictionExceededSince = Clock.SteadyMicroseconds;
    }

    private void EndExcess()
    {
        if (state.EvictionExceededSince == 0)
            return;
        state.EvictionExceededMicroseconds += Clock.SteadyMicroseconds - state.EvictionExceededSince;
        state.EvictionExceededSince = 0;
    }
}
