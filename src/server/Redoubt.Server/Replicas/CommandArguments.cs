using Redoubt.Commands;
using Redoubt.Replication;

namespace Redoubt.Server.Replicas;

/// <summary>A command's arguments in the form that the replication project asks for.</summary>
internal readonly ref struct CommandArguments(CommandContext c) : IArguments
{
    public int Count => c.Count;

    public ReadOnlySpan<byte> this[int index] => c[index];
}
