using System.Collections.Concurrent;
using System.Diagnostics;

namespace Redoubt.Testing;

/// <summary>
/// Starts processes that cannot outlive the test host, even when it is killed: setpriv asks the kernel to kill the child with its
/// parent. For the kernel the parent is the thread that forked, and threads of the pool come and go, so one thread that
/// never ends starts them all.
/// </summary>
public static class ChildProcesses
{
    private const string Setpriv = "/usr/bin/setpriv";
    private static readonly BlockingCollection<Action> Requests = [];

    static ChildProcesses() => new Thread(Serve) { IsBackground = true, Name = "child processes" }.Start();

    public static Process Start(string binary, IEnumerable<string> arguments, string workingDirectory)
    {
        bool tied = File.Exists(Setpriv);
        var info = new ProcessStartInfo(tied ? Setpriv : binary)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in tied ? ["--pdeathsig", "KILL", "--", binary, .. arguments] : arguments)
        {
            info.ArgumentList.Add(argument);
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(info)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static void Serve()
    {
        foreach (Action request in Requests.GetConsumingEnumerable())
        {
            request();
        }
    }
}
