// What made the server slow, and when: the samples behind LATENCY.
//
// Each kind of event (a command, a slice of the expiry cycle, a file that was written) has a row of its latest samples, at most one
// a second: the worst of that second. Nothing is sampled below the threshold, and nothing at all while it is 0; so whoever
// measures asks `IsSlow` first, and the common case is one comparison.
//
// The keyspace thread only.

namespace Redoubt.Commands;

public readonly record struct LatencySample(long UnixSeconds, long Milliseconds);

public sealed class LatencyEvents
{
    private readonly Dictionary<string, LatencySeries> _series = new(StringComparer.Ordinal);

    /// <summary>latency-monitor-threshold; 0: nothing is sampled.</summary>
    public long ThresholdMs { get; set; }

    public IReadOnlyDictionary<string, LatencySeries> Series => _series;

    public bool IsSlow(long milliseconds) => ThresholdMs > 0 && milliseconds >= ThresholdMs;

    /// <summary>Takes the sample if it passes the threshold.</summary>
    public void Add(string kind, long milliseconds, long nowSeconds)
    {
        if (!IsSlow(milliseconds))
            return;
        if (!_series.TryGetValue(kind, out LatencySeries? series))
            _series.Add(kind, series = new LatencySeries());
        series.Add(new LatencySample(nowSeconds, milliseconds));
    }

    public LatencySeries? Find(string kind) => _series.GetValueOrDefault(kind);

    /// <summary>Forgets one kind of event, in upper or lower case; true when there was something to forget.</summary>
    public bool Forget(string kind)
    {
        string? found = _series.Keys.FirstOrDefault(name => name.Equals(kind, StringComparison.OrdinalIgnoreCase));
        return found is not null && _series.Remove(found);
    }

    /// <summary>Forgets everything; returns how many kinds there were.</summary>
    public int ForgetAll()
    {
        int count = _series.Count;
        _series.Clear();
        return count;
    }
}

/// <summary>The latest samples of one kind of event.</summary>
public sealed class LatencySeries
{
    private const int SamplesMax = 160;

    private readonly List<LatencySample> _samples = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<LatencySample> Samples => _samples;

    public LatencySample Latest => _samples[^1];

    /// <summary>The worst since the series began, whether or not its sample is still there.</summary>
    public long WorstMs { get; private set; }

    public void Add(LatencySample sample)
    {
        WorstMs = Math.Max(WorstMs, sample.Milliseconds);
        if (_samples.Count > 0 && Latest.UnixSeconds == sample.UnixSeconds)
        {
            if (sample.Milliseconds > Latest.Milliseconds)
                _samples[^1] = sample;
            return;
        }
        if (_samples.Count == SamplesMax)
            _samples.RemoveAt(0);
        _samples.Add(sample);
    }
}
