// XACK and XPENDING: what consumers were given and have not acknowledged.

using Redoubt.Keyspace;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class PendingLists
{
    [Command("XACK", -4, CommandFlags.Write | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update",
        Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Marks a pending message as correctly processed, effectively removing it from the pending entries list of the "
            + "consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the IDs "
            + "we were actually able to resolve in the PEL.", Complexity = "O(1) for each message ID processed.",
        Syntax = "key#0 group id+")]
    public static void XAck(CommandContext c)
    {
        ValueLookup found = c.Database.Read(c.Key(1), ValueType.Stream, out ValueSlot slot);
        if (found == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return;
        }
        StreamGroup group = found == ValueLookup.Found ? new StreamValue(slot).FindGroup(c[2]) : default;
        if (!group.Exists)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!c.AreIds(3))
            return;
        c.Database.Edit(c.Key(1), ValueType.Stream, out _);
        long acknowledged = 0;
        for (int i = 3; i < c.Count; i++)
        {
            c.TryId(i, out StreamId id);
            acknowledged += group.RemovePending(id) ? 1 : 0;
        }
        c.Keyspace.Dirty += acknowledged;
        c.Reply.Integer(acknowledged);
    }

    [Command("XPENDING", -3, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "stream",
        Group = "stream", Since = "5.0.0",
        Summary = "Return information and entries from a stream consumer group pending entries list, that are messages fetched "
            + "but never acknowledged.",
        Complexity = "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call "
            + "is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command "
            + "returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) "
            + "time for iterating every consumer.",
        Syntax = "key#0 group [filters{[IDLE=min-idle-time:integer@6.2.0] start end count:integer [consumer]}]",
        History = ["6.2.0: Added the `IDLE` option and exclusive range intervals."], Tips = ["nondeterministic_output"])]
    public static void XPending(CommandContext c)
    {
        bool isSummary = c.Count == 3;
        PendingFilter filter = default;
        if (!isSummary && !TryFilter(c, out filter))
            return;
        ValueLookup found = c.Database.Read(c.Key(1), ValueType.Stream, out ValueSlot slot);
        if (found == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return;
        }
        StreamGroup group = found == ValueLookup.Found ? new StreamValue(slot).FindGroup(c[2]) : default;
        if (!group.Exists)
            StreamErrors.NoKeyOrGroup(c, keyIndex: 1, groupIndex: 2, Errors.ClosingQuote);
        else if (isSummary)
            ReplySummary(c, group);
        else
            ReplyEntries(c, group, filter);
    }

    private struct PendingFilter
    {
        public StreamId Start;
        public StreamId End;
        public long Count;
        public long IdleMsMin;

        /// <summary>Index of the consumer, 0 = of all.</summary>
        public int ConsumerAt;
    }

    private static bool TryFilter(CommandContext c, out PendingFilter filter)
    {
        filter = default;
        if (c.Count is < 6 or > 9)
        {
            c.Error(Errors.Syntax);
            return false;
        }
        int at = 3;
        if (c.Is(3, "IDLE"u8))
        {
            if (!c.TryInteger(4, out filter.IdleMsMin))
                return false;
            if (c.Count < 8)
            {
                c.Error(Errors.Syntax);
                return false;
            }
            at = 5;
        }
        if (!c.TryInteger(at + 2, out filter.Count) || !c.TryRangeStart(at, out filter.Start) || !c.TryRangeEnd(at + 1, out filter.End))
            return false;
        if (at + 3 < c.Count)
            filter.ConsumerAt = at + 3;
        return true;
    }

    private static void ReplySummary(CommandContext c, StreamGroup group)
    {
        c.Reply.Array(4);
        c.Reply.Integer(group.PendingCount);
        if (group.PendingCount == 0)
        {
            c.Reply.Null();
            c.Reply.Null();
            c.Reply.NullArray();
            return;
        }
        c.Reply.Id(group.FirstPendingId);
        c.Reply.Id(group.LastPendingId);
        int mark = c.Reply.BeginArray();
        int count = 0;
        for (int i = 0; i < group.ConsumerCount; i++)
        {
            StreamConsumer consumer = group.Consumer(i);
            if (consumer.PendingCount == 0)
                continue;
            c.Reply.Array(2);
            c.Reply.Bulk(consumer.Name);
            c.Reply.BulkInteger(consumer.PendingCount);
            count++;
        }
        c.Reply.EndArray(mark, count);
    }

    private static void ReplyEntries(CommandContext c, StreamGroup group, in PendingFilter filter)
    {
        StreamConsumer consumer = filter.ConsumerAt == 0 ? default : group.FindConsumer(c[filter.ConsumerAt]);
        if (filter.ConsumerAt != 0 && !consumer.Exists)
        {
            c.Reply.Array(0);
            return;
        }
        PendingRange range = consumer.Exists ? consumer.PendingFrom(filter.Start) : group.PendingFrom(filter.Start);
        int mark = c.Reply.BeginArray();
        int count = 0;
        while (count < filter.Count && range.MoveNext() && range.Id <= filter.End)
        {
            long idleMs = c.NowMs - range.Entry.DeliveryTimeMs;
            if (filter.IdleMsMin != 0 && idleMs < filter.IdleMsMin)
                continue;
            c.Reply.Array(4);
            c.Reply.Id(range.Id);
            c.Reply.Bulk(range.Entry.Consumer.Name);
            c.Reply.Integer(Math.Max(idleMs, 0));
            c.Reply.Integer(range.Entry.DeliveryCount);
            count++;
        }
        c.Reply.EndArray(mark, count);
    }
}
