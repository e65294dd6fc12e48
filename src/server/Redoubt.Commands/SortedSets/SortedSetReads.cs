using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class SortedSetReads
{
    [Command("ZCARD", 2, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Get the number of members in a sorted set", Complexity = "O(1)", Syntax = "key#0")]
    public static void ZCard(CommandContext c)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            c.Reply.Integer(found == ValueLookup.Found ? set.Count : 0);
    }

    [Command("ZSCORE", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Get the score associated with the given member in a sorted set", Complexity = "O(1)", Syntax = "key#0 member")]
    public static void ZScore(CommandContext c)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            ReplyScore(c, found, set, 2);
    }

    [Command("ZMSCORE", -3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "6.2.0",
        Summary = "Get the score associated with the given members in a sorted set",
        Complexity = "O(N) where N is the number of members being requested.", Syntax = "key#0 member+")]
    public static void ZMScore(CommandContext c)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        c.Reply.Array(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
            ReplyScore(c, found, set, i);
    }

    [Command("ZRANK", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.0.0",
        Summary = "Determine the index of a member in a sorted set", Complexity = "O(log(N))", Syntax = "key#0 member")]
    public static void ZRank(CommandContext c) => ReplyRank(c, isReversed: false);

    [Command("ZREVRANK", 3, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.0.0",
        Summary = "Determine the index of a member in a sorted set, with scores ordered from high to low", Complexity = "O(log(N))",
        Syntax = "key#0 member")]
    public static void ZRevRank(CommandContext c) => ReplyRank(c, isReversed: true);

    [Command("ZCOUNT", 4, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.0.0",
        Summary = "Count the members in a sorted set with scores within the given values",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key#0 min:double max:double")]
    public static void ZCount(CommandContext c)
    {
        if (!c.TryScoreRange(2, 3, out ScoreRange range))
            return;
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            c.Reply.Integer(found == ValueLookup.Found ? set.RanksOf(range).Count : 0);
    }

    [Command("ZLEXCOUNT", 4, CommandFlags.ReadOnly | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "2.8.9",
        Summary = "Count the number of members in a sorted set between a given lexicographical range",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key#0 min max")]
    public static void ZLexCount(CommandContext c)
    {
        if (!c.TryMemberRange(2, 3, out MemberRange range))
            return;
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            c.Reply.Integer(found == ValueLookup.Found ? set.RanksOf(range).Count : 0);
    }

    private static void ReplyScore(CommandContext c, ValueLookup found, SortedSetValue set, int index)
    {
        if (found == ValueLookup.Found && set.TryGetScore(c[index], out double score))
            c.Reply.Double(score);
        else
            c.Reply.Null();
    }

    private static void ReplyRank(CommandContext c, bool isReversed)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        long rank = found == ValueLookup.Found ? set.RankOf(c[2]) : -1;
        if (rank < 0)
            c.Reply.Null();
        else
            c.Reply.Integer(isReversed ? set.Count - 1 - rank : rank);
    }
}
