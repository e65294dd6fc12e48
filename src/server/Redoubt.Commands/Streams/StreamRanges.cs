using Redoubt.Keyspace;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class StreamRanges
{
    [Command("XLEN", 2, CommandFlags.ReadOnly | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO",
        Acl = "stream", Group = "stream", Since = "5.0.0", Summary = "Return the number of entries in a stream", Complexity = "O(1)",
        Syntax = "key#0")]
    public static void XLen(CommandContext c)
    {
        switch (c.Database.Read(c.Key(1), ValueType.Stream, out ValueSlot slot))
        {
            case ValueLookup.Found:
                c.Reply.Integer(new StreamValue(slot).Length);
                break;
            case ValueLookup.Missing:
                c.Reply.Integer(0);
                break;
            default:
                c.Error(Errors.WrongType);
                break;
        }
    }

    [Command("XRANGE", -4, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "stream",
        Group = "stream", Since = "5.0.0",
        Summary = "Return a range of elements in a stream, with IDs matching the specified IDs interval",
        Complexity = "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the "
            + "first 10 elements with COUNT), you can consider it O(1).", Syntax = "key#0 start end [COUNT=count:integer]",
        History = ["6.2.0: Added exclusive ranges."])]
    public static void XRange(CommandContext c) => Reply(c, startAt: 2, endAt: 3);

    [Command("XREVRANGE", -4, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "stream",
        Group = "stream", Since = "5.0.0",
        Summary = "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from "
            + "greater to smaller IDs) compared to XRANGE",
        Complexity = "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 "
            + "elements with COUNT), you can consider it O(1).", Syntax = "key#0 end start [COUNT=count:integer]",
        History = ["6.2.0: Added exclusive ranges."])]
    public static void XRevRange(CommandContext c) => Reply(c, startAt: 3, endAt: 2);

    private static void Reply(CommandContext c, int startAt, int endAt)
    {
        if (!c.TryRangeStart(startAt, out StreamId start) || !c.TryRangeEnd(endAt, out StreamId end))
            return;
        long count = -1;
        for (int i = 4; i < c.Count; i += 2)
        {
            if (i + 1 == c.Count || !c.Is(i, "COUNT"u8))
            {
                c.Error(Errors.Syntax);
                return;
            }
            if (!c.TryInteger(i + 1, out count))
                return;
            count = Math.Max(count, 0);
        }
        switch (c.Database.Read(c.Key(1), ValueType.Stream, out ValueSlot slot))
        {
            case ValueLookup.Missing:
                c.Reply.Array(0);
                break;
            case ValueLookup.WrongType:
                c.Error(Errors.WrongType);
                break;
            case ValueLookup.Found when count == 0:
                c.Reply.NullArray();
                break;
            default:
                StreamRange range = new StreamValue(slot).Range(start, end, isReverse: startAt > endAt);
                c.Reply.Entries(ref range, Math.Max(count, 0));
                break;
        }
    }
}
