// XCLAIM and XAUTOCLAIM: a consumer takes over what another was given and does not acknowledge.
//
// Both are propagated as what they did, entry by entry. An entry that was deleted from the stream meanwhile is not given to
// anybody: it stops being pending, and that is propagated as the XCLAIM which, over there, finds the same.

using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class Claims
{
    private const int AutoClaimCountDefault = 100;
    private const int AttemptsPerEntry = 10;

    [Command("XCLAIM", -6, CommandFlags.Write | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update",
        Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the "
            + "specified consumer.", Complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
        Syntax = "key#0 group consumer min-idle-time id+ [IDLE=ms:integer] [TIME=unix-time-milliseconds:unix-time] "
            + "[RETRYCOUNT=count:integer] [FORCE] [JUSTID] [LASTID=id]", Tips = ["nondeterministic_output"])]
    public static void XClaim(CommandContext c)
    {
        ValueLookup found = c.Database.Read(c.Key(1), ValueType.Stream, out ValueSlot slot);
        if (!TryGroup(c, found, slot, out StreamValue stream, out StreamGroup group)
            || !c.TryInteger(4, out long idleMsMin, StreamErrors.ClaimIdle) || !ClaimOptions.TryParse(c, out ClaimOptions options))
        {
            return;
        }
        options.IdleMsMin = Math.Max(idleMsMin, 0);
        c.Propagate.Nothing();
        c.Database.Edit(c.Key(1), ValueType.Stream, out _);
        bool tellsLastId = options.LastId > group.LastDeliveredId;
        if (tellsLastId)
            group.LastDeliveredId = options.LastId;
        int mark = c.Reply.BeginArray();
        int count = 0;
        int told = c.Propagate.CommandCount;
        for (int i = 5; i < options.IdsEnd; i++)
            count += TryClaim(c, stream, group, options, i) ? 1 : 0;
        if (tellsLastId && c.Propagate.CommandCount == told)
        {
            StreamEffects.PropagateGroupId(c, keyIndex: 1, groupIndex: 2, group);
            c.Keyspace.Dirty++;
        }
        c.Reply.EndArray(mark, count);
    }

    private static bool TryClaim(CommandContext c, StreamValue stream, StreamGroup group, in ClaimOptions options, int idAt)
    {
        c.TryId(idAt, out StreamId id);
        PendingEntry entry = group.FindPending(id);
        if (!stream.Contains(id))
        {
            if (entry.Exists)
                DropDeleted(c, group, id, c[idAt], entry);
            return false;
        }
        if (!entry.Exists && !options.IsForced)
            return false;
        if (entry.Exists && options.IdleMsMin != 0 && c.NowMs - entry.DeliveryTimeMs < options.IdleMsMin)
            return false;
        StreamConsumer consumer = StreamEffects.Meet(c, keyIndex: 1, group, c[3]);
        if (entry.Exists)
            group.Reassign(id, entry, consumer);
        else
            entry = group.AddPending(id, consumer, c.NowMs, 1);
        entry.DeliveryTimeMs = options.DeliveryTimeMs;
        if (options.RetryCount >= 0)
            entry.DeliveryCount = options.RetryCount;
        else if (!options.IsIdOnly)
            entry.DeliveryCount++;
        ReplyClaimed(c.Reply, stream, id, options.IsIdOnly);
        StreamEffects.PropagateClaim(c, keyIndex: 1, groupIndex: 2, group, c[idAt], entry);
        c.Keyspace.Dirty++;
        return true;
    }

    [Command("XAUTOCLAIM", -6, CommandFlags.Write | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete",
        Acl = "stream", Group = "stream", Since = "6.2.0",
        Summary = "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the "
            + "specified consumer.", Complexity = "O(1) if COUNT is small.",
        Syntax = "key#0 group consumer min-idle-time start [COUNT=count:integer] [JUSTID]",
        History = ["7.0.0: Added an element to the reply array, containing deleted entries the command cleared from the PEL"],
        Tips = ["nondeterministic_output"])]
    public static void XAutoClaim(CommandContext c)
    {
        ValueLookup found = c.Database.Read(c.Key(1), ValueType.Stream, out ValueSlot slot);
        if (!c.TryInteger(4, out long idleMsMin, StreamErrors.AutoClaimIdle) || !c.TryRangeStart(5, out StreamId next)
            || !TryAutoOptions(c, out long count, out bool isIdOnly) || !TryGroup(c, found, slot, out StreamValue stream, out StreamGroup group))
        {
            return;
        }
        c.Propagate.Nothing();
        c.Database.Edit(c.Key(1), ValueType.Stream, out _);
        RespWriter claimed = c.Scratch;
        int claimedCount = 0;
        List<StreamId> deleted = [];
        bool hasNext = true;
        for (long attempts = count * AttemptsPerEntry; attempts > 0 && claimedCount + deleted.Count < count; attempts--)
        {
            PendingRange range = group.PendingFrom(next);
            if (!range.MoveNext())
                break;
            StreamId id = range.Id;
            PendingEntry entry = range.Entry;
            hasNext = id.TryNext(out next);
            if (!stream.Contains(id))
            {
                DropDeleted(c, group, id, entry);
                deleted.Add(id);
            }
            else if (idleMsMin <= 0 || c.NowMs - entry.DeliveryTimeMs >= idleMsMin)
            {
                TakeOver(c, group, id, entry, isIdOnly);
                ReplyClaimed(claimed, stream, id, isIdOnly);
                claimedCount++;
            }
            if (!hasNext)
                break;
        }
        PendingRange rest = group.PendingFrom(next);
        c.Reply.Array(3);
        c.Reply.Id(hasNext && rest.MoveNext() ? rest.Id : StreamId.Min);
        c.Reply.Array(claimedCount);
        c.Reply.Raw(claimed.Written);
        c.Reply.Array(deleted.Count);
        foreach (StreamId id in deleted)
            c.Reply.Id(id);
    }

    private static void TakeOver(CommandContext c, StreamGroup group, StreamId id, PendingEntry entry, bool isIdOnly)
    {
        group.Reassign(id, entry, StreamEffects.Meet(c, keyIndex: 1, group, c[3]));
        entry.DeliveryTimeMs = c.NowMs;
        if (!isIdOnly)
            entry.DeliveryCount++;
        StreamEffects.PropagateClaim(c, keyIndex: 1, groupIndex: 2, group, id, entry);
        c.Keyspace.Dirty++;
    }

    private static void DropDeleted(CommandContext c, StreamGroup group, StreamId id, PendingEntry entry)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        DropDeleted(c, group, id, text[..id.Format(text)], entry);
    }

    private static void DropDeleted(CommandContext c, StreamGroup group, StreamId id, ReadOnlySpan<byte> text, PendingEntry entry)
    {
        StreamEffects.PropagateClaim(c, keyIndex: 1, groupIndex: 2, group, text, entry);
        c.Keyspace.Dirty++;
        group.RemovePending(id);
    }

    private static void ReplyClaimed(RespWriter reply, StreamValue stream, StreamId id, bool isIdOnly)
    {
        if (isIdOnly)
            reply.Id(id);
        else
            reply.TryEntry(stream, id);
    }

    /// <summary>The stream that was found for argument 1 and its group of argument 2, which both must exist.</summary>
    private static bool TryGroup(CommandContext c, ValueLookup found, ValueSlot slot, out StreamValue stream, out StreamGroup group)
    {
        stream = default;
        group = default;
        if (found == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return false;
        }
        if (found == ValueLookup.Found)
        {
            stream = new StreamValue(slot);
            group = stream.FindGroup(c[2]);
        }
        if (!group.Exists)
            StreamErrors.NoKeyOrGroup(c, keyIndex: 1, groupIndex: 2, Errors.ClosingQuote);
        return group.Exists;
    }

    private static bool TryAutoOptions(CommandContext c, out long count, out bool isIdOnly)
    {
        count = AutoClaimCountDefault;
        isIdOnly = false;
        for (int i = 6; i < c.Count; i++)
        {
            if (i + 1 < c.Count && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(++i, out count, StreamErrors.AutoClaimCount))
                    return false;
                if (count is < 1 or > long.MaxValue / StreamId.BinaryBytes)
                {
                    c.Error(StreamErrors.AutoClaimCount);
                    return false;
                }
            }
            else if (c.Is(i, "JUSTID"u8))
            {
                isIdOnly = true;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private struct ClaimOptions
    {
        /// <summary>Index behind the last ID; the first is argument 5.</summary>
        public int IdsEnd;
        public long IdleMsMin;
        public long DeliveryTimeMs;

        /// <summary>-1 = counted on.</summary>
        public long RetryCount;
        public StreamId LastId;

        /// <summary>Entries that are not pending become so.</summary>
        public bool IsForced;
        public bool IsIdOnly;

        /// <summary>The IDs end at the first word that is none; the rest are options.</summary>
        public static bool TryParse(CommandContext c, out ClaimOptions options)
        {
            options = new ClaimOptions { DeliveryTimeMs = -1, RetryCount = -1, IdsEnd = 5 };
            while (options.IdsEnd < c.Count && StreamIds.TryParse(c[options.IdsEnd], 0, isStrict: true, out _))
                options.IdsEnd++;
            for (int i = options.IdsEnd; i < c.Count; i++)
            {
                if (!options.TryOption(c, ref i))
                    return false;
            }
            // A time that is not in the past is a client's clock that differs from this one.
            if (options.DeliveryTimeMs < 0 || options.DeliveryTimeMs > c.NowMs)
                options.DeliveryTimeMs = c.NowMs;
            return true;
        }

        private bool TryOption(CommandContext c, ref int i)
        {
            if (c.Is(i, "FORCE"u8))
                IsForced = true;
            else if (c.Is(i, "JUSTID"u8))
                IsIdOnly = true;
            else if (i + 1 == c.Count)
                return Unknown(c, i);
            else if (c.Is(i, "IDLE"u8))
                return TryIdle(c, ++i);
            else if (c.Is(i, "TIME"u8))
                return c.TryInteger(++i, out DeliveryTimeMs, StreamErrors.ClaimOptionTime);
            else if (c.Is(i, "RETRYCOUNT"u8))
                return c.TryInteger(++i, out RetryCount, StreamErrors.ClaimOptionRetryCount);
            else if (c.Is(i, "LASTID"u8))
                return c.TryId(++i, out LastId);
            else
                return Unknown(c, i);
            return true;
        }

        private bool TryIdle(CommandContext c, int index)
        {
            if (!c.TryInteger(index, out long idleMs, StreamErrors.ClaimOptionIdle))
                return false;
            DeliveryTimeMs = unchecked(c.NowMs - idleMs);
            return true;
        }

        private static bool Unknown(CommandContext c, int index)
        {
            c.Error(StreamErrors.ClaimOptionUnknown, c[index], Errors.ClosingQuote);
            return false;
        }
    }
}
