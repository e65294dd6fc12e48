// SCAN and KEYS. The keys of one SCAN step go to a scratch buffer first, because the cursor and their number stand before
// them in the reply.

using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

internal static class Scanning
{
    [Command("SCAN", -2, CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
        Acl = "keyspace", Group = "generic", Since = "2.8.0", Summary = "Incrementally iterate the keys space",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to "
            + "0. N is the number of elements inside the collection.",
        Syntax = "cursor:integer [MATCH=pattern:pattern] [COUNT=count:integer] [TYPE=type@6.0.0]",
        History = ["6.0.0: Added the `TYPE` subcommand."], Tips = ["nondeterministic_output", "request_policy:special"])]
    public static void Scan(CommandContext c)
    {
        if (!ScanOptions.TryCursor(c, 1, out ulong cursor) || !ScanOptions.TryParse(c, 2, takesType: true, out ScanOptions options))
            return;
        var filter = new KeyFilter(c, options, c.Scratch);
        long bucketsLeft = options.BucketsMax;
        do
        {
            cursor = c.Database.Scan(cursor, ref filter);
        }
        while (cursor != 0 && bucketsLeft-- > 0 && filter.Seen < options.Count);
        ScanOptions.Reply(c.Reply, cursor, filter.Matched, filter.Target.Written);
    }

    [Command("KEYS", 2, CommandFlags.ReadOnly,
        Acl = "keyspace dangerous", Group = "generic", Since = "1.0.0", Summary = "Find all keys matching the given pattern",
        Complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and "
            + "the given pattern have limited length.",
        Syntax = "pattern:pattern", Tips = ["request_policy:all_shards", "nondeterministic_output_order"])]
    public static void Keys(CommandContext c)
    {
        var filter = new KeyFilter(c, ScanOptions.ForPattern(c, 1), c.Reply);
        int mark = c.Reply.BeginArray();
        c.Database.VisitAll(ref filter);
        c.Reply.EndArray(mark, filter.Matched);
    }

    /// <summary>Writes the keys that pass.</summary>
    private struct KeyFilter(CommandContext context, ScanOptions options, RespWriter target) : IScanVisitor
    {
        public readonly RespWriter Target => target;

        /// <summary>Keys looked at, for COUNT, whether they passed or not.</summary>
        public long Seen { get; private set; }

        public int Matched { get; private set; }

        public bool IsConcernedBy(ReadOnlySpan<byte> expiredKey)
        {
            Seen++;
            return options.Matches(context, expiredKey);
        }

        public void Visit(ReadOnlySpan<byte> key, in EntryView entry)
        {
            Seen++;
            if (!options.Matches(context, key))
                return;
            if (options.TypeArgument > 0 && !System.Text.Ascii.EqualsIgnoreCase(context[options.TypeArgument], KeyQueries.TypeName(entry.Type)))
                return;
            Matched++;
            target.Bulk(key);
        }
    }
}
