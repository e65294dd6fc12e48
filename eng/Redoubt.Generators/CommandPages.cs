// The pages of docs/ that say what the code says: commands.md and rules.md. A test writes them and fails when they are out of
// date, so that a command's page cannot lag behind its attribute.

using System.Globalization;
using System.Text;

namespace Redoubt.Generators;

internal static class CommandPages
{
    private const string HowToRewrite =
        "Generated: do not edit. `REDOUBT_REWRITE_DOCS=1 dotnet test tests/Redoubt.Generators.Tests` writes it anew.";

    /// <summary>docs/commands.md: the commands by group, each with its usage and what it does.</summary>
    public static string Commands(IReadOnlyList<CheckedCommand> table)
    {
        var page = new StringBuilder();
        List<CheckedCommand> listed = table.Where(command => !command.Model.IsContainer).ToList();
        page.Append("# Commands\n\n").Append(HowToRewrite).Append("\n\n");
        page.Append(listed.Count).Append(" commands and subcommands. \"Since\" is the version of Redis that introduced the command.\n");
        foreach (IGrouping<string, CheckedCommand> group in listed.GroupBy(command => command.Model.Group).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.Append("\n## ").Append(char.ToUpperInvariant(group.Key[0])).Append(group.Key.Substring(1)).Append("\n\n");
            page.Append("| Usage | What it does | Since | Cost | ACL categories |\n| --- | --- | --- | --- | --- |\n");
            foreach (CheckedCommand command in group)
            {
                CommandModel model = command.Model;
                string usage = string.Join(" ", new[] { model.Name.Replace('|', ' ') }.Concat(command.Arguments.Select(Usage)));
                string categories = string.Join(" ", AclCategories.Of(model).Select(i => "@" + AclCategories.All[i].Word));
                page.Append("| `").Append(Cell(usage)).Append("` | ").Append(Cell(model.Summary.TrimEnd('.')));
                if (model.Deprecated.Length > 0)
                    page.Append(" (deprecated since ").Append(Cell(model.Deprecated)).Append(')');
                page.Append(" | ").Append(model.Since).Append(" | ").Append(Cell(model.Complexity)).Append(" | ").Append(categories).Append(" |\n");
            }
        }
        return page.ToString();
    }

    /// <summary>docs/rules.md: what the compiler enforces about commands.</summary>
    public static string Rules()
    {
        var page = new StringBuilder();
        page.Append("# Rules for commands\n\n").Append(HowToRewrite).Append("\n\n");
        page.Append("The generator of the command table checks every `[Command]` attribute. A broken rule is a compile error.\n");
        foreach (Rule rule in Diagnostics.All)
        {
            page.Append("\n## ").Append(rule.Id).Append(": ").Append(rule.Title).Append("\n\n");
            string example = string.Format(CultureInfo.InvariantCulture, rule.Message, "GET", "…", "…");
            page.Append("> ").Append(example).Append("\n\n").Append(rule.Remedy).Append('\n');
        }
        return page.ToString();
    }

    /// <summary>An argument in the form of a usage line: <c>[EX seconds | PX milliseconds]</c>.</summary>
    public static string Usage(ArgumentNode argument)
    {
        string body = argument.Type switch
        {
            "pure-token" => Token(argument.Token!),
            "oneof" => string.Join(" | ", argument.Arguments.Select(inner => Usage(inner with { IsOptional = false }))),
            "block" => string.Join(" ", argument.Arguments.Select(Usage)),
            _ => argument.Name,
        };
        // Alternatives in brackets of an option need no brackets of their own, unless a word or a repetition stands before them.
        if (argument.Type == "oneof" && (!argument.IsOptional || argument.IsMultiple || argument.Token is not null))
            body = "<" + body + ">";
        if (argument.Token is not null && argument.Type != "pure-token")
            body = Token(argument.Token) + " " + body;
        if (argument.IsMultiple)
            body = body + " [" + (argument.RepeatsToken || argument.Token is null ? body : body.Substring(argument.Token.Length + 1)) + " ...]";
        return argument.IsOptional ? "[" + body + "]" : body;
    }

    private static string Token(string token) => token.Length == 0 ? "\"\"" : token;

    private static string Cell(string text) => text.Replace("|", "\\|");
}
