using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Redoubt.Failover.Procedures;

namespace Redoubt.Operations.Procedures;

/// <summary>Journals for programs.</summary>
public static class JournalJson
{
    /// <summary>One object: <c>number</c>, <c>kind</c>, <c>open</c>, <c>chain_intact</c>, and <c>records</c>.</summary>
    public static string ToJson(this JournalFile journal) => Object(json =>
    {
        json.WriteNumber("number", journal.Number);
        json.WriteString("kind", journal.Kind);
        json.WriteBoolean("open", journal.IsOpen);
        json.WriteBoolean("chain_intact", journal.BrokenAt is null);
        json.WriteStartArray("records");
        foreach (JournalRecord record in journal.Records)
        {
            json.WriteStartObject();
            json.WriteString("at", record.At.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("mark", record.Mark.ToString().ToLowerInvariant());
            json.WriteString("step", record.Step);
            json.WriteStartObject("facts");
            foreach ((string name, string value) in record.Facts)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>One object with <c>operations</c>, oldest first.</summary>
    public static string ToJson(this IEnumerable<JournalFile> journals) => Object(json =>
    {
        json.WriteStartArray("operations");
        foreach (JournalFile journal in journals)
        {
            json.WriteStartObject();
            json.WriteNumber("number", journal.Number);
            json.WriteString("kind", journal.Kind);
            json.WriteString("at", journal.Records[0].At.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("outcome", journal.Outcome);
            json.WriteString("summary", journal.EndFact("summary"));
            json.WriteBoolean("chain_intact", journal.BrokenAt is null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static string Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
