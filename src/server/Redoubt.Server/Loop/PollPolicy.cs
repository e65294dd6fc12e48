// Whether the loop, having nothing to do, looks at its sockets a little longer before it sleeps.
//
// Why: waking a sleeping thread costs more than executing a command. One client that sends its next request as soon as it
// has the reply finds the server awake. Why not always: with many clients the loop has work anyway, and a loop that looks
// while nobody comes burns a core.
//
// Rule: look for at most 50 microseconds, while few clients are talking (one or two events per round) and while looking
// pays: the latest looks found something, or the latest sleeps were shorter than a look. Three looks in vain end it until
// a sleep is short again. An idle server therefore never looks.

namespace Redoubt.Server.Loop;

internal sealed class PollPolicy
{
    private const int LookMicroseconds = 50;
    private const int VainLooksMax = 3;
    private const int ShortSleepMicroseconds = 100;
    private const int FewEvents = 2;

    private int _vainLooks = VainLooksMax;
    private int _shortSleeps;

    /// <summary>How long to look before sleeping, in microseconds; 0 = sleep at once.</summary>
    public int BudgetMicroseconds => _vainLooks < VainLooksMax ? LookMicroseconds : 0;

    /// <summary>A look ended, with this many events.</summary>
    public void Looked(int events)
    {
        if (events == 0)
            _vainLooks++;
        else
            _vainLooks = events <= FewEvents ? 0 : VainLooksMax;
        _shortSleeps = 0;
    }

    /// <summary>A sleep ended after this long, with this many events.</summary>
    public void Slept(long microseconds, int events)
    {
        if (events is 0 or > FewEvents || microseconds > ShortSleepMicroseconds)
        {
            _shortSleeps = 0;
            return;
        }
        if (++_shortSleeps >= 4)
            _vainLooks = 0;
    }
}
