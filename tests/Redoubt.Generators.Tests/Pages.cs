// The generated pages of docs/. They are written anew, instead of compared, when REDOUBT_REWRITE_DOCS is set.

using Redoubt.Testing;

namespace Redoubt.Generators.Tests;

public class Pages
{
    [Fact]
    public void The_page_of_commands_is_up_to_date()
    {
        GeneratedTable server = GeneratedTable.OfServer();

        Assert.Empty(server.Diagnostics);
        IsUpToDate("commands.md", CommandPages.Commands(server.Commands));
    }

    [Fact]
    public void The_page_of_rules_is_up_to_date() => IsUpToDate("rules.md", CommandPages.Rules());

    [Fact]
    public void Rules_are_numbered_without_gaps_and_say_what_to_do()
    {
        Assert.Equal(Enumerable.Range(1, Diagnostics.All.Count).Select(i => $"RDT{i:D3}"), Diagnostics.All.Select(rule => rule.Id));
        Assert.All(Diagnostics.All, rule => Assert.EndsWith(".", rule.Remedy));
    }

    [Theory]
    [InlineData("key#0 value", "key value")]
    [InlineData("key#0 [condition(NX|XX)] [GET]", "key [NX | XX] [GET]")]
    [InlineData("key#0+", "key [key ...]")]
    [InlineData("pair{key#0 value}+", "key value [key value ...]")]
    [InlineData("[expiration(EX=seconds:integer|PX=milliseconds:integer|KEEPTTL)]", "[EX seconds | PX milliseconds | KEEPTTL]")]
    [InlineData("mode(ON|OFF)", "<ON | OFF>")]
    [InlineData("[TYPE=kind(NORMAL|MASTER)]", "[TYPE <NORMAL | MASTER>]")]
    [InlineData("[PREFIX=prefix++]", "[PREFIX prefix [PREFIX prefix ...]]")]
    [InlineData("[ID=client-id:integer+]", "[ID client-id [client-id ...]]")]
    [InlineData("[target{host port:integer [FORCE]}]", "[host port [FORCE]]")]
    public void An_argument_is_shown_as_people_write_it(string notation, string usage) =>
        Assert.Equal(usage, string.Join(" ", SyntaxNotation.Parse(notation).Select(CommandPages.Usage)));

    private static void IsUpToDate(string page, string text)
    {
        string path = Path.Combine(ServerBinaries.RepositoryRoot, "docs", page);
        if (Environment.GetEnvironmentVariable("REDOUBT_REWRITE_DOCS") is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        Assert.True(File.Exists(path) && File.ReadAllText(path) == text,
            $"docs/{page} is out of date: REDOUBT_REWRITE_DOCS=1 dotnet test tests/Redoubt.Generators.Tests writes it anew");
    }
}
