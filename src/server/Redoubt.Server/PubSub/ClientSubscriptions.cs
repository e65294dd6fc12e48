using Redoubt.Commands;

namespace Redoubt.Server.PubSub;

/// <summary>What one client is subscribed to. A client that never subscribed has none of these.</summary>
internal sealed class ClientSubscriptions
{
    private readonly OrderedDictionary<byte[], bool>[] _names = [.. Enumerable.Range(0, 3).Select(static _ => new OrderedDictionary<byte[], bool>(ByteNames.Comparer))];

    public int Total => _names[0].Count + _names[1].Count + _names[2].Count;

    /// <summary>Memory of the names, in bytes.</summary>
    public long Bytes { get; private set; }

    public IReadOnlyCollection<byte[]> Names(SubscriptionKind kind) => _names[(int)kind].Keys;

    public int Count(SubscriptionKind kind) => _names[(int)kind].Count;

    /// <summary>False when it is there already.</summary>
    public bool Add(SubscriptionKind kind, byte[] name)
    {
        if (!_names[(int)kind].TryAdd(name, true))
            return false;
        Bytes += EntryBytes + name.Length;
        return true;
    }

    public bool Remove(SubscriptionKind kind, byte[] name)
    {
        if (!_names[(int)kind].Remove(name))
            return false;
        Bytes -= EntryBytes + name.Length;
        return true;
    }

    private const int EntryBytes = 64;
}
