using System.CommandLine;
using Redoubt.Failover.Doctor;
using Redoubt.Operations;

namespace Redoubt.Cli;

/// <summary><c>redoubt doctor</c>: every check, each with its evidence and what would help.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var choice = new GroupChoice();
        var strict = new Option<bool>("--strict") { Description = "Warnings count as failures" };
        var ignore = new Option<string[]>("--ignore-check") { Description = "Leave this check out; may be given several times", HelpName = "id" };
        var output = new OutputChoice();
        var command = new Command("doctor", "Check everything that a change of master, or a restart, depends on.");
        choice.AddTo(command);
        command.Add(strict);
        command.Add(ignore);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            using var interruption = new Interruption();
            var visit = new DoctorVisit(group.Probe, group.Definition, group.NameProvider, await group.StateAsync(interruption.Token).ConfigureAwait(false));
            string[] ignored = arguments.GetValue(ignore) ?? [];
            DoctorFinding[] findings = [.. (await visit.RunAsync(interruption.Token).ConfigureAwait(false)).Where(finding => !ignored.Contains(finding.Id))];
            var terminal = new Terminal();
            if (output.Of(arguments) == OutputFormat.Table)
                Show(terminal, findings);
            else
                OutputChoice.Print(terminal, output.Of(arguments), DoctorVisit.ToJson(findings), "checks");
            Diagnosis limit = arguments.GetValue(strict) ? Diagnosis.Warn : Diagnosis.Fail;
            return findings.Any(finding => finding.Diagnosis >= limit) ? ExitCode.NotDone : ExitCode.Done;
        });
        return command;
    }

    private static void Show(Terminal terminal, DoctorFinding[] findings)
    {
        foreach (DoctorFinding finding in findings)
        {
            (string mark, Tone tone) = finding.Diagnosis switch { Diagnosis.Pass => ("PASS", Tone.Good), Diagnosis.Warn => ("WARN", Tone.Warning), _ => ("FAIL", Tone.Bad) };
            bool first = true;
            foreach (string part in StatusTable.Wrapped(finding.Evidence, terminal.Width - 36))
            {
                terminal.Write(first ? new Line(" ").Add(mark, tone).Add($"  {finding.Id,-26}  {part}") : new Line(new string(' ', 35) + part));
                first = false;
            }

            foreach (string part in finding.Remedy.Length == 0 ? [] : StatusTable.Wrapped("remedy: " + finding.Remedy, terminal.Width - 36))
                terminal.Write(new Line(new string(' ', 35) + part, Tone.Faint));
        }

        int Count(Diagnosis diagnosis) => findings.Count(finding => finding.Diagnosis == diagnosis);
        terminal.Write($" {findings.Length} checks: {Count(Diagnosis.Pass)} pass, {Count(Diagnosis.Warn)} warn, {Count(Diagnosis.Fail)} fail");
    }
}
