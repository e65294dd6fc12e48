using System.Buffers;
using System.Text;
using System.Text.Json;
using Redoubt.Failover.Names;

namespace Redoubt.Operations.Names;

/// <summary>How a change of the name by hand ended.</summary>
public enum NameMoveOutcome
{
    /// <summary>Changed, and all who have to agree do.</summary>
    Done,

    /// <summary>Changed, and not all agree yet.</summary>
    Unverified,

    /// <summary>Not changed.</summary>
    Refused,

    /// <summary>Nobody knows.</summary>
    Unknown,
}

/// <summary>A change of the name by hand, with the last answers.</summary>
public sealed record NameMoveResult(NameMoveOutcome Outcome, string Summary, IReadOnlyList<NameAnswer> Answers);

/// <summary>What the servers say of a group's name.</summary>
/// <param name="Name">The name itself.</param>
/// <param name="Provider">Who keeps it, by the word of the group file.</param>
/// <param name="Wanted">The value for the present master; null where that is not known.</param>
/// <param name="Answers">What each server says.</param>
public sealed record NameReport(string Name, string Provider, string? Wanted, IReadOnlyList<NameAnswer> Answers)
{
    /// <summary>Every server says the same, and it is what is wanted where that is known.</summary>
    public bool Agrees => Answers.Count > 0 && Answers.All(answer => answer.Failure is null && answer.Values.Count == 1 && answer.Is(Wanted ?? Answers[0].Values.FirstOrDefault() ?? ""));

    /// <summary>One JSON object: <c>name</c>, <c>provider</c>, <c>wanted</c>, <c>agrees</c>, <c>answers</c>.</summary>
    public string ToJson(NameMoveResult? move = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("name", Name);
            json.WriteString("provider", Provider);
            json.WriteString("wanted", Wanted);
            json.WriteBoolean("agrees", Agrees);
            if (move is not null)
            {
                json.WriteString("outcome", move.Outcome.ToString().ToLowerInvariant());
                json.WriteString("summary", move.Summary);
            }

            json.WriteStartArray("answers");
            foreach (NameAnswer answer in Answers)
            {
                json.WriteStartObject();
                json.WriteString("server", answer.Server);
                json.WriteBoolean("authoritative", answer.IsAuthoritative);
                json.WriteString("values", string.Join(' ', answer.Values));
                if (answer.TtlSeconds is { } ttl)
                    json.WriteNumber("ttl", ttl);
                else
                    json.WriteNull("ttl");
                json.WriteString("failure", answer.Failure);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
