using System.CommandLine;
using System.Globalization;
using Redoubt.Operations;
using Redoubt.Operations.Local;

namespace Redoubt.Cli;

/// <summary><c>redoubt up</c>: a replicated group on this machine, with a live table until Ctrl-C, which stops it.</summary>
internal static class UpCommand
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        Option<long> replicas = NumberOption.Create("--replicas", "How many replicas beside the master", "N", usual: 1, from: 0, to: 15);
        Option<long> port = NumberOption.Create("--port", "The first port to try; taken ones are passed over", "P", usual: 6379, from: 1, to: 65535);
        Option<string> folder = GroupChoice.FolderOption();
        var detach = new Option<bool>("--detach", "-d") { Description = "Leave the group running in the background and return; 'redoubt down' stops it" };
        var server = new Option<string?>("--server") { Description = "The server to start: redoubt-server, or any redis-server. Also REDOUBT_SERVER", HelpName = "program" };
        var command = new Command("up", "Start a replicated group on this machine and show it until Ctrl-C, which stops it.") { replicas, port, folder, detach, server };
        command.SetAction((arguments, _) => RunAsync(
            new LocalGroupRequest
            {
                Folder = Path.GetFullPath(arguments.GetValue(folder)!),
                Server = ServerBinary.Find(arguments.GetValue(server)),
                Replicas = (int)arguments.GetValue(replicas),
                Port = (int)arguments.GetValue(port),
            },
            arguments.GetValue(detach)));
        return command;
    }

    private static async Task<int> RunAsync(LocalGroupRequest request, bool detach)
    {
        var terminal = new Terminal();
        using var interruption = new Interruption();
        using LocalStart start = await LocalStart.RunAsync(
            request, ReadyLimit,
            started => terminal.Write($"Starting {started.Nodes.Count} x {request.Server}, data in {started.Folder}"),
            state => { if (terminal.IsInteractive) terminal.Redraw([new Line(state, Tone.Faint)]); },
            interruption.Token).ConfigureAwait(false);
        terminal.Erase();
        (LocalGroup group, GroupProbe probe, string? trouble) = start;

        if (trouble is null && detach)
        {
            await AnnounceAsync(group, probe, terminal).ConfigureAwait(false);
            terminal.EndRedraw();
            return ExitCode.Done;
        }

        bool ready = trouble is null;
        if (ready && !await WatchAsync(group, probe, terminal, interruption.Token).ConfigureAwait(false))
        {
            terminal.EndRedraw();
            terminal.Write(new Line("All servers have ended.", Tone.Bad));
            return ExitCode.NotDone;
        }

        terminal.EndRedraw();
        bool clean = await StopAsync(group, terminal).ConfigureAwait(false);
        if (trouble is { Length: > 0 })
            await Console.Error.WriteLineAsync($"redoubt: {trouble}").ConfigureAwait(false);
        return ready && clean ? ExitCode.Done : trouble is "" ? ExitCode.Interrupted : ExitCode.NotDone;
    }

    private static async Task AnnounceAsync(LocalGroup group, GroupProbe probe, Terminal terminal)
    {
        StatusReport report = await StatusReport.TakeAsync(probe, group.Names).ConfigureAwait(false);
        terminal.Write(StatusTable.Draw(report, terminal.Width));
        terminal.Write("");
        terminal.Write(new Line("The group runs in the background. See it: redoubt status. Stop it: redoubt down.", Tone.Faint));
    }

    /// <summary>Shows the table until Ctrl-C; false when all servers have ended without it.</summary>
    private static async Task<bool> WatchAsync(LocalGroup group, GroupProbe probe, Terminal terminal, CancellationToken cancellation)
    {
        List<string> events = [];
        bool first = true;
        using var timer = new PeriodicTimer(RefreshInterval);
        try
        {
            do
            {
                IReadOnlyList<string> dead = group.NewlyDead();
                foreach (string message in dead)
                    events.Add($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {message}");
                StatusReport report = await StatusReport.TakeAsync(probe, group.Names, cancellation).ConfigureAwait(false);
                group.NoteMaster(report.Group);
                // A pipe gets the table once and then only what happens.
                if (terminal.IsInteractive || first)
                    terminal.Redraw(Screen(group, report, events, terminal));
                else if (dead.Count > 0)
                    terminal.Write(dead.SelectMany(message => message.Split('\n')).Select(line => new Line(line, Tone.Bad)));
                first = false;
                if (!group.AnyAlive)
                    return false;
            }
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C: the servers are stopped by the caller.
        }

        return true;
    }

    private static List<Line> Screen(LocalGroup group, StatusReport report, List<string> events, Terminal terminal)
    {
        List<Line> lines = [new Line()];
        lines.AddRange(StatusTable.Draw(report, terminal.Width));
        if (events.Count > 0)
        {
            lines.Add(new Line());
            foreach (string line in events.TakeLast(3).SelectMany(message => message.Split('\n')))
            {
                bool quoted = line.StartsWith(' ');
                foreach (string part in StatusTable.Wrapped(line.TrimStart(), terminal.Width - 6))
                    lines.Add(new Line(quoted ? "    " + part : part, quoted ? Tone.Faint : Tone.Bad));
            }
        }

        int port = report.Group.Master?.Address.Port ?? group.Nodes[0].Port;
        lines.Add(new Line());
        lines.Add(new Line($"Try in another terminal: redis-cli -p {port} · redoubt switchover", Tone.Faint));
        lines.Add(new Line("Ctrl-C stops the group.", Tone.Faint));
        return lines;
    }

    private static async Task<bool> StopAsync(LocalGroup group, Terminal terminal)
    {
        terminal.Write(new Line($"Stopping {group.Nodes.Count} servers …", Tone.Faint));
        IReadOnlyList<string> messages = await group.StopAsync().ConfigureAwait(false);
        foreach (string message in messages)
            terminal.Write(new Line(message, Tone.Bad));
        if (messages.Count == 0)
            terminal.Write($"Stopped. The data is kept in {group.Folder}");
        return messages.Count == 0;
    }
}
