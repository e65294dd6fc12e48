// WATCH: which clients look at which keys, so that a change between WATCH and EXEC makes the EXEC fail.
//
// The naive way, to remember the value (or a version of it) of every watched key and compare in EXEC, costs a version in each entry. Instead
// the keyspace reports changes while, and only while, somebody watches; a watched key that changes marks its watchers, and EXEC looks
// at the mark. A marked client watches nothing any more.
//
// A key whose time was up already when it was watched counts as missing: that it is deleted at last is no change. That a key's
// time runs out later is one, whether or not anybody has deleted it by the time of EXEC.
//
// The keyspace thread only.

using Redoubt.Keyspace;
using Redoubt.Server.Connections;

namespace Redoubt.Server.Dispatch;

/// <summary>One client's look at one key.</summary>
internal sealed class Watch(ClientConnection client, int database, byte[] key)
{
    public ClientConnection Client { get; } = client;

    public int Database { get; } = database;

    public byte[] Key { get; } = key;

    /// <summary>The key was there when it was watched, but its time was up.</summary>
    public bool WasExpired { get; set; }
}

internal sealed class Watches
{
    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly Dictionary<byte[], List<Watch>>[] _byDatabase;
    private int _count;

    public Watches(Redoubt.Keyspace.Keyspace keyspace)
    {
        _keyspace = keyspace;
        _byDatabase = new Dictionary<byte[], List<Watch>>[keyspace.DatabaseCount];
        for (int i = 0; i < _byDatabase.Length; i++)
            _byDatabase[i] = new Dictionary<byte[], List<Watch>>(new KeyEquality(keyspace));
    }

    public void Add(ClientConnection client, int database, ReadOnlySpan<byte> key)
    {
        foreach (Watch present in client.Watches)
        {
            if (present.Database == database && key.SequenceEqual(present.Key))
                return;
        }
        Watch watch = new(client, database, key.ToArray())
        {
            WasExpired = _keyspace[database].PresenceOf(_keyspace.KeyOf(key)) == KeyPresence.Expired,
        };
        if (!_byDatabase[database].TryGetValue(watch.Key, out List<Watch>? watchers))
            _byDatabase[database].Add(watch.Key, watchers = []);
        watchers.Add(watch);
        client.Watches.Add(watch);
        _count++;
        _keyspace.ReportsModifications = true;
    }

    /// <summary>The client watches nothing any more. Whether what it watched has changed stays known.</summary>
    public void Forget(ClientConnection client)
    {
        foreach (Watch watch in client.Watches)
        {
            Dictionary<byte[], List<Watch>> keys = _byDatabase[watch.Database];
            List<Watch> watchers = keys[watch.Key];
            watchers.Remove(watch);
            if (watchers.Count == 0)
                keys.Remove(watch.Key);
        }
        _count -= client.Watches.Count;
        client.Watches.Clear();
        _keyspace.ReportsModifications = _count > 0;
    }

    /// <summary>EXEC: nothing the client watches has changed, or run out of time.</summary>
    public bool IsUnchanged(ClientConnection client)
    {
        if (client.IsWatchBroken)
            return false;
        foreach (Watch watch in client.Watches)
        {
            if (!watch.WasExpired && PresenceOf(watch, _keyspace[watch.Database]) == KeyPresence.Expired)
                return false;
        }
        return true;
    }

    /// <summary>A key was written, deleted or given a time.</summary>
    public void Modified(Database database, ReadOnlySpan<byte> key)
    {
        if (WatchersOf(database, key) is not { } watchers)
            return;
        bool isGone = database.PresenceOf(_keyspace.KeyOf(key)) == KeyPresence.Missing;
        Break(watchers, isGone);
    }

    /// <summary>The keyspace itself is about to delete a key: its time is up, or memory is short.</summary>
    public void Removed(Database database, ReadOnlySpan<byte> key)
    {
        if (_count > 0 && WatchersOf(database, key) is { } watchers)
            Break(watchers, isGone: true);
    }

    /// <summary>A database is about to be emptied.</summary>
    public void Flushing(Database database)
    {
        foreach (Watch watch in AllOf(database))
        {
            if (PresenceOf(watch, database) == KeyPresence.Missing)
                continue;
            if (watch.WasExpired)
                watch.WasExpired = false;
            else
                Break(watch.Client);
        }
    }

    /// <summary>Two databases have changed places.</summary>
    public void Swapped(Database one, Database other)
    {
        foreach (Watch watch in AllOf(one))
            Swap(watch, other, one);
        foreach (Watch watch in AllOf(other))
            Swap(watch, one, other);
    }

    /// <summary>A database has got other contents.</summary>
    public void Replaced(Database database, Database former)
    {
        foreach (Watch watch in AllOf(database))
            Swap(watch, former, database);
    }

    /// <param name="former">Where the keys are now that stood in the watch's database.</param>
    private void Swap(Watch watch, Database former, Database present)
    {
        KeyPresence before = PresenceOf(watch, former), after = PresenceOf(watch, present);
        // A key that was expired when it was watched is as good as missing.
        bool wasMissing = before == KeyPresence.Missing || watch.WasExpired;
        if (wasMissing && after != KeyPresence.Live)
            watch.WasExpired = after == KeyPresence.Expired;
        else
            Break(watch.Client);
    }

    private void Break(List<Watch> watchers, bool isGone)
    {
        for (int i = watchers.Count - 1; i >= 0 && i < watchers.Count; i--)
        {
            Watch watch = watchers[i];
            if (watch.WasExpired && isGone)
                watch.WasExpired = false;
            else
                Break(watch.Client);
        }
    }

    private void Break(ClientConnection client)
    {
        client.IsWatchBroken = true;
        Forget(client);
    }

    private List<Watch>? WatchersOf(Database database, ReadOnlySpan<byte> key) =>
        _byDatabase[database.Index].GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out List<Watch>? watchers) ? watchers : null;

    private Watch[] AllOf(Database database) => [.. _byDatabase[database.Index].Values.SelectMany(static each => each)];

    private KeyPresence PresenceOf(Watch watch, Database database) => database.PresenceOf(_keyspace.KeyOf(watch.Key));

    private sealed class KeyEquality(Redoubt.Keyspace.Keyspace keyspace) : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? one, byte[]? other) => one.AsSpan().SequenceEqual(other);

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        public bool Equals(ReadOnlySpan<byte> one, byte[] other) => one.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> key) => (int)keyspace.HashOf(key);

        public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();
    }
}
