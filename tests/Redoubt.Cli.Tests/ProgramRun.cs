using System.Diagnostics;

namespace Redoubt.Cli.Tests;

/// <summary>One run of the program with its output piped, as a script would run it.</summary>
internal sealed record ProgramRun(int Code, string Output, string Errors)
{
    public static async Task<ProgramRun> Of(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        return await Finish(process);
    }

    public static Task<ProgramRun> Of(params string[] arguments) => Of(new Dictionary<string, string>(), arguments);

    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "redoubt"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string name in new[] { "REDISCLI_AUTH", "REDOUBT_SERVER" })
            start.Environment.Remove(name);
        // Journals of groups that are given by addresses go here rather than where this machine's operator keeps his.
        start.Environment["XDG_STATE_HOME"] = Path.Combine(Path.GetTempPath(), "redoubt-cli-tests");
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Reads both streams to their ends, so a child that keeps them open is found out.</summary>
    public static async Task<ProgramRun> Finish(Process process, string alreadyRead = "")
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await Task.WhenAll(output, errors).WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        return new ProgramRun(process.ExitCode, alreadyRead + output.Result, errors.Result);
    }
}
