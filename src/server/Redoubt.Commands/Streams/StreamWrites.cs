// XADD and XTRIM, XDEL, XSETID: what changes the entries of a stream.

using Redoubt.Keyspace;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class StreamWrites
{
    private const int IdsOnStack = 16;

    [Command("XADD", -5, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW update 'UPDATE instead of INSERT because of the optional trimming feature'", Acl = "stream", Group = "stream",
        Since = "5.0.0", Summary = "Appends a new entry to a stream",
        Complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
        Syntax = "key#0 [NOMKSTREAM@6.2.0] [trim{strategy(MAXLEN|MINID@6.2.0) [operator('='!equal|'~'!approximately)] threshold "
            + "[LIMIT=count:integer@6.2.0]}] id_or_auto('*'!auto_id|id) field_value{field value}+",
        History =
        [
            "6.2.0: Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.",
            "7.0.0: Added support for the `<ms>-*` explicit ID form.",
        ], Tips = ["nondeterministic_output"])]
    public static void XAdd(CommandContext c)
    {
        if (!TrimOptions.TryParse(c, isAdd: true, out TrimOptions options))
            return;
        int idAt = options.End;
        bool isGiven = idAt < c.Count && c[idAt] is not [(byte)'*'];
        bool hasSequence = true;
        StreamId id = default;
        if (isGiven && !c.TryNewId(idAt, out id, out hasSequence))
            return;
        if (!options.TryComplete(c, isAdd: true))
            return;
        if (c.Count - idAt < 3 || (c.Count - idAt) % 2 == 0)
        {
            c.ArityError();
            return;
        }
        if (isGiven && hasSequence && id.IsZero)
        {
            c.Error(StreamErrors.IdZero);
            return;
        }
        Key key = c.Key(1);
        ValueLookup found = c.Database.Edit(key, ValueType.Stream, out ValueSlot slot);
        if (found == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return;
        }
        if (found == ValueLookup.Missing && options.NeedsKey)
        {
            c.Reply.Null();
            return;
        }
        StreamValue stream = new(found == ValueLookup.Missing ? c.Database.Create(key, ValueType.Stream, ValueEncoding.Stream) : slot);
        if (!TryAppend(c, stream, idAt, isGiven, hasSequence, ref id))
            return;
        c.Reply.Id(id);
        c.Database.Changed(key);
        c.Notify(KeyspaceEvents.Stream, "xadd"u8, c[1]);
        if (options.Trim.Strategy != TrimStrategy.None && stream.Trim(options.Trim) > 0)
            c.Notify(KeyspaceEvents.Stream, "xtrim"u8, c[1]);
        if (!isGiven || !hasSequence || options.Trim.IsApproximate)
            options.Propagate(c, stream, idAt, id);
        c.SignalReady(c[1], ValueType.Stream);
    }

    [Command("XTRIM", -4, CommandFlags.Write, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "stream",
        Group = "stream", Since = "5.0.0", Summary = "Trims the stream to (approximately if '~' is passed) a certain size",
        Complexity = "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are "
            + "organized in macro nodes containing multiple entries that can be released with a single deallocation.",
        Syntax = "key#0 trim{strategy(MAXLEN|MINID@6.2.0) [operator('='!equal|'~'!approximately)] threshold "
            + "[LIMIT=count:integer@6.2.0]}", History = ["6.2.0: Added the `MINID` trimming strategy and the `LIMIT` option."],
        Tips = ["nondeterministic_output"])]
    public static void XTrim(CommandContext c)
    {
        if (!TrimOptions.TryParse(c, isAdd: false, out TrimOptions options) || !options.TryComplete(c, isAdd: false))
            return;
        if (!TryEdit(c, out StreamValue stream))
            return;
        long removed = stream.Trim(options.Trim);
        if (removed > 0)
        {
            c.Notify(KeyspaceEvents.Stream, "xtrim"u8, c[1]);
            if (options.Trim.IsApproximate)
                options.Propagate(c, stream, idAt: 0, StreamId.Min);
            c.Database.Changed(c.Key(1), removed);
        }
        c.Reply.Integer(removed);
    }

    [Command("XDEL", -3, CommandFlags.Write | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete",
        Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Removes the specified entries from the stream. Returns the number of items actually deleted, that may be "
            + "different from the number of IDs passed in case certain IDs do not exist.",
        Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.", Syntax = "key#0 id+")]
    public static void XDel(CommandContext c)
    {
        if (!TryEdit(c, out StreamValue stream) || !c.AreIds(2))
            return;
        int count = c.Count - 2;
        Span<StreamId> ids = count <= IdsOnStack ? stackalloc StreamId[count] : new StreamId[count];
        for (int i = 0; i < count; i++)
            c.TryId(i + 2, out ids[i]);
        long deleted = stream.Delete(ids);
        if (deleted > 0)
        {
            c.Database.Changed(c.Key(1), deleted);
            c.Notify(KeyspaceEvents.Stream, "xdel"u8, c[1]);
        }
        c.Reply.Integer(deleted);
    }

    [Command("XSETID", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW update", Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "An internal command for replicating stream values", Complexity = "O(1)",
        Syntax = "key#0 last-id [ENTRIESADDED=entries_added:integer@7.0.0] [MAXDELETEDID=max_deleted_entry_id@7.0.0]",
        History = ["7.0.0: Added the `entries_added` and `max_deleted_entry_id` arguments."])]
    public static void XSetId(CommandContext c)
    {
        if (!c.TryId(2, out StreamId id) || !TrySetIdOptions(c, id, out long entriesAdded, out StreamId maxDeletedId))
            return;
        switch (c.Database.Edit(c.Key(1), ValueType.Stream, out ValueSlot slot))
        {
            case ValueLookup.Missing:
                c.Error(Errors.NoSuchKey);
                return;
            case ValueLookup.WrongType:
                c.Error(Errors.WrongType);
                return;
        }
        StreamValue stream = new(slot);
        if (stream.Length > 0 && id < stream.LastLiveId)
        {
            c.Error(StreamErrors.SetIdBelowTop);
            return;
        }
        if (stream.Length > 0 && entriesAdded >= 0 && entriesAdded < stream.Length)
        {
            c.Error(StreamErrors.EntriesAddedBelowLength);
            return;
        }
        stream.LastId = id;
        if (entriesAdded >= 0)
            stream.EntriesAdded = entriesAdded;
        if (!maxDeletedId.IsZero)
            stream.MaxDeletedId = maxDeletedId;
        c.Reply.Ok();
        c.Keyspace.Dirty++;
        c.Notify(KeyspaceEvents.Stream, "xsetid"u8, c[1]);
    }

    /// <param name="isGiven">The client named an ID, in <paramref name="id"/>.</param>
    /// <param name="hasSequence">It named more than the milliseconds.</param>
    private static bool TryAppend(CommandContext c, StreamValue stream, int idAt, bool isGiven, bool hasSequence, ref StreamId id)
    {
        if (stream.LastId == StreamId.Max)
        {
            c.Error(StreamErrors.IdsExhausted);
            return false;
        }
        if (!isGiven)
            stream.TryNextId(c.NowMs, out id);
        else if (!hasSequence && stream.LastId.Ms == id.Ms && stream.LastId.Sequence < ulong.MaxValue)
            stream.LastId.TryNext(out id);
        switch (stream.Append(id, new ArgumentFields(c, idAt + 1)))
        {
            case StreamAppend.IdTooSmall:
                c.Error(StreamErrors.IdTooSmall);
                return false;
            case StreamAppend.TooLarge:
                c.Error(StreamErrors.EntryTooLarge);
                return false;
            default:
                return true;
        }
    }

    private static bool TrySetIdOptions(CommandContext c, StreamId id, out long entriesAdded, out StreamId maxDeletedId)
    {
        entriesAdded = -1;
        maxDeletedId = StreamId.Min;
        for (int i = 3; i < c.Count; i += 2)
        {
            if (i + 1 < c.Count && c.Is(i, "ENTRIESADDED"u8))
            {
                if (!c.TryInteger(i + 1, out entriesAdded))
                    return false;
                if (entriesAdded < 0)
                {
                    c.Error(StreamErrors.EntriesAddedNegative);
                    return false;
                }
            }
            else if (i + 1 < c.Count && c.Is(i, "MAXDELETEDID"u8))
            {
                if (!c.TryId(i + 1, out maxDeletedId))
                    return false;
                if (id < maxDeletedId)
                {
                    c.Error(StreamErrors.SetIdBelowDeleted);
                    return false;
                }
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>The stream of argument 1 to be changed; a missing one has nothing to change and answers 0.</summary>
    private static bool TryEdit(CommandContext c, out StreamValue stream)
    {
        ValueLookup found = c.Database.Edit(c.Key(1), ValueType.Stream, out ValueSlot slot);
        stream = found == ValueLookup.Found ? new StreamValue(slot) : default;
        if (found == ValueLookup.Missing)
            c.Reply.Integer(0);
        else if (found == ValueLookup.WrongType)
            c.Error(Errors.WrongType);
        return found == ValueLookup.Found;
    }

    /// <summary>The fields and values that follow XADD's ID.</summary>
    private readonly struct ArgumentFields(CommandContext c, int first) : IStreamFields
    {
        public int Count => (c.Count - first) / 2;

        public ReadOnlySpan<byte> Field(int index) => c[first + 2 * index];

        public ReadOnlySpan<byte> Value(int index) => c[first + 2 * index + 1];
    }
}
