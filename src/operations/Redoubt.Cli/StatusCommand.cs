using System.CommandLine;
using System.Globalization;
using Redoubt.Failover;
using Redoubt.Operations;

namespace Redoubt.Cli;

/// <summary><c>redoubt status</c>: one look at a group, or a table that is kept up to date.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var choice = new GroupChoice();
        var watch = new Option<bool>("--watch", "-w") { Description = "Keep the table up to date until Ctrl-C" };
        var output = new OutputChoice();
        var command = new Command("status", "Show a group: roles, links, offsets, how far replicas are behind.");
        choice.AddTo(command);
        command.Add(watch);
        output.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(watch) && output.IsForPrograms(result))
                result.AddError("--watch is for people; for programs run status --json again and again.");
        });
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            using var interruption = new Interruption();
            var terminal = new Terminal();
            return arguments.GetValue(watch)
                ? await WatchAsync(group, terminal, interruption.Token).ConfigureAwait(false)
                : await ShowAsync(group, terminal, output.Of(arguments), interruption.Token).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> ShowAsync(ChosenGroup group, Terminal terminal, OutputFormat format, CancellationToken cancellation)
    {
        StatusReport report = await TakeAsync(group, cancellation).ConfigureAwait(false);
        if (format == OutputFormat.Table)
            terminal.Write(StatusTable.Draw(report, terminal.Width));
        else
            OutputChoice.Print(terminal, format, report.ToJson(), "nodes");
        return CodeOf(report);
    }

    private static async Task<int> WatchAsync(ChosenGroup group, Terminal terminal, CancellationToken cancellation)
    {
        StatusReport? report = null;
        using var timer = new PeriodicTimer(WatchInterval);
        try
        {
            do
            {
                report = await TakeAsync(group, cancellation).ConfigureAwait(false);
                group.Local?.NoteMaster(report.Group);
                string time = DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
                List<Line> lines = StatusTable.Draw(report, terminal.Width);
                lines.Insert(0, new Line(terminal.IsInteractive ? $"{time}  every second; Ctrl-C ends" : time, Tone.Faint));
                terminal.Redraw(lines);
            }
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is the way to end this.
        }
        finally
        {
            terminal.EndRedraw();
        }

        return report is null ? ExitCode.Interrupted : CodeOf(report);
    }

    private static async Task<StatusReport> TakeAsync(ChosenGroup group, CancellationToken cancellation)
    {
        StatusReport report = await StatusReport.TakeAsync(group.Probe, group.Names, cancellation).ConfigureAwait(false);
        return report.With(await StatusSurroundings.LookAsync(group.NameProvider, group.StateOf(report.Group), report.Group, cancellation).ConfigureAwait(false));
    }

    private static int CodeOf(StatusReport report)
    {
        if (report.Group.Nodes.All(node => node.Failure is not null))
            return ExitCode.Refused;
        return report.Analysis.Severity == Severity.Healthy ? ExitCode.Done : ExitCode.NotDone;
    }
}
