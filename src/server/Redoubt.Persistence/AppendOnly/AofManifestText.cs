using System.Globalization;
using System.Text;

namespace Redoubt.Persistence.AppendOnly;

/// <summary>Words and quotes of a manifest's lines, one character per byte.</summary>
internal static class AofManifestText
{
    public static string Quote(string word)
    {
        bool isPlain = word.Length > 0 && word.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && !word.AsSpan().ContainsAny('"', '\'', '\\');
        if (isPlain)
            return word;
        StringBuilder text = new("\"");
        foreach (char c in word)
        {
            text.Append(c switch
            {
                '\\' or '"' => "\\" + c,
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\a' => "\\a",
                '\b' => "\\b",
                >= ' ' and <= '~' => c.ToString(),
                _ => "\\x" + ((int)c).ToString("x2", CultureInfo.InvariantCulture),
            });
        }
        return text.Append('"').ToString();
    }

    /// <summary>The words of a line; null when a quote is not closed, or is followed by anything but a space.</summary>
    public static List<string>? Split(string line)
    {
        List<string> words = [];
        int at = 0;
        while (true)
        {
            while (at < line.Length && char.IsWhiteSpace(line[at]))
                at++;
            if (at == line.Length)
                return words;
            StringBuilder word = new();
            while (at < line.Length && !char.IsWhiteSpace(line[at]))
            {
                char c = line[at];
                if (c is not ('"' or '\''))
                {
                    word.Append(c);
                    at++;
                }
                else if (!Quoted(line, ref at, c, word))
                {
                    return null;
                }
            }
            words.Add(word.ToString());
        }
    }

    private static bool Quoted(string line, ref int at, char quote, StringBuilder word)
    {
        for (at++; at < line.Length; at++)
        {
            char c = line[at];
            if (c == quote)
            {
                at++;
                return at == line.Length || char.IsWhiteSpace(line[at]);
            }
            if (c != '\\' || at + 1 == line.Length)
            {
                word.Append(c);
            }
            else if (quote == '\'')
            {
                if (line[at + 1] == '\'')
                    at++;
                word.Append(line[at]);
            }
            else if (line[at + 1] == 'x' && at + 3 < line.Length && char.IsAsciiHexDigit(line[at + 2]) && char.IsAsciiHexDigit(line[at + 3]))
            {
                word.Append((char)Convert.ToByte(line.Substring(at + 2, 2), 16));
                at += 3;
            }
            else
            {
                at++;
                word.Append(line[at] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'a' => '\a', char other => other });
            }
        }
        return false;
    }
}
