// Writes the [Command] attributes that say what a running redis-server says of its commands.
//
// It is the way back from COMMAND INFO and COMMAND DOCS to the notation: what goes round (Redis's reply -> attribute text ->
// generator -> our reply) and comes out as the same bytes is a notation that loses nothing. It also serves when a
// command is added: a test in Redis_itself prints the text for the commands it is asked for.

using System.Text;
using Redoubt.Testing;

namespace Redoubt.Generators.Tests;

internal static class AttributeText
{
    /// <summary>Attributes of the command and its subcommands, one declaration per entry; containers have no method.</summary>
    public static IEnumerable<(string Attribute, bool IsContainer)> Of(RespValue info, RespValue docs)
    {
        IReadOnlyList<RespValue> subcommands = info[9].Items;
        // Of the commands with subcommands, only COMMAND does something by itself.
        bool isContainer = subcommands.Count > 0 && info[1].Integer == -2;
        yield return (One(info, docs, isContainer), isContainer);
        foreach (RespValue subcommand in subcommands.OrderBy(item => item[0].Text, StringComparer.Ordinal))
        {
            foreach ((string, bool) inner in Of(subcommand, docs.Field("subcommands")!.Field(subcommand[0].Text)!))
                yield return inner;
        }
    }

    private static string One(RespValue info, RespValue docs, bool isContainer)
    {
        string name = info[0].Text.ToUpperInvariant();
        string[] flags = info[2].Items.Select(item => item.Text).ToArray();
        var members = flags.Select(word => "CommandFlags." + ReplyEncoding.FlagWords.Single(flag => flag.Word == word).Member).ToList();
        if (flags.Contains("write") && !flags.Contains("admin") && info[8].Items.Count == 0)
            members.Add("CommandFlags.TouchesArbitraryKeys");
        string positional = isContainer ? Quoted(name)
            : $"{Quoted(name)}, {info[1].Integer}, {(members.Count > 0 ? string.Join(" | ", members) : "CommandFlags.None")}";

        var named = new List<string>();
        if (info[3].Integer != 0)
            named.Add($"FirstKey = {info[3].Integer}, LastKey = {info[4].Integer}, KeyStep = {info[5].Integer}");
        if (info[8].Items.Count > 0)
            named.Add("KeyFlags = " + Quoted(KeyFlags(info)));
        string acl = Acl(info, flags);
        if (acl.Length > 0)
            named.Add("Acl = " + Quoted(acl));
        named.Add($"Group = {Quoted(docs.Field("group")!.Text)}, Since = {Quoted(docs.Field("since")!.Text)}");
        named.Add("Summary = " + Quoted(docs.Field("summary")!.Text));
        if (docs.Field("complexity") is { } complexity)
            named.Add("Complexity = " + Quoted(complexity.Text));
        if (docs.Field("arguments") is { } arguments)
            named.Add("Syntax = " + Quoted(string.Join(" ", arguments.Items.Select(Syntax))));
        if (docs.Field("history") is { } history)
            named.Add($"History = [{string.Join(", ", history.Items.Select(item => Quoted($"{item[0].Text}: {item[1].Text}")))}]");
        if (info[7].Items.Count > 0)
            named.Add($"Tips = [{string.Join(", ", info[7].Items.Select(item => Quoted(item.Text)))}]");
        if (docs.Field("deprecated_since") is { } deprecated)
            named.Add("Deprecated = " + Quoted($"{deprecated.Text}: {docs.Field("replaced_by")!.Text}"));
        if (docs.Field("doc_flags")?.Items.Any(item => item.Text == "syscmd") == true)
            named.Add("SystemCommand = true");
        return $"[{(isContainer ? "CommandContainer" : "Command")}({positional},\n    {string.Join(",\n    ", named)})]";
    }

    /// <summary>The categories that do not follow from the flags.</summary>
    private static string Acl(RespValue info, string[] flags)
    {
        string[] words = info[6].Items.Select(item => item.Text[1..]).ToArray();
        var implied = new HashSet<string> { "slow", "fast" };
        if (flags.Contains("write"))
            implied.Add("write");
        if (flags.Contains("readonly") && !words.Contains("scripting"))
            implied.Add("read");
        if (flags.Contains("admin"))
            implied.UnionWith(["admin", "dangerous"]);
        implied.UnionWith(flags.Intersect(["pubsub", "blocking"]));
        return string.Join(" ", words.Where(word => !implied.Contains(word)));
    }

    private static string KeyFlags(RespValue info)
    {
        IReadOnlyList<RespValue> specs = info[8].Items;
        bool isPlain = specs.Count == 1 && specs[0].Field("find_keys")!.Field("type")!.Text == "range"
            && specs[0].Field("begin_search")!.Field("type")!.Text == "index"
            && specs[0].Field("find_keys")!.Field("spec")!.Field("limit")!.Integer == 0;
        return string.Join("; ", specs.Select(spec => KeySpec(spec, isPlain)));
    }

    private static string KeySpec(RespValue spec, bool isPlain)
    {
        var text = new StringBuilder(string.Join(" ", spec.Field("flags")!.Items.Select(item => item.Text)));
        if (!isPlain)
        {
            RespValue search = spec.Field("begin_search")!;
            text.Append(search.Field("type")!.Text switch
            {
                "index" => $" @{search.Field("spec")!.Field("index")!.Integer}",
                "keyword" => $" @{search.Field("spec")!.Field("keyword")!.Text}:{search.Field("spec")!.Field("startfrom")!.Integer}",
                _ => " @unknown",
            });
            RespValue find = spec.Field("find_keys")!;
            long Number(string field) => find.Field("spec")!.Field(field)!.Integer;
            text.Append(find.Field("type")!.Text switch
            {
                "range" => $" range({Number("lastkey")},{Number("keystep")},{Number("limit")})",
                "keynum" => $" keynum({Number("keynumidx")},{Number("firstkey")},{Number("keystep")})",
                _ => " unknown",
            });
        }
        if (spec.Field("notes") is { } notes)
            text.Append($" '{notes.Text.Replace("'", "''")}'");
        return text.ToString();
    }

    private static string Syntax(RespValue argument)
    {
        string name = argument.Field("name")!.Text;
        string type = argument.Field("type")!.Text;
        string? token = argument.Field("token")?.Text;
        string inner(string separator) => string.Join(separator, argument.Field("arguments")!.Items.Select(Syntax));
        string text = type switch
        {
            "pure-token" => Word(token!) + (name == token!.ToLowerInvariant() && token.Any(char.IsUpper) ? "" : "!" + Word(name)),
            "oneof" => $"{Word(name)}({inner("|")})",
            "block" => $"{Word(name)}{{{inner(" ")}}}",
            "string" => Word(name),
            "key" => Word(name) + (argument.Field("key_spec_index") is null ? ":key" : ""),
            _ => $"{Word(name)}:{type}",
        };
        if (type != "pure-token" && token is not null)
            text = Word(token) + "=" + text;
        if (argument.Field("key_spec_index") is { } index)
            text += "#" + index.Integer;
        if (argument.Field("since") is { } since)
            text += "@" + since.Text;
        if (argument.Field("deprecated_since") is { } deprecated)
            text += "~" + deprecated.Text;
        string[] flags = argument.Field("flags")?.Items.Select(item => item.Text).ToArray() ?? [];
        text += flags.Contains("multiple_token") ? "++" : flags.Contains("multiple") ? "+" : "";
        return flags.Contains("optional") ? $"[{text}]" : text;
    }

    private static string Word(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? word : $"'{word}'";

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}
