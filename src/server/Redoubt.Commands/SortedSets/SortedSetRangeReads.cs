// ZRANGE and the commands that it replaced. Whatever the range, it comes to a row of ranks (RankRange), of which LIMIT takes a part, and which is
// then sent or stored.

using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class SortedSetRangeReads
{
    private enum RangeKind
    {
        /// <summary>Options say.</summary>
        Open,
        Ranks,
        Scores,
        Members,
    }

    [Command("ZRANGE", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Return a range of members in a sorted set",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        Syntax = "key#0 start stop [sortby(BYSCORE|BYLEX)@6.2.0] [REV@6.2.0] [LIMIT=offset_count{offset:integer count:integer}@6.2.0] "
            + "[WITHSCORES]",
        History = ["6.2.0: Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."])]
    public static void ZRange(CommandContext c) => Range(c, RangeKind.Open, isReversed: null);

    [Command("ZRANGESTORE", -5, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 range(0,1,0)", Acl = "sortedset",
        Group = "sorted-set", Since = "6.2.0", Summary = "Store a range of members from sorted set into another key",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the "
            + "destination key.",
        Syntax = "dst#0 src#1 min max [sortby(BYSCORE|BYLEX)] [REV] [LIMIT=offset_count{offset:integer count:integer}]")]
    public static void ZRangeStore(CommandContext c) => Range(c, RangeKind.Open, isReversed: null, source: 2);

    [Command("ZREVRANGE", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Return a range of members in a sorted set, by index, with scores ordered from high to low",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        Syntax = "key#0 start:integer stop:integer [WITHSCORES]", Deprecated = "6.2.0: `ZRANGE` with the `REV` argument")]
    public static void ZRevRange(CommandContext c) => Range(c, RangeKind.Ranks, isReversed: true);

    [Command("ZRANGEBYSCORE", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "1.0.5",
        Summary = "Return a range of members in a sorted set, by score",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If "
            + "M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Syntax = "key#0 min:double max:double [WITHSCORES@2.0.0] [LIMIT=offset_count{offset:integer count:integer}]",
        History = ["2.0.0: Added the `WITHSCORES` modifier."], Deprecated = "6.2.0: `ZRANGE` with the `BYSCORE` argument")]
    public static void ZRangeByScore(CommandContext c) => Range(c, RangeKind.Scores, isReversed: false);

    [Command("ZREVRANGEBYSCORE", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.2.0",
        Summary = "Return a range of members in a sorted set, by score, with scores ordered from high to low",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If "
            + "M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Syntax = "key#0 max:double min:double [WITHSCORES] [LIMIT=offset_count{offset:integer count:integer}]",
        History = ["2.1.6: `min` and `max` can be exclusive."], Deprecated = "6.2.0: `ZRANGE` with the `REV` and `BYSCORE` arguments")]
    public static void ZRevRangeByScore(CommandContext c) => Range(c, RangeKind.Scores, isReversed: true);

    [Command("ZRANGEBYLEX", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.8.9",
        Summary = "Return a range of members in a sorted set, by lexicographical range",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If "
            + "M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Syntax = "key#0 min max [LIMIT=offset_count{offset:integer count:integer}]",
        Deprecated = "6.2.0: `ZRANGE` with the `BYLEX` argument")]
    public static void ZRangeByLex(CommandContext c) => Range(c, RangeKind.Members, isReversed: false);

    [Command("ZREVRANGEBYLEX", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.8.9",
        Summary = "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower strings.",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If "
            + "M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Syntax = "key#0 max min [LIMIT=offset_count{offset:integer count:integer}]",
        Deprecated = "6.2.0: `ZRANGE` with the `REV` and `BYLEX` arguments")]
    public static void ZRevRangeByLex(CommandContext c) => Range(c, RangeKind.Members, isReversed: true);

    private struct Options
    {
        public RangeKind Kind;
        public bool IsReversed;
        public bool WithScores;
        public long Offset;
        public long Limit;
    }

    /// <param name="source">The argument with the set's key; behind the first one, that is where the result is stored.</param>
    private static void Range(CommandContext c, RangeKind kind, bool? isReversed, int source = 1)
    {
        if (!TryOptions(c, source, kind, isReversed, out Options options))
            return;
        // Ranges of scores and of members are given from their end when they are read from there.
        bool isSwapped = options.IsReversed && options.Kind != RangeKind.Ranks;
        int min = source + (isSwapped ? 2 : 1), max = source + (isSwapped ? 1 : 2);
        long start = 0, stop = 0;
        ScoreRange scores = default;
        MemberRange members = default;
        bool isValid = options.Kind switch
        {
            RangeKind.Scores => c.TryScoreRange(min, max, out scores),
            RangeKind.Members => c.TryMemberRange(min, max, out members),
            _ => c.TryInteger(min, out start) && c.TryInteger(max, out stop),
        };
        if (!isValid)
            return;
        ValueLookup found = c.ReadSortedSet(c.Key(source), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        RankRange range = found == ValueLookup.Missing ? RankRange.None : options.Kind switch
        {
            RangeKind.Scores => set.RanksOf(scores, options.IsReversed).Limited(options.Offset, options.Limit),
            RangeKind.Members => set.RanksOf(members, options.IsReversed).Limited(options.Offset, options.Limit),
            _ => set.RanksBetween(start, stop, options.IsReversed),
        };
        if (source > 1)
            Store(c, set, range);
        else if (range.Count == 0)
            c.Reply.Array(0);
        else
            c.ReplyMembers(set.Enumerate(range), range.Count, options.WithScores);
    }

    private static void Store(CommandContext c, SortedSetValue set, RankRange range)
    {
        SortedSetBuilder result = new(c.Keyspace.Store, range.Count);
        if (range.Count > 0)
        {
            foreach (SortedSetEntry entry in set.Enumerate(range))
                result.Add(entry.Member, entry.Score);
        }
        c.StoreSortedSet(c.Key(1), ref result, "zrangestore"u8);
        result.Dispose();
    }

    private static bool TryOptions(CommandContext c, int source, RangeKind kind, bool? isReversed, out Options options)
    {
        options = new Options { Kind = kind, Limit = -1 };
        bool? reversed = isReversed;
        for (int i = source + 3; i < c.Count; i++)
        {
            if (source == 1 && c.Is(i, "WITHSCORES"u8))
            {
                options.WithScores = true;
            }
            else if (c.Is(i, "LIMIT"u8) && i + 2 < c.Count)
            {
                if (!c.TryInteger(i + 1, out options.Offset) || !c.TryInteger(i + 2, out options.Limit))
                    return false;
                i += 2;
            }
            else if (reversed is null && c.Is(i, "REV"u8))
            {
                reversed = true;
            }
            else if (options.Kind == RangeKind.Open && c.Is(i, "BYLEX"u8))
            {
                options.Kind = RangeKind.Members;
            }
            else if (options.Kind == RangeKind.Open && c.Is(i, "BYSCORE"u8))
            {
                options.Kind = RangeKind.Scores;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        options.IsReversed = reversed ?? false;
        if (options.Kind == RangeKind.Open)
            options.Kind = RangeKind.Ranks;
        return AreCompatible(c, options);
    }

    private static bool AreCompatible(CommandContext c, in Options options)
    {
        if (options.Limit != -1 && options.Kind == RangeKind.Ranks)
            c.Error(Errors.LimitOfRanks);
        else if (options.WithScores && options.Kind == RangeKind.Members)
            c.Error(Errors.ScoresOfMemberRange);
        else
            return true;
        return false;
    }
}
