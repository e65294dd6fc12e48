// The event loop: the one thread that owns the data.
//
//   wait for sockets ─► read and execute what arrived ─► work posted by helpers ─► timers
//        ▲                                                                            │
//        └── send replies and the stream ◄── a slice of background work ◄─────────────┘
//
// Order matters in one place: what the rounds' commands produced is sent last, once, before the loop sleeps; whatever must
// happen before a reply may leave (later: the AOF, a write quorum) stands between.
//
// Background work (snapshot walk, load, expiry, table growth, freeing) is done in slices of at most `SliceMicroseconds` per
// round, so that no client waits longer than that for it; while there is such work the loop does not sleep.

using System.Diagnostics;
using Redoubt.Native.Sockets;

namespace Redoubt.Server.Loop;

/// <summary>Work that is done a slice at a time. Returns false when there is none left.</summary>
internal delegate bool BackgroundSlice(long deadlineMicroseconds);

/// <summary>Moments that the loop must not sleep beyond.</summary>
internal interface IDeadlines
{
    /// <summary>By the steady clock; <see cref="long.MaxValue"/> when there is none.</summary>
    long NextDueMs { get; }

    /// <summary>That moment has come.</summary>
    void Expire();
}

internal sealed class KeyspaceLoop
{
    private const int SliceMicroseconds = 300;

    private readonly SocketLoop _sockets;
    private readonly Connections.ConnectionTable _connections;
    private readonly Mailbox _mailbox;
    private readonly SocketEvent[] _events = new SocketEvent[512];
    private readonly PollPolicy _polling = new();
    private readonly List<BackgroundSlice> _slices = [];
    private readonly List<Action> _beforeSleep = [];
    private long _nextTimerMs;
    private bool _stopping;

    public KeyspaceLoop(SocketLoop sockets, Connections.ConnectionTable connections, Mailbox mailbox)
    {
        _sockets = sockets;
        _connections = connections;
        _mailbox = mailbox;
    }

    /// <summary>What is due at a certain millisecond.</summary>
    public IDeadlines? Deadlines { get; set; }

    /// <summary>Called every <see cref="TimerPeriodMs"/> with the steady clock in milliseconds.</summary>
    public event Action<long>? Timer;

    /// <summary>How often the timer runs: what <c>hz</c> says.</summary>
    public int TimerPeriodMs { get; set; } = 100;

    /// <summary>The timer stands still.</summary>
    public bool IsTimerPaused { get; set; }

    public void AddSlice(BackgroundSlice slice) => _slices.Add(slice);

    /// <summary>Runs before replies are sent, every round.</summary>
    public void AddBeforeSleep(Action step) => _beforeSleep.Add(step);

    public void Stop() => _stopping = true;

    /// <summary>Rounds so far; for INFO.</summary>
    public long Rounds { get; private set; }

    public void Run()
    {
        bool busy = false;
        while (!_stopping)
        {
            int ready = WaitForEvents(busy);
            Rounds++;
            _connections.BeginRound();
            for (int i = 0; i < ready; i++)
                _polling.Heard(_events[i].Channel);
            _connections.HandleAll(_events.AsSpan(0, ready));
            _events.AsSpan(0, ready).Clear();
            _mailbox.Run();
            RunTimer();
            busy = RunSlices();
            busy |= _connections.ContinueTurns();
            foreach (Action step in _beforeSleep)
                step();
            _connections.Flush();
        }
    }

    private int WaitForEvents(bool busy)
    {
        if (busy || _stopping)
            return _sockets.Wait(_events, 0);
        int budget = _polling.BudgetMicroseconds;
        if (budget > 0)
        {
            int found;
            long end = Stopwatch.GetTimestamp() + budget * (Stopwatch.Frequency / 1_000_000);
            do
            {
                found = _sockets.Wait(_events, 0);
            }
            while (found == 0 && Stopwatch.GetTimestamp() < end);
            _polling.Looked(found > 0);
            if (found > 0)
                return found;
        }
        long before = Clock.SteadyMicroseconds;
        long wakeMs = Math.Min(_nextTimerMs, Deadlines?.NextDueMs ?? long.MaxValue);
        int ready = _sockets.Wait(_events, (int)Math.Clamp(wakeMs - before / 1000, 0, TimerPeriodMs));
        _polling.Slept(Clock.SteadyMicroseconds - before, ready > 0);
        return ready;
    }

    private void RunTimer()
    {
        long now = Clock.SteadyMs;
        if (Deadlines is { } deadlines && now >= deadlines.NextDueMs)
            deadlines.Expire();
        if (now < _nextTimerMs)
            return;
        _nextTimerMs = now + TimerPeriodMs;
        if (!IsTimerPaused)
            Timer?.Invoke(now);
    }

    private bool RunSlices()
    {
        if (_slices.Count == 0)
            return false;
        bool more = false;
        long deadline = Clock.SteadyMicroseconds + SliceMicroseconds;
        foreach (BackgroundSlice slice in _slices)
            more |= slice(deadline);
        return more;
    }
}
