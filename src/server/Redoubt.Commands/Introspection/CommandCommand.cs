// COMMAND: what this server says of its own commands.
//
// The replies come ready from the command table (see EncodedReply); only what depends on subcommands is put together here.
// Redis lists commands in the order of a hash table seeded at start; here they come by name, which is one such order.

using Redoubt.Resp;

namespace Redoubt.Commands.Introspection;

internal static class CommandCommand
{
    [Command("COMMAND", -1, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "2.8.13", Summary = "Get array of Redis command details",
        Complexity = "O(N) where N is the total number of Redis commands", Tips = ["nondeterministic_output_order"])]
    public static void Command(CommandContext c) => AllInfos(c.Reply);

    [Command("COMMAND|COUNT", 2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "2.8.13", Summary = "Get total number of Redis commands", Complexity = "O(1)")]
    public static void Count(CommandContext c) => c.Reply.Integer(TopLevelCount());

    [Command("COMMAND|INFO", -2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "2.8.13",
        Summary = "Get array of specific Redis command details, or all when no argument is given.",
        Complexity = "O(N) where N is the number of commands to look up", Syntax = "[command-name+]",
        History = ["7.0.0: Allowed to be called with no argument to get info on all commands."],
        Tips = ["nondeterministic_output_order"])]
    public static void Info(CommandContext c)
    {
        if (c.Count == 2)
        {
            AllInfos(c.Reply);
            return;
        }
        c.Reply.Array(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
        {
            CommandDescriptor? command = ByFullName(c[i]);
            if (command is null)
                c.Reply.Null();
            else
                WriteInfo(c.Reply, command);
        }
    }

    [Command("COMMAND|DOCS", -2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "7.0.0", Summary = "Get array of specific Redis command documentation",
        Complexity = "O(N) where N is the number of commands to look up", Syntax = "[command-name+]",
        Tips = ["nondeterministic_output_order"])]
    public static void Docs(CommandContext c)
    {
        if (c.Count == 2)
        {
            c.Reply.Map(TopLevelCount());
            foreach (CommandDescriptor command in Present)
            {
                if (!IsSubcommand(command))
                    WriteDocs(c.Reply, command);
            }
            return;
        }
        int known = 0;
        for (int i = 2; i < c.Count; i++)
            known += ByFullName(c[i]) is null ? 0 : 1;
        c.Reply.Map(known);
        for (int i = 2; i < c.Count; i++)
        {
            if (ByFullName(c[i]) is { } command)
                WriteDocs(c.Reply, command);
        }
    }

    [Command("COMMAND|LIST", -2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "7.0.0", Summary = "Get an array of Redis command names",
        Complexity = "O(N) where N is the total number of Redis commands",
        Syntax = "[FILTERBY=filterby(MODULE=module-name|ACLCAT=category|PATTERN=pattern:pattern)]",
        Tips = ["nondeterministic_output_order"])]
    public static void List(CommandContext c)
    {
        if (c.Count != 2 && (c.Count != 5 || !c.Is(2, "FILTERBY"u8)))
        {
            c.Error("ERR syntax error"u8);
            return;
        }
        IEnumerable<CommandDescriptor> found = Present;
        if (c.Count == 5)
        {
            byte[] wanted = c[4].ToArray();
            if (c.Is(3, "MODULE"u8))
            {
                found = [];
            }
            else if (c.Is(3, "ACLCAT"u8))
            {
                bool isKnown = AclCategoryNames.TryParse(wanted, out AclCategories category);
                found = isKnown ? found.Where(command => (command.Categories & category) != 0) : [];
            }
            else if (c.Is(3, "PATTERN"u8))
            {
                found = found.Where(command => GlobPattern.Matches(wanted, System.Text.Encoding.ASCII.GetBytes(command.Name), ignoreCase: true));
            }
            else
            {
                c.Error("ERR syntax error"u8);
                return;
            }
        }
        List<CommandDescriptor> commands = found.ToList();
        c.Reply.Array(commands.Count);
        foreach (CommandDescriptor command in commands)
            c.Reply.Bulk(command.Name);
    }

    [Command("COMMAND|GETKEYS", -4, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "2.8.13", Summary = "Extract keys given a full Redis command",
        Complexity = "O(N) where N is the number of arguments to the command")]
    public static void GetKeys(CommandContext c) => WriteKeys(c, withFlags: false);

    [Command("COMMAND|GETKEYSANDFLAGS", -4, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "7.0.0", Summary = "Extract keys and access flags given a full Redis command",
        Complexity = "O(N) where N is the number of arguments to the command")]
    public static void GetKeysAndFlags(CommandContext c) => WriteKeys(c, withFlags: true);

    [Command("COMMAND|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "server", Since = "5.0.0", Summary = "Show helpful text about the different subcommands",
        Complexity = "O(1)")]
    public static void Help(CommandContext c)
    {
        c.Reply.Array(s_help.Length);
        foreach (string line in s_help)
            c.Reply.SimpleString(System.Text.Encoding.ASCII.GetBytes(line));
    }

    private static readonly string[] s_help =
    [
        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
        "HELP",
        "    Prints this help.",
    ];

    private static readonly (KeySpecFlags Flag, byte[] Word)[] s_keyFlagWords =
    [
        (KeySpecFlags.ReadOnly, "RO"u8.ToArray()),
        (KeySpecFlags.ReadWrite, "RW"u8.ToArray()),
        (KeySpecFlags.Overwrite, "OW"u8.ToArray()),
        (KeySpecFlags.Remove, "RM"u8.ToArray()),
        (KeySpecFlags.Access, "access"u8.ToArray()),
        (KeySpecFlags.Update, "update"u8.ToArray()),
        (KeySpecFlags.Insert, "insert"u8.ToArray()),
        (KeySpecFlags.Delete, "delete"u8.ToArray()),
        (KeySpecFlags.NotKey, "not_key"u8.ToArray()),
        (KeySpecFlags.Incomplete, "incomplete"u8.ToArray()),
        (KeySpecFlags.VariableFlags, "variable_flags"u8.ToArray()),
    ];

    /// <summary>All commands but those that rename-command took away.</summary>
    private static IEnumerable<CommandDescriptor> Present =>
        CommandTable.Renamed is { } renamed ? CommandTable.All.Where(renamed.IsReachable) : CommandTable.All;

    private static bool IsSubcommand(CommandDescriptor command) => command.Name.Contains('|');

    private static int TopLevelCount() => Present.Count(command => !IsSubcommand(command));

    /// <summary>The command of a name such as "client|kill".</summary>
    internal static CommandDescriptor? ByFullName(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        if (bar < 0)
            return CommandTable.Find(name);
        CommandDescriptor? container = CommandTable.Find(name[..bar]);
        return container is null ? null : CommandTable.FindSubcommand(container, name[(bar + 1)..]);
    }

    private static void AllInfos(RespWriter reply)
    {
        reply.Array(TopLevelCount());
        foreach (CommandDescriptor command in Present)
        {
            if (!IsSubcommand(command))
                WriteInfo(reply, command);
        }
    }

    private static void WriteInfo(RespWriter reply, CommandDescriptor command)
    {
        EncodedReply.Write(reply, CommandTable.InfoHead(command.Index));
        // An empty set for want of subcommands, but an array of them: so does Redis.
        if (command.Subcommands.Length == 0)
            reply.Set(0);
        else
            reply.Array(command.Subcommands.Length);
        foreach (CommandDescriptor subcommand in command.Subcommands)
            WriteInfo(reply, subcommand);
    }

    private static void WriteDocs(RespWriter reply, CommandDescriptor command)
    {
        ReadOnlySpan<byte> body = CommandTable.DocsBody(command.Index, out int pairs);
        bool hasSubcommands = command.Subcommands.Length > 0;
        reply.Bulk(command.Name);
        reply.Map(hasSubcommands ? pairs + 1 : pairs);
        EncodedReply.Write(reply, body);
        if (!hasSubcommands)
            return;
        reply.Bulk("subcommands"u8);
        reply.Map(command.Subcommands.Length);
        foreach (CommandDescriptor subcommand in command.Subcommands)
            WriteDocs(reply, subcommand);
    }

    private static void WriteKeys(CommandContext c, bool withFlags)
    {
        const int Skipped = 2;
        int count = c.Count - Skipped;
        CommandDescriptor? command = CommandTable.Find(c[Skipped]);
        if (command is { Subcommands.Length: > 0 } && count > 1)
            command = CommandTable.FindSubcommand(command, c[Skipped + 1]);
        if (command is null)
        {
            c.Error("ERR Invalid command specified"u8);
            return;
        }
        if (!KeyExtraction.HasKeys(command))
        {
            c.Error("ERR The command has no key arguments"u8);
            return;
        }
        if (!command.AcceptsCount(count))
        {
            c.Error("ERR Invalid number of arguments specified for command"u8);
            return;
        }
        List<KeyUse>? keys = KeyExtraction.Find(command, index => c[index + Skipped], count);
        if (keys is null && !command.Has(CommandFlags.NoMandatoryKeys))
        {
            c.Error("ERR Invalid arguments specified for command"u8);
            return;
        }
        c.Reply.Array(keys?.Count ?? 0);
        foreach (KeyUse key in keys ?? [])
        {
            if (withFlags)
                c.Reply.Array(2);
            c.Reply.Bulk(c[key.Argument + Skipped]);
            if (withFlags)
                WriteKeyFlags(c.Reply, key.Flags);
        }
    }

    private static void WriteKeyFlags(RespWriter reply, KeySpecFlags flags)
    {
        reply.Set(System.Numerics.BitOperations.PopCount((uint)flags));
        foreach ((KeySpecFlags flag, byte[] word) in s_keyFlagWords)
        {
            if ((flags & flag) != 0)
                reply.SimpleString(word);
        }
    }
}
