// Writes the source of Redoubt.Commands.CommandTable.
//
// Lookup: a switch on the length of the name, then the name's bytes as one 64-bit word (longer names: several), folded to
// lower case eight letters at a time, then a switch on that word. The words of a length are compared at fixed places that
// may overlap, so a name of 11 letters is the words at 0 and at 3. No hash, no table in memory, nothing to miss the cache.
//
// Dispatch: a dense switch over the index, which the JIT turns into one jump and a direct call.

using System.Globalization;
using System.Text;

namespace Redoubt.Generators;

internal sealed class TableWriter(IReadOnlyList<CheckedCommand> table)
{
    private readonly StringBuilder _code = new();
    private readonly Dictionary<string, string> _keySpecs = [];

    public string Write()
    {
        Raw(Head);
        Build();
        Lookup();
        Execute();
        Replies();
        Raw("}\n");
        return _code.ToString();
    }

    private void Build()
    {
        Line(1, "private static CommandDescriptor[] Build()");
        Line(1, "{");
        Line(2, $"var all = new CommandDescriptor[{table.Count}];");
        foreach (CheckedCommand command in table.Where(command => command.Keys.Count > 0))
        {
            string specs = KeySpecs(command.Keys);
            if (_keySpecs.ContainsKey(specs))
                continue;
            string name = "keys" + _keySpecs.Count.ToString(CultureInfo.InvariantCulture);
            _keySpecs.Add(specs, name);
            Line(2, $"KeySpec[] {name} = {specs};");
        }
        foreach (CheckedCommand command in table)
        {
            if (command.Model.IsSubcommand)
                continue;
            foreach (CheckedCommand subcommand in command.Subcommands)
                Row(subcommand, "[]");
            Row(command, "[" + string.Join(", ", command.Subcommands.Select(subcommand => $"all[{subcommand.Index}]")) + "]");
        }
        Line(2, "return all;");
        Line(1, "}");
        Blank();
    }

    private void Row(CheckedCommand command, string subcommands)
    {
        CommandModel model = command.Model;
        string flags = model.Flags.Count == 0 ? "CommandFlags.None" : string.Join(" | ", model.Flags.Select(flag => "CommandFlags." + flag));
        string categories = string.Join(" | ", AclCategories.Of(model).Select(i => "AclCategories." + AclCategories.All[i].Member));
        string keys = command.Keys.Count == 0 ? "[]" : _keySpecs[KeySpecs(command.Keys)];
        Line(2, $"all[{command.Index}] = Row({command.Index}, \"{model.WireName}\", {model.Arity}, {flags},");
        Line(3, $"{model.FirstKey}, {model.LastKey}, {model.KeyStep}, {categories}, {keys}, {subcommands}{(model.ExtraWords == 0 ? "" : $", {model.ExtraWords}")});");
    }

    private static string KeySpecs(IReadOnlyList<KeySpecNode> specs) => "[" + string.Join(", ", specs.Select(KeySpec)) + "]";

    private static string KeySpec(KeySpecNode spec)
    {
        IEnumerable<string> flags = KeyNotation.FlagWords.Where(flag => spec.Flags.Contains(flag.Word)).Select(flag => "KeySpecFlags." + flag.Member);
        string search = char.ToUpperInvariant(spec.Search[0]) + spec.Search.Substring(1);
        string find = spec.Find == "keynum" ? "Count" : char.ToUpperInvariant(spec.Find[0]) + spec.Find.Substring(1);
        string numbers = string.Join(", ", Enumerable.Range(0, 3).Select(i => i < spec.Numbers.Count ? spec.Numbers[i] : 0));
        return $"new KeySpec({string.Join(" | ", flags)}, KeySearch.{search}, \"{spec.Keyword}\", {spec.Start}, KeyFind.{find}, {numbers})";
    }

