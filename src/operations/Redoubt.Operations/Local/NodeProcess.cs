using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Redoubt.Operations.Local;

// A server has to outlive a closed terminal, must not get the Ctrl-C that is meant for the tool, and must not hold the tool's output open (or
// `redoubt up --detach | cat` would never end). So it is started through a shell that gives it files of its own for input and output and then
// becomes `setsid`, which becomes the server: one process all the way, whose ID is known from the start, in a session of its own.
// Where there is no setsid the server shares the terminal; Ctrl-C then reaches it too, which it takes as an order to shut down: the same
// end, only less orderly.
//
// Stopping is SIGTERM, which makes a server save and leave; .NET has no call for that signal, `kill` of the shell has.
//
// A process that this tool did not start (a detached group's) is known by its ID and its start time together, since IDs come round again.

/// <summary>A server process of a local group, started here or found again.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process? _child;

    private NodeProcess(int processId, long startedTicks, Process? child)
    {
        ProcessId = processId;
        StartedTicks = startedTicks;
        _child = child;
    }

    public int ProcessId { get; }

    public long StartedTicks { get; }

    /// <summary>Starts a server with a configuration file; what it prints goes to a file in its folder.</summary>
    public static NodeProcess Start(string server, string configuration, string folder, string outputFile)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec </dev/null >>\"$1\" 2>&1; shift; if command -v setsid >/dev/null 2>&1; then exec setsid \"$@\"; else exec \"$@\"; fi");
        start.ArgumentList.Add("redoubt");
        start.ArgumentList.Add(outputFile);
        start.ArgumentList.Add(server);
        start.ArgumentList.Add(configuration);
        try
        {
            Process child = Process.Start(start)!;
            return new NodeProcess(child.Id, StartTicks(child.Id) ?? 0, child);
        }
        catch (Win32Exception error)
        {
            throw new LocalGroupException($"{server} cannot be started: {error.Message}");
        }
    }

    /// <summary>The recorded process if it still is the same one; otherwise null.</summary>
    public static NodeProcess? Find(LocalNode node) =>
        node.ProcessId > 0 && StartTicks(node.ProcessId) is { } ticks && ticks == node.StartedTicks
            ? new NodeProcess(node.ProcessId, ticks, null)
            : null;

    public bool IsAlive => _child is { } child ? !child.HasExited : StartTicks(ProcessId) == StartedTicks;

    /// <summary>The exit code of a child that has ended; null while it lives, and for a process that was not started here.</summary>
    public int? ExitCode => _child is { HasExited: true } ? _child.ExitCode : null;

    /// <summary>Asks it to shut down, SIGTERM; or ends it at once, SIGKILL.</summary>
    public void Signal(string name)
    {
        if (!IsAlive)
            return;
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {ProcessId.ToString(CultureInfo.InvariantCulture)} 2>/dev/null"]);
        kill.WaitForExit();
    }

    /// <summary>True when it has ended within that time.</summary>
    public async Task<bool> WaitForExitAsync(TimeSpan limit)
    {
        long began = Stopwatch.GetTimestamp();
        while (IsAlive)
        {
            if (Stopwatch.GetElapsedTime(began) > limit)
                return false;
            await Task.Delay(10).ConfigureAwait(false);
        }

        return true;
    }

    public void Dispose() => _child?.Dispose();

    /// <summary>When that process started, or null when there is none (a zombie that waits for its parent counts as none).</summary>
    private static long? StartTicks(int processId)
    {
        string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat");
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                using Process process = Process.GetProcessById(processId);
                return process.HasExited ? null : process.StartTime.ToUniversalTime().Ticks;
            }

            // "pid (name) state ...": the name may hold spaces and parentheses, so the fields are counted from its end. The start is field 22.
            string text = File.ReadAllText(file);
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }
}
