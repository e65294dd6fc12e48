namespace Redoubt.Server.Information;

/// <summary>
/// How fast a counter grows, per second: the mean of the last sixteen samples, of which the timer takes one about every 100 ms. A
/// counter that fell was reset; what was sampled before is then forgotten.
/// </summary>
internal sealed class RateMeter
{
    private const int SampleCount = 16;

    private readonly long[] _samples = new long[SampleCount];
    private int _next;
    private long _lastValue;
    private long _lastMs = -1;

    public long PerSecond
    {
        get
        {
            long sum = 0;
            foreach (long sample in _samples)
                sum += sample;
            return sum / SampleCount;
        }
    }

    /// <summary>The same for a counter of bytes, in kilobytes.</summary>
    public double KilobytesPerSecond => PerSecond / 1024.0;

    public void Sample(long value, long nowMs)
    {
        if (_lastMs >= 0 && value < _lastValue)
            Array.Clear(_samples);
        else if (_lastMs >= 0 && nowMs > _lastMs)
        {
            _samples[_next] = (value - _lastValue) * 1000 / (nowMs - _lastMs);
            _next = (_next + 1) % SampleCount;
        }
        _lastValue = value;
        _lastMs = nowMs;
    }
}
