// Checks the declared commands against the rules of Diagnostics.cs and hands on what is sound.
//
// Why here: a command's attribute says the same thing in several ways (arity, key positions, syntax, flags), and whatever can
// disagree one day does. What disagrees does not build.
//
// How: first each command by itself (its name, its words, its flags, its method; then, if its notations can be read, arity and
// keys against them), then the commands among one another (duplicates, subcommands without a container). One mistake is
// reported once: checks that build on a broken part are left out.
//
// What must stay true: a broken command is left out of the table and the others stay in it, so that the compiler shows this
// mistake and not a hundred that follow from a missing table. The order is by name and depends on nothing else.

using Microsoft.CodeAnalysis;

namespace Redoubt.Generators;

/// <summary>A command that passed the rules, with its notations parsed.</summary>
internal sealed class CheckedCommand(CommandModel model, IReadOnlyList<ArgumentNode> arguments, IReadOnlyList<KeySpecNode> keys)
{
    public CommandModel Model => model;

    public IReadOnlyList<ArgumentNode> Arguments => arguments;

    public IReadOnlyList<KeySpecNode> Keys => keys;

    /// <summary>Sorted by name.</summary>
    public List<CheckedCommand> Subcommands { get; } = [];

    /// <summary>Its place in the table.</summary>
    public int Index { get; set; }
}

internal sealed class CommandRules(Action<Rule, SourcePlace, object[]> report)
{
    private const int NameLengthMax = 32;

    /// <summary>The sound commands in the order of the table: by name, subcommands right after their container.</summary>
    public IReadOnlyList<CheckedCommand> Check(IEnumerable<CommandModel> models)
    {
        var sound = new SortedDictionary<string, CheckedCommand>(StringComparer.Ordinal);
        foreach (CommandModel model in models)
        {
            CheckedCommand? command = CheckOne(model);
            if (command is null)
                continue;
            if (sound.ContainsKey(model.WireName))
                report(Diagnostics.Duplicate, model.Place, [model.Name]);
            else
                sound.Add(model.WireName, command);
        }

        var table = new List<CheckedCommand>();
        foreach (CheckedCommand command in sound.Values.Where(command => command.Model.IsSubcommand))
        {
            if (sound.TryGetValue(command.Model.ContainerName.ToLowerInvariant(), out CheckedCommand? container))
                container.Subcommands.Add(command);
            else
                report(Diagnostics.Container, command.Model.Place, [command.Model.Name, command.Model.ContainerName]);
        }
        foreach (CheckedCommand command in sound.Values.Where(command => !command.Model.IsSubcommand))
        {
            table.Add(command);
            table.AddRange(command.Subcommands);
        }
        for (int i = 0; i < table.Count; i++)
            table[i].Index = i;
        return table;
    }

    private CheckedCommand? CheckOne(CommandModel model)
    {
        string problem = NameProblem(model.Name);
        if (problem.Length > 0)
        {
            report(Diagnostics.Name, model.Place, [model.Name, problem]);
            return null;
        }
        bool isSound = CheckWords(model) & CheckFlags(model);
        if (model.ShapeProblem.Length > 0)
        {
            report(Diagnostics.Shape, model.Place, [model.Name, model.ShapeProblem]);
            isSound = false;
        }

        IReadOnlyList<ArgumentNode> arguments = [];
        IReadOnlyList<KeySpecNode> keys = [];
        try
        {
            arguments = SyntaxNotation.Parse(model.Syntax);
        }
        catch (NotationException mistake)
        {
            report(Diagnostics.Syntax, model.Place, [model.Name, mistake.Position + 1, mistake.Message]);
            isSound = false;
        }
        try
        {
            keys = KeyNotation.Parse(model.KeyFlags, model.FirstKey, model.LastKey, model.KeyStep);
        }
        catch (NotationException mistake)
        {
            report(Diagnostics.Keys, model.Place, [model.Name, mistake.Message]);
            isSound = false;
        }
        if (isSound)
            isSound = CheckArity(model, arguments) & CheckKeys(model, arguments, keys);
        return isSound ? new CheckedCommand(model, arguments, keys) : null;
    }

