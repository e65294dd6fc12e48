using System.CommandLine;
using Redoubt.Operations;
using Redoubt.Operations.Local;

namespace Redoubt.Cli;

/// <summary><c>redoubt down</c>: stop the local group.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        Option<string> folder = GroupChoice.FolderOption();
        var command = new Command("down", "Stop the local group; its data is kept.") { folder };
        command.SetAction((arguments, _) => RunAsync(Path.GetFullPath(arguments.GetValue(folder)!)));
        return command;
    }

    private static async Task<int> RunAsync(string folder)
    {
        using LocalGroup? group = LocalGroup.Find(folder);
        var terminal = new Terminal();
        if (group is null)
        {
            terminal.Write($"No local group runs (looked in {folder}).");
            return ExitCode.Done;
        }

        // The next start relies on who was the master at the end.
        using (var probe = new GroupProbe(group.Nodes.Select(node => node.Address), new ProbeOptions()))
            group.NoteMaster(await probe.ObserveAsync().ConfigureAwait(false));
        IReadOnlyList<string> messages = await group.StopAsync().ConfigureAwait(false);
        foreach (string message in messages)
            await Console.Error.WriteLineAsync($"redoubt: {message}").ConfigureAwait(false);
        terminal.Write($"Stopped {group.Nodes.Count} servers. The data is kept in {folder}");
        return messages.Count == 0 ? ExitCode.Done : ExitCode.NotDone;
    }
}
