using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class SortedSetRemovals
{
    [Command("ZREM", -3, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Remove one or more members from a sorted set",
        Complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
        Syntax = "key#0 member+", History = ["2.4.0: Accepts multiple elements."])]
    public static void ZRem(CommandContext c)
    {
        Key key = c.Key(1);
        ValueLookup found = c.EditSortedSet(key, out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        int removed = 0;
        if (found == ValueLookup.Found)
        {
            for (int i = 2; i < c.Count && set.Count > 0; i++)
                removed += set.Remove(c[i]) ? 1 : 0;
        }
        c.Reply.Integer(removed);
        if (removed > 0)
            c.MembersRemoved(key, set, removed, "zrem"u8);
    }

    [Command("ZREMRANGEBYRANK", 4, CommandFlags.Write,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "sortedset", Group = "sorted-set", Since = "2.0.0",
        Summary = "Remove all members in a sorted set within the given indexes",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the "
            + "operation.",
        Syntax = "key#0 start:integer stop:integer")]
    public static void ZRemRangeByRank(CommandContext c)
    {
        if (!c.TryInteger(2, out long start) || !c.TryInteger(3, out long stop))
            return;
        Key key = c.Key(1);
        ValueLookup found = c.EditSortedSet(key, out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            Remove(c, key, set, found == ValueLookup.Found ? set.RanksBetween(start, stop, isReversed: false) : RankRange.None, "zremrangebyrank"u8);
    }

    [Command("ZREMRANGEBYSCORE", 4, CommandFlags.Write,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Remove all members in a sorted set within the given scores",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the "
            + "operation.",
        Syntax = "key#0 min:double max:double")]
    public static void ZRemRangeByScore(CommandContext c)
    {
        if (!c.TryScoreRange(2, 3, out ScoreRange range))
            return;
        Key key = c.Key(1);
        ValueLookup found = c.EditSortedSet(key, out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            Remove(c, key, set, found == ValueLookup.Found ? set.RanksOf(range) : RankRange.None, "zremrangebyscore"u8);
    }

    [Command("ZREMRANGEBYLEX", 4, CommandFlags.Write,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW delete", Acl = "sortedset", Group = "sorted-set", Since = "2.8.9",
        Summary = "Remove all members in a sorted set between the given lexicographical range",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the "
            + "operation.",
        Syntax = "key#0 min max")]
    public static void ZRemRangeByLex(CommandContext c)
    {
        if (!c.TryMemberRange(2, 3, out MemberRange range))
            return;
        Key key = c.Key(1);
        ValueLookup found = c.EditSortedSet(key, out SortedSetValue set);
        if (found != ValueLookup.WrongType)
            Remove(c, key, set, found == ValueLookup.Found ? set.RanksOf(range) : RankRange.None, "zremrangebylex"u8);
    }

    private static void Remove(CommandContext c, Key key, SortedSetValue set, RankRange range, ReadOnlySpan<byte> eventName)
    {
        c.Reply.Integer(range.Count);
        if (range.Count == 0)
            return;
        set.RemoveRange(range);
        c.MembersRemoved(key, set, range.Count, eventName);
    }
}
