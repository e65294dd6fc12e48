using System.CommandLine;
using System.CommandLine.Help;
using Redoubt.Cli;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Local;
using Redoubt.Operations.Procedures;

var root = new RootCommand("Redoubt: replicated Redis-compatible groups, seen and switched over safely.")
{
    UpCommand.Create(),
    DownCommand.Create(),
    InitCommand.Create(),
    StatusCommand.Create(),
    DoctorCommand.Create(),
    SwitchoverCommand.CreatePlan(),
    SwitchoverCommand.Create(),
    FailoverCommand.Create(),
    FenceCommand.CreateFence(),
    FenceCommand.CreateUnfence(),
    ClientsCommand.Create(),
    ContinueCommand.CreateResume(),
    ContinueCommand.CreateAbort(),
    MissedWritesCommand.Create(),
    RejoinCommand.Create(),
    DnsCommand.Create(),
    JournalCommand.Create(),
    JournalCommand.CreateHistory(),
};
ParseResult arguments = root.Parse(args.Length == 0 ? ["--help"] : args);
if (arguments.Errors.Count > 0)
{
    foreach (string message in arguments.Errors.Select(error => error.Message).Distinct())
        Console.Error.WriteLine($"redoubt: {message}");
    string command = arguments.CommandResult.Command == root ? "" : $" {arguments.CommandResult.Command.Name}";
    Console.Error.WriteLine($"Try: redoubt{command} --help");
    return ExitCode.Usage;
}

try
{
    // Commands catch signals themselves: the library's own handling would end them after two seconds, in the middle of a stop.
    int code = await arguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    if (arguments.Action is HelpAction && arguments.CommandResult.Command is var shown && shown != root)
        Console.WriteLine(ExitCode.Explain(shown.Name));
    return code;
}
catch (Exception error) when (error is NoGroupException or GroupDefinitionException)
{
    Console.Error.WriteLine($"redoubt: {error.Message}");
    return ExitCode.Usage;
}
catch (GroupBusyException error)
{
    Console.Error.WriteLine($"redoubt: {error.Message}");
    return ExitCode.Busy;
}
catch (LocalGroupException error)
{
    Console.Error.WriteLine($"redoubt: {error.Message}");
    return ExitCode.NotDone;
}
catch (OperationCanceledException)
{
    return ExitCode.Interrupted;
}
