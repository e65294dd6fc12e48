using System.Diagnostics;

namespace Redoubt.Testing;

/// <summary>One run of a command-line tool to its end, bounded in time.</summary>
public sealed record ToolRun(int ExitCode, string Output, string Errors)
{
    public static ToolRun Of(string binary, IEnumerable<string> arguments, byte[]? input = null, TimeSpan? limit = null)
    {
        using Process process = ChildProcesses.Start(binary, arguments, Path.GetTempPath());
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            process.StandardInput.BaseStream.Write(input);
        }

        process.StandardInput.Close();
        if (!process.WaitForExit(limit ?? TimeSpan.FromSeconds(60)))
        {
            process.Kill();
            throw new TimeoutException($"{binary} did not end; its output: {output.Result}\n{errors.Result}");
        }

        return new ToolRun(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>The output, or a failure that shows both outputs when the tool did not succeed.</summary>
    public string Succeeded() => ExitCode == 0 ? Output : throw new InvalidOperationException($"exit code {ExitCode}\n{Output}\n{Errors}");
}
