// ZPOPMIN and its kin. The blocking ones are the same pop: one that finds nothing makes its client wait and is run again when a sorted set comes to
// be at one of its keys. Replicas and files get what was popped, as ZPOPMIN or ZPOPMAX of one key.

using Redoubt.Keyspace;
using Redoubt.Structures;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class SortedSetPops
{
    private enum PopReply
    {
        /// <summary>Members and scores in turn.</summary>
        Flat,

        /// <summary>A pair for each member.</summary>
        Pairs,

        /// <summary>The key, then as <see cref="Flat"/>.</summary>
        KeyAndFlat,

        /// <summary>An array of the key and an array like that of <see cref="Pairs"/>.</summary>
        KeyAndPairs,
    }

    [Command("ZPOPMIN", -2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access delete", Acl = "sortedset", Group = "sorted-set", Since = "5.0.0",
        Summary = "Remove and return members with the lowest scores in a sorted set",
        Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
        Syntax = "key#0 [count:integer]")]
    public static void ZPopMin(CommandContext c) => PopOfOneKey(c, isMax: false);

    [Command("ZPOPMAX", -2, CommandFlags.Write | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access delete", Acl = "sortedset", Group = "sorted-set", Since = "5.0.0",
        Summary = "Remove and return members with the highest scores in a sorted set",
        Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
        Syntax = "key#0 [count:integer]")]
    public static void ZPopMax(CommandContext c) => PopOfOneKey(c, isMax: true);

    [Command("ZMPOP", -4, CommandFlags.Write | CommandFlags.MovableKeys,
        KeyFlags = "RW access delete @1 keynum(0,1,1)", Acl = "sortedset", Group = "sorted-set", Since = "7.0.0",
        Summary = "Remove and return members with scores in a sorted set",
        Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and "
            + "M being the number of elements popped.",
        Syntax = "numkeys:integer key#0+ where(MIN|MAX) [COUNT=count:integer]")]
    public static void ZMPop(CommandContext c)
    {
        if (!TryPopArguments(c, 1, out int keyCount, out bool isMax, out long count))
            return;
        if (TryPopFirst(c, 2, keyCount, isMax, count, PopReply.KeyAndPairs, out int keyIndex, out long popped) && popped > 0)
            Propagate(c, keyIndex, isMax, popped);
        else if (keyIndex == 0)
            c.Reply.NullArray();
    }

    [Command("BZPOPMIN", -3, CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking | CommandFlags.Fast,
        FirstKey = 1, LastKey = -2, KeyStep = 1, KeyFlags = "RW access delete", Acl = "sortedset", Group = "sorted-set", Since = "5.0.0",
        Summary = "Remove and return the member with the lowest score from one or more sorted sets, or block until one is available",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key#0+ timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    public static void BZPopMin(CommandContext c) => BlockingPop(c, isMax: false);

    [Command("BZPOPMAX", -3, CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking | CommandFlags.Fast,
        FirstKey = 1, LastKey = -2, KeyStep = 1, KeyFlags = "RW access delete", Acl = "sortedset", Group = "sorted-set", Since = "5.0.0",
        Summary = "Remove and return the member with the highest score from one or more sorted sets, or block until one is available",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key#0+ timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    public static void BZPopMax(CommandContext c) => BlockingPop(c, isMax: true);

    [Command("BZMPOP", -5, CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys,
        KeyFlags = "RW access delete @2 keynum(0,1,1)", Acl = "sortedset", Group = "sorted-set", Since = "7.0.0",
        Summary = "Remove and return members with scores in a sorted set or block until one is available",
        Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and "
            + "M being the number of elements popped.",
        Syntax = "timeout:double numkeys:integer key#0+ where(MIN|MAX) [COUNT=count:integer]")]
    public static void BZMPop(CommandContext c)
    {
        if (!TryPopArguments(c, 2, out int keyCount, out bool isMax, out long count) || !c.TryTimeoutSeconds(1, out long timeoutMs))
            return;
        if (TryPopFirst(c, 3, keyCount, isMax, count, PopReply.KeyAndPairs, out int keyIndex, out long popped) && popped > 0)
            Propagate(c, keyIndex, isMax, popped);
        else if (keyIndex == 0)
            c.Block(3, keyCount, ValueType.SortedSet, timeoutMs);
    }

    private static void PopOfOneKey(CommandContext c, bool isMax)
    {
        if (c.Count > 3)
        {
            c.Error(Errors.Syntax);
            return;
        }
        long count = 1;
        if (c.Count == 3 && !c.TryPositive(2, out count))
            return;
        PopReply form = c.Count == 3 && c.Reply.Protocol > 2 ? PopReply.Pairs : PopReply.Flat;
        if (!TryPopFirst(c, 1, 1, isMax, count, form, out int keyIndex, out _) && keyIndex == 0)
            c.Reply.Array(0);
    }

    private static void BlockingPop(CommandContext c, bool isMax)
    {
        int keyCount = c.Count - 2;
        if (!c.TryTimeoutSeconds(c.Count - 1, out long timeoutMs))
            return;
        if (TryPopFirst(c, 1, keyCount, isMax, 1, PopReply.KeyAndFlat, out int keyIndex, out _))
            c.Propagate.Instead(2).Word(isMax ? "ZPOPMAX"u8 : "ZPOPMIN"u8).Word(c[keyIndex]);
        else if (keyIndex == 0)
            c.Block(1, keyCount, ValueType.SortedSet, timeoutMs);
    }

    private static void Propagate(CommandContext c, int keyIndex, bool isMax, long popped) =>
        c.Propagate.Instead(3).Word(isMax ? "ZPOPMAX"u8 : "ZPOPMIN"u8).Word(c[keyIndex]).Word(popped);

    /// <summary>
    /// Pops from the first of the keys that exists, and replies. False when there is none (<paramref name="keyIndex"/> is 0; the reply is the caller's) or
    /// it has another type (the error is sent).
    /// </summary>
    private static bool TryPopFirst(
        CommandContext c, int firstKey, int keyCount, bool isMax, long count, PopReply form, out int keyIndex, out long popped)
    {
        popped = 0;
        for (keyIndex = firstKey; keyIndex < firstKey + keyCount; keyIndex++)
        {
            if (!c.Concerns(keyIndex))
                continue;
            Key key = c.Key(keyIndex);
            ValueLookup found = c.EditSortedSet(key, out SortedSetValue set);
            if (found == ValueLookup.Missing)
                continue;
            if (found == ValueLookup.WrongType)
                return false;
            popped = Math.Min(count, set.Count);
            Pop(c, key, set, new RankRange(0, popped, isMax), form);
            return true;
        }
        keyIndex = 0;
        return false;
    }

    private static void Pop(CommandContext c, Key key, SortedSetValue set, RankRange range, PopReply form)
    {
        if (range.Count == 0)
        {
            c.Reply.Array(0);
            return;
        }
        int count = (int)range.Count;
        bool isPaired = form is PopReply.Pairs or PopReply.KeyAndPairs;
        if (form == PopReply.KeyAndPairs)
            c.Reply.Array(2);
        else if (form == PopReply.KeyAndFlat)
            c.Reply.Array(2 * count + 1);
        if (form is PopReply.KeyAndPairs or PopReply.KeyAndFlat)
            c.Reply.Bulk(key.Bytes);
        if (form != PopReply.KeyAndFlat)
            c.Reply.Array(isPaired ? count : 2 * count);
        foreach (SortedSetEntry entry in set.Enumerate(range))
        {
            if (isPaired)
                c.Reply.Array(2);
            c.Reply.Bulk(entry.Member);
            c.Reply.Double(entry.Score);
        }
        set.RemoveRange(range);
        c.MembersRemoved(key, set, range.Count, range.IsReversed ? "zpopmax"u8 : "zpopmin"u8);
    }

    /// <summary>numkeys key [key ...] MIN|MAX [COUNT count]</summary>
    private static bool TryPopArguments(CommandContext c, int index, out int keyCount, out bool isMax, out long count)
    {
        keyCount = 0;
        isMax = false;
        count = 1;
        if (!IntegerText.TryParse(c[index], out long keys) || keys < 1)
            return Fail(c, Errors.KeyCountNotPositive);
        if (keys > c.Count - index - 2)
            return Fail(c, Errors.Syntax);
        keyCount = (int)keys;
        int at = index + keyCount + 1;
        isMax = c.Is(at, "MAX"u8);
        if (!isMax && !c.Is(at, "MIN"u8))
            return Fail(c, Errors.Syntax);
        if (++at == c.Count)
            return true;
        if (!c.Is(at, "COUNT"u8) || at + 1 == c.Count)
            return Fail(c, Errors.Syntax);
        if (!IntegerText.TryParse(c[at + 1], out count) || count < 1)
            return Fail(c, Errors.CountNotPositive);
        return at + 2 == c.Count || Fail(c, Errors.Syntax);
    }

    private static bool Fail(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Error(error);
        return false;
    }
}
