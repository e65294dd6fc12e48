using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Redoubt.Client;
using Redoubt.Failover.MissedWrites;

namespace Redoubt.Operations.MissedWrites;

/// <summary>What became of one group of missed writes.</summary>
/// <param name="Item">The group.</param>
/// <param name="Applied">True when the new master has them now; null when nobody knows.</param>
/// <param name="Reason">What happened, in words.</param>
public sealed record ApplyOutcome(MissedItem Item, bool? Applied, string Reason);

// Replaying writes is how a recovery makes things worse: what was missing is not missing any more, or something newer stands there. So a group
// is applied only where none of its keys was touched since the fork. Then the commands find on the new master what they found on the old one, and even
// an INCR comes out right, once. And only once: applying is itself a touch, so a second attempt is a conflict.
//
//   WATCH the keys ─► read what they are (undo file) ─► read the new master's stream up to now: touched? ─► journal ─► MULTI … EXEC ─► journal
//
// Between the WATCH and the EXEC the server guards the keys; before the WATCH the stream does. Nothing lies between the two.
//
// The undo file holds commands that bring every key back to what it was, the group that was applied last first: redis-cli --pipe < undo.resp.

/// <summary>Applies missed writes to the new master, group by group.</summary>
public sealed class MissedWritesApply(NodeProbe newMaster, ChangesSinceFork changes, LossFindings findings, string folder)
{
    /// <summary>Applies the given groups; those that may not be any more are left alone.</summary>
    public async Task<IReadOnlyList<ApplyOutcome>> RunAsync(IEnumerable<MissedItem> items, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        List<ApplyOutcome> outcomes = [];
        using RedoubtSession session = await newMaster.OpenSessionAsync(cancellation).ConfigureAwait(false);
        foreach (MissedItem item in items)
        {
            // What has begun is brought to its end; the next one is not begun.
            cancellation.ThrowIfCancellationRequested();
            ApplyOutcome outcome;
            try
            {
                outcome = await ApplyAsync(session, item).ConfigureAwait(false);
            }
            catch (MaybeAppliedException error)
            {
                outcome = new ApplyOutcome(item, null, error.Message);
            }

            Note(outcome.Applied switch { true => "applied", false => "left", null => "unknown" }, item, outcome.Reason);
            outcomes.Add(outcome);
            if (outcome.Applied is null)
                break;
        }

        return outcomes;
    }

    private async Task<ApplyOutcome> ApplyAsync(RedoubtSession session, MissedItem item)
    {
        var undo = new MemoryStream();
        foreach (IGrouping<int, KeyPlace> keys in item.Group.Keys.GroupBy(key => key.Database))
        {
            await session.CommandAsync("SELECT", keys.Key).ConfigureAwait(false);
            await session.CommandAsync(["WATCH", .. keys.Select(key => (CommandArgument)key.ToBytes())]).ConfigureAwait(false);
            MissedWritesReport.WriteWords(undo, "SELECT"u8.ToArray(), Digits(keys.Key));
            foreach (KeyPlace key in keys)
                await WriteUndoAsync(session, key.ToBytes(), undo).ConfigureAwait(false);
        }

        await changes.ReadOnAsync(default).ConfigureAwait(false);
        (WriteAdvice advice, string reason) = MissedWritesReport.Advise(item.Group, findings, changes);
        if (advice != WriteAdvice.Apply)
        {
            await session.CommandAsync("UNWATCH").ConfigureAwait(false);
            return new ApplyOutcome(item, false, reason);
        }

        byte[] before = ReadUndo();
        WriteUndo([.. undo.ToArray(), .. before]);
        Note("intent", item, reason);
        ApplyOutcome outcome = await ExecuteAsync(session, item).ConfigureAwait(false);
        if (outcome.Applied == false)
            WriteUndo(before);
        return outcome;
    }

    private static async Task<ApplyOutcome> ExecuteAsync(RedoubtSession session, MissedItem item)
    {
        List<CommandArgument[]> commands = [];
        int? database = null;
        foreach (StreamCommand command in item.Group.Commands.Select(one => one.Command))
        {
            int selected = command.Database ?? 0;
            if (selected != database)
                commands.Add(["SELECT", selected]);
            database = selected;
            commands.Add([.. command.Words.Select(word => (CommandArgument)word)]);
        }

        try
        {
            Reply reply = await session.TransactionAsync(commands).ConfigureAwait(false);
            if (reply.IsNull)
                return new ApplyOutcome(item, false, "changed in this very moment");
            Reply? refused = reply.Items.FirstOrDefault(one => one.Kind == ReplyKind.Error);
            return refused is null ? new ApplyOutcome(item, true, "applied") : new ApplyOutcome(item, true, $"applied, but for: {refused}");
        }
        catch (CommandException error)
        {
            return new ApplyOutcome(item, false, error.Message);
        }
    }

    private static async Task WriteUndoAsync(RedoubtSession session, byte[] key, MemoryStream undo)
    {
        Reply dump = await session.CommandAsync("DUMP", key).ConfigureAwait(false);
        if (dump.IsNull)
        {
            MissedWritesReport.WriteWords(undo, "DEL"u8.ToArray(), key);
            return;
        }

        long left = (await session.CommandAsync("PTTL", key).ConfigureAwait(false)).ToInteger();
        long until = left < 0 ? 0 : DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + left;
        MissedWritesReport.WriteWords(undo, "RESTORE"u8.ToArray(), key, Digits(until), dump.Bytes.ToArray(), "REPLACE"u8.ToArray(), "ABSTTL"u8.ToArray());
    }

    private string UndoPath => Path.Combine(folder, "undo.resp");

    private byte[] ReadUndo() => File.Exists(UndoPath) ? File.ReadAllBytes(UndoPath) : [];

    /// <summary>Replaces the file whole, so that a crash leaves the old or the new one.</summary>
    private void WriteUndo(byte[] commands)
    {
        using (var file = new FileStream(UndoPath + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(commands);
            file.Flush(flushToDisk: true);
        }

        File.Move(UndoPath + ".new", UndoPath, overwrite: true);
    }

    private void Note(string what, MissedItem item, string reason)
    {
        var line = new JsonObject
        {
            ["at"] = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture),
            ["what"] = what,
            ["keys"] = new JsonArray([.. item.Group.Keys.Select(key => (JsonNode)key.ToString())]),
            ["commands"] = new JsonArray([.. item.Group.Commands.Select(command => (JsonNode)command.Command.ToText())]),
            ["reason"] = reason,
        };
        using var file = new FileStream(Path.Combine(folder, "apply.jsonl"), FileMode.Append, FileAccess.Write);
        file.Write(JsonSerializer.SerializeToUtf8Bytes(line));
        file.Write("\n"u8);
        file.Flush(flushToDisk: true);
    }

    private static byte[] Digits(long number) => System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
