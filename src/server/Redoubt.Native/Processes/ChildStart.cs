// Starting a process that outlives this one, and becoming another program: posix_spawn and execve.
//
// fork is out of the question here: it copies one thread of many, and the runtime of .NET does not survive that. posix_spawn
// makes the child inside the C library and runs the program in it at once; the new session (setsid) and the descriptors are
// arranged in between.

using System.Runtime.InteropServices;

namespace Redoubt.Native.Processes;

public static unsafe partial class ChildStart
{
    private const int ObjectBytes = 512;
    private const short NewSession = 0x80;
    private const int NoHang = 1;
    private const int Interrupted = 4;
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Starts a program in a session of its own. Its standard input, output and error are the given descriptors, and <paramref name="extra"/> is
    /// its descriptor 3. Returns its process id, or 0 and the reason.
    /// </summary>
    public static int InNewSession(string program, string[] arguments, string[] environment, int input, int output, int extra, out string? error)
    {
        byte* attributes = stackalloc byte[ObjectBytes];
        byte* actions = stackalloc byte[ObjectBytes];
        _ = posix_spawnattr_init(attributes);
        _ = posix_spawn_file_actions_init(actions);
        _ = posix_spawnattr_setflags(attributes, NewSession);
        _ = posix_spawn_file_actions_adddup2(actions, input, 0);
        _ = posix_spawn_file_actions_adddup2(actions, output, 1);
        _ = posix_spawn_file_actions_adddup2(actions, output, 2);
        _ = posix_spawn_file_actions_adddup2(actions, extra, 3);
        nint[] argv = Copy(arguments), envp = Copy(environment);
        int process, failure;
        fixed (nint* arg = argv, env = envp)
        {
            failure = posix_spawn(out process, program, actions, attributes, arg, env);
        }
        Free(argv);
        Free(envp);
        _ = posix_spawn_file_actions_destroy(actions);
        _ = posix_spawnattr_destroy(attributes);
        error = failure == 0 ? null : Marshal.GetPInvokeErrorMessage(failure);
        return failure == 0 ? process : 0;
    }

    /// <summary>Runs another program in this process. Returns only when that fails, with the reason.</summary>
    public static string Become(string program, string[] arguments, string[] environment)
    {
        nint[] argv = Copy(arguments), envp = Copy(environment);
        fixed (nint* arg = argv, env = envp)
        {
            _ = execve(program, arg, env);
        }
        string error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        Free(argv);
        Free(envp);
        return error;
    }

    /// <summary>The exit code of a child that has ended (128 and the signal when one killed it); null while it runs.</summary>
    public static int? ExitCodeOf(int process)
    {
        int status, result;
        do
        {
            result = waitpid(process, &status, NoHang);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result != process)
            return null;
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    /// <summary>A pipe whose ends no child inherits unless it is given them.</summary>
    public static (int Read, int Write) Pipe()
    {
        int* ends = stackalloc int[2];
        return pipe2(ends, CloseOnExec) == 0 ? (ends[0], ends[1]) : (-1, -1);
    }

    private static nint[] Copy(string[] texts) => [.. texts.Select(Marshal.StringToCoTaskMemUTF8), 0];

    private static void Free(nint[] texts)
    {
        foreach (nint text in texts)
            Marshal.FreeCoTaskMem(text);
    }

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int process, string program, byte* actions, byte* attributes, nint* arguments, nint* environment);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int execve(string program, nint* arguments, nint* environment);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int process, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);
}
