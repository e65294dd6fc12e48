using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Redoubt.Cli;

// Every command that shows something has one document, a JSON object with stable field names, from which the three forms for programs
// are made: JSON as it is, YAML as the same tree, and TSV as the rows of the one array that the command is about (nodes of a status,
// checks of doctor, steps of a plan). The table for people is drawn apart, since people and programs want different things.

/// <summary>How results are printed.</summary>
internal enum OutputFormat
{
    Table,
    Json,
    Yaml,
    Tsv,
}

/// <summary>The option <c>-o</c>, and the printing of documents.</summary>
internal sealed class OutputChoice
{
    private readonly Option<OutputFormat> _format = new("--output", "-o")
    {
        Description = "How results are printed: table, json, yaml or tsv",
        HelpName = "format",
        CustomParser = result =>
        {
            if (Enum.TryParse(result.Tokens[0].Value, ignoreCase: true, out OutputFormat format) && !char.IsAsciiDigit(result.Tokens[0].Value[0]))
                return format;
            result.AddError($"'{result.Tokens[0].Value}' is no format: table, json, yaml or tsv.");
            return OutputFormat.Table;
        },
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Short for -o json" };

    public void AddTo(Command command)
    {
        command.Add(_format);
        command.Add(_json);
    }

    public OutputFormat Of(ParseResult arguments) => arguments.GetValue(_json) ? OutputFormat.Json : arguments.GetValue(_format);

    public bool IsForPrograms(System.CommandLine.Parsing.CommandResult result) => result.GetValue(_json) || result.GetValue(_format) != OutputFormat.Table;

    /// <summary>Prints a document in one of the forms for programs.</summary>
    public static void Print(Terminal terminal, OutputFormat format, string json, string rows)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        terminal.Write(format switch
        {
            OutputFormat.Yaml => ToYaml(document.RootElement).TrimEnd('\n'),
            OutputFormat.Tsv => ToTsv(document.RootElement.GetProperty(rows)).TrimEnd('\n'),
            _ => json,
        });
    }

    internal static string ToYaml(JsonElement root)
    {
        var text = new StringBuilder();
        AppendYaml(text, root, 0);
        return text.ToString();
    }

    private static void AppendYaml(StringBuilder text, JsonElement value, int depth)
    {
        string indent = new(' ', depth * 2);
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                text.Append(indent).Append(Scalar(property.Name)).Append(':');
                AppendValue(text, property.Value, depth + 1);
            }
        }
        else
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                text.Append(indent).Append('-');
                AppendValue(text, item, depth + 1);
            }
        }
    }

    private static void AppendValue(StringBuilder text, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                text.Append('\n');
                AppendYaml(text, value, depth);
                break;
            case JsonValueKind.Object:
                text.Append(" {}\n");
                break;
            case JsonValueKind.Array:
                text.Append(" []\n");
                break;
            case JsonValueKind.String:
                text.Append(' ').Append(Scalar(value.GetString()!)).Append('\n');
                break;
            default:
                text.Append(' ').Append(value.GetRawText()).Append('\n');
                break;
        }
    }

    /// <summary>A word stays as it is; whatever YAML might read as something else is quoted, as JSON quotes it.</summary>
    private static string Scalar(string value)
    {
        bool plain = value.Length > 0 && (char.IsAsciiLetter(value[0]) || value[0] == '_')
            && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.' or '/')
            && value.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? value : $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
    }

    internal static string ToTsv(JsonElement rows)
    {
        var text = new StringBuilder();
        bool first = true;
        foreach (JsonElement row in rows.EnumerateArray())
        {
            if (first)
                text.AppendJoin('\t', row.EnumerateObject().Select(property => property.Name)).Append('\n');
            first = false;
            text.AppendJoin('\t', row.EnumerateObject().Select(property => Cell(property.Value))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Nothing stands for null; tabs and line ends within a text are escaped, so that a row is a line.</summary>
    private static string Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal),
        JsonValueKind.Array or JsonValueKind.Object => Compact(value),
        _ => value.GetRawText(),
    };

    private static string Compact(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            value.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
