// Which clients read which keys: a table of names, each with the clients that may have it cached.
//
// It forgets a key when it changed (its readers are told, and have to read it again to be told again), and, beyond
// `tracking-table-max-keys`, a key at random. So that a random one is found at once, the keys also stand in a list whose
// last member fills the gap that one leaves. Databases share the table: a client gets names, not databases.

using Redoubt.Server.PubSub;

namespace Redoubt.Server.Tracking;

internal sealed class TrackedKeys
{
    private readonly Dictionary<byte[], TrackedKey> _keys = new(ByteNames.Comparer);
    private readonly List<TrackedKey> _order = [];

    public int Count => _order.Count;

    /// <summary>Pairs of key and client.</summary>
    public long ReaderCount { get; private set; }

    public void Remember(ReadOnlySpan<byte> name, long clientId)
    {
        if (!_keys.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out TrackedKey? key))
        {
            key = new TrackedKey(name.ToArray()) { Place = _order.Count };
            _keys.Add(key.Name, key);
            _order.Add(key);
        }
        if (key.Readers.Add(clientId))
            ReaderCount++;
    }

    /// <summary>Takes the key out of the table; null when nobody read it.</summary>
    public TrackedKey? Take(ReadOnlySpan<byte> name)
    {
        if (!_keys.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out TrackedKey? key))
            return null;
        Remove(key);
        return key;
    }

    public TrackedKey TakeAny(Random random)
    {
        TrackedKey key = _order[random.Next(_order.Count)];
        Remove(key);
        return key;
    }

    public void Clear()
    {
        _keys.Clear();
        _order.Clear();
        ReaderCount = 0;
    }

    private void Remove(TrackedKey key)
    {
        _keys.Remove(key.Name);
        TrackedKey last = _order[^1];
        _order[key.Place] = last;
        last.Place = key.Place;
        _order.RemoveAt(_order.Count - 1);
        ReaderCount -= key.Readers.Count;
    }
}

/// <summary>A key and the IDs of the clients that read it. Clients that are gone are left out when it changes.</summary>
internal sealed class TrackedKey(byte[] name)
{
    public byte[] Name { get; } = name;

    public HashSet<long> Readers { get; } = [];

    public int Place { get; set; }
}
