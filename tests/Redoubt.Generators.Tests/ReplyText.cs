// A reply as text, byte for byte, except for what has no order.
//
// Redis keeps commands and subcommands in hash tables that are seeded at start: their order in COMMAND, COMMAND LIST,
// COMMAND INFO's last element and COMMAND DOCS's "subcommands" differs from run to run. Those places, and no others, are
// sorted here. Headers stay in the text, so a set where an array belongs is still a difference.

using System.Globalization;
using System.Text;

namespace Redoubt.Generators.Tests;

internal ref struct ReplyText
{
    private const int InfoElements = 10;

    private readonly ReadOnlySpan<byte> _reply;
    private int _at;

    private ReplyText(ReadOnlySpan<byte> reply) => _reply = reply;

    /// <summary>The whole reply; <paramref name="isListing"/> says that its elements (a map's pairs) have no order.</summary>
    public static string Of(ReadOnlySpan<byte> reply, bool isListing)
    {
        var text = new ReplyText(reply);
        string result = text.Element(isListing ? Order.None : Order.AsIs);
        Assert.Equal(reply.Length, text._at);
        return result;
    }

    private enum Order
    {
        AsIs,
        None,
        NoneOfPairs,
    }

    private string Element(Order order)
    {
        string line = Line();
        if (line[0] == '$' && line[1] != '-')
        {
            int length = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
            string bulk = Encoding.Latin1.GetString(_reply.Slice(_at, length));
            _at += length + 2;
            return line + " " + bulk + "\n";
        }
        if (line[0] is not ('*' or '~' or '%') || line[1] == '-')
            return line + "\n";

        int count = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
        bool isMap = line[0] == '%';
        var elements = new List<string>();
        string key = "";
        for (int i = 0; i < (isMap ? 2 * count : count); i++)
        {
            Order inner = key == "$11 subcommands\n" ? (PeekIsMap() ? Order.None : Order.NoneOfPairs)
                : IsInfo(line, elements) && i == InfoElements - 1 ? Order.None
                : Order.AsIs;
            string element = Element(inner);
            key = element;
            elements.Add(element);
        }
        if (order == Order.NoneOfPairs || (order == Order.None && isMap))
            elements = elements.Chunk(2).Select(pair => string.Concat(pair)).ToList();
        if (order != Order.AsIs)
            elements.Sort(StringComparer.Ordinal);
        return line + "\n" + string.Concat(elements);
    }

    /// <summary>An array of ten whose second element is a number, the arity; a map of five pairs in RESP2 also has ten.</summary>
    private static bool IsInfo(string header, List<string> elements) => header == "*10" && elements.Count > 1 && elements[1][0] == ':';

    private readonly bool PeekIsMap() => _reply[_at] == '%';

    private string Line()
    {
        int length = _reply[_at..].IndexOf("\r\n"u8);
        string line = Encoding.Latin1.GetString(_reply.Slice(_at, length));
        _at += length + 2;
        return line;
    }
}
