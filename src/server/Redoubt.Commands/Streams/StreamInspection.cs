// XINFO: what a stream, its groups and their consumers look like from inside.

using Redoubt.Keyspace;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

[CommandContainer("XINFO", Group = "stream", Since = "5.0.0", Summary = "A container for stream introspection commands",
    Complexity = "Depends on subcommand.")]
internal static class StreamInspection
{
    private const long FullCountDefault = 10;

    [Command("XINFO|STREAM", -3, CommandFlags.ReadOnly, FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO access",
        Acl = "stream", Group = "stream", Since = "5.0.0", Summary = "Get information about a stream", Complexity = "O(1)",
        Syntax = "key#0 [FULL=full{[COUNT=count:integer]}]",
        History =
        [
            "6.0.0: Added the `FULL` modifier.",
            "7.0.0: Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields",
        ])]
    public static void Stream(CommandContext c)
    {
        if (!TryStream(c, out StreamValue stream))
            return;
        bool isFull = c.Count > 3;
        long count = FullCountDefault;
        if (isFull && (c.Count is not (4 or 6) || !c.Is(3, "FULL"u8) || (c.Count == 6 && !c.Is(4, "COUNT"u8))))
        {
            c.SubcommandError();
            return;
        }
        if (c.Count == 6 && !c.TryInteger(5, out count))
            return;
        c.Reply.Map(isFull ? 9 : 10);
        ReplyCounters(c, stream);
        if (isFull)
            ReplyContent(c, stream, count < 0 ? FullCountDefault : count);
        else
            ReplyEnds(c, stream);
    }

    [Command("XINFO|GROUPS", 3, CommandFlags.ReadOnly, FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO access", Acl = "stream",
        Group = "stream", Since = "5.0.0", Summary = "List the consumer groups of a stream", Complexity = "O(1)", Syntax = "key#0",
        History = ["7.0.0: Added the `entries-read` and `lag` fields"])]
    public static void Groups(CommandContext c)
    {
        if (!TryStream(c, out StreamValue stream))
            return;
        c.Reply.Array(stream.GroupCount);
        for (int i = 0; i < stream.GroupCount; i++)
        {
            StreamGroup group = stream.Group(i);
            c.Reply.Map(6);
            c.Reply.Bulk("name"u8);
            c.Reply.Bulk(group.Name);
            c.Reply.Bulk("consumers"u8);
            c.Reply.Integer(group.ConsumerCount);
            c.Reply.Bulk("pending"u8);
            c.Reply.Integer(group.PendingCount);
            ReplyProgress(c, stream, group);
        }
    }

    [Command("XINFO|CONSUMERS", 4, CommandFlags.ReadOnly, FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO access",
        Acl = "stream", Group = "stream", Since = "5.0.0", Summary = "List the consumers in a consumer group", Complexity = "O(1)",
        Syntax = "key#0 groupname", Tips = ["nondeterministic_output"])]
    public static void Consumers(CommandContext c)
    {
        if (!TryStream(c, out StreamValue stream))
            return;
        StreamGroup group = stream.FindGroup(c[3]);
        if (!group.Exists)
        {
            StreamErrors.NoGroup(c, keyIndex: 2, groupIndex: 3);
            return;
        }
        c.Reply.Array(group.ConsumerCount);
        for (int i = 0; i < group.ConsumerCount; i++)
        {
            StreamConsumer consumer = group.Consumer(i);
            c.Reply.Map(3);
            c.Reply.Bulk("name"u8);
            c.Reply.Bulk(consumer.Name);
            c.Reply.Bulk("pending"u8);
            c.Reply.Integer(consumer.PendingCount);
            c.Reply.Bulk("idle"u8);
            c.Reply.Integer(Math.Max(c.NowMs - consumer.SeenTimeMs, 0));
        }
    }

