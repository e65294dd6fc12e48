using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy;

// Comments say why. A documentation tag that is empty, or that says the name over again, is worse than none: it takes up the place
// where a reader looks for the unit, the range or the reason.

internal static partial class Comments
{
    public const int EssayFrom = 150;

    private static readonly HashSet<string> Fillers = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "an", "and", "be", "class", "constructor", "field", "for", "from", "get", "gets", "in", "initializes", "instance", "is", "its", "method",
        "new", "of", "on", "or", "property", "represents", "return", "returned", "returns", "set", "sets", "struct", "that", "the", "this", "to", "value",
        "with",
    };

    /// <summary>Documentation tags with nothing in them, or nothing but the words of the name they stand on.</summary>
    public static IEnumerable<Finding> EmptyOrEchoing(SourceFile file)
    {
        if (!file.IsCSharp) yield break;
        foreach (var documentation in file.Root.DescendantNodes(descendIntoTrivia: true).OfType<DocumentationCommentTriviaSyntax>())
        {
            var names = NamesOf(documentation.ParentTrivia.Token.Parent);
            foreach (var element in documentation.Content.OfType<XmlElementSyntax>())
            {
                var tag = element.StartTag.Name.ToString();
                var own = element.StartTag.Attributes.OfType<XmlNameAttributeSyntax>().Select(a => a.Identifier.ToString());
                var says = Words(Text(element)).Where(w => !Fillers.Contains(w)).ToList();
                // A reference, or a piece of code such as what goes over the wire, is something the name does not have.
                var refers = element.DescendantNodes().Any(n => n is XmlEmptyElementSyntax || n is XmlElementSyntax { StartTag.Name: var inner } && inner.ToString() is "c" or "code");
                if (says.Count == 0 && !refers)
                    yield return file.At(file.LineOf(element), $"<{tag}> says nothing: fill it with what the name cannot say, or remove it");
                else if (!refers && says.All(new HashSet<string>(names.Concat(own).SelectMany(Words).SelectMany(Forms), StringComparer.OrdinalIgnoreCase).Contains))
                    yield return file.At(file.LineOf(element), $"<{tag}> repeats the name: say the unit, the range or the reason, or remove it");
            }
        }
    }

    /// <summary>A long file of the product opens with a comment: why it exists, how it works, what must stay true.</summary>
    public static IEnumerable<Finding> MissingEssay(SourceFile file)
    {
        if (!file.IsCSharp || !(file.Under("src") || file.Under("eng")) || file.Lines.Length <= EssayFrom) yield break;
        var places = new List<SyntaxNode> { file.Root };
        places.AddRange(file.Root.Usings);
        places.AddRange(file.Root.Members);
        var space = file.Root.Members.OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault();
        if (space != null)
        {
            places.AddRange(space.Usings);
            places.AddRange(space.Members.Take(2));
        }
        if (!places.Any(p => Introduces(p.GetLeadingTrivia())))
            yield return file.At(1, $"{file.Lines.Length} lines without an opening comment: above or right below the namespace say why the file exists, how it works, what must stay true");
    }

    /// <summary>Marks of unfinished work, in comments and in code.</summary>
    public static IEnumerable<Finding> Unfinished(SourceFile file)
    {
        const string remedy = "finish it, or leave it out and say so in the documentation";
        if (!file.IsCSharp)
        {
            if (file.Path.EndsWith(".md", StringComparison.Ordinal)) yield break;
            for (var i = 0; i < file.Lines.Length; i++)
                if (UnfinishedMark().IsMatch(file.Lines[i])) yield return file.At(i + 1, $"a mark of unfinished work: {remedy}");
            yield break;
        }
        foreach (var trivia in file.Root.DescendantTrivia().Where(t => t.IsKind(SyntaxKind.SingleLineCommentTrivia) || t.IsKind(SyntaxKind.MultiLineCommentTrivia)
            || t.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia)))
        {
            if (UnfinishedMark().IsMatch(trivia.ToFullString())) yield return file.At(file.LineOf(trivia), $"a mark of unfinished work: {remedy}");
        }
        foreach (var name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>().Where(n => n.Identifier.ValueText == nameof(NotImplementedException)))
        {
            // This rule names it too, as a word and not as an exception.
            if (name.Ancestors().OfType<InvocationExpressionSyntax>().Any(i => i.Expression.ToString() == "nameof")) continue;
            yield return file.At(file.LineOf(name), $"NotImplementedException: {remedy}");
        }
    }

    /// <summary>A test that is skipped guards nothing, and one that sleeps is either slow or flaky.</summary>
    public static IEnumerable<Finding> SkippedOrSleeping(SourceFile file)
    {
        if (!file.IsCSharp || !file.Under("tests")) yield break;
        foreach (var argument in file.Root.DescendantNodes().OfType<AttributeArgumentSyntax>().Where(a => a.NameEquals?.Name.Identifier.ValueText == "Skip"))
            yield return file.At(file.LineOf(argument), "a skipped test: repair it or remove it");
        foreach (var call in file.Root.DescendantNodes().OfType<InvocationExpressionSyntax>())
        {
            var callee = call.Expression.ToString();
            if (callee != "Thread.Sleep" && !callee.EndsWith(".Thread.Sleep", StringComparison.Ordinal)) continue;
            var line = file.LineOf(call);
            if (!file.Lines[line - 1].Contains("//", StringComparison.Ordinal))
                yield return file.At(line, "Thread.Sleep in a test: wait for the event instead, or say at the end of the line why there is none to wait for");
        }
    }

    // A plain comment speaks of the file; the documentation of its first type may, where it is more than the usual line.
    private static bool Introduces(SyntaxTriviaList trivia) =>
        trivia.Any(t => t.IsKind(SyntaxKind.SingleLineCommentTrivia) || t.IsKind(SyntaxKind.MultiLineCommentTrivia))
        || trivia.Any(t => t.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia) && t.ToFullString().TrimEnd('\n').Contains('\n'));

    private static IEnumerable<string> NamesOf(SyntaxNode? node)
    {
        // The comment hangs on the first token of the declaration: its modifier, its attribute or its type.
        var declaration = node?.AncestorsAndSelf().FirstOrDefault(n => n is MemberDeclarationSyntax and not IncompleteMemberSyntax);
        return declaration switch
        {
            BaseTypeDeclarationSyntax type => [type.Identifier.ValueText],
            DelegateDeclarationSyntax type => [type.Identifier.ValueText],
            MethodDeclarationSyntax method => [method.Identifier.ValueText],
            ConstructorDeclarationSyntax constructor => [constructor.Identifier.ValueText],
            PropertyDeclarationSyntax property => [property.Identifier.ValueText],
            EnumMemberDeclarationSyntax member => [member.Identifier.ValueText],
            BaseFieldDeclarationSyntax field => field.Declaration.Variables.Select(v => v.Identifier.ValueText),
            _ => [],
        };
    }

    private static string Text(XmlElementSyntax element) => string.Concat(element.DescendantTokens()
        .Where(t => t.IsKind(SyntaxKind.XmlTextLiteralToken) || t.IsKind(SyntaxKind.XmlTextLiteralNewLineToken) || t.IsKind(SyntaxKind.XmlEntityLiteralToken)).Select(t => t.ValueText + " "));

    private static IEnumerable<string> Words(string text) => Word().Matches(text).Select(m => m.Value);
    private static IEnumerable<string> Forms(string word) => [word, word + "s", word.TrimEnd('s')];

    // "ReplicationOffset", "replication offset" and "replication-offset" are the same two words.
    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex UnfinishedMark();
}

