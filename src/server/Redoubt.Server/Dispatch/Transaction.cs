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

    /// <summary>One of them makes this server a master.</summary>
    public bool Promotes { get; set; }

    public void Add(in QueuedCommand command)
    {
        Commands.Add(command);
        CombinedFlags |= command.Command.Flags;
        Bytes += command.Bytes;
    }
}

/// <summary>A request that outlives the query buffer it came in: its arguments are copied.</summary>
internal readonly record struct QueuedCommand(CommandDescriptor Command, byte[] Buffer, ArgumentRange[] Arguments)
{
    /// <summary>Memory of the arguments.</summary>
    public long Bytes => Buffer.Length + 16L * Arguments.Length;

    public ReadOnlySpan<byte> Argument(int index) => Buffer.AsSpan(Arguments[index].Start, Arguments[index].Length);

    /// <param name="c">Aimed at the request.</param>
    /// <param name="replaced">In the order of their index.</param>
    public static QueuedCommand Copy(CommandContext c, CommandDescriptor command, IReadOnlyList<ReplacedArgument> replaced)
    {
        ArgumentRange[] ranges = new ArgumentRange[c.Count];
        int total = 0;
        for (int i = 0, next = 0; i < ranges.Length; i++)
        {
            ranges[i] = new ArgumentRange(total, WordOf(c, i, replaced, ref next).Length);
            total += ranges[i].Length;
        }
        byte[] copy = new byte[total];
        for (int i = 0, next = 0; i < ranges.Length; i++)
            WordOf(c, i, replaced, ref next).CopyTo(copy.AsSpan(ranges[i].Start));
        return new QueuedCommand(command, copy, ranges);
    }

    private static ReadOnlySpan<byte> WordOf(CommandContext c, int index, IReadOnlyList<ReplacedArgument> replaced, ref int next) =>
        next < replaced.Count && replaced[next].Index == index ? replaced[next++].Word : c[index];
}
