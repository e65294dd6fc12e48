using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>
/// Streams on their way out: the nodes, the stream's numbers, then each group with what is pending in it, and its consumers with the IDs
/// of what each of them has pending.
/// </summary>
internal static class StreamImage
{
    private const int StageNodes = 0;
    private const int StageGroup = 1;
    private const int StagePending = 2;
    private const int StageConsumer = 3;
    private const int StageConsumerPending = 4;
    private const int StageEnd = 5;

    private const int LargeFromNodes = 16;

    public static bool IsLarge(ValueSlot slot)
    {
        StreamValue stream = new(slot);
        return stream.NodeCount > LargeFromNodes || stream.GroupCount > 0;
    }

    public static bool Give(ValueSlot slot, ImageWriter image, ImagePosition position, int bytesMax)
    {
        StreamValue stream = new(slot);
        if (position.IsAtStart)
        {
            position.Stage = StageNodes;
            position.IsIdGiven = false;
            image.Length((ulong)stream.NodeCount);
        }
        int end = image.LimitAfter(bytesMax);
        while (image.Count < end && position.Stage != StageEnd)
        {
            switch (position.Stage)
            {
                case StageNodes:
                    GiveNodes(stream, image, position, end);
                    break;
                case StageGroup:
                    GiveGroup(stream, image, position);
                    break;
                case StagePending:
                    GivePending(stream.Group(position.Group), image, position, end);
                    break;
                case StageConsumer:
                    GiveConsumer(stream.Group(position.Group), image, position);
                    break;
                default:
                    GiveConsumerPending(stream.Group(position.Group).Consumer(position.Consumer), image, position, end);
                    break;
            }
        }
        return position.Stage == StageEnd;
    }

    private static void GiveNodes(StreamValue stream, ImageWriter image, ImagePosition position, int end)
    {
        StreamNodes nodes = stream.NodesFrom(position.IsIdGiven ? position.Id : StreamId.Min);
        if (position.IsIdGiven)
            nodes.MoveNext();
        while (image.Count < end)
        {
            if (!nodes.MoveNext())
            {
                GiveNumbers(stream, image);
                position.Group = 0;
                position.Stage = StageGroup;
                return;
            }
            nodes.Id.WriteBinary(image.UnfilledText(StreamId.BinaryBytes));
            image.Text(nodes.Listpack);
            position.Given(nodes.Id);
        }
    }

    private static void GiveNumbers(StreamValue stream, ImageWriter image)
    {
        image.Length((ulong)stream.Length);
        GiveId(image, stream.LastId);
        GiveId(image, stream.FirstId);
        GiveId(image, stream.MaxDeletedId);
        image.Length((ulong)stream.EntriesAdded);
        image.Length((ulong)stream.GroupCount);
    }

    private static void GiveGroup(StreamValue stream, ImageWriter image, ImagePosition position)
    {
        if (position.Group == stream.GroupCount)
        {
            position.Stage = StageEnd;
            return;
        }
        StreamGroup group = stream.Group(position.Group);
        image.Text(group.Name);
        GiveId(image, group.LastDeliveredId);
        image.Length((ulong)group.EntriesRead);
        image.Length((ulong)group.PendingCount);
        position.IsIdGiven = false;
        position.Stage = StagePending;
    }

    private static void GivePending(StreamGroup group, ImageWriter image, ImagePosition position, int end)
    {
        PendingRange pending = PendingAfter(group.PendingFrom(position.IsIdGiven ? position.Id : StreamId.Min), position);
        while (image.Count < end)
        {
            if (!pending.MoveNext())
            {
                image.Length((ulong)group.ConsumerCount);
                position.Consumer = 0;
                position.Stage = StageConsumer;
                return;
            }
            pending.Id.WriteBinary(image.UnfilledRaw(StreamId.BinaryBytes));
            image.Int64(pending.Entry.DeliveryTimeMs);
            image.Length((ulong)pending.Entry.DeliveryCount);
            position.Given(pending.Id);
        }
    }

    private static void GiveConsumer(StreamGroup group, ImageWriter image, ImagePosition position)
    {
        if (position.Consumer == group.ConsumerCount)
        {
            position.Group++;
            position.Stage = StageGroup;
            return;
        }
        StreamConsumer consumer = group.Consumer(position.Consumer);
        image.Text(consumer.Name);
        image.Int64(consumer.SeenTimeMs);
        image.Length((ulong)consumer.PendingCount);
        position.IsIdGiven = false;
        position.Stage = StageConsumerPending;
    }

    private static void GiveConsumerPending(StreamConsumer consumer, ImageWriter image, ImagePosition position, int end)
    {
        PendingRange pending = PendingAfter(consumer.PendingFrom(position.IsIdGiven ? position.Id : StreamId.Min), position);
        while (image.Count < end)
        {
            if (!pending.MoveNext())
            {
                position.Consumer++;
                position.Stage = StageConsumer;
                return;
            }
            pending.Id.WriteBinary(image.UnfilledRaw(StreamId.BinaryBytes));
            position.Given(pending.Id);
        }
    }

    /// <summary>A walk that begins with what was given last goes past it.</summary>
    private static PendingRange PendingAfter(PendingRange pending, ImagePosition position)
    {
        if (position.IsIdGiven)
            pending.MoveNext();
        return pending;
    }

    private static void GiveId(ImageWriter image, StreamId id)
    {
        image.Length(id.Ms);
        image.Length(id.Sequence);
    }
}
