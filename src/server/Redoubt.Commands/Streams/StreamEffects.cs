// What becomes of a group is propagated as its effect: who reads what depends on the moment, so a replica is told the outcome.

using Redoubt.Structures.Streams;

namespace Redoubt.Commands;

internal static class StreamEffects
{
    /// <summary>An entry is pending for a consumer: XCLAIM in the form that does the same however often it is run.</summary>
    /// <param name="id">As the client wrote it, or as it is.</param>
    public static void PropagateClaim(CommandContext c, int keyIndex, int groupIndex, StreamGroup group, ReadOnlySpan<byte> id, PendingEntry entry) =>
        c.Propagate.Also(14).Word("XCLAIM"u8).Word(c[keyIndex]).Word(c[groupIndex]).Word(entry.Consumer.Name).Word("0"u8).Word(id)
            .Word("TIME"u8).Word(entry.DeliveryTimeMs).Word("RETRYCOUNT"u8).Word(entry.DeliveryCount)
            .Word("FORCE"u8).Word("JUSTID"u8).Word("LASTID"u8).Word(group.LastDeliveredId);

    public static void PropagateClaim(CommandContext c, int keyIndex, int groupIndex, StreamGroup group, StreamId id, PendingEntry entry)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        PropagateClaim(c, keyIndex, groupIndex, group, text[..id.Format(text)], entry);
    }

    /// <summary>The last delivered ID of a group, where no pending entry tells it.</summary>
    public static void PropagateGroupId(CommandContext c, int keyIndex, int groupIndex, StreamGroup group) =>
        c.Propagate.Also(7).Word("XGROUP"u8).Word("SETID"u8).Word(c[keyIndex]).Word(c[groupIndex]).Word(group.LastDeliveredId)
            .Word("ENTRIESREAD"u8).Word(group.EntriesRead);

    /// <summary>A consumer of whom no pending entry will tell.</summary>
    public static void PropagateConsumer(CommandContext c, int keyIndex, int groupIndex, ReadOnlySpan<byte> consumer) =>
        c.Propagate.Also(5).Word("XGROUP"u8).Word("CREATECONSUMER"u8).Word(c[keyIndex]).Word(c[groupIndex]).Word(consumer);

    /// <summary>Adds a consumer; counted as a change, and published.</summary>
    public static StreamConsumer AddConsumer(CommandContext c, int keyIndex, StreamGroup group, ReadOnlySpan<byte> name)
    {
        StreamConsumer consumer = group.AddConsumer(name, c.NowMs);
        c.Keyspace.Dirty++;
        c.Notify(KeyspaceEvents.Stream, "xgroup-createconsumer"u8, c[keyIndex]);
        return consumer;
    }

    /// <summary>The consumer of this name, who has just been seen; added when there is none.</summary>
    public static StreamConsumer Meet(CommandContext c, int keyIndex, StreamGroup group, ReadOnlySpan<byte> name)
    {
        StreamConsumer consumer = group.FindConsumer(name);
        if (!consumer.Exists)
            return AddConsumer(c, keyIndex, group, name);
        consumer.SeenTimeMs = c.NowMs;
        return consumer;
    }
}
