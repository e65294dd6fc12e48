// The replies of COMMAND INFO and COMMAND DOCS, encoded when the project is built.
//
// Both replies are fixed per command, so the table holds them as bytes of RESP3, in the assembly's read-only data: no
// parsing, no objects and no start-up cost. The server turns maps and sets into arrays for clients that speak RESP2.
// What depends on subcommands (the last element of either reply) is left out here and written by the server, so that
// nothing is stored twice: DocsBody is the content of the map without its header.

using System.Globalization;
using System.Text;

namespace Redoubt.Generators;

internal sealed class ReplyEncoding
{
    /// <summary>Members of CommandFlags and their words, in the order in which COMMAND INFO lists them; other flags are not shown.</summary>
    public static readonly IReadOnlyList<(string Member, string Word)> FlagWords =
    [
        ("Write", "write"), ("ReadOnly", "readonly"), ("DenyOom", "denyoom"), ("Admin", "admin"), ("PubSub", "pubsub"),
        ("NoScript", "noscript"), ("Blocking", "blocking"), ("Loading", "loading"), ("Stale", "stale"),
        ("SkipMonitor", "skip_monitor"), ("SkipSlowlog", "skip_slowlog"), ("Asking", "asking"), ("Fast", "fast"), ("NoAuth", "no_auth"),
        ("NoMandatoryKeys", "no_mandatory_keys"), ("NoAsyncLoading", "no_async_loading"), ("NoMulti", "no_multi"),
        ("MovableKeys", "movablekeys"), ("AllowBusy", "allow_busy"),
    ];

    private readonly StringBuilder _text = new();

    /// <summary>COMMAND INFO's array of ten elements, without the tenth, the array of subcommands.</summary>
    public static string InfoHead(CheckedCommand command)
    {
        CommandModel model = command.Model;
        var reply = new ReplyEncoding();
        reply.Header('*', 10);
        reply.Bulk(model.WireName);
        reply.Integer(model.Arity);
        reply.Words(FlagWords.Where(flag => model.Has(flag.Member)).Select(flag => flag.Word).ToList());
        reply.Integer(model.FirstKey);
        reply.Integer(model.LastKey);
        reply.Integer(model.KeyStep);
        reply.Words(AclCategories.Of(model).Select(i => "@" + AclCategories.All[i].Word).ToList());
        reply.Header('~', model.Tips.Count);
        foreach (string tip in model.Tips)
            reply.Bulk(tip);
        reply.Header('~', command.Keys.Count);
        foreach (KeySpecNode spec in command.Keys)
            reply.KeySpec(spec);
        return reply._text.ToString();
    }

    /// <summary>The pairs of COMMAND DOCS's map, without the header and without the pair for the subcommands.</summary>
    public static string DocsBody(CheckedCommand command, out int pairs)
    {
        CommandModel model = command.Model;
        var reply = new ReplyEncoding();
        pairs = 3;
        reply.Pair("summary", model.Summary);
        reply.Pair("since", model.Since);
        reply.Pair("group", model.Group);
        if (model.Complexity.Length > 0)
        {
            pairs++;
            reply.Pair("complexity", model.Complexity);
        }
        var flags = new List<string>();
        if (model.Deprecated.Length > 0)
            flags.Add("deprecated");
        if (model.SystemCommand)
            flags.Add("syscmd");
        if (flags.Count > 0)
        {
            pairs++;
            reply.Bulk("doc_flags");
            reply.Words(flags);
        }
        if (model.Deprecated.Length > 0)
        {
            pairs += 2;
            (string version, string replacement) = Versioned(model.Deprecated);
            reply.Pair("deprecated_since", version);
            reply.Pair("replaced_by", replacement);
        }
        if (model.History.Count > 0)
        {
            pairs++;
            reply.Bulk("history");
            reply.Header('~', model.History.Count);
            foreach (string line in model.History)
            {
                (string version, string change) = Versioned(line);
                reply.Header('*', 2);
                reply.Bulk(version);
                reply.Bulk(change);
            }
        }
        if (command.Arguments.Count > 0)
        {
            pairs++;
            reply.Bulk("arguments");
            reply.Arguments(command.Arguments);
        }
        return reply._text.ToString();
    }

    private void Arguments(IReadOnlyList<ArgumentNode> arguments)
    {
        Header('*', arguments.Count);
        foreach (ArgumentNode argument in arguments)
            Argument(argument);
    }

    private void Argument(ArgumentNode argument)
    {
        var flags = new List<string>();
        if (argument.IsOptional)
            flags.Add("optional");
        if (argument.IsMultiple)
            flags.Add("multiple");
        if (argument.RepeatsToken)
            flags.Add("multiple_token");
        int pairs = 2 + (argument.KeySpec >= 0 ? 1 : 0) + (argument.Token is null ? 0 : 1) + (argument.Since.Length > 0 ? 1 : 0)
            + (argument.DeprecatedSince.Length > 0 ? 1 : 0) + (flags.Count > 0 ? 1 : 0) + (argument.Arguments.Count > 0 ? 1 : 0);
        Header('%', pairs);
        Pair("name", argument.Name);
        Pair("type", argument.Type);
        if (argument.KeySpec >= 0)
            Number("key_spec_index", argument.KeySpec);
        if (argument.Token is not null)
            Pair("token", argument.Token);
        if (argument.Since.Length > 0)
            Pair("since", argument.Since);
        if (argument.DeprecatedSince.Length > 0)
            Pair("deprecated_since", argument.DeprecatedSince);
        if (flags.Count > 0)
        {
            Bulk("flags");
            Words(flags);
        }
        if (argument.Arguments.Count > 0)
        {
            Bulk("arguments");
            Arguments(argument.Arguments);
        }
    }

    private void KeySpec(KeySpecNode spec)
    {
        Header('%', spec.Notes.Length > 0 ? 4 : 3);
        if (spec.Notes.Length > 0)
            Pair("notes", spec.Notes);
        Bulk("flags");
        Words(spec.Flags);
        Bulk("begin_search");
        Typed(spec.Search, spec.Search switch { "index" => 1, "keyword" => 2, _ => 0 });
        if (spec.Search == "index")
            Number("index", spec.Start);
        if (spec.Search == "keyword")
        {
            Pair("keyword", spec.Keyword);
            Number("startfrom", spec.Start);
        }
        Bulk("find_keys");
        Typed(spec.Find, spec.Numbers.Count);
        string[] names = spec.Find == "range" ? ["lastkey", "keystep", "limit"] : ["keynumidx", "firstkey", "keystep"];
        for (int i = 0; i < spec.Numbers.Count; i++)
            Number(names[i], spec.Numbers[i]);
    }

    private void Typed(string type, int fields)
    {
        Header('%', 2);
        Pair("type", type);
        Bulk("spec");
        Header('%', fields);
    }

    private void Pair(string name, string value)
    {
        Bulk(name);
        Bulk(value);
    }

    private void Number(string name, int value)
    {
        Bulk(name);
        Integer(value);
    }

    private void Words(IReadOnlyList<string> words)
    {
        Header('~', words.Count);
        foreach (string word in words)
            _text.Append('+').Append(word).Append("\r\n");
    }

    private void Bulk(string text)
    {
        Header('$', Encoding.UTF8.GetByteCount(text));
        _text.Append(text).Append("\r\n");
    }

    private void Integer(int value) => Header(':', value);

    private void Header(char kind, int value) => _text.Append(kind).Append(value.ToString(CultureInfo.InvariantCulture)).Append("\r\n");

    private static (string Version, string Text) Versioned(string line)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        return (line.Substring(0, colon), line.Substring(colon + 2));
    }
}
