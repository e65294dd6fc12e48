using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy;

// The repository as the rules see it: every text file, found by walking down from the folder of Redoubt.slnx, with C# parsed once.
//
// A rule is a pure function from files to findings, so that each can be shown a text that breaks it (see the tests named "..._is_found");
// a rule that can no longer fail would otherwise look just like a tidy house. What a rule must not see in strings and comments (the
// word "unsafe" in this one) it looks for in the syntax tree, never in the text.

/// <summary>A place that breaks a rule, what the rule says, and what to do about it.</summary>
internal sealed record Finding(string Path, int Line, string Rule)
{
    public override string ToString() => $"{Path}:{Line}: {Rule}";
}

/// <summary>A text file under its path from the root, with forward slashes.</summary>
internal sealed class SourceFile(string path, string text)
{
    private readonly Lazy<CompilationUnitSyntax> _root = new(() => CSharpSyntaxTree
        .ParseText(text, new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Parse), path).GetCompilationUnitRoot());

    public string Path { get; } = path;
    public string Text { get; } = text;
    public string[] Lines { get; } = text.Split('\n');
    public CompilationUnitSyntax Root => _root.Value;
    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>The folder that holds the project, for example <c>src/server/Redoubt.Resp</c>, or "" outside of one.</summary>
    public string ProjectFolder
    {
        get
        {
            var parts = Path.Split('/');
            var depth = parts[0] switch { "src" => 3, "tests" or "eng" or "bench" => 2, _ => 0 };
            return parts.Length > depth ? string.Join('/', parts[..depth]) : "";
        }
    }

    public string Project => ProjectFolder[(ProjectFolder.LastIndexOf('/') + 1)..];
    public string Folder => Path.Contains('/') ? Path[..Path.LastIndexOf('/')] : "";
    public bool Under(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    public int LineOf(SyntaxNode node) => node.SyntaxTree.GetLineSpan(node.Span).StartLinePosition.Line + 1;
    public int LineOf(SyntaxTrivia trivia) => trivia.SyntaxTree!.GetLineSpan(trivia.Span).StartLinePosition.Line + 1;
    public int LineOf(SyntaxToken token) => token.SyntaxTree!.GetLineSpan(token.Span).StartLinePosition.Line + 1;
    public Finding At(int line, string rule) => new(Path, line, rule);
}

internal static class Repository
{
    private static readonly HashSet<string> LeftOut = ["bin", "obj", "artifacts", "TestResults", ".git", ".vs", ".idea"];

    private static readonly HashSet<string> TextKinds =
        [".cs", ".csproj", ".props", ".targets", ".slnx", ".md", ".sh", ".txt", ".json", ".yml", ".yaml", ".xml", ".svg", ".conf", ".editorconfig", ".gitignore", ""];

    public static string RootFolder { get; } = FindRoot();
    public static IReadOnlyList<SourceFile> Files { get; } = [.. Walk(RootFolder).OrderBy(f => f.Path, StringComparer.Ordinal)];
    public static IEnumerable<SourceFile> CSharp => Files.Where(f => f.IsCSharp);
    public static IEnumerable<SourceFile> Projects => Files.Where(f => f.Path.EndsWith(".csproj", StringComparison.Ordinal));

    public static bool Exists(string path) =>
        File.Exists(System.IO.Path.Combine(RootFolder, path)) || Directory.Exists(System.IO.Path.Combine(RootFolder, path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder != null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Redoubt.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"no Redoubt.slnx above {AppContext.BaseDirectory}");
    }

    private static IEnumerable<SourceFile> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            // A socket, a dump of a test or a picture is no text of ours, nor is the file that ".git" is in a second work tree.
            if (LeftOut.Contains(System.IO.Path.GetFileName(file))) continue;
            if (!TextKinds.Contains(System.IO.Path.GetExtension(file)) && System.IO.Path.GetFileName(file)[0] != '.') continue;
            var text = File.ReadAllText(file);
            if (text.Contains('\0')) continue;
            yield return new SourceFile(System.IO.Path.GetRelativePath(RootFolder, file).Replace('\\', '/'), text);
        }
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            if (LeftOut.Contains(System.IO.Path.GetFileName(inner))) continue;
            foreach (var file in Walk(inner)) yield return file;
        }
    }
}

internal static class House
{
    /// <summary>Fails with every finding on a line of its own, in the form editors turn into a link.</summary>
    public static void IsTidy(IEnumerable<Finding> findings)
    {
        var all = findings.ToList();
        if (all.Count > 0) Assert.Fail(string.Join('\n', all.Prepend(null).Select(f => f?.ToString() ?? $"{all.Count} finding(s):")));
    }

    /// <summary>A file made up to break, or just not to break, a rule.</summary>
    public static SourceFile File(string path, string text) => new(path, text);
}
