using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

/// <summary>ZRANDMEMBER. The tree knows ranks, so a fair pick is a random rank, and distinct members are distinct ranks.</summary>
internal static class SortedSetSamples
{
    /// <summary>Above one in so many, distinct members are chosen while walking over all of them.</summary>
    private const int SparseFactor = 3;

    [Command("ZRANDMEMBER", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "sortedset", Group = "sorted-set", Since = "6.2.0",
        Summary = "Get one or multiple random elements from a sorted set", Complexity = "O(N) where N is the number of elements returned",
        Syntax = "key#0 [options{count:integer [WITHSCORES]}]", Tips = ["nondeterministic_output"])]
    public static void ZRandMember(CommandContext c)
    {
        if (c.Count == 2)
        {
            ReplyOne(c);
            return;
        }
        if (!c.TryInteger(2, -long.MaxValue, long.MaxValue, out long count))
            return;
        bool withScores = c.Count == 4 && c.Is(3, "WITHSCORES"u8);
        if (c.Count > 4 || (c.Count == 4 && !withScores))
        {
            c.Error(Errors.Syntax);
            return;
        }
        if (withScores && count is < -(long.MaxValue / 2) or > long.MaxValue / 2)
        {
            c.Error(Errors.OutOfRange);
            return;
        }
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        if (found == ValueLookup.Missing || count == 0)
            c.Reply.Array(0);
        else if (count < 0)
            ReplyAny(c, set, -count, withScores);
        else if (count >= set.Count)
            c.ReplyMembers(set.Enumerate(isReversed: true), set.Count, withScores);
        else
            ReplyDistinct(c, set, count, withScores);
    }

    private static void ReplyOne(CommandContext c)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.Found)
            ReplyAt(c, set, c.Keyspace.Random.NextInt64(set.Count), withScore: false);
        else if (found == ValueLookup.Missing)
            c.Reply.Null();
    }

    /// <summary>So many picks, each from all members.</summary>
    private static void ReplyAny(CommandContext c, SortedSetValue set, long count, bool withScores)
    {
        c.ReplyMembersHeader(count, withScores);
        for (; count > 0; count--)
            ReplyAt(c, set, c.Keyspace.Random.NextInt64(set.Count), withScores);
    }

    private static void ReplyDistinct(CommandContext c, SortedSetValue set, long count, bool withScores)
    {
        long size = set.Count, left = size, wanted = count;
        c.ReplyMembersHeader(count, withScores);
        if (count > size / SparseFactor)
        {
            foreach (SortedSetEntry entry in set.Enumerate())
            {
                if (c.Keyspace.Random.NextInt64(left--) >= wanted)
                    continue;
                wanted--;
                c.ReplyMember(entry, withScores);
            }
            return;
        }
        HashSet<long> ranks = new((int)count);
        while (wanted > 0)
        {
            long rank = c.Keyspace.Random.NextInt64(size);
            if (!ranks.Add(rank))
                continue;
            wanted--;
            ReplyAt(c, set, rank, withScores);
        }
    }

    private static void ReplyAt(CommandContext c, SortedSetValue set, long rank, bool withScore)
    {
        foreach (SortedSetEntry entry in set.Enumerate(new RankRange(rank, 1, IsReversed: false)))
            c.ReplyMember(entry, withScore);
    }
}
