using Redoubt.Commands;
using Redoubt.Resp;

namespace Redoubt.Server.Dispatch;

/// <summary>Commands between MULTI and EXEC. Their arguments are copied, because the query buffer moves on.</summary>
internal sealed class Transaction
{
    /// <summary>A queued command could not be queued: EXEC will refuse.</summary>
    public bool IsSpoiled { get; set; }

    public List<QueuedCommand> Commands { get; } = [];

    /// <summary>Memory of the queued arguments, in bytes.</summary>
    public long Bytes { get; private set; }

    public CommandFlags CombinedFlags { get; private set; }

    public void Add(CommandDescriptor command, byte[] buffer, ReadOnlySpan<ArgumentRange> arguments)
    {
        int total = 0;
        foreach (ArgumentRange argument in arguments)
            total += argument.Length;
        byte[] copy = new byte[total];
        ArgumentRange[] ranges = new ArgumentRange[arguments.Length];
        int at = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            buffer.AsSpan(arguments[i].Start, arguments[i].Length).CopyTo(copy.AsSpan(at));
            ranges[i] = new ArgumentRange(at, arguments[i].Length);
            at += arguments[i].Length;
        }
        Commands.Add(new QueuedCommand(command, copy, ranges));
        CombinedFlags |= command.Flags;
        Bytes += total + 16L * ranges.Length;
    }
}

internal readonly record struct QueuedCommand(CommandDescriptor Command, byte[] Buffer, ArgumentRange[] Arguments);
