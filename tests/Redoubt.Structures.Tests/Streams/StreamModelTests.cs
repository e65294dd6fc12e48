using System.Text;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests.Streams;

public sealed class StreamModelTests
{
    private static readonly string[] Names = ["a", "b", "field", "17", "a-longer-name-of-a-field"];
    private static readonly string[] Consumers = ["alice", "bob", "carol", "", "alice2"];

    [Theory]
    [InlineData(1, 4096, 100)]
    [InlineData(2, 200, 0)]
    [InlineData(3, 0, 3)]
    [InlineData(4, 0, 1)]
    [InlineData(5, 4096, 7)]
    [InlineData(6, 1, 200)]
    public void Random_operations_keep_the_stream_equal_to_its_model(int seed, long nodeBytes, long nodeEntries)
    {
        using StreamRig rig = new();
        rig.Store.Limits.StreamNodeMaxBytes = nodeBytes;
        rig.Store.Limits.StreamNodeMaxEntries = nodeEntries;
        Random random = new(seed);
        StreamModel model = new();
        for (int step = 0; step < 4000; step++)
        {
            int kind = random.Next(100);
            if (kind < 55)
                Append(rig, model, random);
            else if (kind < 65)
                Delete(rig, model, random);
            else if (kind < 68)
                Trim(rig, model, random);
            else
                UseGroups(rig, model, random, step);
            if (step % 20 == 0)
                AssertSame(rig, model, random);
        }
        AssertSame(rig, model, random);
        AssertCopyAndDisposal(rig, model);
    }

    private static StreamId AnyId(StreamModel model, Random random) =>
        model.Entries.Count > 0 && random.Next(8) != 0
            ? model.Entries.Keys.ElementAt(random.Next(model.Entries.Count))
            : new StreamId((ulong)random.NextInt64((long)model.LastId.Ms + 2), (ulong)random.Next(3));

    private static void Append(StreamRig rig, StreamModel model, Random random)
    {
        StreamId id = random.Next(20) switch
        {
            0 => AnyId(model, random),
            < 10 => new StreamId(model.LastId.Ms, model.LastId.Sequence + 1),
            _ => new StreamId(model.LastId.Ms + (ulong)random.Next(1, 3000), (ulong)random.Next(2)),
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
        Assert.Equal(model.Append(id, content) ? StreamAppend.Added : StreamAppend.IdTooSmall, rig.Append(id, content));
    }

    private static void Delete(StreamRig rig, StreamModel model, Random random)
    {
        StreamId[] ids = new StreamId[random.Next(1, 4)];
        long deleted = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = AnyId(model, random);
            deleted += model.Delete(ids[i]) ? 1 : 0;
        }
        Assert.Equal(deleted, rig.Stream.Delete(ids));
    }

    private static void Trim(StreamRig rig, StreamModel model, Random random)
    {
        StreamTrim trim = new()
        {
            Strategy = random.Next(2) == 0 ? TrimStrategy.MaxLength : TrimStrategy.MinId,
            MaxLength = random.Next(Math.Max(1, model.Entries.Count * 2)),
            MinId = AnyId(model, random),
            IsApproximate = random.Next(2) == 0,
        };
        if (trim.IsApproximate && random.Next(2) == 0)
            trim.Limit = random.Next(1, 50);
        if (!trim.IsApproximate)
        {
            Assert.Equal(model.Trim(trim), rig.Stream.Trim(trim));
            return;
        }
        // Whole nodes from the front, never more than an exact trim removes.
        StreamModel exact = new() { Entries = new(model.Entries) };
        long most = exact.Trim(trim);
        long removed = rig.Stream.Trim(trim);
        Assert.InRange(removed, 0, trim.Limit == 0 ? most : Math.Min(most, trim.Limit));
        foreach (StreamId id in model.Entries.Keys.Take((int)removed).ToList())
            model.Entries.Remove(id);
    }

