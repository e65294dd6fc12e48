using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Groups;

namespace Redoubt.Operations.Procedures;

/// <summary>Runs the group file's hooks: an argument list without a shell, JSON on standard input, <c>REDOUBT_*</c> in the environment, a limit of time.</summary>
public sealed class ProcedureHooks(string group, HookSettings settings) : IProcedureHooks
{
    private const int OutputMax = 4096;

    /// <summary>For a group without any.</summary>
    public static ProcedureHooks None { get; } = new("", new HookSettings());

    public async Task<string?> RunAsync(string moment, IReadOnlyDictionary<string, string> facts)
    {
        if (!settings.Commands.TryGetValue(moment, out IReadOnlyList<IReadOnlyList<string>>? commands))
            return null;
        foreach (IReadOnlyList<string> command in commands)
        {
            HookRun run = await RunAsync(command, facts.Append(new("moment", moment)).Append(new("group", group)), settings.Timeout).ConfigureAwait(false);
            if (run.ExitCode != 0)
                return $"{string.Join(' ', command)}: {run.Said}";
        }

        return null;
    }

    /// <summary>Runs one program.</summary>
    internal static async Task<HookRun> RunAsync(IReadOnlyList<string> command, IEnumerable<KeyValuePair<string, string>> facts, TimeSpan limit)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Dictionary<string, string> known = facts.ToDictionary(fact => fact.Key, fact => fact.Value);
        foreach ((string name, string value) in known)
            start.Environment["REDOUBT_" + name.ToUpperInvariant()] = value;
        using var cancellation = new CancellationTokenSource(limit);
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellation.Token);
            try
            {
                await process.StandardInput.WriteAsync(Json(known)).ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // A program that does not care for its input has ended already.
            }

            try
            {
                await process.WaitForExitAsync(cancellation.Token).ConfigureAwait(false);
                string said = ((await output.ConfigureAwait(false)).Trim() + " " + (await errors.ConfigureAwait(false)).Trim()).Trim();
                return new HookRun(process.ExitCode, said.Length > 0 ? said[..Math.Min(said.Length, OutputMax)] : string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode}"));
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return new HookRun(-1, $"it did not end within {limit.TotalSeconds:0.#} s");
            }
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            return new HookRun(-1, error.Message);
        }
    }

    private static string Json(Dictionary<string, string> facts)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in facts)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}

/// <summary>How a program ended and what it said.</summary>
internal sealed record HookRun(int ExitCode, string Said);
