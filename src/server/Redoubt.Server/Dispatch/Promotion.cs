using Redoubt.Commands;
using Redoubt.Server.Connections;

namespace Redoubt.Server.Dispatch;

/// <summary>Tells the commands that make a replica a master: REPLICAOF NO ONE, an EXEC with it inside, the PSYNC of a FAILOVER.</summary>
internal static class Promotion
{
    /// <param name="c">Aimed at the request.</param>
    public static bool IsAskedBy(CommandContext c, ClientConnection client, CommandDescriptor command) => client.Transaction is { } open
        ? open.Promotes && command.Name == "exec"
        : command.Has(CommandFlags.Admin) && IsNamedBy(c, command);

    /// <summary>Whether the request, when it runs, promotes.</summary>
    public static bool IsNamedBy(CommandContext c, CommandDescriptor command) => command.Name switch
    {
        "replicaof" or "slaveof" => c.Is(1, "no"u8) && c.Is(2, "one"u8),
        "psync" => c.Count == 4 && c.Is(3, "failover"u8),
        _ => false,
    };
}
