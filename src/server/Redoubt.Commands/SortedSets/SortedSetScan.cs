using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class SortedSetScan
{
    [Command("ZSCAN", -3, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.8.0",
        Summary = "Incrementally iterate sorted sets elements and associated scores",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back "
            + "to 0. N is the number of elements inside the collection..",
        Syntax = "key#0 cursor:integer [MATCH=pattern:pattern] [COUNT=count:integer]", Tips = ["nondeterministic_output"])]
    public static void ZScan(CommandContext c)
    {
        if (!ScanOptions.TryCursor(c, 2, out ulong cursor))
            return;
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        if (found == ValueLookup.Missing)
        {
            ScanOptions.Reply(c.Reply, 0, 0, []);
            return;
        }
        if (!ScanOptions.TryParse(c, 3, takesType: false, out ScanOptions options))
            return;
        MemberFilter filter = new(c, options, set.Encoding, c.Scratch);
        long bucketsLeft = options.BucketsMax;
        do
        {
            cursor = set.Scan(cursor, ref filter);
        }
        while (cursor != 0 && bucketsLeft-- > 0 && filter.Seen < options.Count);
        ScanOptions.Reply(c.Reply, cursor, 2 * filter.Matched, filter.Target.Written);
    }

    /// <summary>Writes the members that pass, with their scores as text.</summary>
    private struct MemberFilter(CommandContext context, ScanOptions options, ValueEncoding encoding, RespWriter target) : ISortedSetVisitor
    {
        public readonly RespWriter Target => target;

        public long Seen { get; private set; }

        public int Matched { get; private set; }

        public void Visit(ReadOnlySpan<byte> member, double score)
        {
            Seen++;
            if (!options.Matches(context, member))
                return;
            Matched++;
            target.Bulk(member);
            Span<byte> text = stackalloc byte[DoubleText.BytesMax];
            target.Bulk(text[..SortedSetValue.WriteScanned(text, score, encoding)]);
        }
    }
}
