// One row of the command table. Rows are made by the generated code in `CommandTable`, once, at start.

namespace Redoubt.Commands;

public sealed class CommandDescriptor
{
    /// <summary>Index into the table of this build; never written to disk or wire.</summary>
    public required int Index { get; init; }

    /// <summary>Lower case, a subcommand as "client|getname".</summary>
    public required string Name { get; init; }

    public required int Arity { get; init; }

    public required CommandFlags Flags { get; init; }

    public int FirstKey { get; init; }

    public int LastKey { get; init; }

    public int KeyStep { get; init; }

    /// <summary>The subcommands of a container such as CLIENT; empty for others.</summary>
    public CommandDescriptor[] Subcommands { get; init; } = [];

    /// <summary>Words for COMMAND INFO and COMMAND DOCS.</summary>
    public required CommandDocumentation Documentation { get; init; }

    /// <summary>How often it was called; counted by the dispatcher for INFO.</summary>
    public long Calls { get; set; }

    public bool Has(CommandFlags flag) => (Flags & flag) != 0;

    public bool AcceptsCount(int count) => Arity > 0 ? count == Arity : count >= -Arity;
}

/// <summary>What COMMAND INFO and COMMAND DOCS say of a command.</summary>
public sealed record CommandDocumentation(
    string Summary,
    string Since,
    string Group,
    string Complexity,
    string KeyFlags,
    string Acl,
    string Syntax,
    string[] History,
    string[] Tips,
    string Deprecated);