    private static string NameProblem(string name)
    {
        if (name.Length == 0)
            return "it is empty";
        if (name.Any(char.IsLower))
            return "it is not in upper case";
        string[] parts = name.Split('|');
        if (parts.Length > 2 || parts.Any(part => part.Length is 0 or > NameLengthMax))
            return "a name has one part, or two parted by '|', of 1 to 32 characters";
        if (!parts.All(part => part.All(c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_' or '.')))
            return "it holds a character other than A-Z, 0-9, '-', '_' and '.'";
        return "";
    }

    private bool CheckWords(CommandModel model)
    {
        bool isSound = true;
        foreach ((string what, string text) in new[] { ("summary", model.Summary), ("group", model.Group), ("Since", model.Since) })
        {
            if (text.Trim().Length == 0)
                isSound = Broken(Diagnostics.Missing, model, what);
        }
        foreach (string line in model.Deprecated.Length > 0 ? model.History.Append(model.Deprecated) : model.History)
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0 || !line.Take(colon).All(c => char.IsDigit(c) || c == '.') || line.Length == colon + 2)
                isSound = Broken(Diagnostics.Versioned, model, line);
        }
        IReadOnlyList<string> words = AclCategories.Words(model.Acl).ToList();
        foreach (string word in words)
        {
            if (!AclCategories.All.Any(category => category.Word == word))
                isSound = Broken(Diagnostics.Acl, model, word, "which does not exist");
            else if (word is "fast" or "slow" || (word == "write" && model.Has("Write")) || (word == "admin" && model.Has("Admin")))
                isSound = Broken(Diagnostics.Acl, model, word, "which follows from the flags");
        }
        return isSound;
    }

    private bool CheckFlags(CommandModel model)
    {
        bool isSound = true;
        if (model.Has("Write") && model.Has("ReadOnly"))
            isSound = Broken(Diagnostics.Flags, model, "Write and ReadOnly exclude each other");
        if (model.Has("ReadOnly") && model.Has("DenyOom"))
            isSound = Broken(Diagnostics.Flags, model, "a ReadOnly command is never denied for want of memory");
        bool namesKeys = model.FirstKey > 0 || model.KeyFlags.Length > 0;
        if (model.Has("Write") && !namesKeys && !model.Has("TouchesArbitraryKeys") && !model.Has("Admin"))
            isSound = Broken(Diagnostics.WriteWithoutKeys, model);
        return isSound;
    }

    private bool CheckArity(CommandModel model, IReadOnlyList<ArgumentNode> arguments)
    {
        int name = model.IsSubcommand ? 2 : 1;
        if (model.Arity == 0)
            return Broken(Diagnostics.Arity, model, model.Arity, "0 is not an arity");
        if (Math.Abs(model.Arity) < name)
            return Broken(Diagnostics.Arity, model, model.Arity, "it does not count the words of the name");
        if (model.Arity < 0 && arguments.Count == 0)
            return true;
        int least = name + arguments.Sum(argument => argument.WordsMin);
        bool isOpen = arguments.Any(argument => argument.WordsMax == int.MaxValue);
        int most = isOpen ? int.MaxValue : name + arguments.Sum(argument => argument.WordsMax);
        if (model.Arity > 0 && (model.Arity < least || model.Arity > most))
            return Broken(Diagnostics.Arity, model, model.Arity, $"by its syntax it takes {Range(least, most)} words");
        if (model.Arity < 0 && -model.Arity > most)
            return Broken(Diagnostics.Arity, model, model.Arity, $"by its syntax it takes at most {most} words");
        return true;
    }

    private static string Range(int least, int most) => most == int.MaxValue ? $"{least} or more" : least == most ? $"{least}" : $"{least} to {most}";

    private bool CheckKeys(CommandModel model, IReadOnlyList<ArgumentNode> arguments, IReadOnlyList<KeySpecNode> keys)
    {
        bool isSound = true;
        if (model.FirstKey < 0 || model.KeyStep < 0)
            isSound = Broken(Diagnostics.Keys, model, "FirstKey and KeyStep are not negative");
        else if (model.FirstKey == 0 && (model.LastKey != 0 || model.KeyStep != 0))
            isSound = Broken(Diagnostics.Keys, model, "LastKey or KeyStep without FirstKey");
        else if (model.FirstKey > 0 && (model.KeyStep == 0 || model.LastKey == 0))
            isSound = Broken(Diagnostics.Keys, model, "FirstKey without LastKey and KeyStep");
        else if (model.LastKey > 0 && model.LastKey < model.FirstKey)
            isSound = Broken(Diagnostics.Keys, model, "LastKey lies before FirstKey");
        else if (model.FirstKey > 0 && keys.Count == 0)
            isSound = Broken(Diagnostics.Keys, model, "FirstKey without KeyFlags");
        else if (model.FirstKey > 0 && !keys.Any(spec => spec.Search == "index" && spec.Find == "range" && spec.Start == model.FirstKey))
            isSound = Broken(Diagnostics.Keys, model, "no specification in KeyFlags begins at FirstKey");
        bool isRealKey = keys.Any(spec => !spec.Flags.Contains("not_key"));
        if (isRealKey && model.FirstKey >= Math.Abs(model.Arity))
            isSound = Broken(Diagnostics.Arity, model, model.Arity, $"a call that is just long enough has no argument {model.FirstKey}, the first key");
        int highest = HighestSpec(arguments);
        if (highest >= keys.Count)
            isSound = Broken(Diagnostics.Keys, model, $"Syntax refers to key specification {highest}, of which there are {keys.Count}");
        return isSound;
    }

    private static int HighestSpec(IReadOnlyList<ArgumentNode> arguments) =>
        arguments.Count == 0 ? -1 : arguments.Max(argument => Math.Max(argument.KeySpec, HighestSpec(argument.Arguments)));

    /// <summary>Reports and returns false.</summary>
    private bool Broken(Rule rule, CommandModel model, params object[] details)
    {
        report(rule, model.Place, [model.Name, .. details]);
        return false;
    }
}