    private void Lookup()
    {
        Line(1, "/// <summary>What rename-command changed; null when all commands go by their own names.</summary>");
        Line(1, "public static RenamedCommands? Renamed { get; set; }");
        Blank();
        Line(1, "/// <summary>The command of this name, in upper or lower case; null if there is none. Subcommands are not found here.</summary>");
        Line(1, "public static CommandDescriptor? Find(ReadOnlySpan<byte> name)");
        Line(1, "{");
        Line(2, "if (Renamed is { } renamed && renamed.TryFind(name, out CommandDescriptor? other))");
        Line(3, "return other;");
        Line(2, "int index = IndexOf(name);");
        Line(2, "return index < 0 ? null : s_all[index];");
        Line(1, "}");
        Blank();
        Line(1, "/// <summary>The subcommand of this name (\"getname\" of CLIENT), in upper or lower case; null if there is none.</summary>");
        Line(1, "public static CommandDescriptor? FindSubcommand(CommandDescriptor container, ReadOnlySpan<byte> name)");
        Line(1, "{");
        Line(2, "int index = container.Index switch");
        Line(2, "{");
        List<CheckedCommand> containers = table.Where(command => command.Subcommands.Count > 0).ToList();
        foreach (CheckedCommand container in containers)
            Line(3, $"{container.Index} => IndexOfSubcommand{container.Index}(name),");
        Line(3, "_ => -1,");
        Line(2, "};");
        Line(2, "return index < 0 ? null : s_all[index];");
        Line(1, "}");
        Blank();
        IndexOf("IndexOf", table.Where(command => !command.Model.IsSubcommand));
        foreach (CheckedCommand container in containers)
        {
            Line(1, $"// {container.Model.Name}");
            IndexOf($"IndexOfSubcommand{container.Index}", container.Subcommands);
        }
    }

    private void IndexOf(string method, IEnumerable<CheckedCommand> commands)
    {
        Line(1, $"private static int {method}(ReadOnlySpan<byte> name)");
        Line(1, "{");
        Line(2, "switch (name.Length)");
        Line(2, "{");
        foreach (IGrouping<int, CheckedCommand> sameLength in commands.GroupBy(command => command.Model.OwnName.Length).OrderBy(group => group.Key))
        {
            int length = sameLength.Key;
            Line(3, $"case {length}:");
            Line(4, $"switch (Fold({Load(length, 0)}))");
            Line(4, "{");
            foreach (CheckedCommand command in sameLength)
            {
                string name = command.Model.OwnName.ToLowerInvariant();
                IEnumerable<string> rest = Places(length).Skip(1).Select(at => $"Fold({Load(length, at)}) == {Word(name, at)}");
                string guard = length > 8 ? " when " + string.Join(" && ", rest) : "";
                Line(5, $"case {Word(name, 0)}{guard}: return {command.Index}; // {command.Model.Name}");
            }
            Line(5, "default: return -1;");
            Line(4, "}");
        }
        Line(3, "default: return -1;");
        Line(2, "}");
        Line(1, "}");
        Blank();
    }

    /// <summary>Where the words of a name begin; the last overlaps the one before it unless the length is a multiple of eight.</summary>
    private static IEnumerable<int> Places(int length)
    {
        for (int at = 0; at + 8 <= length; at += 8)
            yield return at;
        if (length < 8)
            yield return 0;
        else if (length % 8 != 0)
            yield return length - 8;
    }

    private static string Load(int length, int at) => length switch
    {
        1 => "name[0]",
        2 or 3 => "BinaryPrimitives.ReadUInt16LittleEndian(name)" + (length == 3 ? " | (ulong)name[2] << 16" : ""),
        4 => "BinaryPrimitives.ReadUInt32LittleEndian(name)",
        < 8 => $"BinaryPrimitives.ReadUInt32LittleEndian(name) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(name[{length - 4}..]) << {8 * (length - 4)}",
        _ => $"BinaryPrimitives.ReadUInt64LittleEndian(name{(at == 0 ? "" : $"[{at}..]")})",
    };

    private static string Word(string name, int at)
    {
        ulong word = 0;
        for (int i = Math.Min(name.Length, at + 8) - 1; i >= at; i--)
            word = word << 8 | name[i];
        return "0x" + word.ToString("x", CultureInfo.InvariantCulture) + "UL";
    }

