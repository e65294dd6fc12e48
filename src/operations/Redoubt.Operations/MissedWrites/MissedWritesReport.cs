using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Redoubt.Client;
using Redoubt.Failover.MissedWrites;

namespace Redoubt.Operations.MissedWrites;

/// <summary>Missed writes by key, beside the new master.</summary>
/// <param name="Fork">Where the histories part.</param>
/// <param name="Findings">What was found, and how much is known.</param>
/// <param name="Items">The missed commands in groups that stand or fall together.</param>
public sealed record MissedWritesReport(ForkPoint Fork, LossFindings Findings, IReadOnlyList<MissedItem> Items)
{
    /// <summary>Puts findings beside the new master.</summary>
    public static async Task<MissedWritesReport> TakeAsync(NodeProbe newMaster, ForkPoint fork, LossFindings findings, ChangesSinceFork changes, CancellationToken cancellation)
    {
        await changes.ReadOnAsync(cancellation).ConfigureAwait(false);
        List<MissedItem> items = [];
        foreach (WriteGroup group in WriteGroup.Part(await ChangesSinceFork.KeysAsync(newMaster, findings.Commands, cancellation).ConfigureAwait(false)))
        {
            string[] values = await Task.WhenAll(group.Keys.Select(key => ValueAsync(newMaster, key))).ConfigureAwait(false);
            (WriteAdvice advice, string reason) = Advise(group, findings, changes);
            items.Add(new MissedItem(group, advice, reason, values));
        }

        return new MissedWritesReport(fork, findings, items);
    }

    /// <summary>What is to be done about a group, as far as the new master's stream has been read.</summary>
    public static (WriteAdvice Advice, string Reason) Advise(WriteGroup group, LossFindings findings, ChangesSinceFork changes)
    {
        if (group.IsKeyless)
            return (WriteAdvice.ByHand, $"{group.Commands.First(command => command.Keys.Count == 0).Command.Name} names no keys");
        if (findings.Verdict != LossVerdict.Found)
            return (WriteAdvice.ByHand, "the list of missed writes is not exact");
        if (changes.Unknown is { } unknown)
            return (WriteAdvice.ByHand, unknown);
        KeyPlace[] touched = [.. group.Keys.Where(changes.Touched)];
        return touched.Length == 0
            ? (WriteAdvice.Apply, "unchanged since the fork")
            : (WriteAdvice.Conflict, $"changed since the fork: {string.Join(", ", touched)}");
    }

    /// <summary>Writes <c>commands.aof</c>, <c>commands.jsonl</c>, <c>keys.csv</c> and <c>summary.json</c> into a folder.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        using (FileStream file = File.Create(Path.Combine(folder, "commands.aof")))
            WriteCommands(file, Findings.Commands);
        File.WriteAllLines(Path.Combine(folder, "commands.jsonl"), Findings.Commands.Select(CommandLine));
        File.WriteAllLines(Path.Combine(folder, "keys.csv"),
        [
            "database,key,commands,new_value,advice,reason",
            .. Items.SelectMany(item => item.Group.Keys.Select((key, i) => string.Join(',', key.Database,
                Cell(StreamCommand.Quoted(key.ToBytes(), int.MaxValue)), item.Group.Commands.Count(command => command.Keys.Contains(key)), Cell(item.NewValues[i]), Word(item.Advice), Cell(item.Reason)))),
        ]);
        File.WriteAllText(Path.Combine(folder, "summary.json"), ToJson() + "\n");
    }

    /// <summary>One JSON object: <c>verdict</c>, <c>evidence</c>, the fork, and <c>items</c>.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("verdict", Findings.Verdict.ToString().ToLowerInvariant());
            json.WriteString("evidence", Findings.Evidence);
            json.WriteString("fork_replication_id", Fork.ReplicationId.ToString());
            json.WriteNumber("fork_offset", Fork.Offset.Value);
            json.WriteNumber("commands", Findings.Commands.Count);
            if (Findings.BytesMax is { } bytes)
                json.WriteNumber("bytes_max", bytes);
            else
                json.WriteNull("bytes_max");
            json.WriteStartArray("items");
            foreach (MissedItem item in Items)
            {
                json.WriteStartObject();
                json.WriteString("keys", string.Join(' ', item.Group.Keys));
                json.WriteNumber("commands", item.Group.Commands.Count);
                json.WriteString("first_command", item.Group.Commands[0].Command.ToText());
                json.WriteString("new_value", string.Join(' ', item.NewValues));
                json.WriteString("advice", Word(item.Advice));
                json.WriteString("reason", item.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Advice as one word with underscores.</summary>
    public static string Word(WriteAdvice advice) => advice switch
    {
        WriteAdvice.Apply => "apply",
        WriteAdvice.Conflict => "conflict",
        _ => "by_hand",
    };

    /// <summary>Commands as they go over the wire, with their SELECTs: <c>redis-cli --pipe</c> takes them.</summary>
    public static void WriteCommands(Stream target, IEnumerable<StreamCommand> commands)
    {
        int? database = null;
        foreach (StreamCommand command in commands)
        {
            if ((command.Database ?? 0) != database)
            {
                database = command.Database ?? 0;
                WriteWords(target, "SELECT"u8.ToArray(), Encoding.ASCII.GetBytes(database.Value.ToString(CultureInfo.InvariantCulture)));
            }

            WriteWords(target, [.. command.Words]);
        }
    }

    /// <summary>One command as it goes over the wire.</summary>
    public static void WriteWords(Stream target, params byte[][] words)
    {
        target.Write(Encoding.ASCII.GetBytes($"*{words.Length}\r\n"));
        foreach (byte[] word in words)
        {
            target.Write(Encoding.ASCII.GetBytes($"${word.Length}\r\n"));
            target.Write(word);
            target.Write("\r\n"u8);
        }
    }

    /// <summary>A key's value in a few words.</summary>
    private static async Task<string> ValueAsync(NodeProbe node, KeyPlace key)
    {
        const int shown = 60;
        byte[] name = key.ToBytes();
        Reply type = (await node.AskTogetherAsync(["SELECT", key.Database], ["TYPE", name]).ConfigureAwait(false))[1];
        CommandArgument[]? question = type.ToString() switch
        {
            "none" => null,
            "string" => ["GETRANGE", name, 0, shown - 1],
            "list" => ["LLEN", name],
            "set" => ["SCARD", name],
            "zset" => ["ZCARD", name],
            "hash" => ["HLEN", name],
            "stream" => ["XLEN", name],
            _ => ["OBJECT", "ENCODING", name],
        };
        if (question is null)
            return "absent";
        Reply answer = (await node.AskTogetherAsync(["SELECT", key.Database], question).ConfigureAwait(false))[1];
        return type.ToString() == "string" ? StreamCommand.Quoted(answer.Bytes.Span, shown) : $"{type} of {answer}";
    }

    private static string CommandLine(StreamCommand command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("database", command.Database ?? 0);
            json.WriteNumber("position", command.Start);
            json.WriteString("text", command.ToText(1000));
            json.WriteStartArray("words_base64");
            foreach (byte[] word in command.Words)
                json.WriteBase64StringValue(word);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Cell(string text) => text.AsSpan().ContainsAny(',', '"', '\n') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