    [Command("XINFO|HELP", 2, CommandFlags.Loading | CommandFlags.Stale, Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.");

    private static bool TryStream(CommandContext c, out StreamValue stream)
    {
        ValueLookup found = c.Database.Read(c.Key(2), ValueType.Stream, out ValueSlot slot);
        stream = found == ValueLookup.Found ? new StreamValue(slot) : default;
        if (found == ValueLookup.Missing)
            c.Error(Errors.NoSuchKey);
        else if (found == ValueLookup.WrongType)
            c.Error(Errors.WrongType);
        return found == ValueLookup.Found;
    }

    private static void ReplyCounters(CommandContext c, StreamValue stream)
    {
        c.Reply.Bulk("length"u8);
        c.Reply.Integer(stream.Length);
        c.Reply.Bulk("radix-tree-keys"u8);
        c.Reply.Integer(stream.NodeCount);
        c.Reply.Bulk("radix-tree-nodes"u8);
        c.Reply.Integer(stream.RadixTreeNodes);
        c.Reply.Bulk("last-generated-id"u8);
        c.Reply.Id(stream.LastId);
        c.Reply.Bulk("max-deleted-entry-id"u8);
        c.Reply.Id(stream.MaxDeletedId);
        c.Reply.Bulk("entries-added"u8);
        c.Reply.Integer(stream.EntriesAdded);
        c.Reply.Bulk("recorded-first-entry-id"u8);
        c.Reply.Id(stream.FirstId);
    }

    private static void ReplyEnds(CommandContext c, StreamValue stream)
    {
        c.Reply.Bulk("groups"u8);
        c.Reply.Integer(stream.GroupCount);
        c.Reply.Bulk("first-entry"u8);
        ReplyFirst(c, stream.Range(StreamId.Min, StreamId.Max));
        c.Reply.Bulk("last-entry"u8);
        ReplyFirst(c, stream.Range(StreamId.Min, StreamId.Max, isReverse: true));
    }

    private static void ReplyFirst(CommandContext c, StreamRange range)
    {
        if (range.MoveNext())
            c.Reply.Entry(ref range);
        else
            c.Reply.Null();
    }

    private static void ReplyContent(CommandContext c, StreamValue stream, long count)
    {
        c.Reply.Bulk("entries"u8);
        StreamRange entries = stream.Range(StreamId.Min, StreamId.Max);
        c.Reply.Entries(ref entries, count);
        c.Reply.Bulk("groups"u8);
        c.Reply.Array(stream.GroupCount);
        for (int i = 0; i < stream.GroupCount; i++)
        {
            StreamGroup group = stream.Group(i);
            c.Reply.Map(7);
            c.Reply.Bulk("name"u8);
            c.Reply.Bulk(group.Name);
            ReplyProgress(c, stream, group);
            c.Reply.Bulk("pel-count"u8);
            c.Reply.Integer(group.PendingCount);
            c.Reply.Bulk("pending"u8);
            ReplyPending(c, group.PendingFrom(StreamId.Min), count, withConsumer: true);
            c.Reply.Bulk("consumers"u8);
            c.Reply.Array(group.ConsumerCount);
            for (int j = 0; j < group.ConsumerCount; j++)
                ReplyConsumer(c, group.Consumer(j), count);
        }
    }

    private static void ReplyConsumer(CommandContext c, StreamConsumer consumer, long count)
    {
        c.Reply.Map(4);
        c.Reply.Bulk("name"u8);
        c.Reply.Bulk(consumer.Name);
        c.Reply.Bulk("seen-time"u8);
        c.Reply.Integer(consumer.SeenTimeMs);
        c.Reply.Bulk("pel-count"u8);
        c.Reply.Integer(consumer.PendingCount);
        c.Reply.Bulk("pending"u8);
        ReplyPending(c, consumer.PendingFrom(StreamId.Min), count, withConsumer: false);
    }

    private static void ReplyPending(CommandContext c, PendingRange range, long countMax, bool withConsumer)
    {
        int mark = c.Reply.BeginArray();
        int count = 0;
        while ((countMax == 0 || count < countMax) && range.MoveNext())
        {
            c.Reply.Array(withConsumer ? 4 : 3);
            c.Reply.Id(range.Id);
            if (withConsumer)
                c.Reply.Bulk(range.Entry.Consumer.Name);
            c.Reply.Integer(range.Entry.DeliveryTimeMs);
            c.Reply.Integer(range.Entry.DeliveryCount);
            count++;
        }
        c.Reply.EndArray(mark, count);
    }

    /// <summary>How far the group has come.</summary>
    private static void ReplyProgress(CommandContext c, StreamValue stream, StreamGroup group)
    {
        c.Reply.Bulk("last-delivered-id"u8);
        c.Reply.Id(group.LastDeliveredId);
        c.Reply.Bulk("entries-read"u8);
        if (group.EntriesRead == StreamGroup.UnknownEntriesRead)
            c.Reply.Null();
        else
            c.Reply.Integer(group.EntriesRead);
        c.Reply.Bulk("lag"u8);
        if (stream.TryGetLag(group, out long lag))
            c.Reply.Integer(lag);
        else
            c.Reply.Null();
    }
}
