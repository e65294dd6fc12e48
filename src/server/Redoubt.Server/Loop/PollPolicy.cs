// Whether the loop, having nothing to do, looks at its sockets a little longer before it sleeps.
//
// Why: waking a sleeping thread costs more than executing a command. One client that sends its next request as soon as it
// has the reply finds the server awake. Why not always: with many clients the loop has work anyway, and a loop that looks
// while nobody comes burns a core.
//
// Rule: look for at most 50 microseconds, while one or two connections are doing all the talking, and while looking pays:
// the latest looks found something, or the latest sleeps were shorter than a look. Three looks in vain end it until sleeps
// are short again. An idle server therefore never looks, nor does one with many clients.

namespace Redoubt.Server.Loop;

internal sealed class PollPolicy
{
    private const int LookMicroseconds = 50;
    private const int VainLooksMax = 3;
    private const int ShortSleepMicroseconds = 100;
    private const int ShortSleepsMin = 4;
    private const int FamiliarEventsMin = 16;

    private int _vainLooks = VainLooksMax;
    private int _shortSleeps;
    private int _familiarEvents;
    private object? _last;
    private object? _lastButOne;

    /// <summary>How long to look before sleeping, in microseconds; 0 = sleep at once.</summary>
    public int BudgetMicroseconds => _vainLooks < VainLooksMax && _familiarEvents >= FamiliarEventsMin ? LookMicroseconds : 0;

    /// <summary>An event came from this connection.</summary>
    public void Heard(object? from)
    {
        if (ReferenceEquals(from, _last) || ReferenceEquals(from, _lastButOne))
        {
            if (_familiarEvents < FamiliarEventsMin)
                _familiarEvents++;
            return;
        }
        _familiarEvents = 0;
        _lastButOne = _last;
        _last = from;
    }

    /// <summary>A look ended, with or without events.</summary>
    public void Looked(bool found)
    {
        _vainLooks = found ? 0 : _vainLooks + 1;
        _shortSleeps = 0;
    }

    /// <summary>A sleep ended after this long, with or without events.</summary>
    public void Slept(long microseconds, bool found)
    {
        if (!found || microseconds > ShortSleepMicroseconds)
        {
            _shortSleeps = 0;
            return;
        }
        if (++_shortSleeps >= ShortSleepsMin)
            _vainLooks = 0;
    }
}
