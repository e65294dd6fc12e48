// SCAN and KEYS. The keys of one SCAN step go to a scratch buffer first, because the cursor and their number stand before
// them in the reply.

using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

internal static class Scanning
{
    private const long DefaultCount = 10;

    // In a sparse table COUNT keys may be many empty buckets away; a step gives up after this many buckets per key asked for.
    private const long BucketsPerKey = 10;

    [Command("SCAN", -2, CommandFlags.ReadOnly,
        Acl = "keyspace", Group = "generic", Since = "2.8.0", Summary = "Incrementally iterate the keys space",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to "
            + "0. N is the number of elements inside the collection.",
        Syntax = "cursor:integer [MATCH=pattern:pattern] [COUNT=count:integer] [TYPE=type@6.0.0]",
        History = ["6.0.0: Added the `TYPE` subcommand."], Tips = ["nondeterministic_output", "request_policy:special"])]
    public static void Scan(CommandContext c)
    {
        if (!TryCursor(c[1], out ulong cursor))
        {
            c.Error(Errors.InvalidCursor);
            return;
        }
        var visitor = new KeyFilter(c, c.Scratch);
        long count = DefaultCount;
        if (!TryOptions(c, ref visitor, ref count))
            return;

        long bucketsLeft = count > long.MaxValue / BucketsPerKey ? long.MaxValue : count * BucketsPerKey;
        do
        {
            cursor = c.Database.Scan(cursor, ref visitor);
        }
        while (cursor != 0 && bucketsLeft-- > 0 && visitor.Seen < count);

        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(cursor, digits, out int length);
        c.Reply.Array(2);
        c.Reply.Bulk(digits[..length]);
        c.Reply.Array(visitor.Matched);
        c.Reply.Raw(visitor.Target.Written);
    }

    [Command("KEYS", 2, CommandFlags.ReadOnly,
        Acl = "keyspace dangerous", Group = "generic", Since = "1.0.0", Summary = "Find all keys matching the given pattern",
        Complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and "
            + "the given pattern have limited length.",
        Syntax = "pattern:pattern", Tips = ["request_policy:all_shards", "nondeterministic_output_order"])]
    public static void Keys(CommandContext c)
    {
        var visitor = new KeyFilter(c, c.Reply) { PatternArgument = IsStar(c[1]) ? 0 : 1 };
        int mark = c.Reply.BeginArray();
        c.Database.VisitAll(ref visitor);
        c.Reply.EndArray(mark, visitor.Matched);
    }

    private static bool TryOptions(CommandContext c, ref KeyFilter filter, ref long count)
    {
        for (int i = 2; i < c.Count; i += 2)
        {
            bool hasValue = i + 1 < c.Count;
            if (hasValue && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(i + 1, out count))
                    return false;
                if (count < 1)
                {
                    c.Error(Errors.Syntax);
                    return false;
                }
            }
            else if (hasValue && c.Is(i, "MATCH"u8))
            {
                filter.PatternArgument = IsStar(c[i + 1]) ? 0 : i + 1;
            }
            else if (hasValue && c.Is(i, "TYPE"u8))
            {
                filter.TypeArgument = i + 1;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private static bool IsStar(ReadOnlySpan<byte> pattern) => pattern.Length == 1 && pattern[0] == (byte)'*';

    /// <summary>What strtoul reads when nothing may precede or follow the number: empty is 0, a minus sign wraps around.</summary>
    internal static bool TryCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        if (text.IsEmpty)
            return true;
        bool isNegative = text[0] == (byte)'-';
        if (text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (text.IsEmpty)
            return false;
        foreach (byte digit in text)
        {
            uint number = (uint)(digit - '0');
            if (number > 9 || cursor > (ulong.MaxValue - number) / 10)
                return false;
            cursor = cursor * 10 + number;
        }
        if (isNegative)
            cursor = 0 - cursor;
        return true;
    }

    /// <summary>Writes the keys that pass. Pattern and type are numbers of arguments, 0 for none.</summary>
    private struct KeyFilter(CommandContext context, RespWriter target) : IScanVisitor
    {
        public readonly RespWriter Target => target;

        public int PatternArgument { get; set; }

        public int TypeArgument { get; set; }

        /// <summary>Keys looked at, for COUNT, whether they passed or not.</summary>
        public long Seen { get; private set; }

        public int Matched { get; private set; }

        public bool IsConcernedBy(ReadOnlySpan<byte> expiredKey)
        {
            Seen++;
            return PassesPattern(expiredKey);
        }

        public void Visit(ReadOnlySpan<byte> key, in EntryView entry)
        {
            Seen++;
            if (!PassesPattern(key))
                return;
            if (TypeArgument > 0 && !System.Text.Ascii.EqualsIgnoreCase(context[TypeArgument], KeyQueries.TypeName(entry.Type)))
                return;
            Matched++;
            target.Bulk(key);
        }

        private readonly bool PassesPattern(ReadOnlySpan<byte> key) =>
            PatternArgument == 0 || GlobPattern.Matches(context[PatternArgument], key);
    }
}
