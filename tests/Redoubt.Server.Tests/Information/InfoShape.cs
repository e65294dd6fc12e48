using System.Text.RegularExpressions;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Information;

/// <summary>One line of INFO.</summary>
internal sealed record InfoField(string Section, string Name, string Value)
{
    private static readonly (string Shape, Regex Pattern)[] s_shapes =
    [
        ("integer", new Regex(@"^-?\d+$")),
        // Redis divides by nothing at times; here that is 0.
        ("two decimals", new Regex(@"^(-?\d+\.\d\d|-?nan|inf)$")),
        ("six decimals", new Regex(@"^\d+\.\d{6}$")),
        ("percent", new Regex(@"^-?\d+\.\d\d%$")),
        ("size", new Regex(@"^(\d+B|\d+\.\d\d[KMGTP])$")),
        ("id", new Regex("^[0-9a-f]{40}$")),
        ("pairs", new Regex("^[a-z0-9_.]+=[^,]*(,[a-z0-9_.]+=[^,]*)+$")),
        ("nothing", new Regex("^$")),
    ];

    /// <summary>What kind of text the value is; of pairs, their names and kinds.</summary>
    public string Shape
    {
        get
        {
            string shape = Array.Find(s_shapes, each => each.Pattern.IsMatch(Value)).Shape ?? "word";
            return shape != "pairs" ? shape : string.Join(',', Value.Split(',').Select(PairShape));
        }
    }

    /// <summary>A whole INFO, in order.</summary>
    public static List<InfoField> Of(ServerProcess server, string section = "everything") => Parse(server.Call("INFO", section).OrThrow().Text);

    public static List<InfoField> Parse(string text)
    {
        List<InfoField> fields = [];
        string section = "";
        foreach (string line in text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                section = line[2..];
                fields.Add(new InfoField(section, "", ""));
                continue;
            }
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add(new InfoField(section, line[..colon], line[(colon + 1)..]));
        }
        return fields;
    }

    private static string PairShape(string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        string value = pair[(equals + 1)..];
        bool isNumber = Regex.IsMatch(value, @"^-?\d+(\.\d+)?$");
        return pair[..equals] + "=" + (isNumber ? value.Contains('.', StringComparison.Ordinal) ? "decimal" : "integer" : "word");
    }
}
