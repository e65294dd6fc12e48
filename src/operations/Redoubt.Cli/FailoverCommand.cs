using System.CommandLine;
using System.Text;
using System.Text.Json;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Failover.Unplanned;
using Redoubt.Operations;
using Redoubt.Operations.Procedures;
using Redoubt.Operations.Unplanned;

namespace Redoubt.Cli;

// A failover gives up writes that the old master may have acknowledged, so more is asked for than a plain yes: the group's name has to be typed. Without
// a person there REDOUBT_ASSUME has to hold that name; --yes alone is not enough where a risk is accepted. There is no --force: each
// risk has an option of its own that says what it is.

/// <summary><c>redoubt failover</c>: promote a replica of a master that is gone.</summary>
internal static class FailoverCommand
{
    public static Command Create()
    {
        var choice = new GroupChoice();
        var rules = new SwitchoverOptions();
        Option<TimeSpan?> wait = SwitchoverOptions.TimeOption("--wait-recovery", "How long a master that may come back by itself is waited for");
        var acceptLoss = new Option<bool>("--accept-data-loss") { Description = "Promote a replica though another one has more" };
        var acceptUnfenced = new Option<bool>("--accept-unfenced") { Description = "Promote though no fence could be verified: the old master may come back and accept writes" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only make the checks and print the plan" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask; a risk that is accepted still needs REDOUBT_ASSUME=group" };
        var output = new OutputChoice();
        var command = new Command("failover", "Promote a replica of a master that is gone: diagnose, fence, keep evidence, promote.");
        choice.AddTo(command);
        rules.AddTo(command);
        foreach (Option option in new Option[] { wait, acceptLoss, acceptUnfenced, dryRun, yes })
            command.Add(option);
        output.AddTo(command);
        command.SetAction(async (arguments, _) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            using var interruption = new Interruption();
            OutputFormat format = output.Of(arguments);
            var run = new OperationRun(group, format);
            SwitchoverRequest usual = rules.Of(arguments, group, run.IsAttended);
            var request = new FailoverRequest
            {
                Target = usual.Target,
                AcceptDataLoss = arguments.GetValue(acceptLoss),
                AcceptUnfenced = arguments.GetValue(acceptUnfenced),
                WaitRecovery = arguments.GetValue(wait) ?? TimeSpan.Zero,
                Rules = usual,
            };
            bool dry = arguments.GetValue(dryRun);
            OperationOptions options = await run.OptionsAsync(journal: !dry, interruption.Token).ConfigureAwait(false);
            var terminal = new Terminal();
            FailoverResult result;
            try
            {
                result = await new UnplannedFailover(group.Probe, group.Definition, options).RunAsync(
                    request, plan => Show(terminal, format, plan, dry) && !dry && IsAgreed(group, options.State!, request, run.IsAttended, arguments.GetValue(yes), terminal), interruption.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("redoubt: interrupted; nothing was changed").ConfigureAwait(false);
                return ExitCode.Interrupted;
            }

            bool planned = dry && result.Plan.Refusal is null;
            Print(terminal, format, group, result, planned);
            return planned ? ExitCode.Done : ExitCode.Of(result.Outcome);
        });
        return command;
    }

    private static bool IsAgreed(ChosenGroup group, StateFolder state, FailoverRequest request, bool attended, bool yes, Terminal terminal)
    {
        string name = group.Definition.Name.Length > 0 ? group.Definition.Name : state.Group;
        if (Environment.GetEnvironmentVariable("REDOUBT_ASSUME") == name)
            return true;
        if (yes && !request.AcceptDataLoss && !request.AcceptUnfenced)
            return true;
        if (attended)
            return terminal.AskFor($"Type the group's name to promote, and to give up what only the old master has ({name}):") == name;
        Console.Error.WriteLine($"redoubt: nobody is there to agree; set REDOUBT_ASSUME={name}{(request.AcceptDataLoss || request.AcceptUnfenced ? "" : ", or give --yes")}");
        return false;
    }

    private static bool Show(Terminal terminal, OutputFormat format, FailoverPlan plan, bool dryRun)
    {
        if (format != OutputFormat.Table)
            return true;
        terminal.Write(new Line(plan is { OldMaster: { } from, Target: { } to } ? $"Failover {from} -> {to.Address}" : "Failover", Tone.Strong));
        if (plan.Diagnosis is { } diagnosis)
            terminal.Write(new Line($"Verdict: {diagnosis.Verdict}. {diagnosis.Evidence}", diagnosis.IsGone ? Tone.Bad : Tone.Warning));
        string text = new SwitchoverPlan { Request = new SwitchoverRequest(), Checks = plan.Checks, Steps = dryRun ? plan.Steps : [] }.ToText();
        terminal.Write(text.TrimEnd('\n').Split('\n').Select(line => new Line(line, line.StartsWith("  FAIL", StringComparison.Ordinal) ? Tone.Bad : Tone.Plain)));
        return true;
    }

