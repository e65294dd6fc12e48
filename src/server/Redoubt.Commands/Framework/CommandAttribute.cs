// What the server knows about a command, beside the method that carries it out.
//
// The generator in eng/Redoubt.Generators turns these attributes into the static command table: lookup, dispatch, COMMAND,
// COMMAND DOCS, key extraction and ACL categories. Adding a command touches its own file and its test, nothing else.

namespace Redoubt.Commands;

[Flags]
public enum CommandFlags
{
    None = 0,
    Write = 1 << 0,
    ReadOnly = 1 << 1,
    DenyOom = 1 << 2,
    Admin = 1 << 3,
    PubSub = 1 << 4,
    NoScript = 1 << 5,
    Blocking = 1 << 6,
    Loading = 1 << 7,
    Stale = 1 << 8,
    SkipMonitor = 1 << 9,
    SkipSlowlog = 1 << 10,
    Asking = 1 << 11,
    Fast = 1 << 12,
    NoAuth = 1 << 13,
    MayReplicate = 1 << 14,
    NoAsyncLoading = 1 << 15,
    NoMulti = 1 << 16,
    AllowBusy = 1 << 17,
    MovableKeys = 1 << 18,
    Protected = 1 << 19,
    OnlySentinel = 1 << 20,
    TouchesArbitraryKeys = 1 << 21,
    NoMandatoryKeys = 1 << 22,
}

/// <summary>Marks a <c>static void Method(CommandContext c)</c> as the body of a command.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class CommandAttribute(string name, int arity, CommandFlags flags) : Attribute
{
    /// <summary>Upper case; a subcommand as "CLIENT|GETNAME".</summary>
    public string Name { get; } = name;

    /// <summary>Number of arguments with the name; negative: at least that many.</summary>
    public int Arity { get; } = arity;

    public CommandFlags Flags { get; } = flags;

    /// <summary>Words beyond a fixed arity that a call may have here and in no Redis. COMMAND says nothing of them: wrappers compare.</summary>
    public int ExtraWords { get; set; }

    /// <summary>Index of the first key, 0 if there is none.</summary>
    public int FirstKey { get; set; }

    /// <summary>Index of the last key; negative counts from the end.</summary>
    public int LastKey { get; set; }

    public int KeyStep { get; set; }

    /// <summary>
    /// What is done with the keys, in the words of COMMAND INFO's key specifications: "RW access update". Several specifications
    /// are parted by ';' and say where their keys are: "RO access @1; OW update @2".
    /// </summary>
    public string KeyFlags { get; set; } = "";

    /// <summary>ACL categories beyond those that follow from the flags, in Redis's words: "string", "keyspace", "connection", "dangerous".</summary>
    public string Acl { get; set; } = "";

    /// <summary>COMMAND DOCS: group of the command ("string", "generic", "server", "connection").</summary>
    public required string Group { get; set; }

    public required string Summary { get; set; }

    public required string Since { get; set; }

    public string Complexity { get; set; } = "";

    /// <summary>The arguments, in the notation that eng/Redoubt.Generators documents.</summary>
    public string Syntax { get; set; } = "";

    /// <summary>Lines of "version: what changed".</summary>
    public string[] History { get; set; } = [];

    /// <summary>Command tips of COMMAND INFO, such as "nondeterministic_output".</summary>
    public string[] Tips { get; set; } = [];

    /// <summary>"version: what replaces it", for deprecated commands.</summary>
    public string Deprecated { get; set; } = "";

    /// <summary>Not meant for applications ("syscmd" in COMMAND DOCS).</summary>
    public bool SystemCommand { get; set; }
}

/// <summary>
/// Declares a command that only holds subcommands, such as CLIENT, on the class of its family. It has no method: a call
/// without a subcommand is a call with too few arguments.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class CommandContainerAttribute(string name) : Attribute
{
    /// <summary>Upper case.</summary>
    public string Name { get; } = name;

    public required string Group { get; set; }

    public required string Summary { get; set; }

    public required string Since { get; set; }

    public string Complexity { get; set; } = "";

    /// <summary>Not meant for applications ("syscmd" in COMMAND DOCS).</summary>
    public bool SystemCommand { get; set; }
}
