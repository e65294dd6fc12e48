using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Redoubt.Failover.Names;

namespace Redoubt.Operations.Names;

// For directories that speak their own language (Route 53, Consul, an appliance). The program gets one JSON object on its standard input and
// answers with one on its standard output; docs/operating/dns.md has the form and two examples. It is asked to compare and swap, but what it
// says of itself is never the last word: where the name is in the DNS, the servers are asked.

/// <summary>A name that a program of the operator's keeps.</summary>
public sealed class ProgramName : INameProvider
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private readonly NameSettings _settings;
    private readonly NameServers? _servers;

    public ProgramName(NameSettings settings)
    {
        if (settings.Command.Count == 0)
            throw new Groups.GroupDefinitionException("the provider 'exec' needs 'command': a program and its arguments");
        _settings = settings;
        _servers = settings.Verification is { AllAuthoritative: true } or { Servers.Count: > 0 } or { Resolvers.Count: > 0 } ? new NameServers(settings) : null;
    }

    public string Name => _settings.Name;

    public string Kind => "exec";

    public async Task<IReadOnlyList<NameAnswer>> ShowAsync(CancellationToken cancellation)
    {
        IReadOnlyList<NameAnswer> servers = _servers is null ? [] : await _servers.AskAllAsync(cancellation).ConfigureAwait(false);
        return [await GetAsync(cancellation).ConfigureAwait(false), .. servers];
    }

    public async Task<NameChange> ChangeAsync(string expected, string wanted, CancellationToken cancellation)
    {
        (JsonNode? answer, string? failure) = await RunAsync("set", cancellation, ("expect", expected), ("value", wanted)).ConfigureAwait(false);
        if (answer is null)
            return new NameChange(NameChangeOutcome.Unknown, failure!);
        string evidence = answer["evidence"]?.ToString() ?? "";
        return answer["outcome"]?.ToString() switch
        {
            "changed" => new NameChange(NameChangeOutcome.Changed, evidence),
            "refused" => new NameChange(NameChangeOutcome.Refused, evidence),
            "conflict" => (await GetAsync(cancellation).ConfigureAwait(false)).Is(wanted)
                ? new NameChange(NameChangeOutcome.Changed, $"it is {wanted} already")
                : new NameChange(NameChangeOutcome.Conflict, evidence),
            var other => new NameChange(NameChangeOutcome.Unknown, $"{_settings.Command[0]} answered '{other}' where changed, conflict or refused is expected"),
        };
    }

    public async Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            NameAnswer own = await GetAsync(cancellation).ConfigureAwait(false);
            TimeSpan left = limit - Stopwatch.GetElapsedTime(began);
            if (own.Is(wanted) && _servers is not null)
            {
                NameVerdict servers = await _servers.VerifyAsync(wanted, left, cancellation).ConfigureAwait(false);
                return servers with { Answers = [own, .. servers.Answers] };
            }

            if (own.Is(wanted))
                return new NameVerdict(true, [own], $"{own.Server} says {wanted}");
            if (left < Between)
                return new NameVerdict(false, [own], own.Failure ?? $"{own.Server} says {string.Join(' ', own.Values)}");
            await Task.Delay(Between, cancellation).ConfigureAwait(false);
        }
    }

    public Task<NameChange?> RehearseAsync(CancellationToken cancellation) => Task.FromResult<NameChange?>(null);

    private async Task<NameAnswer> GetAsync(CancellationToken cancellation)
    {
        string shown = Path.GetFileName(_settings.Command[0]);
        (JsonNode? answer, string? failure) = await RunAsync("get", cancellation).ConfigureAwait(false);
        if (answer is null)
            return new NameAnswer(shown, true, [], null, failure);
        return answer["values"] is JsonArray values
            ? new NameAnswer(shown, true, [.. values.Select(value => value?.ToString() ?? "")], (int?)answer["ttl"])
            : new NameAnswer(shown, true, [], null, "its answer has no 'values'");
    }

    /// <summary>The program's answer, or why there is none.</summary>
    private async Task<(JsonNode? Answer, string? Failure)> RunAsync(string action, CancellationToken cancellation, params (string Key, string Value)[] more)
    {
        var question = new JsonObject
        {
            ["action"] = action,
            ["name"] = _settings.Name,
            ["type"] = _settings.Type.ToString().ToUpperInvariant(),
            ["ttl"] = _settings.TtlSeconds,
        };
        foreach ((string key, string value) in more)
            question[key] = value;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        string program = _settings.Command[0];
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, _settings.Command.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
                Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
                await WriteAsync(process, question.ToJsonString()).ConfigureAwait(false);
                await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
                string text = await output.ConfigureAwait(false);
                if (process.ExitCode != 0)
                    return (null, $"{program} ended with {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
                return JsonNode.Parse(text) is JsonObject answer ? (answer, null) : (null, $"{program} answered no JSON object");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellation.ThrowIfCancellationRequested();
                return (null, $"{program} did not end within {Limit.TotalSeconds:0} s");
            }
        }
        catch (JsonException)
        {
            return (null, $"{program} answered no JSON object");
        }
        catch (Win32Exception error)
        {
            return (null, $"{program} cannot be started: {error.Message}");
        }
    }

    private static async Task WriteAsync(Process process, string question)
    {
        try
        {
            await process.StandardInput.WriteAsync(question).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program that does not read its question may still answer; if not, its exit code says why.
        }
    }
}
