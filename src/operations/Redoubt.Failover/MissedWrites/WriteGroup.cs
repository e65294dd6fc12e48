namespace Redoubt.Failover.MissedWrites;

/// <summary>A key in a database, comparable by its bytes.</summary>
public readonly record struct KeyPlace(int Database, string Latin1)
{
    /// <summary>Keys are bytes; Latin-1 keeps every one of them.</summary>
    public static KeyPlace Of(int database, ReadOnlySpan<byte> key) => new(database, System.Text.Encoding.Latin1.GetString(key));

    /// <summary>The key's bytes.</summary>
    public byte[] ToBytes() => System.Text.Encoding.Latin1.GetBytes(Latin1);

    /// <summary>As redis-cli shows it, with the database where it is not the usual one.</summary>
    public override string ToString() => (Database == 0 ? "" : $"[{Database}] ") + StreamCommand.Quoted(ToBytes());
}

/// <summary>A missed command and the keys it touches; none for one like FLUSHALL.</summary>
public sealed record KeyedCommand(StreamCommand Command, IReadOnlyList<KeyPlace> Keys);

// What may be applied alone? One key's commands belong together and in order. A command with several keys ties these together, and so does a
// transaction: half of an MSET or of a MULTI is a state that never was. So missed writes fall into groups that share no key, each of which
// is applied whole or left alone.

/// <summary>Missed commands that stand or fall together, in order.</summary>
public sealed record WriteGroup(IReadOnlyList<KeyPlace> Keys, IReadOnlyList<KeyedCommand> Commands)
{
    /// <summary>Commands without keys change more than can be looked at key by key.</summary>
    public bool IsKeyless => Commands.Any(command => command.Keys.Count == 0);

    /// <summary>Parts commands into groups, ordered by their first command.</summary>
    public static IReadOnlyList<WriteGroup> Part(IReadOnlyList<KeyedCommand> commands)
    {
        int[] parent = [.. Enumerable.Range(0, commands.Count)];
        var firstWith = new Dictionary<(KeyPlace?, int?), int>();
        for (int i = 0; i < commands.Count; i++)
        {
            IEnumerable<(KeyPlace?, int?)> ties = commands[i].Keys.Select(key => ((KeyPlace?)key, (int?)null));
            if (commands[i].Command.Transaction is { } transaction)
                ties = ties.Append((null, transaction));
            foreach ((KeyPlace?, int?) tie in ties)
            {
                if (!firstWith.TryAdd(tie, i))
                    parent[RootOf(parent, i)] = RootOf(parent, firstWith[tie]);
            }
        }

        return [.. Enumerable.Range(0, commands.Count).GroupBy(i => RootOf(parent, i)).OrderBy(group => group.Min())
            .Select(group => group.Order().Select(i => commands[i]).ToArray())
            .Select(group => new WriteGroup([.. group.SelectMany(command => command.Keys).Distinct()], group))];
    }

    private static int RootOf(int[] parent, int at)
    {
        while (parent[at] != at)
            at = parent[at] = parent[parent[at]];
        return at;
    }
}

/// <summary>What can be done about missed writes.</summary>
public enum WriteAdvice
{
    /// <summary>None of its keys was touched on the new master since the fork, so the missed commands find what they found on the old one.</summary>
    Apply,

    /// <summary>Touched since: applying would overwrite or double something newer.</summary>
    Conflict,

    /// <summary>Not to be judged key by key, or nobody knows what was touched.</summary>
    ByHand,
}

/// <summary>A group of missed writes beside the new master as it is now.</summary>
/// <param name="Group">The commands and keys.</param>
/// <param name="Advice">What can be done.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="NewValues">What the new master has now, per key, short.</param>
public sealed record MissedItem(WriteGroup Group, WriteAdvice Advice, string Reason, IReadOnlyList<string> NewValues);
