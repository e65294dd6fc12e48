using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Redoubt.Loadbench;

/// <summary>bench/history/loadbench.jsonl: one line per recorded run, never rewritten, so that a change of speed can be traced to a commit.</summary>
internal static class History
{
    public static string Append(string root, Options options, Figures figures, DateTimeOffset at)
    {
        string path = Path.Combine(root, "bench", "history", "loadbench.jsonl");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.AppendAllText(path, Line(options, figures, at, Commit(root), $"{Environment.ProcessorCount} cores, {Environment.OSVersion.VersionString}") + "\n");
        return path;
    }

    public static string Line(Options options, Figures figures, DateTimeOffset at, string commit, string machine)
    {
        var rows = new JsonObject();
        foreach (Figures.Row row in figures.Rows)
        {
            var rounds = new JsonObject();
            foreach ((string server, List<double> values) in row.Rounds)
                rounds[server] = new JsonArray([.. values.Select(value => double.IsFinite(value) ? JsonValue.Create(Math.Round(value, 4)) : null)]);
            rows[$"{row.Metric} [{row.Unit}]"] = rounds;
        }

        var line = new JsonObject
        {
            ["at"] = at.ToString("yyyy-MM-ddTHH:mm:ssZ"),
            ["commit"] = commit,
            ["machine"] = machine,
            ["quick"] = options.Quick,
            ["figures"] = rows,
        };
        return line.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private static string Commit(string root)
    {
        using Process git = Process.Start(new ProcessStartInfo("git", ["-C", root, "rev-parse", "--short", "HEAD"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string commit = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return commit;
    }
}