    private static void Print(Terminal terminal, OutputFormat format, ChosenGroup group, FailoverResult result, bool planned)
    {
        if (result.After is { } seen)
            group.Local?.NoteMaster(seen);
        if (format != OutputFormat.Table)
        {
            OutputChoice.Print(terminal, format, ToJson(result), planned ? "steps" : "checks");
            return;
        }

        terminal.Write(new Line(planned ? "Dry run: every check passes, nothing was changed." : result.Summary, planned || result.Outcome == ProcedureOutcome.DoneWithFollowUps ? Tone.Good : Tone.Bad));
        foreach (string sentence in result.FollowUps)
            terminal.Write(new Line("- ", Tone.Warning).Add(sentence));
        if (result.After is { } after)
        {
            terminal.Write("");
            terminal.Write(StatusTable.DrawNodes(StatusReport.Of(after, group.Probe, group.Names), terminal.Width));
        }
    }

    private static string ToJson(FailoverResult result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("outcome", SwitchoverJson.Word(result.Outcome));
            json.WriteString("summary", result.Summary);
            json.WriteNumber("operation", result.Number);
            json.WriteString("verdict", result.Plan.Diagnosis?.Verdict.ToString());
            json.WriteString("old_master", result.Plan.OldMaster?.ToString());
            json.WriteString("target", result.Plan.Target?.Address.ToString());
            SwitchoverJson.WriteChecks(json, result.Plan.Checks, result.Plan.Steps);
            json.WriteStartArray("follow_ups");
            foreach (string sentence in result.FollowUps)
                json.WriteStringValue(sentence);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}

/// <summary><c>redoubt fence</c> and <c>redoubt unfence</c>: keep a node from accepting writes, and let it again.</summary>
internal static class FenceCommand
{
    public static Command CreateFence()
    {
        var method = new Option<string?>("--method") { Description = "One of the group file's methods: min-replicas, hook:NAME; without it all, until one is verified", HelpName = "method" };
        return Create("fence", "Keep a node from accepting writes, and see that it does not.", method, async (fence, node, arguments) =>
        {
            var terminal = new Terminal();
            IReadOnlyList<(string Method, FenceState State)> states = await fence.RaiseAsync(node, arguments.GetValue(method)).ConfigureAwait(false);
            foreach ((string name, FenceState state) in states)
                terminal.Write(new Line($"{name}: ", Tone.Strong).Add(state.Evidence, state.Verified ? Tone.Good : Tone.Bad));
            bool verified = states.Any(state => state.State.Verified);
            terminal.Write(verified ? new Line($"{node} is fenced. Lift it: redoubt unfence {node}", Tone.Good) : new Line($"{node} is NOT verified to be fenced.", Tone.Bad));
            return verified ? ExitCode.Done : ExitCode.NotDone;
        });
    }

    public static Command CreateUnfence() => Create("unfence", "Let a fenced node accept writes again.", null, async (fence, node, _) =>
    {
        var terminal = new Terminal();
        IReadOnlyList<(string Method, string Trouble)> left = await fence.LowerAsync(node).ConfigureAwait(false);
        foreach ((string name, string trouble) in left)
            terminal.Write(new Line($"{name} may still be up: {trouble}", Tone.Bad));
        if (left.Count == 0)
            terminal.Write(new Line($"{node} is not fenced.", Tone.Good));
        return left.Count == 0 ? ExitCode.Done : ExitCode.NotDone;
    });

    private static Command Create(string name, string description, Option? option, Func<NodeFence, Topology.NodeAddress, ParseResult, Task<int>> body)
    {
        var choice = new GroupChoice();
        var node = new Argument<string>("node") { Description = "The node, by name or address" };
        var command = new Command(name, description) { node };
        choice.AddTo(command);
        if (option is not null)
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            using ChosenGroup group = choice.Open(arguments);
            StateFolder state = await group.StateAsync(cancellation).ConfigureAwait(false);
            return await body(new NodeFence(group.Probe, group.Definition, state), group.Find(arguments.GetValue(node)!), arguments).ConfigureAwait(false);
        });
        return command;
    }
}
