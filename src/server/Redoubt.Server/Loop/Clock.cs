using System.Diagnostics;

namespace Redoubt.Server.Loop;

/// <summary>The server's two clocks: Unix time, which people and files see, and one that only goes forward, for durations.</summary>
internal static class Clock
{
    /// <summary>Unix time in milliseconds.</summary>
    public static long UnixMs => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;

    /// <summary>Unix time in microseconds.</summary>
    public static long UnixMicroseconds => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Milliseconds of the steady clock.</summary>
    public static long SteadyMs => Stopwatch.GetTimestamp() * 1000 / Stopwatch.Frequency;

    /// <summary>Microseconds of the steady clock.</summary>
    public static long SteadyMicroseconds => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
}
