using System.Buffers;
using System.Text;
using System.Text.Json;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>A switchover's result for programs.</summary>
public static class SwitchoverJson
{
    /// <summary>One JSON object: <c>outcome</c>, <c>summary</c>, who and how long, <c>checks</c>, <c>follow_ups</c>, and the <c>nodes</c>
    /// as they are now in the form of <see cref="StatusReport.ToJson"/>. What is not known is null.</summary>
    public static string ToJson(this SwitchoverResult result, GroupProbe probe, IReadOnlyDictionary<NodeAddress, string> names)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("outcome", Word(result.Outcome));
            json.WriteString("summary", result.Summary);
            if (result.Number > 0)
                json.WriteNumber("operation", result.Number);
            else
                json.WriteNull("operation");
            json.WriteString("old_master", result.Plan?.OldMaster?.Address.ToString());
            json.WriteString("target", result.Plan?.Target?.Address.ToString());
            if (result.Pause is { } pause)
                json.WriteNumber("write_pause_ms", Math.Round(pause.Time.TotalMilliseconds, 1));
            else
                json.WriteNull("write_pause_ms");
            json.WriteString("write_pause_source", result.Pause?.Source);
            if (result.Proof is { } proof)
                json.WriteBoolean("nothing_lost_proven", proof.Proven);
            else
                json.WriteNull("nothing_lost_proven");
            json.WriteString("evidence", result.Proof?.Evidence);
            WriteChecks(json, result.Plan?.Checks ?? [], result.Plan?.Steps ?? []);
            json.WriteStartArray("follow_ups");
            foreach (string sentence in result.FollowUps)
                json.WriteStringValue(sentence);
            json.WriteEndArray();
            if (result.After is { } after)
                StatusReport.Of(after, probe, names).WriteNodes(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The outcome as one word with underscores.</summary>
    public static string Word(ProcedureOutcome outcome) => outcome switch
    {
        ProcedureOutcome.Done => "done",
        ProcedureOutcome.DoneWithFollowUps => "done_with_follow_ups",
        ProcedureOutcome.Refused => "refused",
        ProcedureOutcome.Unreachable => "unreachable",
        ProcedureOutcome.RolledBack => "rolled_back",
        ProcedureOutcome.Interrupted => "interrupted",
        _ => "unknown",
    };

    /// <summary>The arrays <c>checks</c> and <c>steps</c>.</summary>
    public static void WriteChecks(Utf8JsonWriter json, IReadOnlyList<Check> checks, IReadOnlyList<PlanStep> steps)
    {
        json.WriteStartArray("checks");
        foreach (Check check in checks)
        {
            json.WriteStartObject();
            json.WriteString("rule", check.Rule);
            json.WriteString("outcome", check.Outcome.ToString().ToLowerInvariant());
            json.WriteString("evidence", check.Evidence);
            json.WriteString("remedy", check.Remedy.Length == 0 ? null : check.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach (PlanStep step in steps)
        {
            json.WriteStartObject();
            json.WriteString("step", step.Name);
            json.WriteString("act", step.Act);
            json.WriteString("gate", step.Gate);
            json.WriteString("on_failure", step.OnFailure);
            json.WriteString("undo", step.Undo.Length == 0 ? null : step.Undo);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
