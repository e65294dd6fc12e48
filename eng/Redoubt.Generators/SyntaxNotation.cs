// The notation of CommandAttribute.Syntax, and the tree of arguments that COMMAND DOCS shows.
//
// Why a notation: the tree has ten fields per node and nests; spelled out as objects it would bury the commands in noise.
// The notation reads like the usage line people know, and is parsed when the project is built, never when it runs.
// Syntax.md describes it with examples.

namespace Redoubt.Generators;

internal sealed class NotationException(string message, int position) : Exception(message)
{
    public int Position { get; } = position;
}

/// <summary>One argument of a command, as COMMAND DOCS describes it.</summary>
internal sealed record ArgumentNode
{
    public required string Name { get; init; }

    /// <summary>"string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof" or "block".</summary>
    public required string Type { get; init; }

    /// <summary>Index of its key specification, -1 for none.</summary>
    public int KeySpec { get; init; } = -1;

    public string? Token { get; init; }

    public string Since { get; init; } = "";

    public string DeprecatedSince { get; init; } = "";

    public bool IsOptional { get; init; }

    public bool IsMultiple { get; init; }

    public bool RepeatsToken { get; init; }

    public IReadOnlyList<ArgumentNode> Arguments { get; init; } = [];

    /// <summary>The least number of words it takes.</summary>
    public int WordsMin => IsOptional ? 0 : OwnWords(argument => argument.WordsMin, least: true);

    /// <summary>The largest number of words it takes, or int.MaxValue.</summary>
    public int WordsMax => IsMultiple ? int.MaxValue : OwnWords(argument => argument.WordsMax, least: false);

    private int OwnWords(Func<ArgumentNode, int> count, bool least)
    {
        if (Type == "pure-token")
            return 1;
        IEnumerable<int> inner = Arguments.Select(count);
        int words = Type switch
        {
            "oneof" => least ? inner.Min() : inner.Max(),
            "block" => inner.Any(n => n == int.MaxValue) ? int.MaxValue : inner.Sum(),
            _ => 1,
        };
        return words == int.MaxValue ? words : words + (Token is null ? 0 : 1);
    }
}

internal sealed class SyntaxNotation
{
    private static readonly string[] s_types = ["string", "integer", "double", "key", "pattern", "unix-time"];

    private readonly string _text;
    private int _at;

    private SyntaxNotation(string text) => _text = text;

    /// <summary>Parses the whole notation; throws <see cref="NotationException"/> with the position of the first mistake.</summary>
    public static IReadOnlyList<ArgumentNode> Parse(string text)
    {
        var parser = new SyntaxNotation(text);
        IReadOnlyList<ArgumentNode> arguments = parser.Sequence('\0');
        return arguments;
    }

    private IReadOnlyList<ArgumentNode> Sequence(char close)
    {
        var arguments = new List<ArgumentNode>();
        SkipSpaces();
        while (_at < _text.Length && _text[_at] != close)
        {
            arguments.Add(Argument());
            if (_at < _text.Length && _text[_at] != ' ' && _text[_at] != close)
                throw Mistake($"unexpected '{_text[_at]}'");
            SkipSpaces();
        }
        if (close != '\0')
            Expect(close);
        return arguments;
    }

    private IReadOnlyList<ArgumentNode> Choices()
    {
        var arguments = new List<ArgumentNode>();
        do
        {
            SkipSpaces();
            arguments.Add(Argument());
            SkipSpaces();
        }
        while (Take('|'));
        Expect(')');
        if (arguments.Count < 2)
            throw Mistake("a choice needs at least two alternatives");
        return arguments;
    }

    private ArgumentNode Argument()
    {
        bool optional = Take('[');
        ArgumentNode argument = Body();
        if (Take('@'))
            argument = argument with { Since = Version() };
        if (Take('~'))
            argument = argument with { DeprecatedSince = Version() };
        if (Take('+'))
        {
            bool repeats = Take('+');
            if (repeats && argument.Token is null)
                throw Mistake("'++' repeats a token, but this argument has none");
            argument = argument with { IsMultiple = true, RepeatsToken = repeats };
        }
        if (optional)
            Expect(']');
        return argument with { IsOptional = optional };
    }

    private ArgumentNode Body()
    {
        (string first, bool quoted) = Word();
        if (Take('!'))
            return new ArgumentNode { Name = Word().Text, Type = "pure-token", Token = first };
        string? token = null;
        if (Take('='))
        {
            token = first;
            (first, quoted) = Word();
        }
        if (Take('('))
            return new ArgumentNode { Name = first, Type = "oneof", Token = token, Arguments = Choices() };
        if (Take('{'))
        {
            IReadOnlyList<ArgumentNode> inner = Sequence('}');
            if (inner.Count == 0)
                throw Mistake("an empty block");
            return new ArgumentNode { Name = first, Type = "block", Token = token, Arguments = inner };
        }
        if (token is null && !quoted && IsUpperCase(first))
            return new ArgumentNode { Name = first.ToLowerInvariant(), Type = "pure-token", Token = first };
        if (first.Length == 0)
            throw Mistake("an argument without a name");
        string type = "string";
        bool typed = Take(':');
        if (typed)
        {
            type = Word().Text;
            if (!s_types.Contains(type))
                throw Mistake($"unknown type '{type}'; known are {string.Join(", ", s_types)}");
        }
        int spec = -1;
        if (Take('#'))
        {
            spec = Number();
            type = typed ? type : "key";
        }
        return new ArgumentNode { Name = first, Type = type, KeySpec = spec, Token = token };
    }

    private (string Text, bool Quoted) Word()
    {
        if (Take('\''))
        {
            int end = _text.IndexOf('\'', _at);
            if (end < 0)
                throw Mistake("a quoted word that does not end");
            string quoted = _text.Substring(_at, end - _at);
            _at = end + 1;
            return (quoted, true);
        }
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '-' or '_'))
            _at++;
        if (_at == start)
            throw Mistake(_at < _text.Length ? $"a word expected, not '{_text[_at]}'" : "a word expected at the end");
        return (_text.Substring(start, _at - start), false);
    }

    private string Version()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsDigit(_text[_at]) || _text[_at] == '.'))
            _at++;
        if (_at == start)
            throw Mistake("a version expected, such as 6.2.0");
        return _text.Substring(start, _at - start);
    }

    private int Number()
    {
        int start = _at;
        while (_at < _text.Length && char.IsDigit(_text[_at]))
            _at++;
        if (_at == start || _at - start > 3)
            throw Mistake("the index of a key specification expected");
        return int.Parse(_text.Substring(start, _at - start), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool IsUpperCase(string word) => word.Any(char.IsUpper) && !word.Any(char.IsLower);

    private bool Take(char c)
    {
        if (_at >= _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Mistake(_at < _text.Length ? $"'{c}' expected, not '{_text[_at]}'" : $"'{c}' expected at the end");
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
    }

    private NotationException Mistake(string message) => new(message, _at);
}
