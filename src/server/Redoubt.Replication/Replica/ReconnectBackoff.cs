namespace Redoubt.Replication;

// Redis tries a lost master again once a second. Here the first try is immediate, since the usual reason is a connection
// that was cut while both nodes are well, and then 50, 100, 200, 400, 800, 1000, 1000, ... ms. A random half of each wait
// keeps the replicas of one master, which all lose it at the same moment, from coming back in step.
//
// A master whose snapshot cannot be loaded will most likely send the same one again, at the cost of all its data each time. So after
// each such snapshot the wait doubles, from 1 s to a minute.

/// <summary>How long to wait before the next attempt to reach the master.</summary>
public sealed class ReconnectBackoff
{
    private const int FirstWaitMs = 50;
    private const int LongestWaitMs = 1000;

    private const int RefusedWaitMs = 1000;
    private const int RefusedLongestWaitMs = 60_000;
    private const int RefusedDoublingsMax = 6;

    private int _failures;
    private int _refused;

    /// <summary>After a connection that reached the stream, or for a new master: the next attempt is immediate.</summary>
    public void Reset()
    {
        _failures = 0;
        _refused = 0;
    }

    /// <summary>A snapshot came, but cannot be loaded.</summary>
    public void SnapshotRefused() => _refused++;

    /// <summary>The wait before the next attempt, counted as one.</summary>
    /// <param name="jitter">A random number from 0 up to, but not including, 1.</param>
    public int NextDelayMs(double jitter)
    {
        int failures = _failures++;
        if (failures == 0 && _refused == 0)
            return 0;
        int full = _refused > 0 ? Math.Min(RefusedLongestWaitMs, RefusedWaitMs << Math.Min(_refused - 1, RefusedDoublingsMax))
            : failures > 5 ? LongestWaitMs : Math.Min(LongestWaitMs, FirstWaitMs << (failures - 1));
        return full / 2 + (int)(full / 2 * Math.Clamp(jitter, 0, 1));
    }
}
