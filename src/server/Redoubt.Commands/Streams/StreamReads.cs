// XREAD and XREADGROUP: what came to streams since the IDs that a client names, or that its group was given; or, when there is
// nothing, the client waits.
//
// A client that waits runs its command again when one of the streams grows (or its group goes), for that stream alone, and by rules
// of its own (`ServeReady`): what was asked for is what is beyond the ID then given, deleted or not, so that the reply may be
// without an entry; and without COUNT it is not more than a thousand entries.

using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class StreamReads
{
    private const int CountAfterWaiting = 1000;

    [Command("XREAD", -4, CommandFlags.ReadOnly | CommandFlags.Blocking | CommandFlags.MovableKeys,
        KeyFlags = "RO access @STREAMS:1 range(-1,1,2)", Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for "
            + "each stream. Can block.",
        Complexity = "For each stream mentioned: O(N) with N being the number of elements being returned, it means that "
            + "XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order "
            + "to serve the M clients blocked on the stream getting new data.",
        Syntax = "[COUNT=count:integer] [BLOCK=milliseconds:integer] STREAMS=streams{key#0+ id+}")]
    public static void XRead(CommandContext c) => Run(c, isOfGroup: false);

    [Command("XREADGROUP", -7, CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys,
        KeyFlags = "RO access @STREAMS:4 range(-1,1,2)", Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Return new entries from a stream using a consumer group, or access the history of the pending entries for a "
            + "given consumer. Can block.",
        Complexity = "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. "
            + "always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP "
            + "blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
        Syntax = "GROUP=group_consumer{group consumer} [COUNT=count:integer] [BLOCK=milliseconds:integer] [NOACK] "
            + "STREAMS=streams{key#0+ id+}")]
    public static void XReadGroup(CommandContext c)
    {
        // Never as it stands: replicas are told what the consumers got.
        c.Propagate.Nothing();
        Run(c, isOfGroup: true);
    }

    private static void Run(CommandContext c, bool isOfGroup)
    {
        if (!ReadOptions.TryParse(c, isOfGroup, out ReadOptions options))
            return;
        if (c.ReadyKey is not null)
        {
            ServeReady(c, options);
            return;
        }
        if (!AreReadable(c, options))
            return;
        int mark = c.Reply.BeginArray();
        int served = 0;
        for (int i = 0; i < options.StreamCount; i++)
            served += TryServe(c, options, options.FirstKey + i) ? 1 : 0;
        if (served > 0)
            EndStreams(c.Reply, mark, served);
        else if (options.TimeoutMs >= 0)
            Block(c, options);
        else
            c.Reply.NullArray();
    }

    /// <summary>Looks at every key, group and ID before anything is given out.</summary>
    private static bool AreReadable(CommandContext c, in ReadOptions options)
    {
        for (int i = 0; i < options.StreamCount; i++)
        {
            int keyAt = options.FirstKey + i;
            int idAt = keyAt + options.StreamCount;
            ValueLookup found = c.Database.Read(c.Key(keyAt), ValueType.Stream, out ValueSlot slot);
            if (found == ValueLookup.WrongType)
            {
                c.Error(Errors.WrongType);
                return false;
            }
            if (options.IsOfGroup && (found == ValueLookup.Missing || !new StreamValue(slot).FindGroup(c[options.GroupAt]).Exists))
            {
                StreamErrors.NoKeyOrGroup(c, keyAt, options.GroupAt, StreamErrors.InXReadGroup);
                return false;
            }
            if (c[idAt] is [(byte)'$' or (byte)'>'])
            {
                if (c[idAt][0] == (options.IsOfGroup ? (byte)'>' : (byte)'$'))
                    continue;
                c.Error(options.IsOfGroup ? StreamErrors.LastIdOfXReadGroup : StreamErrors.NewIdOfXRead);
                return false;
            }
            if (!c.TryId(idAt, out _))
                return false;
        }
        return true;
    }

    /// <summary>Writes what there is of one stream; false, and nothing written, when that is nothing.</summary>
    private static bool TryServe(CommandContext c, in ReadOptions options, int keyAt)
    {
        if (c.Database.Read(c.Key(keyAt), ValueType.Stream, out ValueSlot slot) != ValueLookup.Found)
            return false;
        StreamValue stream = new(slot);
        ReadOnlySpan<byte> text = c[keyAt + options.StreamCount];
        if (!options.IsOfGroup)
        {
            // '$' is the last ID of this moment: there is nothing beyond it.
            if (text is [(byte)'$'] || !StreamIds.TryParse(text, 0, isStrict: true, out StreamId after) || stream.Length == 0 || stream.LastLiveId <= after)
                return false;
            BeginStream(c, keyAt);
            Deliver(c, options, stream, after);
            return true;
        }
        StreamGroup group = stream.FindGroup(c[options.GroupAt]);
        StreamId from = StreamId.Max;
        bool isHistory = text is not [(byte)'>'] && StreamIds.TryParse(text, 0, isStrict: true, out from) && from != StreamId.Max;
        if (!isHistory && (stream.Length == 0 || stream.LastLiveId <= group.LastDeliveredId))
            return false;
        c.Database.Edit(c.Key(keyAt), ValueType.Stream, out _);
        BeginStream(c, keyAt);
        if (isHistory)
            ReplyHistory(c, options, stream, MeetConsumer(c, options, keyAt, group), from);
        else
            DeliverToConsumer(c, options, stream, keyAt, group);
        c.Keyspace.Dirty++;
        return true;
    }

    /// <summary>The command of a client that has waited: one stream has grown, or its group has gone.</summary>
    private static void ServeReady(CommandContext c, in ReadOptions options)
    {
        int keyAt = options.FirstKey;
        while (!c.Concerns(keyAt))
            keyAt++;
        c.Database.Peek(c.Key(keyAt), ValueType.Stream, out ValueSlot slot);
        StreamValue stream = new(slot);
        StreamGroup group = options.IsOfGroup ? stream.FindGroup(c[options.GroupAt]) : default;
        if (options.IsOfGroup && !group.Exists)
        {
            c.Error(StreamErrors.BlockedGroupGone);
            return;
        }
        StreamId after;
        if (options.IsOfGroup)
            after = group.LastDeliveredId;
        else
            StreamIds.TryParse(c[keyAt + options.StreamCount], 0, isStrict: true, out after);
        if (stream.LastId <= after)
        {
            Block(c, options);
            return;
        }
        ReadOptions limited = options;
        limited.Count = options.Count == 0 ? CountAfterWaiting : options.Count;
        int mark = c.Reply.BeginArray();
        BeginStream(c, keyAt);
        if (options.IsOfGroup)
        {
            c.Database.Edit(c.Key(keyAt), ValueType.Stream, out _);
            DeliverToConsumer(c, limited, stream, keyAt, group);
        }
        else
        {
            Deliver(c, limited, stream, after);
        }
        EndStreams(c.Reply, mark, 1);
    }

    private static void Block(CommandContext c, in ReadOptions options)
    {
        List<ReplacedArgument>? replaced = null;
        for (int i = 0; i < options.StreamCount && !options.IsOfGroup; i++)
        {
            int idAt = options.FirstKey + options.StreamCount + i;
            if (c[idAt] is not [(byte)'$'])
                continue;
            ValueLookup found = c.Database.Peek(c.Key(options.FirstKey + i), ValueType.Stream, out ValueSlot slot);
            StreamId last = found == ValueLookup.Found ? new StreamValue(slot).LastId : StreamId.Min;
            byte[] word = new byte[StreamId.TextBytesMax];
            (replaced ??= []).Add(new ReplacedArgument(idAt, word[..last.Format(word)]));
        }
        c.Block(options.FirstKey, options.StreamCount, ValueType.Stream, options.TimeoutMs, needsKeys: options.IsOfGroup, replaced);
    }

    private static void BeginStream(CommandContext c, int keyAt)
    {
        if (c.Reply.Protocol == 2)
            c.Reply.Array(2);
        c.Reply.Bulk(c[keyAt]);
    }

    /// <summary>Streams by their names: a map where the protocol has one, else pairs.</summary>
    private static void EndStreams(RespWriter reply, int mark, int count)
    {
        if (reply.Protocol == 2)
            reply.EndArray(mark, count);
        else
            reply.EndMap(mark, count);
    }

    private static void Deliver(CommandContext c, in ReadOptions options, StreamValue stream, StreamId after)
    {
        after.TryNext(out StreamId start);
        StreamRange range = stream.Range(start, StreamId.Max);
        c.Reply.Entries(ref range, options.Count);
    }

    private static StreamConsumer MeetConsumer(CommandContext c, in ReadOptions options, int keyAt, StreamGroup group)
    {
        ReadOnlySpan<byte> name = c[options.GroupAt + 1];
        bool isNew = !group.FindConsumer(name).Exists;
        StreamConsumer consumer = StreamEffects.Meet(c, keyAt, group, name);
        if (isNew && options.NoAck)
            StreamEffects.PropagateConsumer(c, keyAt, options.GroupAt, name);
        return consumer;
    }

    /// <summary>Gives a consumer what its group was not given before, and notes it as pending unless nobody will acknowledge it.</summary>
    private static void DeliverToConsumer(CommandContext c, in ReadOptions options, StreamValue stream, int keyAt, StreamGroup group)
    {
        StreamConsumer consumer = MeetConsumer(c, options, keyAt, group);
        group.LastDeliveredId.TryNext(out StreamId start);
        StreamRange range = stream.Range(start, StreamId.Max);
        int mark = c.Reply.BeginArray();
        int count = 0;
        while ((options.Count == 0 || count < options.Count) && range.MoveNext())
        {
            if (range.Id > group.LastDeliveredId)
                stream.Deliver(group, range.Id);
            c.Reply.Entry(ref range);
            if (!options.NoAck)
                StreamEffects.PropagateClaim(c, keyAt, options.GroupAt, group, range.Id, MakePending(c, group, consumer, range.Id));
            count++;
        }
        if (options.NoAck && count > 0)
            StreamEffects.PropagateGroupId(c, keyAt, options.GroupAt, group);
        c.Reply.EndArray(mark, count);
    }

    /// <summary>XGROUP SETID may have turned a group back, so that an entry is given out which is pending already.</summary>
    private static PendingEntry MakePending(CommandContext c, StreamGroup group, StreamConsumer consumer, StreamId id)
    {
        PendingEntry entry = group.FindPending(id);
        if (!entry.Exists)
            return group.AddPending(id, consumer, c.NowMs, 1);
        group.Reassign(id, entry, consumer);
        entry.DeliveryTimeMs = c.NowMs;
        entry.DeliveryCount = 1;
        return entry;
    }

    /// <summary>What a consumer was given and has not acknowledged; of an entry that was deleted since, its ID.</summary>
    private static void ReplyHistory(CommandContext c, in ReadOptions options, StreamValue stream, StreamConsumer consumer, StreamId after)
    {
        after.TryNext(out StreamId start);
        PendingRange pending = consumer.PendingFrom(start);
        int mark = c.Reply.BeginArray();
        int count = 0;
        while ((options.Count == 0 || count < options.Count) && pending.MoveNext())
        {
            if (c.Reply.TryEntry(stream, pending.Id))
            {
                PendingEntry entry = pending.Entry;
                entry.DeliveryTimeMs = c.NowMs;
                entry.DeliveryCount++;
            }
            else
            {
                c.Reply.Array(2);
                c.Reply.Id(pending.Id);
                c.Reply.NullArray();
            }
            count++;
        }
        c.Reply.EndArray(mark, count);
    }

    /// <summary>What stands before the IDs, as indexes of arguments where it is a name.</summary>
    private struct ReadOptions
    {
        /// <summary>-1: the client does not wait; 0: for ever.</summary>
        public long TimeoutMs;

        /// <summary>Entries per stream; 0 = all.</summary>
        public long Count;
        public int FirstKey;
        public int StreamCount;
        public bool IsOfGroup;

        /// <summary>The group; the consumer follows it.</summary>
        public int GroupAt;
        public bool NoAck;

        public static bool TryParse(CommandContext c, bool isOfGroup, out ReadOptions options)
        {
            options = new ReadOptions { TimeoutMs = -1, IsOfGroup = isOfGroup };
            for (int i = 1; i < c.Count && options.FirstKey == 0; i++)
            {
                if (!options.TryOption(c, ref i))
                    return false;
            }
            if (options.FirstKey == 0)
                c.Error(Errors.Syntax);
            else if (isOfGroup && options.GroupAt == 0)
                c.Error(StreamErrors.GroupMissing);
            else
                return true;
            return false;
        }

        private bool TryOption(CommandContext c, ref int i)
        {
            int left = c.Count - i - 1;
            if (left > 0 && c.Is(i, "BLOCK"u8))
                return c.TryDurationMs(++i, out TimeoutMs);
            if (left > 0 && c.Is(i, "COUNT"u8))
            {
                bool isInteger = c.TryInteger(++i, out Count);
                Count = Math.Max(Count, 0);
                return isInteger;
            }
            if (left > 0 && c.Is(i, "STREAMS"u8))
            {
                FirstKey = i + 1;
                StreamCount = left / 2;
                if (left % 2 == 0)
                    return true;
                c.Error(StreamErrors.Unbalanced);
                return false;
            }
            if (left > 1 && c.Is(i, "GROUP"u8))
            {
                GroupAt = i + 1;
                i += 2;
                return Allow(c, StreamErrors.GroupOfXRead);
            }
            if (c.Is(i, "NOACK"u8))
            {
                NoAck = true;
                return Allow(c, StreamErrors.NoAckOfXRead);
            }
            c.Error(Errors.Syntax);
            return false;
        }

        private readonly bool Allow(CommandContext c, ReadOnlySpan<byte> error)
        {
            if (!IsOfGroup)
                c.Error(error);
            return IsOfGroup;
        }
    }
}
