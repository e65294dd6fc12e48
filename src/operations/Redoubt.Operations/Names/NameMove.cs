using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Redoubt.Failover.Names;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;

namespace Redoubt.Operations.Names;

// Setting the name by hand is for when no procedure does it: the first time, and after an accident. It takes the group's lock, so that it does not cross a
// procedure, and keeps a list of what it did beside the journals, from which the last change can be taken back.

/// <summary>Changes the name by hand.</summary>
public sealed class NameMove(INameProvider name, GroupDefinition group, StateFolder state)
{
    private string ListPath => Path.Combine(state.Folder, "name.jsonl");

    /// <summary>What the name has to be while that node is the master.</summary>
    public static string ValueOf(NodeDefinition node) => node.NameValue ?? node.Address.Host;

    /// <summary>Asks every server.</summary>
    public static async Task<NameReport> LookAsync(INameProvider name, string? wanted, CancellationToken cancellation) =>
        new(name.Name, name.Kind, wanted, await name.ShowAsync(cancellation).ConfigureAwait(false));

    /// <summary>Points the name to a node, from wherever it points now.</summary>
    public async Task<NameMoveResult> SetAsync(NodeDefinition node, CancellationToken cancellation)
    {
        using IDisposable held = state.Lock();
        IReadOnlyList<NameAnswer> now = await name.ShowAsync(cancellation).ConfigureAwait(false);
        NameAnswer? keeper = now.FirstOrDefault(answer => answer.IsAuthoritative && answer.Failure is null);
        if (keeper is null)
            return new NameMoveResult(NameMoveOutcome.Refused, "no authoritative server answers, so nobody knows what would be replaced", now);
        if (keeper.Values.Count > 1)
            return new NameMoveResult(NameMoveOutcome.Refused, $"{name.Name} has {keeper.Values.Count} values; it has to have one", now);
        return await MoveAsync(keeper.Values.FirstOrDefault() ?? "", ValueOf(node), cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes the last change by hand back, if the name still is what that made it.</summary>
    public async Task<NameMoveResult> RevertAsync(CancellationToken cancellation)
    {
        using IDisposable held = state.Lock();
        if (!File.Exists(ListPath) || File.ReadLines(ListPath).LastOrDefault() is not { } line)
            return new NameMoveResult(NameMoveOutcome.Refused, "the name has never been changed by hand", []);
        using JsonDocument last = JsonDocument.Parse(line);
        string before = last.RootElement.GetProperty("from").GetString()!;
        if (before.Length == 0)
            return new NameMoveResult(NameMoveOutcome.Refused, "before the last change there was no such record; delete it by hand", []);
        return await MoveAsync(last.RootElement.GetProperty("to").GetString()!, before, cancellation).ConfigureAwait(false);
    }

    private async Task<NameMoveResult> MoveAsync(string from, string to, CancellationToken cancellation)
    {
        NameChange change = await name.ChangeAsync(from, to, cancellation).ConfigureAwait(false);
        if (change.Outcome is NameChangeOutcome.Conflict or NameChangeOutcome.Refused)
            return new NameMoveResult(NameMoveOutcome.Refused, change.Evidence, await name.ShowAsync(cancellation).ConfigureAwait(false));
        if (from != to)
            Note(from, to);
        NameVerdict verdict = await name.VerifyAsync(to, group.Dns.Verification.Timeout, cancellation).ConfigureAwait(false);
        if (verdict.Agreed)
            return new NameMoveResult(NameMoveOutcome.Done, $"{name.Name} is {to}: {verdict.Evidence}", verdict.Answers);
        NameMoveOutcome outcome = change.Outcome == NameChangeOutcome.Unknown ? NameMoveOutcome.Unknown : NameMoveOutcome.Unverified;
        return new NameMoveResult(outcome, $"{change.Evidence}, but: {verdict.Evidence}", verdict.Answers);
    }

    private void Note(string from, string to)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("at", DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("name", name.Name);
            json.WriteString("from", from);
            json.WriteString("to", to);
            json.WriteEndObject();
        }

        using var file = new FileStream(ListPath, FileMode.Append, FileAccess.Write);
        file.Write(buffer.WrittenSpan);
        file.Write("\n"u8);
        file.Flush(flushToDisk: true);
    }
}
