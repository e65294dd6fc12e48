// The notation of CommandAttribute.KeyFlags: what a command does with which of its keys.
//
// One specification is a list of words ("RW access update"), and stands for the keys that FirstKey, LastKey and KeyStep
// name. Commands that treat their keys differently write several, parted by ';', each with its place: "RO access @1;
// OW update @2". Syntax.md has the whole grammar.

using System.Globalization;

namespace Redoubt.Generators;

/// <summary>A key specification of COMMAND INFO.</summary>
internal sealed record KeySpecNode
{
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>"index", "keyword" or "unknown": how the first key is found.</summary>
    public required string Search { get; init; }

    public string Keyword { get; init; } = "";

    /// <summary>The index, or where the search for the keyword starts (negative: from the end, backwards).</summary>
    public int Start { get; init; }

    /// <summary>"range", "keynum" or "unknown": how the others are found.</summary>
    public required string Find { get; init; }

    /// <summary>range: last key, step, limit. keynum: index of the count, of the first key, and the step.</summary>
    public IReadOnlyList<int> Numbers { get; init; } = [];

    public string Notes { get; init; } = "";
}

internal static class KeyNotation
{
    /// <summary>In the order in which COMMAND INFO lists them.</summary>
    public static readonly IReadOnlyList<(string Word, string Member)> FlagWords =
    [
        ("RO", "ReadOnly"), ("RW", "ReadWrite"), ("OW", "Overwrite"), ("RM", "Remove"), ("access", "Access"), ("update", "Update"),
        ("insert", "Insert"), ("delete", "Delete"), ("not_key", "NotKey"), ("incomplete", "Incomplete"), ("variable_flags", "VariableFlags"),
    ];

    public static IReadOnlyList<KeySpecNode> Parse(string text, int firstKey, int lastKey, int keyStep)
    {
        if (text.Trim().Length == 0)
            return [];
        List<string> parts = Split(text, ';');
        return parts.Select(part => One(part, parts.Count > 1, firstKey, lastKey, keyStep)).ToList();
    }

    private static KeySpecNode One(string text, bool several, int firstKey, int lastKey, int keyStep)
    {
        var flags = new List<string>();
        KeySpecNode? place = null;
        string notes = "";
        foreach (string word in Split(text, ' ').Where(word => word.Length > 0))
        {
            if (word[0] == '\'')
                notes = word.Substring(1, word.Length - 2).Replace("''", "'");
            else if (word[0] == '@')
                place = Place(word.Substring(1));
            else if (place is not null)
                place = Rule(place, word);
            else if (FlagWords.Any(flag => flag.Word == word))
                flags.Add(word);
            else
                throw new NotationException($"unknown word '{word}'", 0);
        }
        // What is not a key (a shard channel) is neither read nor written.
        if (flags.Count(flag => flag is "RO" or "RW" or "OW" or "RM") != (flags.Contains("not_key") ? 0 : 1))
            throw new NotationException("exactly one of RO, RW, OW and RM is needed", 0);
        if (place is null)
        {
            if (several)
                throw new NotationException("of several specifications each needs its place, such as @1", 0);
            if (firstKey == 0)
                throw new NotationException("neither FirstKey nor a place such as @1 says where the keys are", 0);
            place = new KeySpecNode
            {
                Flags = [],
                Search = "index",
                Start = firstKey,
                Find = "range",
                Numbers = [lastKey >= 0 ? lastKey - firstKey : lastKey, keyStep, 0],
            };
        }
        List<string> ordered = FlagWords.Select(flag => flag.Word).Where(flags.Contains).ToList();
        return place with { Flags = ordered, Notes = notes };
    }

    private static KeySpecNode Place(string text)
    {
        var node = new KeySpecNode { Flags = [], Search = "unknown", Find = "range", Numbers = [0, 1, 0] };
        if (text == "unknown")
            return node;
        int colon = text.IndexOf(':');
        if (colon > 0 && int.TryParse(text.Substring(colon + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int from))
            return node with { Search = "keyword", Keyword = text.Substring(0, colon), Start = from };
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index > 0)
            return node with { Search = "index", Start = index };
        throw new NotationException($"'@{text}' is neither @1, nor @KEYWORD:1, nor @unknown", 0);
    }

    private static KeySpecNode Rule(KeySpecNode place, string text)
    {
        if (text == "unknown")
            return place with { Find = "unknown", Numbers = [] };
        int open = text.IndexOf('(');
        string name = open > 0 ? text.Substring(0, open) : text;
        if (name is not ("range" or "keynum") || text[text.Length - 1] != ')')
            throw new NotationException($"'{text}' is neither range(last,step,limit), nor keynum(count,first,step), nor unknown", 0);
        var numbers = new List<int>();
        foreach (string number in text.Substring(open + 1, text.Length - open - 2).Split(','))
        {
            if (!int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
                throw new NotationException($"'{number}' is not a number", 0);
            numbers.Add(value);
        }
        if (numbers.Count != 3)
            throw new NotationException($"'{name}' takes three numbers", 0);
        return place with { Find = name, Numbers = numbers };
    }

    /// <summary>Splits outside of quotes; a quote within a quote is written twice.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        bool quoted = false;
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\'')
                quoted = !quoted;
            if (text[i] != separator || quoted)
                continue;
            parts.Add(text.Substring(start, i - start));
            start = i + 1;
        }
        if (quoted)
            throw new NotationException("a quote that does not end", text.Length);
        parts.Add(text.Substring(start));
        return parts;
    }
}
