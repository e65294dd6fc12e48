using System.CommandLine;
using Redoubt.Failover;

namespace Redoubt.Cli;

/// <summary><c>redoubt switchover</c> hands the master's role over, as planned and without losing a write; <c>redoubt plan</c> only says how.</summary>
internal static class SwitchoverCommand
{
    public static Command Create()
    {
        var choice = new GroupChoice();
        var options = new SwitchoverOptions();
        var probeKey = new Option<string?>("--probe-key") { Description = "Measure the write pause by setting this key all the while (it expires after a minute)", HelpName = "key" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only make the checks and print the plan" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask whether to go on" };
        var output = new OutputChoice();
        var command = new Command("switchover", "Make a replica the master, without losing a write.");
        choice.AddTo(command);
        options.AddTo(command);
        command.Add(probeKey);
        command.Add(dryRun);
        command.Add(yes);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            var run = new OperationRun(group, output.Of(arguments));
            SwitchoverRequest request = options.Of(arguments, group, run.IsAttended);
            bool dry = arguments.GetValue(dryRun);
            return await run.SwitchAsync(request, arguments.GetValue(probeKey), dry, explain: dry, ask: !arguments.GetValue(yes)).ConfigureAwait(false);
        });
        return command;
    }

    public static Command CreatePlan()
    {
        var choice = new GroupChoice();
        var options = new SwitchoverOptions();
        var explain = new Option<bool>("--explain") { Description = "Say of each step what it waits for, how it is undone, and what a failure leaves behind" };
        var output = new OutputChoice();
        var command = new Command("plan", "Print the checks and the steps of a switchover, and change nothing.");
        choice.AddTo(command);
        options.AddTo(command);
        command.Add(explain);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            var run = new OperationRun(group, output.Of(arguments));
            return await run.SwitchAsync(options.Of(arguments, group, run.IsAttended), null, dryRun: true, arguments.GetValue(explain), ask: false).ConfigureAwait(false);
        });
        return command;
    }
}
