using System.CommandLine;
using System.Globalization;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;

namespace Redoubt.Cli;

/// <summary><c>redoubt history</c> lists operations; <c>redoubt journal</c> shows one, record by record, and whether its chain is whole.</summary>
internal static class JournalCommand
{
    public static Command CreateHistory()
    {
        var choice = new GroupChoice();
        Option<TimeSpan?> since = SwitchoverOptions.TimeOption("--since", "Only operations that began within this time, such as 30d");
        var output = new OutputChoice();
        var command = new Command("history", "List the operations on a group, one line each.");
        choice.AddTo(command);
        command.Add(since);
        output.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            StateFolder state = await group.StateAsync(cancellation).ConfigureAwait(false);
            DateTimeOffset from = arguments.GetValue(since) is { } time ? DateTimeOffset.UtcNow - time : DateTimeOffset.MinValue;
            JournalFile[] journals = [.. state.Journals().Where(journal => journal.Records.Count > 0 && journal.Records[0].At >= from)];
            var terminal = new Terminal();
            if (output.Of(arguments) != OutputFormat.Table)
                OutputChoice.Print(terminal, output.Of(arguments), journals.ToJson(), "operations");
            else if (journals.Length == 0)
                terminal.Write($"No operations (looked in {state.Folder}).");
            else
                terminal.Write(journals.Select(Draw));
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Create()
    {
        var choice = new GroupChoice();
        var number = new Argument<int?>("number") { Description = "The operation; without it the newest", Arity = ArgumentArity.ZeroOrOne };
        var output = new OutputChoice();
        var command = new Command("journal", "Show what an operation did, record by record, and check the journal's chain.") { number };
        choice.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            StateFolder state = await group.StateAsync(cancellation).ConfigureAwait(false);
            JournalFile? journal = arguments.GetValue(number) is { } wanted ? state.Read(wanted) : state.Journals().LastOrDefault();
            if (journal is null)
                throw new GroupDefinitionException($"there is no such operation (looked in {state.Folder})");
            var terminal = new Terminal();
            if (output.Of(arguments) != OutputFormat.Table)
                OutputChoice.Print(terminal, output.Of(arguments), journal.ToJson(), "records");
            else
                Show(terminal, journal);
            return journal.BrokenAt is null ? ExitCode.Done : ExitCode.NotDone;
        });
        return command;
    }

    private static Line Draw(JournalFile journal)
    {
        Tone tone = journal.Outcome switch { "Done" => Tone.Good, "open" or "Unknown" => Tone.Bad, _ => Tone.Warning };
        return new Line($"#{journal.Number,-4} {Time(journal.Records[0].At)}  {journal.Kind,-11} ", Tone.Plain).Add($"{journal.Outcome,-17} ", tone)
            .Add(journal.EndFact("summary") ?? $"{journal.Wishes.GetValueOrDefault("old_master")} -> {journal.Wishes.GetValueOrDefault("target")}");
    }

    private static void Show(Terminal terminal, JournalFile journal)
    {
        terminal.Write(new Line($"#{journal.Number} {journal.Kind}: {journal.Outcome}", Tone.Strong));
        foreach (JournalRecord record in journal.Records)
        {
            string facts = string.Join("  ", record.Facts.Where(fact => fact.Value.Length > 0).Select(fact => $"{fact.Key}={fact.Value.Replace("\n", " | ", StringComparison.Ordinal)}"));
            Tone tone = record.Mark switch { JournalMark.Failed => Tone.Bad, JournalMark.Done or JournalMark.End => Tone.Good, _ => Tone.Plain };
            terminal.Write(new Line("  " + record.At.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), Tone.Faint)
                .Add($"  {record.Mark.ToString().ToLowerInvariant(),-7} ", tone).Add($"{record.Step,-11} {facts}"));
        }

        if (journal.BrokenAt is { } line)
            terminal.Write(new Line($"The chain is broken at line {line}: the journal was changed after it was written.", Tone.Bad));
        if (journal.IsOpen)
            terminal.Write(new Line("Unfinished: go on with redoubt resume, or undo with redoubt abort.", Tone.Bad));
    }

    private static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
