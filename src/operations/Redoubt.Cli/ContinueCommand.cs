using System.CommandLine;

namespace Redoubt.Cli;

/// <summary><c>redoubt resume</c> and <c>redoubt abort</c>: go on with an interrupted operation, or undo it.</summary>
internal static class ContinueCommand
{
    public static Command CreateResume() => Create("resume", "Go on with an operation that was interrupted; looks at the nodes again before it acts.", abort: false);

    public static Command CreateAbort() => Create("abort", "Undo an operation that was interrupted; finishes it instead if the role has moved already.", abort: true);

    private static Command Create(string name, string description, bool abort)
    {
        var choice = new GroupChoice();
        var output = new OutputChoice();
        var command = new Command(name, description);
        choice.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            var run = new OperationRun(group, output.Of(arguments));
            return await run.ContinueAsync(abort).ConfigureAwait(false);
        });
        return command;
    }
}
