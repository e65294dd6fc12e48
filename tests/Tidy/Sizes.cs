using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy;

// Sizes, as a ratchet: what is too large already is listed in ratchet.txt with its size and may only shrink; what is new stays within
// the limits. An entry whose thing has shrunk must follow it down, or it would let the thing grow back.

internal static class Sizes
{
    public const int FileLinesMax = 800;
    public const int MethodLinesMax = 70;
    public const string RatchetPath = "tests/Tidy/ratchet.txt";

    /// <summary>Everything over its limit: "path" for a file, "path Type.Method" for a method, with its line and its size.</summary>
    public static IEnumerable<(SourceFile File, int Line, string Key, int Size, int Max)> TooLarge(SourceFile file)
    {
        if (!file.IsCSharp) yield break;
        var lines = file.Lines.Length - (file.Text.EndsWith('\n') ? 1 : 0);
        if (lines > FileLinesMax) yield return (file, 1, file.Path, lines, FileLinesMax);
        var seen = new Dictionary<string, int>();
        foreach (var node in file.Root.DescendantNodes())
        {
            var name = node switch
            {
                MethodDeclarationSyntax method => method.Identifier.ValueText,
                ConstructorDeclarationSyntax constructor => constructor.Identifier.ValueText + ".ctor",
                OperatorDeclarationSyntax operation => "operator" + operation.OperatorToken,
                LocalFunctionStatementSyntax local => local.Identifier.ValueText,
                AccessorDeclarationSyntax accessor => accessor.Keyword.ValueText + "." + ((accessor.Parent?.Parent as PropertyDeclarationSyntax)?.Identifier.ValueText ?? "this"),
                _ => null,
            };
            if (name == null) continue;
            // A method starts where its signature does: neither its comment nor its attributes count.
            var first = node.ChildNodesAndTokens().First(c => !c.IsKind(Microsoft.CodeAnalysis.CSharp.SyntaxKind.AttributeList));
            var from = file.Root.SyntaxTree.GetLineSpan(first.Span).StartLinePosition.Line;
            var to = file.Root.SyntaxTree.GetLineSpan(node.Span).EndLinePosition.Line;
            var size = to - from + 1;
            if (size <= MethodLinesMax) continue;
            var type = string.Join('.', node.Ancestors().OfType<BaseTypeDeclarationSyntax>().Reverse().Select(t => t.Identifier.ValueText));
            var key = $"{file.Path} {type}.{name}";
            var number = seen[key] = seen.GetValueOrDefault(key) + 1;
            yield return (file, from + 1, number == 1 ? key : $"{key}#{number}", size, MethodLinesMax);
        }
    }

    public static IEnumerable<Finding> Ratchet(IEnumerable<SourceFile> files, string ratchetText)
    {
        var listed = new Dictionary<string, (int Line, int Size)>();
        var number = 0;
        foreach (var line in ratchetText.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#') continue;
            var space = line.LastIndexOf(' ');
            listed[line[..space]] = (number, int.Parse(line[(space + 1)..]));
        }
        foreach (var (file, line, key, size, max) in files.SelectMany(TooLarge))
        {
            if (!listed.Remove(key, out var entry))
                yield return file.At(line, $"{key[(key.LastIndexOf(' ') + 1)..]} has {size} lines, more than {max}: cut it by meaning");
            else if (size > entry.Size)
                yield return file.At(line, $"{key} has grown from {entry.Size} to {size} lines; what is over {max} may only shrink: cut it by meaning");
            else if (size < entry.Size)
                yield return new Finding(RatchetPath, entry.Line, $"{key} has shrunk to {size} lines: lower its entry from {entry.Size}");
        }
        foreach (var (key, (line, _)) in listed)
            yield return new Finding(RatchetPath, line, $"{key} is within the limits, or gone: remove its entry");
    }
}

public class SizeTests
{
    [Fact]
    public void Files_and_methods_stay_small_and_large_ones_only_shrink() =>
        House.IsTidy(Sizes.Ratchet(Repository.Files, Repository.Files.Single(f => f.Path == Sizes.RatchetPath).Text));

    private static SourceFile Method(int lines) =>
        House.File("src/a/B/C.cs", "class C\n{\n    [Fact]\n    void M()\n    {\n" + string.Concat(Enumerable.Repeat("        N();\n", lines - 3)) + "    }\n}\n");

    [Fact]
    public void A_long_method_is_found_unless_listed_and_one_that_grew_is_found_all_the_same()
    {
        Assert.Empty(Sizes.Ratchet([Method(70)], ""));
        Assert.Contains("cut it", Assert.Single(Sizes.Ratchet([Method(71)], "")).Rule);
        Assert.Empty(Sizes.Ratchet([Method(71)], "# why\nsrc/a/B/C.cs C.M 71\n"));
        Assert.Contains("grown", Assert.Single(Sizes.Ratchet([Method(72)], "src/a/B/C.cs C.M 71\n")).Rule);
        Assert.Contains("lower", Assert.Single(Sizes.Ratchet([Method(71)], "src/a/B/C.cs C.M 72\n")).Rule);
        Assert.Contains("remove", Assert.Single(Sizes.Ratchet([Method(70)], "src/a/B/C.cs C.M 71\n")).Rule);
    }

    [Fact]
    public void A_long_file_is_found()
    {
        Assert.Empty(Sizes.Ratchet([House.File("src/a/B/C.cs", new string('\n', 800))], ""));
        Assert.Single(Sizes.Ratchet([House.File("src/a/B/C.cs", new string('\n', 801))], ""));
    }
}
