// daemonize: the server goes on in the background, in a session of its own.
//
// Redis forks. A process with .NET in it cannot: a fork copies one of its threads, and the runtime needs the others. So
// the process that was started, once it has read its configuration, starts the same program again in a new session, with
// /dev/null for terminal and the same arguments, and waits on a pipe until that one listens (and has written its pid file)
// or has ended. Its own exit code then tells which: more than Redis's says, whose parent is gone before the child has tried.
//
// The daemon knows that it is one by an environment variable, which it takes away at once, so that nothing it starts later
// takes itself for a daemon. What it reports before it is ready goes to its log; with `logfile ""` nowhere, as with Redis.

using Microsoft.Win32.SafeHandles;
using Redoubt.Native.Processes;

namespace Redoubt.Server.Processes;

internal static class Daemon
{
    private const string Mark = "REDOUBT_DAEMON";
    private const int ReadinessDescriptor = 3;
    private const byte ReadyByte = 1;

    private static FileStream? s_readiness;

    /// <summary>This process is the daemon. Asked once, at the start of the process.</summary>
    public static bool IsThisProcess()
    {
        if (Environment.GetEnvironmentVariable(Mark) is null)
            return false;
        Environment.SetEnvironmentVariable(Mark, null);
        s_readiness = new FileStream(new SafeFileHandle(ReadinessDescriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        return true;
    }

    /// <summary>In the daemon: lets the process that waits go. Nobody may be waiting any more.</summary>
    public static void TellReady()
    {
        try
        {
            s_readiness?.WriteByte(ReadyByte);
            s_readiness?.Dispose();
        }
        catch (IOException)
        {
            // It was ended meanwhile.
        }
        s_readiness = null;
    }

    /// <summary>In the process that was started: starts the daemon and waits for it. Returns the exit code of this process.</summary>
    /// <param name="standardInput">What the configuration was read from, for the daemon to read again.</param>
    public static int Start(byte[] standardInput)
    {
        (int readyRead, int readyWrite) = ChildStart.Pipe();
        (int inputRead, int inputWrite) = ChildStart.Pipe();
        using FileStream ready = new(new SafeFileHandle(readyRead, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        using SafeFileHandle nowhere = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int daemon;
        string? error;
        using (FileStream input = new(new SafeFileHandle(inputWrite, ownsHandle: true), FileAccess.Write, bufferSize: 0))
        using (new SafeFileHandle(inputRead, ownsHandle: true))
        using (new SafeFileHandle(readyWrite, ownsHandle: true))
        {
            daemon = ChildStart.InNewSession(
                Environment.ProcessPath ?? "", ArgumentArea.Original, [Mark + "=1", .. Restarting.Variables()], inputRead,
                (int)nowhere.DangerousGetHandle(), readyWrite, out error);
            if (daemon != 0)
                Feed(input, standardInput);
        }
        if (daemon == 0)
        {
            Console.Error.WriteLine($"Can't start the daemon: {error}");
            return 1;
        }
        if (ready.ReadByte() == ReadyByte)
            return 0;
        int exitCode = WaitForEnd(daemon);
        Console.Error.WriteLine($"The daemon ended before it was ready, with exit code {exitCode}; its log says why.");
        return exitCode == 0 ? 1 : exitCode;
    }

    private static void Feed(FileStream input, byte[] text)
    {
        try
        {
            input.Write(text);
        }
        catch (IOException)
        {
            // It ended before it had read everything, and its exit code says so.
        }
    }

    private static int WaitForEnd(int daemon)
    {
        while (true)
        {
            if (ChildStart.ExitCodeOf(daemon) is { } exitCode)
                return exitCode;
            Thread.Sleep(10); // Its pipe closed because it is ending; there is no event for the end itself.
        }
    }
}
