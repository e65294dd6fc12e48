// Every rule that the command table enforces, in one table. docs/rules.md is written from it.

using Microsoft.CodeAnalysis;

namespace Redoubt.Generators;

/// <summary>One rule: what the compiler says, and what to do about it.</summary>
internal sealed class Rule(string id, string title, string message, string remedy)
{
    public string Id => id;

    public string Title => title;

    public string Message => message;

    public string Remedy => remedy;

    public DiagnosticDescriptor Descriptor { get; } =
        new(id, title, message, "Redoubt.Commands", DiagnosticSeverity.Error, isEnabledByDefault: true, description: remedy);
}

internal static class Diagnostics
{
    public static readonly Rule Name = new(
        "RDT001",
        "A command's name is upper case",
        "'{0}' is not a command name: {1}",
        "Write the name in capitals, digits, '-', '_' or '.', at most 32 characters; a subcommand as \"CLIENT|GETNAME\".");

    public static readonly Rule Duplicate = new(
        "RDT002",
        "A command is declared once",
        "Command {0} is declared more than once",
        "Names are compared without regard to case. Remove one of the attributes.");

    public static readonly Rule Arity = new(
        "RDT003",
        "The arity agrees with the arguments",
        "Arity {1} of {0} contradicts its arguments: {2}",
        "The arity counts the command's name (and the subcommand's): exact if positive, a minimum if negative. "
            + "It must agree with Syntax and reach the first key.");

    public static readonly Rule Missing = new(
        "RDT004",
        "A command is documented",
        "{0} has no {1}",
        "Summary, Group and Since are what COMMAND DOCS answers; write them.");

    public static readonly Rule WriteWithoutKeys = new(
        "RDT005",
        "A write command names its keys",
        "{0} is a write command without keys",
        "Give FirstKey, LastKey and KeyStep (or KeyFlags with places). A command that writes without naming keys is flagged TouchesArbitraryKeys or Admin.");

    public static readonly Rule Shape = new(
        "RDT006",
        "A command is a static method that takes the context",
        "The method of {0} cannot be called by the command table: {1}",
        "Write it as `public static void Name(CommandContext c)` in a public or internal class.");

    public static readonly Rule Syntax = new(
        "RDT007",
        "The arguments follow the notation",
        "Syntax of {0}, at character {1}: {2}",
        "eng/Redoubt.Generators/Syntax.md describes the notation.");

    public static readonly Rule Keys = new(
        "RDT008",
        "The key positions are consistent",
        "Keys of {0}: {1}",
        "FirstKey, LastKey and KeyStep are given together with KeyFlags, or not at all; key arguments in Syntax name an existing specification.");

    public static readonly Rule Container = new(
        "RDT009",
        "A subcommand has a container",
        "{0} is a subcommand, but nothing declares {1}",
        "Put [CommandContainer(\"CLIENT\", ...)] on the class of the family, or declare a command of that name.");

    public static readonly Rule Acl = new(
        "RDT010",
        "ACL categories exist",
        "{0} names the ACL category '{1}', {2}",
        "Acl holds only categories that do not follow from the flags, in Redis's words, without '@'.");

    public static readonly Rule Flags = new(
        "RDT011",
        "Flags do not contradict one another",
        "Flags of {0}: {1}",
        "A command is Write, ReadOnly or neither; DenyOom is for commands that may need memory, which a ReadOnly command does not.");

    public static readonly Rule Versioned = new(
        "RDT012",
        "History and Deprecated begin with a version",
        "'{1}' of {0} is not of the form \"6.2.0: what changed\"",
        "COMMAND DOCS answers the version and the text apart; part them by a colon and a space.");

    public static readonly IReadOnlyList<Rule> All =
        [Name, Duplicate, Arity, Missing, WriteWithoutKeys, Shape, Syntax, Keys, Container, Acl, Flags, Versioned];
}