    private static void UseGroups(StreamRig rig, StreamModel model, Random random, long nowMs)
    {
        string name = "group" + random.Next(3);
        byte[] nameBytes = Encoding.Latin1.GetBytes(name);
        StreamValue stream = rig.Stream;
        if (!model.Groups.TryGetValue(name, out StreamModel.Group? group))
        {
            StreamId from = AnyId(model, random);
            Assert.True(stream.TryAddGroup(nameBytes, from, 0));
            Assert.False(stream.TryAddGroup(nameBytes, from, 0));
            model.Groups.Add(name, new StreamModel.Group { LastId = from });
            return;
        }
        if (random.Next(60) == 0)
        {
            Assert.True(stream.TryRemoveGroup(nameBytes));
            Assert.False(stream.TryRemoveGroup(nameBytes));
            model.Groups.Remove(name);
            return;
        }
        ChangePending(stream.FindGroup(nameBytes), group, model, random, nowMs);
    }

    private static void ChangePending(StreamGroup group, StreamModel.Group expected, StreamModel model, Random random, long nowMs)
    {
        string consumerName = Consumers[random.Next(Consumers.Length)];
        byte[] nameBytes = Encoding.Latin1.GetBytes(consumerName);
        StreamConsumer consumer = group.FindConsumer(nameBytes);
        Assert.Equal(expected.Consumers.Contains(consumerName), consumer.Exists);
        if (!consumer.Exists)
        {
            consumer = group.AddConsumer(nameBytes, nowMs);
            expected.Consumers.Add(consumerName);
        }
        StreamId id = AnyId(model, random);
        PendingEntry pending = group.FindPending(id);
        Assert.Equal(expected.Pending.ContainsKey(id), pending.Exists);
        int kind = random.Next(30);
        if (kind == 0)
        {
            Assert.Equal(model.RemoveConsumer(expected, consumerName), group.RemoveConsumer(consumer));
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
            group.AddPending(id, consumer, nowMs, 1);
            expected.Pending.Add(id, new StreamModel.Pending(consumerName, nowMs, 1));
        }
    }

    private static List<string> Written(IEnumerable<KeyValuePair<StreamId, string[]>> entries) =>
        [.. entries.Select(e => $"{e.Key} {string.Join(' ', e.Value)}")];

    private static void AssertSame(StreamRig rig, StreamModel model, Random random)
    {
        StreamValue stream = rig.Stream;
        stream.Verify();
        Assert.Equal(model.Entries.Count, stream.Length);
        Assert.Equal(model.LastId, stream.LastId);
        Assert.Equal(model.EntriesAdded, stream.EntriesAdded);
        Assert.Equal(model.MaxDeletedId, stream.MaxDeletedId);
        Assert.Equal(model.Entries.Keys.FirstOrDefault(), stream.FirstId);
        Assert.Equal(model.Entries.Keys.LastOrDefault(), stream.LastLiveId);
        StreamId a = AnyId(model, random);
        StreamId b = AnyId(model, random);
        Assert.Equal(model.Entries.ContainsKey(a), stream.Contains(a));
        List<string> expected = Written(model.Entries.Where(e => e.Key >= a && e.Key <= b));
        Assert.Equal(expected, StreamRig.Read(stream.Range(a, b)));
        expected.Reverse();
        Assert.Equal(expected, StreamRig.Read(stream.Range(a, b, isReverse: true)));
        AssertSameGroups(stream, model);
    }

    private static void AssertSameGroups(StreamValue stream, StreamModel model)
    {
        Assert.Equal(model.Groups.Count, stream.GroupCount);
        int number = 0;
        foreach ((string name, StreamModel.Group expected) in model.Groups)
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

    private static void AssertCopyAndDisposal(StreamRig rig, StreamModel model)
    {
        long before = rig.UsedBytes;
        Assert.InRange(rig.OccupiedBytes, before - 100, before);
        rig.Copy("copy");
        rig.ValueOf("copy"u8).Verify();
        Assert.Equal(Written(model.Entries), StreamRig.Read(rig.ValueOf("copy"u8).Range(StreamId.Min, StreamId.Max)));
        AssertSameGroups(rig.ValueOf("copy"u8), model);
        rig.Remove("copy");
        Assert.Equal(before, rig.UsedBytes);
        Assert.True(rig.TryDetach(out DetachedCollection detached));
        int slices = 0;
        for (int budget = 5; !detached.FreeSome(rig.Store, ref budget); budget = 5)
            slices++;
        Assert.InRange(slices, model.Groups.Sum(g => g.Value.Pending.Count) / 5, int.MaxValue);
    }
}
