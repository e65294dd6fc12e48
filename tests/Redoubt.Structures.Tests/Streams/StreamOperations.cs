using System.Text;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests.Streams;

/// <summary>A stream beside its model: the same random changes on both, and what is to be the same afterwards.</summary>
internal sealed class StreamOperations(StreamRig rig, Random random)
{
    private static readonly string[] Names = ["a", "b", "field", "17", "a-longer-name-of-a-field"];
    private static readonly string[] Consumers = ["alice", "bob", "carol", "", "alice2"];

    private readonly StreamModel _model = new();
    private long _steps;

    public void Step()
    {
        _steps++;
        int kind = random.Next(100);
        if (kind < 55)
            Append();
        else if (kind < 65)
            Delete();
        else if (kind < 68)
            Trim();
        else
            UseGroups();
    }

    private StreamId AnyId() =>
        _model.Entries.Count > 0 && random.Next(8) != 0
            ? _model.Entries.Keys.ElementAt(random.Next(_model.Entries.Count))
            : new StreamId((ulong)random.NextInt64((long)_model.LastId.Ms + 2), (ulong)random.Next(3));

    private void Append()
    {
        StreamId id = random.Next(20) switch
        {
            0 => AnyId(),
            < 10 => new StreamId(_model.LastId.Ms, _model.LastId.Sequence + 1),
            _ => new StreamId(_model.LastId.Ms + (ulong)random.Next(1, 3000), (ulong)random.Next(2)),
        };
        string[] content = new string[2 * random.Next(1, 4)];
        for (int i = 0; i < content.Length; i += 2)
        {
            content[i] = Names[random.Next(3) == 0 ? random.Next(Names.Length) : i / 2];
            content[i + 1] = random.Next(3) switch
            {
                0 => random.NextInt64().ToString(),
                1 => new string('x', random.Next(random.Next(40) == 0 ? 6000 : 90)),
                _ => random.Next(200).ToString(),
            };
        }
        Assert.Equal(_model.Append(id, content) ? StreamAppend.Added : StreamAppend.IdTooSmall, rig.Append(id, content));
    }

