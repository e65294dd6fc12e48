using System.Text.RegularExpressions;

namespace Tidy;

// What the documents say must be there: a path in backticks or behind a link that names no file leads a newcomer astray on the first day.

internal static partial class Documents
{
    private static readonly string[] TopFolders = ["src", "tests", "eng", "docs", "bench", "deploy", ".ci"];

    // Assembled from halves, so that this file does not name what it forbids.
    private static readonly Regex Workplace = new(
        @"(?<![\w.])/wo" + @"rk/|(?<![\w./])/ro" + @"ot/|\bapi\.nu" + @"get\.org|\b(deb|security)\.deb" + @"ian\.org|\barchive\.ubu" + @"ntu\.com|\bpy" +
        @"pi\.org|\bregistry\.np" + @"mjs\.org|\bproxy\.go" + @"lang\.org|\bcrates\.i" + "o", RegexOptions.CultureInvariant);

    /// <summary>Paths named in README, CONTRIBUTING and docs that the repository does not have.</summary>
    public static IEnumerable<Finding> MissingPaths(SourceFile document, Func<string, bool> exists)
    {
        // The changelog speaks of its own time.
        if (!document.Path.EndsWith(".md", StringComparison.Ordinal) || document.Path == "CHANGELOG.md") yield break;
        for (var i = 0; i < document.Lines.Length; i++)
        {
            foreach (var path in PathsIn(document.Lines[i], document.Folder))
            {
                if (!exists(path)) yield return document.At(i + 1, $"names {path}, which does not exist: correct the document with the change that moved it");
            }
        }
    }

    /// <summary>A published file speaks of the project, not of the machine it was written on or the servers its packages came from.</summary>
    public static IEnumerable<Finding> WorkplacePaths(SourceFile file)
    {
        for (var i = 0; i < file.Lines.Length; i++)
        {
            var match = Workplace.Match(file.Lines[i]);
            if (match.Success) yield return file.At(i + 1, $"names {match.Value}, a place outside the project: use a path inside it, or leave it to configuration");
        }
    }

    private static IEnumerable<string> PathsIn(string line, string folder)
    {
        foreach (Match match in InBackticks().Matches(line))
        {
            var words = match.Groups[1].Value.Split(' ');
            var path = words[0];
            var isCommand = path.StartsWith("./", StringComparison.Ordinal);
            if (isCommand) path = path[2..];
            if (path.IndexOfAny(['*', '<', '{', '…', '$']) >= 0 || path.StartsWith('.') && !path.StartsWith(".ci/", StringComparison.Ordinal)) continue;
            path = path.TrimEnd('/', '.', ',');
            var looksLikePath = isCommand || words.Length == 1 && TopFolders.Any(f => path.StartsWith(f + "/", StringComparison.Ordinal));
            if (looksLikePath && path.Length > 0 && !path.StartsWith("artifacts/", StringComparison.Ordinal)) yield return path;
        }
        foreach (Match match in Link().Matches(line))
        {
            var target = match.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains(':')) continue;
            yield return System.IO.Path.GetRelativePath("/", System.IO.Path.GetFullPath(target, "/" + folder)).Replace('\\', '/');
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InBackticks();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}

public class DocumentTests
{
    [Fact]
    public void Paths_named_in_the_documents_exist() =>
        House.IsTidy(Repository.Files.Where(f => !f.Path.Contains('/') || f.Under("docs")).SelectMany(f => Documents.MissingPaths(f, Repository.Exists)));

    [Fact]
    public void No_file_names_a_workplace_or_a_package_host() => House.IsTidy(Repository.Files.SelectMany(Documents.WorkplacePaths));

    [Theory]
    [InlineData("see `src/gone/File.cs`", 1)]
    [InlineData("run `./gone.sh --all`", 1)]
    [InlineData("see [this](../gone.md#part)", 1)]
    [InlineData("see [this](there.md) and [that](https://redis.io/)", 0)]
    [InlineData("`src/there.cs`, `tests/*/X.cs`, `GET key`, `tcp/ip`, `artifacts/redoubt`", 0)]
    public void A_path_that_leads_nowhere_is_found(string line, int findings)
    {
        string[] there = ["docs/there.md", "src/there.cs"];
        Assert.Equal(findings, Documents.MissingPaths(House.File("docs/a.md", line), there.Contains).Count());
    }

    [Theory]
    [InlineData("cd /wo" + "rk/redoubt", 1)]
    [InlineData("https://api.nu" + "get.org/v3/index.json", 1)]
    [InlineData("src/network/work/a.cs and https://dotnet.microsoft.com/download", 0)]
    public void A_workplace_is_found(string line, int findings) => Assert.Equal(findings, Documents.WorkplacePaths(House.File("a.md", line)).Count());
}