    private void Execute()
    {
        Line(1, "/// <summary>Carries the command of this index out. A container without a method of its own cannot be carried out.</summary>");
        Line(1, "public static void Execute(int index, CommandContext c)");
        Line(1, "{");
        Line(2, "switch (index)");
        Line(2, "{");
        foreach (CheckedCommand command in table.Where(command => !command.Model.IsContainer))
            Line(3, $"case {command.Index}: {command.Model.Target}(c); return; // {command.Model.Name}");
        Line(3, "default: throw new ArgumentOutOfRangeException(nameof(index), index, \"no command of this index can be carried out\");");
        Line(2, "}");
        Line(1, "}");
        Blank();
    }

    private void Replies()
    {
        Line(1, "/// <summary>COMMAND INFO's reply in RESP3, up to the array of subcommands, which is left out.</summary>");
        Line(1, "public static ReadOnlySpan<byte> InfoHead(int index) => index switch");
        Line(1, "{");
        foreach (CheckedCommand command in table)
            Line(2, $"{command.Index} => {Literal(ReplyEncoding.InfoHead(command))},");
        Line(2, "_ => throw new ArgumentOutOfRangeException(nameof(index)),");
        Line(1, "};");
        Blank();
        Line(1, "/// <summary>The pairs of COMMAND DOCS's map in RESP3, without the map's header and the pair for the subcommands.</summary>");
        Line(1, "public static ReadOnlySpan<byte> DocsBody(int index, out int pairs)");
        Line(1, "{");
        Line(2, "switch (index)");
        Line(2, "{");
        foreach (CheckedCommand command in table)
        {
            string body = ReplyEncoding.DocsBody(command, out int pairs);
            Line(3, $"case {command.Index}: pairs = {pairs}; return {Literal(body)};");
        }
        Line(3, "default: throw new ArgumentOutOfRangeException(nameof(index));");
        Line(2, "}");
        Line(1, "}");
    }

    private static string Literal(string text) =>
        "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\r", "\\r").Replace("\n", "\\n") + "\"u8";

    private void Line(int depth, string text) => _code.Append(' ', 4 * depth).Append(text).Append('\n');

    private void Blank() => _code.Append('\n');

    private void Raw(string text) => _code.Append(text);

    private const string Head = """
        // <auto-generated/>
        // Written by Redoubt.Generators from the [Command] attributes.
        #nullable enable

        using System;
        using System.Buffers.Binary;

        namespace Redoubt.Commands;

        /// <summary>Every command of this server: lookup, dispatch, and what COMMAND says of them.</summary>
        public static class CommandTable
        {
            private static readonly CommandDescriptor[] s_all = Build();

            /// <summary>By name, the subcommands of a container right after it; a descriptor's Index is its place here.</summary>
            public static CommandDescriptor[] All => s_all;

            // Puts the letters of eight bytes into lower case and leaves every other byte alone: bit 7 of `low` says "at least 'A'",
            // of `high` "beyond 'Z'"; bytes from 128 on are no letters.
            private static ulong Fold(ulong word)
            {
                ulong seven = word & 0x7f7f7f7f7f7f7f7fUL;
                ulong low = seven + 0x3f3f3f3f3f3f3f3fUL;
                ulong high = seven + 0x2525252525252525UL;
                return word | ((low & ~high & ~word & 0x8080808080808080UL) >> 2);
            }

            // One call per command keeps Build short, which the JIT has to get through before the server can answer.
            private static CommandDescriptor Row(
                int index, string name, int arity, CommandFlags flags, int firstKey, int lastKey, int keyStep, AclCategories categories,
                KeySpec[] keys, CommandDescriptor[] subcommands, int extraWords = 0) => new()
            {
                Index = index,
                Name = name,
                Arity = arity,
                ExtraWords = extraWords,
                Flags = flags,
                FirstKey = firstKey,
                LastKey = lastKey,
                KeyStep = keyStep,
                Categories = categories,
                Keys = keys,
                Subcommands = subcommands,
            };


        """;
}