    private void Delete()
    {
        StreamId[] ids = new StreamId[random.Next(1, 4)];
        long deleted = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = AnyId();
            deleted += _model.Delete(ids[i]) ? 1 : 0;
        }
        Assert.Equal(deleted, rig.Stream.Delete(ids));
    }

    private void Trim()
    {
        StreamTrim trim = new()
        {
            Strategy = random.Next(2) == 0 ? TrimStrategy.MaxLength : TrimStrategy.MinId,
            MaxLength = random.Next(Math.Max(1, _model.Entries.Count * 2)),
            MinId = AnyId(),
            IsApproximate = random.Next(2) == 0,
        };
        if (trim.IsApproximate && random.Next(2) == 0)
            trim.Limit = random.Next(1, 50);
        if (!trim.IsApproximate)
        {
            Assert.Equal(_model.Trim(trim), rig.Stream.Trim(trim));
            return;
        }
        // Whole nodes from the front, never more than an exact trim removes.
        StreamModel exact = new() { Entries = new(_model.Entries) };
        long most = exact.Trim(trim);
        long removed = rig.Stream.Trim(trim);
        Assert.InRange(removed, 0, trim.Limit == 0 ? most : Math.Min(most, trim.Limit));
        foreach (StreamId id in _model.Entries.Keys.Take((int)removed).ToList())
            _model.Entries.Remove(id);
    }

    private void UseGroups()
    {
        string name = "group" + random.Next(3);
        byte[] nameBytes = Encoding.Latin1.GetBytes(name);
        StreamValue stream = rig.Stream;
        if (!_model.Groups.TryGetValue(name, out StreamModel.Group? group))
        {
            StreamId from = AnyId();
            Assert.True(stream.TryAddGroup(nameBytes, from, 0));
            Assert.False(stream.TryAddGroup(nameBytes, from, 0));
            _model.Groups.Add(name, new StreamModel.Group { LastId = from });
            return;
        }
        if (random.Next(60) == 0)
        {
            Assert.True(stream.TryRemoveGroup(nameBytes));
            Assert.False(stream.TryRemoveGroup(nameBytes));
            _model.Groups.Remove(name);
            return;
        }
        ChangePending(stream.FindGroup(nameBytes), group);
    }

    private void ChangePending(StreamGroup group, StreamModel.Group expected)
    {
        string consumerName = Consumers[random.Next(Consumers.Length)];
        byte[] nameBytes = Encoding.Latin1.GetBytes(consumerName);
        StreamConsumer consumer = group.FindConsumer(nameBytes);
        Assert.Equal(expected.Consumers.Contains(consumerName), consumer.Exists);
        if (!consumer.Exists)
        {
            consumer = group.AddConsumer(nameBytes, _steps);
            expected.Consumers.Add(consumerName);
        }
        StreamId id = AnyId();
        PendingEntry pending = group.FindPending(id);
        Assert.Equal(expected.Pending.ContainsKey(id), pending.Exists);
        int kind = random.Next(30);
        if (kind == 0)
        {
            Assert.Equal(_model.RemoveConsumer(expected, consumerName), group.RemoveConsumer(consumer));
        }
        else if (kind < 8)
        {
            Assert.Equal(expected.Pending.Remove(id), group.RemovePending(id));
        }
        else if (pending.Exists)
        {
            group.Reassign(id, pending, consumer);
            pending.DeliveryCount++;
            expected.Pending[id] = new StreamModel.Pending(consumerName, expected.Pending[id].TimeMs, expected.Pending[id].Count + 1);
        }
        else
        {
            group.AddPending(id, consumer, _steps, 1);
            expected.Pending.Add(id, new StreamModel.Pending(consumerName, _steps, 1));
        }
    }

    private static List<string> Written(IEnumerable<KeyValuePair<StreamId, string[]>> entries) =>
        [.. entries.Select(e => $"{e.Key} {string.Join(' ', e.Value)}")];

    public void Compare()
    {
        StreamValue stream = rig.Stream;
        stream.Verify();
        Assert.Equal(_model.Entries.Count, stream.Length);
        Assert.Equal(_model.LastId, stream.LastId);
        Assert.Equal(_model.EntriesAdded, stream.EntriesAdded);
        Assert.Equal(_model.MaxDeletedId, stream.MaxDeletedId);
        Assert.Equal(_model.Entries.Keys.FirstOrDefault(), stream.FirstId);
        Assert.Equal(_model.Entries.Keys.LastOrDefault(), stream.LastLiveId);
        StreamId a = AnyId();
        StreamId b = AnyId();
        Assert.Equal(_model.Entries.ContainsKey(a), stream.Contains(a));
        List<string> expected = Written(_model.Entries.Where(e => e.Key >= a && e.Key <= b));
        Assert.Equal(expected, StreamRig.Read(stream.Range(a, b)));
        expected.Reverse();
        Assert.Equal(expected, StreamRig.Read(stream.Range(a, b, isReverse: true)));
        AssertSameGroups(stream);
    }

    private void AssertSameGroups(StreamValue stream)
    {
        Assert.Equal(_model.Groups.Count, stream.GroupCount);
        int number = 0;
        foreach ((string name, StreamModel.Group expected) in _model.Groups)
        {
            StreamGroup group = stream.Group(number++);
            Assert.Equal(name, Encoding.Latin1.GetString(group.Name));
            Assert.Equal(expected.LastId, group.LastDeliveredId);
            Assert.Equal(expected.Consumers.Count, group.ConsumerCount);
            for (int i = 0; i < group.ConsumerCount; i++)
                Assert.Equal(expected.Consumers.ElementAt(i), Encoding.Latin1.GetString(group.Consumer(i).Name));
            List<string> pending = [];
            PendingRange range = group.PendingFrom(StreamId.Min);
            while (range.MoveNext())
                pending.Add($"{range.Id} {Encoding.Latin1.GetString(range.Entry.Consumer.Name)} {range.Entry.DeliveryTimeMs} {range.Entry.DeliveryCount}");
            Assert.Equal(expected.Pending.Select(p => $"{p.Key} {p.Value.Consumer} {p.Value.TimeMs} {p.Value.Count}"), pending);
        }
    }

    /// <summary>A copy holds the same, and the original is freed in slices.</summary>
    public void CopyAndDispose()
    {
        long before = rig.UsedBytes;
        Assert.InRange(rig.OccupiedBytes, before - 100, before);
        rig.Copy("copy");
        rig.ValueOf("copy"u8).Verify();
        Assert.Equal(Written(_model.Entries), StreamRig.Read(rig.ValueOf("copy"u8).Range(StreamId.Min, StreamId.Max)));
        AssertSameGroups(rig.ValueOf("copy"u8));
        rig.Remove("copy");
        Assert.Equal(before, rig.UsedBytes);
        Assert.True(rig.TryDetach(out DetachedCollection detached));
        int slices = 0;
        for (int budget = 5; !detached.FreeSome(rig.Store, ref budget); budget = 5)
            slices++;
        Assert.InRange(slices, _model.Groups.Sum(g => g.Value.Pending.Count) / 5, int.MaxValue);
    }
}
