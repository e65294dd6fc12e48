// Holding clients back: CLIENT PAUSE by a person, FAILOVER and SHUTDOWN by the server. Any may be on; the strictest one counts.
//
// While writes are held back nothing else may change the dataset either, or the offset that a failover waits for would run
// away: keys do not expire, they are only hidden.

using Redoubt.Keyspace;
using Redoubt.Server.Connections;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Dispatch;

internal sealed class Pauses(ServerState state, Gate gate, Redoubt.Keyspace.Keyspace keyspace)
{
    private long _untilMs;
    private PauseKind _asked;
    private bool _failover;
    private bool _shutdown;

    /// <summary>All connections, to let those go on that were held back; set by the composition root.</summary>
    public ConnectionTable Connections { get; set; } = null!;

    /// <summary>CLIENT PAUSE. A pause in force is only ever prolonged or made stricter.</summary>
    public void Pause(long untilMs, bool writesOnly)
    {
        _untilMs = Math.Max(_untilMs, untilMs);
        if (_asked != PauseKind.All)
            _asked = writesOnly ? PauseKind.Writes : PauseKind.All;
        Apply();
    }

    public void Unpause()
    {
        _untilMs = 0;
        _asked = PauseKind.None;
        Apply();
    }

    public void HoldForFailover()
    {
        _failover = true;
        Apply();
    }

    public void ReleaseFailover()
    {
        _failover = false;
        Apply();
    }

    public void HoldForShutdown()
    {
        _shutdown = true;
        Apply();
    }

    public void ReleaseShutdown()
    {
        _shutdown = false;
        Apply();
    }

    /// <summary>Ends a pause whose time is over.</summary>
    public void Timer()
    {
        if (_asked != PauseKind.None && Clock.UnixMs >= _untilMs)
            Unpause();
    }

    private void Apply()
    {
        PauseKind before = state.Pause;
        state.Pause = _asked == PauseKind.All ? PauseKind.All : _failover || _shutdown || _asked == PauseKind.Writes ? PauseKind.Writes : PauseKind.None;
        keyspace.ExpiryMode = state.IsReplica || state.Pause != PauseKind.None ? ExpiryMode.Hide : ExpiryMode.Delete;
        gate.Refresh();
        if (before == PauseKind.None || state.Pause == before)
            return;
        foreach (ClientConnection client in Connections.All.Values.Where(static c => c is { IsBlocked: true, Wait: null }).OrderBy(static c => c.HeldAs))
            Connections.ResumeLater(client);
    }
}
