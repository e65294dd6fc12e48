// The process's first thread: starts the keyspace thread, then waits for signals that end the process, and sees to it that
// a report is written before they do.
//
// The report is best written by the keyspace thread, which owns what it tells. It is asked to, as any helper asks it, and
// does so between two commands. When it does not answer, it is stuck in one, and this thread writes the report, which then
// says so; it reads figures that may be changing, and nothing that a command could free under it but in the sections that
// may fail.

using Redoubt.Native.Processes;
using Redoubt.Server.Hosting;

namespace Redoubt.Server.Crash;

internal static class CrashWatch
{
    private const int KeyspaceStackBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>Runs the server. Does not return where signals can be waited for: the process ends with the server.</summary>
    public static int Run(ServerHost server)
    {
        AppDomain.CurrentDomain.UnhandledException += (_, failure) => server.Crash.Failure((Exception)failure.ExceptionObject);
        if (!FatalSignals.IsSupported)
            return server.Run();
        Thread keyspace = new(() => Environment.Exit(server.Run()), KeyspaceStackBytes) { Name = "keyspace" };
        keyspace.Start();
        while (true)
            Report(server, FatalSignals.Wait());
    }

    private static void Report(ServerHost server, ArrivedSignal signal)
    {
        if (!server.IsCrashLogEnabled)
            FatalSignals.DieOf(signal.Number);
        using ManualResetEventSlim begun = new();
        server.Post(() =>
        {
            begun.Set();
            server.Crash.Signal(signal, Environment.StackTrace + "\n");
        });
        if (begun.Wait(s_patience))
            Thread.Sleep(Timeout.Infinite); // It is being written; the process ends with it.
        server.Crash.Signal(signal, $"The keyspace thread does not answer. It has been in command '{server.RunningCommand}' for more than {s_patience.TotalSeconds} s.\n");
    }
}