public class CommentTests
{
    [Fact]
    public void Documentation_tags_say_more_than_the_name() => House.IsTidy(Repository.Files.SelectMany(Comments.EmptyOrEchoing));

    [Fact]
    public void Long_files_open_with_a_comment() => House.IsTidy(Repository.Files.SelectMany(Comments.MissingEssay));

    [Fact]
    public void Nothing_is_marked_unfinished() => House.IsTidy(Repository.Files.SelectMany(Comments.Unfinished));

    [Fact]
    public void Tests_neither_skip_nor_sleep() => House.IsTidy(Repository.Files.SelectMany(Comments.SkippedOrSleeping));

    [Theory]
    [InlineData("/// <summary></summary>\nclass Backlog { }", 1)]
    [InlineData("/// <summary>The backlog.</summary>\nclass Backlog { }", 1)]
    [InlineData("/// <summary>\n/// Gets or sets the replication offset.\n/// </summary>\npublic long ReplicationOffset { get; }", 1)]
    [InlineData("class A { /// <summary>Does what it must.</summary>\n/// <param name=\"port\">The port.</param>\nvoid B(int port) { } }", 1)]
    [InlineData("/// <summary>The last bytes of the stream, for replicas that lost their link.</summary>\nclass Backlog { }", 0)]
    [InlineData("/// <summary>See <see cref=\"A\"/>.</summary>\nclass Backlog { }", 0)]
    [InlineData("/// <inheritdoc/>\nclass Backlog { }", 0)]
    [InlineData("class A { /// <summary>Does what it must.</summary>\n/// <param name=\"abort\"><c>ABORT</c></param>\nvoid B(bool abort) { } }", 0)]
    public void An_empty_or_echoing_tag_is_found(string text, int findings) => Assert.Equal(findings, Comments.EmptyOrEchoing(House.File("src/a/B/C.cs", text)).Count());

    [Theory]
    [InlineData("// Why.\n// How.\nnamespace A;\n", 0)]
    [InlineData("namespace A;\n\n// Why.\n// How.\nclass B { }\n", 0)]
    [InlineData("using X;\n\nnamespace A;\n\n/// <summary>\n/// Why and how.\n/// </summary>\nclass B { }\n", 0)]
    [InlineData("namespace A;\nclass B { }\n", 1)]
    [InlineData("namespace A;\n/// <summary>What.</summary>\nclass B { }\n", 1)]
    public void A_long_file_without_an_essay_is_found(string head, int findings)
    {
        Assert.Equal(findings, Comments.MissingEssay(House.File("src/a/B/C.cs", head + new string('\n', 150))).Count());
        Assert.Empty(Comments.MissingEssay(House.File("src/a/B/C.cs", head)));
    }

    [Theory]
    [InlineData("src/a/B/C.cs", "class A { } // TO" + "DO: more", 1)]
    [InlineData("src/a/B/C.cs", "class A { int B() => throw new NotImplementedException(); }", 1)]
    [InlineData("run.sh", "# FIX" + "ME", 1)]
    [InlineData("src/a/B/C.cs", "class Hack { string B = \"to do\"; }", 0)]
    public void Unfinished_work_is_found(string path, string text, int findings) => Assert.Equal(findings, Comments.Unfinished(House.File(path, text)).Count());

    [Theory]
    [InlineData("class A { [Fact(Skip = \"later\")] void B() { } }", 1)]
    [InlineData("class A { void B() { Thread.Sleep(10); } }", 1)]
    [InlineData("class A { void B() { Thread.Sleep(10); // the kernel tells nobody when it is done\n } }", 0)]
    public void A_skipped_or_sleeping_test_is_found(string text, int findings) => Assert.Equal(findings, Comments.SkippedOrSleeping(House.File("tests/A/B.cs", text)).Count());
}
