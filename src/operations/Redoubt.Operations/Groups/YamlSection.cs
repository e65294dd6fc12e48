using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Redoubt.Operations.Groups;

// A group file decides what happens to production data, so nothing in it is guessed or passed over: a key that is not known, a value of
// the wrong kind, a number out of bounds ends the reading with file, line and column. A misspelt `deadlin:` that is silently
// ignored would be found out in the night it was needed.
//
// A section notes which keys it was asked for; End() reports the first key that nobody has asked for, with the nearest one that
// exists. So the keys are written down once, where they are read.

/// <summary>A mapping of a YAML file, read key by key.</summary>
internal sealed class YamlSection
{
    private readonly string _file;
    private readonly YamlMappingNode _node;
    private readonly List<string> _asked = [];

    private YamlSection(string file, YamlMappingNode node)
    {
        _file = file;
        _node = node;
    }

    /// <summary>The keys of the mapping, whatever they are.</summary>
    public IEnumerable<string> Keys => _node.Children.Keys.Select(key => ((YamlScalarNode)key).Value ?? "");

    /// <summary>The file's one document, which has to be a mapping.</summary>
    public static YamlSection Parse(string text, string file)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            // The parser ends some of its sentences and not others.
            throw new GroupDefinitionException($"{file}:{error.Start.Line}:{error.Start.Column}: {error.Message.TrimEnd('.')}");
        }

        if (stream.Documents.Count != 1)
            throw new GroupDefinitionException($"{file}:1:1: a group file is one YAML document; this has {stream.Documents.Count}");
        return Of(file, stream.Documents[0].RootNode, "the file");
    }

    public GroupDefinitionException Error(string key, string message) => ErrorAt(_file, Child(key) ?? _node, message);

    /// <summary>The text, or null when the key is not there.</summary>
    public string? Text(string key) => Ask(key) is { } node ? Scalar(_file, node, key) : null;

    public string RequiredText(string key) =>
        Text(key) ?? throw ErrorAt(_file, _node, $"'{key}' is missing");

    public YamlSection? Section(string key) => Ask(key) is { } node ? Of(_file, node, $"'{key}'") : null;

    public IReadOnlyList<YamlSection> Sections(string key) => [.. Items(key).Select(item => Of(_file, item, $"an item of '{key}'"))];

    public IReadOnlyList<string> Texts(string key) => [.. Items(key).Select(item => Scalar(_file, item, key))];

    /// <summary>A list of lists, such as commands with their arguments.</summary>
    public IReadOnlyList<IReadOnlyList<string>> TextLists(string key) =>
    [
        .. Items(key).Select(item => item is YamlSequenceNode inner && inner.Children.Count > 0
            ? (IReadOnlyList<string>)[.. inner.Children.Select(part => Scalar(_file, part, key))]
            : throw ErrorAt(_file, item, $"'{key}' is a list of commands, each a list: [\"/path/program\", \"argument\"]")),
    ];

    public T Word<T>(string key, T usual, params ReadOnlySpan<(string Word, T Value)> words)
    {
        if (Text(key) is not { } text)
            return usual;
        List<string> known = [];
        foreach ((string word, T value) in words)
        {
            if (text == word)
                return value;
            known.Add(word);
        }

        throw Error(key, $"'{key}' is one of {string.Join(", ", known)}, not '{text}'");
    }

    public long Number(string key, long usual, long from, long to)
    {
        if (Text(key) is not { } text)
            return usual;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= from && number <= to
            ? number
            : throw Error(key, $"'{key}' is a number from {from} to {to}, not '{text}'");
    }

    /// <summary>Bytes, with or without one of Redis's units.</summary>
    public long Bytes(string key, long usual)
    {
        if (Text(key) is not { } text)
            return usual;
        int digits = text.TakeWhile(char.IsAsciiDigit).Count();
        long? unit = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => 1024,
            "m" => 1_000_000,
            "mb" => 1024 * 1024,
            "g" => 1_000_000_000,
            "gb" => 1024L * 1024 * 1024,
            _ => null,
        };
        return unit is { } factor && long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= long.MaxValue / factor
            ? number * factor
            : throw Error(key, $"'{key}' is a number of bytes such as 1048576 or 1mb, not '{text}'");
    }

    /// <summary>A time with its unit.</summary>
    public TimeSpan Time(string key, TimeSpan usual)
    {
        if (Text(key) is not { } text)
            return usual;
        return GroupDefinitionReader.TryParseTime(text, out TimeSpan time) ? time : throw Error(key, $"'{key}' is a time such as 500ms, 10s, 5m or 1h, not '{text}'");
    }

    /// <summary>Nothing else may be in this mapping.</summary>
    public void End()
    {
        foreach (YamlNode node in _node.Children.Keys)
        {
            string key = ((YamlScalarNode)node).Value ?? "";
            if (_asked.Contains(key))
                continue;
            string? near = _asked.Where(known => Distance(known, key) <= 2).MinBy(known => Distance(known, key));
            string advice = near is not null ? $"; did you mean '{near}'?" : $"; known here: {string.Join(", ", _asked.Distinct().Order())}";
            throw ErrorAt(_file, node, $"unknown key '{key}'{advice}");
        }
    }

    private static YamlSection Of(string file, YamlNode node, string what)
    {
        if (node is not YamlMappingNode mapping)
            throw ErrorAt(file, node, $"{what} has to be a mapping (key: value)");
        foreach (YamlNode key in mapping.Children.Keys)
        {
            if (key is not YamlScalarNode)
                throw ErrorAt(file, key, "a key has to be a word");
        }

        return new YamlSection(file, mapping);
    }

    private YamlNode? Ask(string key)
    {
        _asked.Add(key);
        // An empty value ("dns:" and nothing behind it) is as good as none.
        return Child(key) is { } node and not YamlScalarNode { Value: null or "", Style: ScalarStyle.Plain } ? node : null;
    }

    private YamlNode? Child(string key) => _node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? node) ? node : null;

    private IReadOnlyList<YamlNode> Items(string key) => Ask(key) switch
    {
        null => [],
        YamlSequenceNode sequence => [.. sequence.Children],
        { } other => throw ErrorAt(_file, other, $"'{key}' has to be a list"),
    };

    private static string Scalar(string file, YamlNode node, string key) =>
        node is YamlScalarNode { Value: { } value } ? value : throw ErrorAt(file, node, $"'{key}' has to be a single value");

    private static GroupDefinitionException ErrorAt(string file, YamlNode node, string message) =>
        new($"{file}:{node.Start.Line}:{node.Start.Column}: {message}");

    /// <summary>How many letters have to be changed, added or dropped.</summary>
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
