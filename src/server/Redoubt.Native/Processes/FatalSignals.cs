// Signals that end the process, taken by a thread that waits for them.
//
// Why not a handler: a handler runs wherever the signal strikes, and managed code may not run there; a report that says more
// than a number needs managed code. So the process's first thread, which has nothing else to do, blocks these signals for
// itself alone and sleeps in sigwaitinfo. The kernel prefers the first thread for a signal that is sent to the process, so
// that what `kill` or the kernel's watchers send arrives here as a value, between two instructions of ours.
//
// What this leaves alone: a fault of a thread (a null reference, say) strikes that thread, and reaches .NET as ever. So no
// thread that runs other code may block these signals; threads inherit the mask, so the first thread starts none after it
// has begun to wait.
//
// Layout of siginfo_t on 64-bit Linux: si_signo at 0, si_code at 8, then from 16 on the sender's pid and uid.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Processes;

/// <summary>A signal as it arrived. The sender is known when <see cref="IsFromProcess"/>.</summary>
public readonly record struct ArrivedSignal(int Number, int Code, int SenderProcess, uint SenderUser)
{
    private const int SentByKill = 0;
    private const int SentByQueue = -1;

    public bool IsFromProcess => Code is SentByKill or SentByQueue;
}

public static unsafe partial class FatalSignals
{
    public const int Illegal = 4, Abort = 6, Bus = 7, FloatingPoint = 8, Segmentation = 11;

    private const int Stop = 19;
    private const int InfoBytes = 128;
    private const int ActionBytes = 256;
    private const int Block = 0, Unblock = 1;

    public static bool IsSupported => OperatingSystem.IsLinux() && nint.Size == 8;

    /// <summary>Sleeps until one of them is sent to the process. Only the first thread of the process calls this.</summary>
    public static ArrivedSignal Wait()
    {
        ulong* set = stackalloc ulong[InfoBytes / sizeof(ulong)];
        new Span<ulong>(set, InfoBytes / sizeof(ulong)).Clear();
        foreach (int number in (ReadOnlySpan<int>)[Illegal, Abort, Bus, FloatingPoint, Segmentation])
            set[0] |= 1UL << (number - 1);
        byte* info = stackalloc byte[InfoBytes];
        _ = pthread_sigmask(Block, set, null);
        int signal;
        do
        {
            signal = sigwaitinfo(set, info);
        }
        while (signal < 0);
        return new ArrivedSignal(signal, *(int*)(info + 8), *(int*)(info + 16), *(uint*)(info + 20));
    }

    /// <summary>Ends the process by this signal, whatever handlers there are, so that its parent sees what it died of.</summary>
    public static void DieOf(int signal)
    {
        // An action of all zeroes is the default one with no flags and an empty mask.
        byte* action = stackalloc byte[ActionBytes];
        new Span<byte>(action, ActionBytes).Clear();
        _ = sigaction(signal, action, null);
        ulong* set = stackalloc ulong[InfoBytes / sizeof(ulong)];
        new Span<ulong>(set, InfoBytes / sizeof(ulong)).Clear();
        set[0] = 1UL << (signal - 1);
        _ = pthread_sigmask(Unblock, set, null);
        // To this thread: sent to the process, it would go to the thread that waits for it.
        _ = raise(signal);
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>SIGSTOP to this process: a supervisor that waits for it takes it as readiness, and sends SIGCONT.</summary>
    public static void StopThisProcess() => _ = kill(Environment.ProcessId, Stop);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, ulong* set, ulong* old);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sigwaitinfo(ulong* set, byte* info);

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, byte* action, byte* old);

    [LibraryImport("libc")]
    private static partial int raise(int signal);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
