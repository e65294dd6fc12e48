namespace Redoubt.Generators.Tests;

public class Notations
{
    [Fact]
    public void A_bare_name_is_a_string_argument()
    {
        ArgumentNode argument = Assert.Single(SyntaxNotation.Parse("message"));
        Assert.Equal(("message", "string", -1, null, false, false), (argument.Name, argument.Type, argument.KeySpec, argument.Token, argument.IsOptional, argument.IsMultiple));
    }

    [Theory]
    [InlineData("key#0", "key", "key", 0)]
    [InlineData("key:key", "key", "key", -1)]
    [InlineData("pattern:pattern", "pattern", "pattern", -1)]
    [InlineData("'ip:port'", "ip:port", "string", -1)]
    [InlineData("time:unix-time", "time", "unix-time", -1)]
    public void Types_and_key_specifications_follow_the_name(string notation, string name, string type, int keySpec)
    {
        ArgumentNode argument = Assert.Single(SyntaxNotation.Parse(notation));
        Assert.Equal((name, type, keySpec), (argument.Name, argument.Type, argument.KeySpec));
    }

    [Theory]
    [InlineData("NX", "nx", "NX")]
    [InlineData("''!empty", "empty", "")]
    [InlineData("'*'!auto_id", "auto_id", "*")]
    [InlineData("LIB-NAME", "lib-name", "LIB-NAME")]
    public void Capitals_are_a_token_by_itself(string notation, string name, string token)
    {
        ArgumentNode argument = Assert.Single(SyntaxNotation.Parse(notation));
        Assert.Equal((name, "pure-token", token), (argument.Name, argument.Type, argument.Token));
    }

    [Fact]
    public void Marks_stand_behind_and_brackets_around()
    {
        ArgumentNode argument = Assert.Single(SyntaxNotation.Parse("[PREFIX=prefix@6.0.0~7.0.0++]"));
        Assert.Equal(("PREFIX", "6.0.0", "7.0.0"), (argument.Token, argument.Since, argument.DeprecatedSince));
        Assert.True(argument.IsOptional && argument.IsMultiple && argument.RepeatsToken);
    }

    [Fact]
    public void Choices_and_blocks_nest()
    {
        ArgumentNode choice = Assert.Single(SyntaxNotation.Parse("TO=target(node{host port:integer [FORCE]}|ANY)"));
        Assert.Equal(("oneof", "TO", 2), (choice.Type, choice.Token, choice.Arguments.Count));
        Assert.Equal(("block", 3), (choice.Arguments[0].Type, choice.Arguments[0].Arguments.Count));
        Assert.Equal((2, 4), (choice.WordsMin, choice.WordsMax));
    }

    [Theory]
    [InlineData("a b [C=c]", 2, 4)]
    [InlineData("a{b c}+", 2, int.MaxValue)]
    [InlineData("x(A|b{c d})", 1, 2)]
    [InlineData("", 0, 0)]
    public void Words_are_counted_for_the_arity(string notation, int least, int most)
    {
        IReadOnlyList<ArgumentNode> arguments = SyntaxNotation.Parse(notation);
        Assert.Equal(least, arguments.Sum(argument => argument.WordsMin));
        Assert.Equal(most, arguments.Any(argument => argument.WordsMax == int.MaxValue) ? int.MaxValue : arguments.Sum(argument => argument.WordsMax));
    }

    [Theory]
    [InlineData("a]", "unexpected ']'")]
    [InlineData("[a", "']' expected at the end")]
    [InlineData("a(B", "')' expected at the end")]
    [InlineData("a(B)", "at least two alternatives")]
    [InlineData("a{}", "an empty block")]
    [InlineData("a++", "repeats a token")]
    [InlineData("a@x", "a version expected")]
    [InlineData("'a", "a quoted word that does not end")]
    [InlineData("A=", "a word expected at the end")]
    [InlineData("a#", "index of a key specification")]
    [InlineData("a,b", "unexpected ','")]
    [InlineData("|", "a word expected, not '|'")]
    public void A_mistake_in_the_notation_is_named(string notation, string says)
    {
        NotationException mistake = Assert.Throws<NotationException>(() => SyntaxNotation.Parse(notation));
        Assert.Contains(says, mistake.Message);
    }

    [Fact]
    public void Words_alone_stand_for_the_keys_that_the_attribute_names()
    {
        KeySpecNode spec = Assert.Single(KeyNotation.Parse("access RW update", 2, -1, 2));
        Assert.Equal(["RW", "access", "update"], spec.Flags);
        Assert.Equal(("index", 2, "range"), (spec.Search, spec.Start, spec.Find));
        Assert.Equal([-1, 2, 0], spec.Numbers);
    }

    [Fact]
    public void A_last_key_from_the_front_counts_from_the_first() =>
        Assert.Equal([1, 1, 0], KeyNotation.Parse("RO", 2, 3, 1)[0].Numbers);

    [Fact]
    public void Several_specifications_say_where_their_keys_are()
    {
        IReadOnlyList<KeySpecNode> specs = KeyNotation.Parse("OW update @1; RO access @2 keynum(0,1,1) 'it''s; so'; RO @STREAMS:-1 range(-1,1,2); RO @unknown unknown", 1, 1, 1);
        Assert.Equal(["index", "index", "keyword", "unknown"], specs.Select(spec => spec.Search));
        Assert.Equal(["range", "keynum", "range", "unknown"], specs.Select(spec => spec.Find));
        Assert.Equal("it's; so", specs[1].Notes);
        Assert.Equal(("STREAMS", -1), (specs[2].Keyword, specs[2].Start));
        Assert.Equal([-1, 1, 2], specs[2].Numbers);
    }

    [Theory]
    [InlineData("RO; RW", "each needs its place")]
    [InlineData("RO RW @1", "exactly one of")]
    [InlineData("RO reads", "unknown word 'reads'")]
    [InlineData("RO @0", "'@0' is neither")]
    [InlineData("RO @1 range(1,2)", "takes three numbers")]
    [InlineData("RO @1 span(1,2,3)", "is neither range")]
    [InlineData("RO @1 'open", "a quote that does not end")]
    public void A_mistake_in_key_flags_is_named(string notation, string says) =>
        Assert.Contains(says, Assert.Throws<NotationException>(() => KeyNotation.Parse(notation, 1, 1, 1)).Message);
}
