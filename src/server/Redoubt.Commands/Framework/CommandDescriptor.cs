// One row of the command table. Rows are made by the generated code in `CommandTable`, once, at start.

namespace Redoubt.Commands;

public sealed class CommandDescriptor
{
    /// <summary>Index into the table of this build; never written to disk or wire.</summary>
    public required int Index { get; init; }

    /// <summary>Lower case, a subcommand as "client|getname".</summary>
    public required string Name { get; init; }

    public required int Arity { get; init; }

    /// <summary>Words beyond a fixed arity that are taken too, though COMMAND does not say so.</summary>
    public int ExtraWords { get; init; }

    public required CommandFlags Flags { get; init; }

    public int FirstKey { get; init; }

    public int LastKey { get; init; }

    public int KeyStep { get; init; }

    /// <summary>The categories that ACL rules name, those that follow from the flags included.</summary>
    public required AclCategories Categories { get; init; }

    /// <summary>Where the keys are and what is done with them.</summary>
    public KeySpec[] Keys { get; init; } = [];

    /// <summary>The subcommands of a container such as CLIENT, by name; empty for others.</summary>
    public CommandDescriptor[] Subcommands { get; init; } = [];

    /// <summary>How often it was called; counted, as what follows, by the dispatcher for INFO.</summary>
    public long Calls { get; set; }

    /// <summary>How often it was refused before it ran.</summary>
    public long RejectedCalls { get; set; }

    /// <summary>How often it ran and answered with an error.</summary>
    public long FailedCalls { get; set; }

    /// <summary>How long its calls took; null when nothing was kept (`latency-tracking`).</summary>
    public LatencyHistogram? Latencies { get; set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        Calls = 0;
        RejectedCalls = 0;
        FailedCalls = 0;
        Latencies = null;
    }

    public bool Has(CommandFlags flag) => (Flags & flag) != 0;

    public bool AcceptsCount(int count) => Arity > 0 ? count >= Arity && count <= Arity + ExtraWords : count >= -Arity;
}
