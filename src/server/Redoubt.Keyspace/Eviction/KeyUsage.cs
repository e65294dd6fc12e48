// How a key's use is remembered in 24 bits: when it was used last, or how often it is used.
//
// Time:       seconds, modulo 2^24 (194 days).
// Frequency:  16 bits minutes of the last decay, 8 bits counter. The counter is logarithmic: each use raises it with a chance
//             that falls the higher it stands, so that 255 stands for millions of uses; it loses one for each `DecayMinutes`
//             without a raise. New keys begin at 5, or they would be the first to go before anybody could use them.
//
// One of the two is kept, as the eviction policy needs it; after a change of policy the bits of keys that are not used mean
// little until they are. Redis does the same, to the numbers, so that files and OBJECT FREQ agree.
//
// Threads: the keyspace thread. The time comes in with `NowMs`.

namespace Redoubt.Keyspace;

public sealed class KeyUsage
{
    /// <summary>The counter of a new key.</summary>
    public const int InitialFrequency = 5;

    private const uint ClockMask = 0xFFFFFF;
    private const int CounterMax = 255;

    private readonly Random _random;
    private uint _minutes;
    private uint _seconds;
    private bool _countsFrequency;

    internal KeyUsage(Random random) => _random = random;

    /// <summary>`lfu-log-factor`: how much slower the counter rises the higher it stands.</summary>
    public int LogFactor { get; set; } = 10;

    /// <summary>`lfu-decay-time`: minutes after which an unused counter loses one; 0 = it loses none.</summary>
    public int DecayMinutes { get; set; } = 1;

    /// <summary>Whether the bits count uses; else they tell the last one.</summary>
    public bool CountsFrequency
    {
        get => _countsFrequency;
        set
        {
            _countsFrequency = value;
            Refresh();
        }
    }

    /// <summary>The bits of a key that is new, or used now for the first time.</summary>
    internal uint Fresh { get; private set; }

    internal void Advance(long nowMs)
    {
        _seconds = (uint)(nowMs / 1000) & ClockMask;
        _minutes = (uint)(nowMs / 60_000) & 0xFFFF;
        Refresh();
    }

    /// <summary>The bits after one use more.</summary>
    internal uint Used(uint bits)
    {
        if (!_countsFrequency)
            return Fresh;
        int counter = Frequency(bits);
        if (counter < CounterMax)
        {
            double above = Math.Max(0, counter - InitialFrequency);
            if (_random.NextDouble() < 1.0 / (above * LogFactor + 1))
                counter++;
        }
        return (_minutes << 8) | (uint)counter;
    }

    /// <summary>The counter as it has decayed until now.</summary>
    internal int Frequency(uint bits)
    {
        int counter = (int)(bits & 255);
        if (DecayMinutes == 0)
            return counter;
        uint elapsed = (_minutes - (bits >> 8)) & 0xFFFF;
        return Math.Max(0, counter - (int)(elapsed / (uint)DecayMinutes));
    }

    internal long IdleSeconds(uint bits) => (_seconds - bits) & ClockMask;

    /// <summary>The bits of a key that was used last so many seconds ago.</summary>
    internal uint AtIdle(long seconds) => (_seconds - (uint)Math.Clamp(seconds, 0, ClockMask)) & ClockMask;

    /// <summary>The bits of a key with this counter.</summary>
    internal uint AtFrequency(int counter) => (_minutes << 8) | (uint)Math.Clamp(counter, 0, CounterMax);

    private void Refresh() => Fresh = _countsFrequency ? (_minutes << 8) | InitialFrequency : _seconds;
}
