// Streams on their way in, in the three layouts of Redis 5.0, 7.0 and 7.2. A file names what is pending in a group before it says which consumer
// has it; so a group's pending entries wait here until their consumers come, and each must be claimed once.

using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

internal sealed class StreamBuilder
{
    private readonly Dictionary<StreamId, (long DeliveryTimeMs, long DeliveryCount)> _unclaimed = [];
    private Stage _stage;
    private ImageType _layout;
    private ulong _nodesLeft;
    private ulong _groupsLeft;
    private ulong _pendingLeft;
    private ulong _consumersLeft;
    private ulong _consumerPendingLeft;
    private byte[] _group = [];
    private byte[] _consumer = [];

    private enum Stage
    {
        Nodes,
        Group,
        Pending,
        Consumers,
        ConsumerPending,
    }

    public void Begin(ImageType layout, ref ImageReader image)
    {
        _unclaimed.Clear();
        _layout = layout;
        _nodesLeft = image.Length();
        _stage = Stage.Nodes;
    }

    /// <summary>Takes a piece; null, or what is wrong with it.</summary>
    public string? Add(ValueSlot slot, ref ImageReader image)
    {
        StreamValue stream = new(slot);
        string? problem = null;
        while (problem is null && !image.IsAtEnd)
        {
            problem = _stage switch
            {
                Stage.Nodes => AddNode(stream, ref image),
                Stage.Group => AddGroup(stream, ref image),
                Stage.Pending => AddPending(ref image),
                Stage.Consumers => AddConsumer(stream.FindGroup(_group), ref image),
                _ => Claim(stream.FindGroup(_group), ref image),
            };
        }
        return problem;
    }

    /// <summary>After the last piece.</summary>
    public string? End() => _unclaimed.Count > 0 ? "Stream CG PEL entry without consumer" : null;

    private string? AddNode(StreamValue stream, ref ImageReader image)
    {
        if (_nodesLeft == 0)
        {
            AddNumbers(stream, ref image);
            _stage = Stage.Group;
            return null;
        }
        _nodesLeft--;
        StreamId id = StreamId.ReadBinary(image.Text());
        return stream.TryAddNode(id, image.Text()) ? null : "Listpack re-added with existing key";
    }

    /// <summary>The length and the first ID follow from the nodes, whatever the file says.</summary>
    private void AddNumbers(StreamValue stream, ref ImageReader image)
    {
        stream.EndNodes();
        image.Length();
        stream.LastId = ReadId(ref image);
        stream.EntriesAdded = stream.Length;
        if (_layout != ImageType.Stream)
        {
            ReadId(ref image);
            stream.MaxDeletedId = ReadId(ref image);
            stream.EntriesAdded = (long)image.Length();
        }
        _groupsLeft = image.Length();
    }

    private string? AddGroup(StreamValue stream, ref ImageReader image)
    {
        if (_unclaimed.Count > 0)
            return End();
        _group = image.Text().ToArray();
        StreamId last = ReadId(ref image);
        long entriesRead = _layout == ImageType.Stream ? stream.EntriesUpTo(last) : (long)image.Length();
        _groupsLeft--;
        _pendingLeft = image.Length();
        _stage = Stage.Pending;
        return stream.TryAddGroup(_group, last, entriesRead) ? null : $"Duplicated consumer group name {Latin(_group)}";
    }

    private string? AddPending(ref ImageReader image)
    {
        if (_pendingLeft == 0)
        {
            _consumersLeft = image.Length();
            _stage = _consumersLeft == 0 ? Stage.Group : Stage.Consumers;
            return null;
        }
        _pendingLeft--;
        StreamId id = StreamId.ReadBinary(image.Raw());
        long deliveryTimeMs = image.Int64();
        long deliveryCount = (long)image.Length();
        return _unclaimed.TryAdd(id, (deliveryTimeMs, deliveryCount)) ? null : "Duplicated global PEL entry loading stream consumer group";
    }

    private string? AddConsumer(StreamGroup group, ref ImageReader image)
    {
        _consumer = image.Text().ToArray();
        long seenTimeMs = image.Int64();
        if (_layout == ImageType.StreamWithActivity)
            image.Int64();
        _consumerPendingLeft = image.Length();
        _consumersLeft--;
        if (group.FindConsumer(_consumer).Exists)
            return "Duplicate stream consumer detected.";
        group.AddConsumer(_consumer, seenTimeMs);
        _stage = _consumerPendingLeft > 0 ? Stage.ConsumerPending : _consumersLeft > 0 ? Stage.Consumers : Stage.Group;
        return null;
    }

    private string? Claim(StreamGroup group, ref ImageReader image)
    {
        StreamId id = StreamId.ReadBinary(image.Raw());
        if (!_unclaimed.Remove(id, out (long DeliveryTimeMs, long DeliveryCount) entry))
            return "Consumer entry not found in group global PEL";
        group.AddPending(id, group.FindConsumer(_consumer), entry.DeliveryTimeMs, entry.DeliveryCount);
        if (--_consumerPendingLeft == 0)
            _stage = _consumersLeft > 0 ? Stage.Consumers : Stage.Group;
        return null;
    }

    private static StreamId ReadId(ref ImageReader image)
    {
        ulong ms = image.Length();
        return new StreamId(ms, image.Length());
    }

    private static string Latin(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name);
}
