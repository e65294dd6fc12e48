using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class SortedSetScan
{
    private const long DefaultCount = 10;
    private const long BucketsPerMember = 10;

    [Command("ZSCAN", -3, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.8.0",
        Summary = "Incrementally iterate sorted sets elements and associated scores",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back "
            + "to 0. N is the number of elements inside the collection..",
        Syntax = "key#0 cursor:integer [MATCH=pattern:pattern] [COUNT=count:integer]", Tips = ["nondeterministic_output"])]
    public static void ZScan(CommandContext c)
    {
        if (!Scanning.TryCursor(c[2], out ulong cursor))
        {
            c.Error(Errors.InvalidCursor);
            return;
        }
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        MemberFilter filter = new(c, c.Scratch);
        if (found == ValueLookup.Missing)
            cursor = 0;
        else if (!TryScan(c, set, ref cursor, ref filter))
            return;
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(cursor, digits, out int length);
        c.Reply.Array(2);
        c.Reply.Bulk(digits[..length]);
        c.Reply.Array(2 * filter.Matched);
        c.Reply.Raw(filter.Target.Written);
    }

    private static bool TryScan(CommandContext c, SortedSetValue set, ref ulong cursor, ref MemberFilter filter)
    {
        long count = DefaultCount;
        for (int i = 3; i < c.Count; i += 2)
        {
            bool hasValue = i + 1 < c.Count;
            if (hasValue && c.Is(i, "MATCH"u8))
            {
                filter.PatternArgument = i + 1;
            }
            else if (!hasValue || !c.Is(i, "COUNT"u8))
            {
                c.Error(Errors.Syntax);
                return false;
            }
            else if (!c.TryInteger(i + 1, out count))
            {
                return false;
            }
            else if (count < 1)
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        long bucketsLeft = count > long.MaxValue / BucketsPerMember ? long.MaxValue : count * BucketsPerMember;
        do
        {
            cursor = set.Scan(cursor, ref filter);
        }
        while (cursor != 0 && bucketsLeft-- > 0 && filter.Seen < count);
        return true;
    }

    /// <summary>Writes the members that pass, with their scores as text.</summary>
    private struct MemberFilter(CommandContext context, RespWriter target) : ISortedSetVisitor
    {
        public readonly RespWriter Target => target;

        public int PatternArgument { get; set; }

        public long Seen { get; private set; }

        public int Matched { get; private set; }

        public void Visit(ReadOnlySpan<byte> member, double score)
        {
            Seen++;
            if (PatternArgument != 0 && !GlobPattern.Matches(context[PatternArgument], member))
                return;
            Matched++;
            target.Bulk(member);
            Span<byte> text = stackalloc byte[DoubleText.BytesMax];
            target.Bulk(text[..DoubleText.Write(text, score)]);
        }
    }
}
