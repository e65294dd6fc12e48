// Commands that wait for data: BLPOP, BZPOPMIN, XREAD and their kin. How waiting works is told in the server, which implements
// this; commands reach it by `CommandContext.Block` and `CommandContext.SignalReady`.

using Redoubt.Keyspace;

namespace Redoubt.Commands;

public interface IBlockingPort
{
    /// <summary>Holds the client back until the present command can be run again with success, or until its time is up.</summary>
    /// <param name="c">Aimed at the command; its arguments are copied.</param>
    /// <param name="keyCount">Number of arguments from <paramref name="firstKey"/> on that are keys.</param>
    /// <param name="type">Only a key of this type wakes the client.</param>
    /// <param name="timeoutMs">A duration; 0 = for ever.</param>
    /// <param name="needsKeys">The wait ends with an error when one of the keys goes or changes its type.</param>
    /// <param name="replaced">Words that the command says otherwise when it is run again.</param>
    void Block(CommandContext c, int firstKey, int keyCount, ValueType type, long timeoutMs, bool needsKeys, IReadOnlyList<ReplacedArgument>? replaced);

    /// <summary>What clients may wait for has come, or gone, at this key; they are looked after once the present command or transaction is over.</summary>
    void SignalReady(Database database, ReadOnlySpan<byte> key, ValueType type);
}

/// <summary>A word of a request, and what stands for it when the request is run again: XREAD's '$' is the last ID of the time when it began to wait.</summary>
public readonly record struct ReplacedArgument(int Index, byte[] Word);
