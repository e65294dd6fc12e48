using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy;

// A name that says nothing collects what belongs nowhere. The banned words are those under which other code bases keep their heaps.

internal static class Names
{
    private static readonly HashSet<string> BannedWords = new(StringComparer.OrdinalIgnoreCase)
        { "Common", "Util", "Utils", "Utilities", "Helper", "Helpers", "Infrastructure", "Misc" };

    private static readonly string[] BannedEndings = ["Manager", "Processor", "Impl", "Helper", "Helpers", "Utils", "Util", "Common", "Misc"];

    public static IEnumerable<Finding> Banned(SourceFile file)
    {
        const string remedy = "name it by what it does, in the words of the field";
        foreach (var part in file.Folder.Split('/').SelectMany(f => f.Split('.')))
        {
            if (BannedWords.Contains(part)) yield return file.At(1, $"a folder or project named {part}: {remedy}");
        }
        if (!file.IsCSharp) yield break;
        foreach (var node in file.Root.DescendantNodes())
        {
            switch (node)
            {
                case BaseNamespaceDeclarationSyntax space when space.Name.ToString().Split('.').FirstOrDefault(BannedWords.Contains) is { } word:
                    yield return file.At(file.LineOf(space), $"a namespace named {word}: {remedy}");
                    break;
                case BaseTypeDeclarationSyntax type when BannedEndings.FirstOrDefault(e => type.Identifier.ValueText.EndsWith(e, StringComparison.Ordinal)) is { } ending:
                    yield return file.At(file.LineOf(type), $"{type.Identifier} ends in {ending}: {remedy}");
                    break;
            }
        }
    }
}

public class NameTests
{
    [Fact]
    public void No_name_is_a_heap() => House.IsTidy(Repository.Files.SelectMany(Names.Banned));

    [Theory]
    [InlineData("src/server/Redoubt.Common/A.cs", "class A { }", 1)]
    [InlineData("src/server/Redoubt.Resp/Helpers/A.cs", "class A { }", 1)]
    [InlineData("src/server/Redoubt.Resp/A.cs", "namespace Redoubt.Resp.Utils; class A { }", 1)]
    [InlineData("src/server/Redoubt.Resp/A.cs", "class ConnectionManager { struct DictImpl { } }", 2)]
    [InlineData("src/server/Redoubt.Resp/A.cs", "namespace Redoubt.Resp; class Parser { enum Commonplace { } }", 0)]
    public void A_banned_name_is_found(string path, string text, int findings) => Assert.Equal(findings, Names.Banned(House.File(path, text)).Count());
}
