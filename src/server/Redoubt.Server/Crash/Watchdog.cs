// watchdog-period: tells, while it lasts, that the keyspace thread has been in one command (or one slice) for too long.
//
// The loop winds it up at every tick of its timer; when it is not wound up in time it goes off, on another thread, which
// logs what is being executed. Redis interrupts its thread and shows the stack; .NET cannot show another thread's stack, so
// here it is the command and the client.

using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Crash;

internal sealed class Watchdog : IDisposable
{
    private readonly ServerLog _log;
    private readonly Dispatcher _dispatcher;
    private readonly Timer _timer;
    private int _periodMs;

    public Watchdog(ServerLog log, Dispatcher dispatcher)
    {
        _log = log;
        _dispatcher = dispatcher;
        _timer = new Timer(_ => GoOff());
    }

    /// <summary>0 = off. A period that is too short for the loop's own is made longer.</summary>
    public void SetPeriod(int periodMs, int loopPeriodMs)
    {
        _periodMs = periodMs == 0 ? 0 : Math.Max(periodMs, 2 * loopPeriodMs);
        _timer.Change(_periodMs == 0 ? Timeout.Infinite : _periodMs, Timeout.Infinite);
    }

    /// <summary>The loop is alive.</summary>
    public void WindUp()
    {
        if (_periodMs != 0)
            _timer.Change(_periodMs, Timeout.Infinite);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>The command, under the name that it has in Redis's stack traces, for which people search logs: debugCommand (debug|sleep).</summary>
    private static string NameOf(string command) => $"{command.Split('|')[0]}Command ({command})";

    private void GoOff()
    {
        string doing = _dispatcher.Serving is { } client
            ? $"In {NameOf(_dispatcher.Context.Command.Name)} of client id={client.Id} addr={client.Address}"
            : "No command is being executed: background work";
        _log.WatchdogExpired(doing);
    }
}
