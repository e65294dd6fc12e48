using System.Runtime.InteropServices;

namespace Redoubt.Cli;

/// <summary>Turns Ctrl-C, SIGTERM and a closed terminal into a cancelled token, so that a command can end in order.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() => _registrations =
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, Caught))];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Caught(PosixSignalContext context)
    {
        context.Cancel = true;
        _source.Cancel();
    }
}
