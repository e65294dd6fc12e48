using Redoubt.Structures.Streams;

namespace Redoubt.Structures.Tests.Streams;

/// <summary>What a stream has to be, in plain collections and with Redis's rules written out once more.</summary>
internal sealed class StreamModel
{
    internal sealed record Pending(string Consumer, long TimeMs, long Count);

    internal sealed class Group
    {
        public StreamId LastId;
        public SortedDictionary<StreamId, Pending> Pending = [];
        public SortedSet<string> Consumers = new(StringComparer.Ordinal);
    }

    public SortedDictionary<StreamId, string[]> Entries = [];
    public SortedDictionary<string, Group> Groups = new(StringComparer.Ordinal);
    public StreamId LastId;
    public StreamId MaxDeletedId;
    public long EntriesAdded;

    public bool Append(StreamId id, string[] content)
    {
        if (id <= LastId)
            return false;
        Entries.Add(id, content);
        LastId = id;
        EntriesAdded++;
        return true;
    }

    public bool Delete(StreamId id)
    {
        if (!Entries.Remove(id))
            return false;
        if (id > MaxDeletedId)
            MaxDeletedId = id;
        return true;
    }

    /// <summary>An exact trim; an approximate one is checked against what it may do.</summary>
    public long Trim(StreamTrim trim)
    {
        List<StreamId> gone = trim.Strategy == TrimStrategy.MaxLength
            ? [.. Entries.Keys.Take((int)Math.Max(0, Entries.Count - trim.MaxLength))]
            : [.. Entries.Keys.TakeWhile(id => id < trim.MinId)];
        foreach (StreamId id in gone)
            Entries.Remove(id);
        return gone.Count;
    }

    public long RemoveConsumer(Group group, string consumer)
    {
        List<StreamId> gone = [.. group.Pending.Where(p => p.Value.Consumer == consumer).Select(p => p.Key)];
        foreach (StreamId id in gone)
            group.Pending.Remove(id);
        group.Consumers.Remove(consumer);
        return gone.Count;
    }
}
