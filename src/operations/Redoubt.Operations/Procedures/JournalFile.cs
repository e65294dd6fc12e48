using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Redoubt.Failover.Procedures;

namespace Redoubt.Operations.Procedures;

// One line of JSON per record:
//
//   {"n":3,"at":"2026-11-22T07:30:01.1600000+00:00","mark":"intent","step":"catch_up","facts":{…},"previous":"9f2c…"}
//
// `previous` is the SHA-256 of the line before (64 zeros on the first), so that a line that was changed, dropped or slipped in
// breaks the chain for everybody to see. A line is written with its end in one write and flushed to the disk before the step it speaks of is
// begun; a crash in between leaves at most a last line without an end, which says nothing and is passed over.

/// <summary>The journal of one operation, as it was read.</summary>
/// <param name="Number">The operation's number within its group.</param>
/// <param name="Records">In order.</param>
/// <param name="BrokenAt">Number of the first line that does not fit the chain; null when all do.</param>
public sealed record JournalFile(int Number, IReadOnlyList<JournalRecord> Records, int? BrokenAt)
{
    internal const string NoLine = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>What the operation is: <c>switchover</c>, <c>failover</c>, …</summary>
    public string Kind => Records.FirstOrDefault(record => record.Mark == JournalMark.Begin)?.Step ?? "?";

    /// <summary>It has begun and not come to its end.</summary>
    public bool IsOpen => Records.Any(record => record.Mark == JournalMark.Begin) && !Records.Any(record => record.Mark == JournalMark.End);

    /// <summary>What it wants; empty when that was never written.</summary>
    public IReadOnlyDictionary<string, string> Wishes => Records.FirstOrDefault(record => record.Mark == JournalMark.Begin)?.Facts ?? new Dictionary<string, string>();

    /// <summary>How it ended, in the word of <see cref="ProcedureOutcome"/>; <c>open</c> while it has not.</summary>
    public string Outcome => EndFact("outcome") ?? (IsOpen ? "open" : "?");

    /// <summary>A fact of its last record, or null.</summary>
    public string? EndFact(string name) => Records.LastOrDefault(record => record.Mark == JournalMark.End)?.Facts.GetValueOrDefault(name);

    /// <summary>Reads a file; null when it is no journal at all.</summary>
    public static JournalFile? Read(string path, int number)
    {
        List<JournalRecord> records = [];
        int? broken = null;
        string previous = NoLine;
        string text = File.ReadAllText(path);
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
        {
            if (Parse(lines[i]) is not var (record, claimed))
                return records.Count == 0 ? null : new JournalFile(number, records, broken ?? i + 1);
            if (claimed != previous)
                broken ??= i + 1;
            previous = HashOf(lines[i]);
            records.Add(record);
        }

        return new JournalFile(number, records, broken);
    }

    internal static string HashOf(string line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));

    private static (JournalRecord Record, string Previous)? Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (!Enum.TryParse(root.GetProperty("mark").GetString(), ignoreCase: true, out JournalMark mark))
                return null;
            Dictionary<string, string> facts = root.GetProperty("facts").EnumerateObject().ToDictionary(fact => fact.Name, fact => fact.Value.GetString() ?? "");
            return (new JournalRecord(mark, root.GetProperty("step").GetString()!, root.GetProperty("at").GetDateTimeOffset(), facts), root.GetProperty("previous").GetString()!);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>Appends to a journal's file.</summary>
public sealed class JournalWriter : IProcedureJournal, IDisposable
{
    private readonly string _path;
    private FileStream? _file;
    private string _previous = JournalFile.NoLine;
    private int _lines;

    /// <summary>Makes the file with the first record; goes on behind the last whole line where there is one already.</summary>
    public JournalWriter(string path) => _path = path;

    /// <inheritdoc/>
    public void Write(JournalMark mark, string step, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        _file ??= Open();
        string line = Format(_lines + 1, mark, step, facts);
        _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _file.Flush(flushToDisk: true);
        _previous = JournalFile.HashOf(line);
        _lines++;
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Open()
    {
        var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        // What a crash has left without an end was never promised to anybody.
        int whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        file.SetLength(whole);
        file.Seek(0, SeekOrigin.End);
        string[] lines = Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _lines = lines.Length;
        if (lines.Length > 0)
            _previous = JournalFile.HashOf(lines[^1]);
        return file;
    }

    private string Format(int number, JournalMark mark, string step, ReadOnlySpan<(string Name, string Value)> facts)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("n", number);
            json.WriteString("at", DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("mark", mark.ToString().ToLowerInvariant());
            json.WriteString("step", step);
            json.WriteStartObject("facts");
            foreach ((string name, string value) in facts)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteString("previous", _previous);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>For operations that nobody is to go on with: their records are dropped.</summary>
public sealed class NoJournal : IProcedureJournal
{
    /// <inheritdoc/>
    public void Write(JournalMark mark, string step, params ReadOnlySpan<(string Name, string Value)> facts)
    {
    }
}
