// Taking elements off lists, at once or when there are some.
//
// To replicas a pop is LPOP or RPOP, by whatever name it came: which of several keys had an element, and whether a client waited for it,
// is decided here.

using Redoubt.Keyspace;
using Redoubt.Structures;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class Pops
{
    [Command("LPOP", -2, CommandFlags.Write | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW access delete", Acl = "list", Group = "list", Since = "1.0.0",
        Summary = "Remove and get the first elements in a list", Complexity = "O(N) where N is the number of elements returned",
        Syntax = "key#0 [count:integer@6.2.0]", History = ["6.2.0: Added the `count` argument."])]
    public static void LPop(CommandContext c) => Pop(c, atHead: true);

    [Command("RPOP", -2, CommandFlags.Write | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW access delete", Acl = "list", Group = "list", Since = "1.0.0",
        Summary = "Remove and get the last elements in a list", Complexity = "O(N) where N is the number of elements returned",
        Syntax = "key#0 [count:integer@6.2.0]", History = ["6.2.0: Added the `count` argument."])]
    public static void RPop(CommandContext c) => Pop(c, atHead: false);

    [Command("LMPOP", -4, CommandFlags.Write | CommandFlags.MovableKeys, KeyFlags = "RW access delete @1 keynum(0,1,1)", Acl = "list",
        Group = "list", Since = "7.0.0", Summary = "Pop elements from a list",
        Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Syntax = "numkeys:integer key#0+ where(LEFT|RIGHT) [COUNT=count:integer]")]
    public static void LMPop(CommandContext c)
    {
        if (ManyKeys.TryParse(c, 1, out ManyKeys keys) && !TryPopAny(c, keys.First, keys.Count, keys.AtHead, keys.ElementsMax))
            c.Reply.NullArray();
    }

    [Command("BLPOP", -3, CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking, FirstKey = 1, LastKey = -2, KeyStep = 1,
        KeyFlags = "RW access delete", Acl = "list", Group = "list", Since = "2.0.0",
        Summary = "Remove and get the first element in a list, or block until one is available",
        Complexity = "O(N) where N is the number of provided keys.", Syntax = "key#0+ timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    public static void BLPop(CommandContext c) => BlockingPop(c, atHead: true);

    [Command("BRPOP", -3, CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking, FirstKey = 1, LastKey = -2, KeyStep = 1,
        KeyFlags = "RW access delete", Acl = "list", Group = "list", Since = "2.0.0",
        Summary = "Remove and get the last element in a list, or block until one is available",
        Complexity = "O(N) where N is the number of provided keys.", Syntax = "key#0+ timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    public static void BRPop(CommandContext c) => BlockingPop(c, atHead: false);

    [Command("BLMPOP", -5, CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys,
        KeyFlags = "RW access delete @2 keynum(0,1,1)", Acl = "list", Group = "list", Since = "7.0.0",
        Summary = "Pop elements from a list, or block until one is available",
        Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Syntax = "timeout:double numkeys:integer key#0+ where(LEFT|RIGHT) [COUNT=count:integer]")]
    public static void BLMPop(CommandContext c)
    {
        if (ManyKeys.TryParse(c, 2, out ManyKeys keys))
            PopOrBlock(c, keys.First, keys.Count, timeoutIndex: 1, keys.AtHead, keys.ElementsMax);
    }

    private const long JustOne = -1;

    /// <summary>What LMPOP and BLMPOP say: how many keys, which end, how many elements.</summary>
    private readonly record struct ManyKeys(int First, int Count, bool AtHead, long ElementsMax)
    {
        public static bool TryParse(CommandContext c, int countIndex, out ManyKeys keys)
        {
            keys = default;
            if (!TryPositive(c, countIndex, Errors.KeyCountNotPositive, out long keyCount))
                return false;
            int first = countIndex + 1;
            if (keyCount >= c.Count - first)
            {
                c.Error(Errors.Syntax);
                return false;
            }
            int at = first + (int)keyCount;
            if (!ListMoves.TryEnd(c, at, out bool atHead))
                return false;
            long most = 1;
            bool isCounted = false;
            while (++at < c.Count)
            {
                if (isCounted || !c.Is(at, "COUNT"u8) || at + 1 == c.Count)
                {
                    c.Error(Errors.Syntax);
                    return false;
                }
                isCounted = true;
                if (!TryPositive(c, ++at, Errors.CountNotPositive, out most))
                    return false;
            }
            keys = new ManyKeys(first, (int)keyCount, atHead, most);
            return true;
        }

        private static bool TryPositive(CommandContext c, int index, ReadOnlySpan<byte> error, out long value)
        {
            if (IntegerText.TryParse(c[index], out value) && value > 0)
                return true;
            c.Error(error);
            return false;
        }
    }

    private static void Pop(CommandContext c, bool atHead)
    {
        bool isCounted = c.Count == 3;
        long count = 1;
        if (c.Count > 3)
        {
            c.ArityError();
            return;
        }
        if (isCounted && !c.TryPositive(2, out count))
            return;
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            if (isCounted)
                c.Reply.NullArray();
            else
                c.Reply.Null();
            return;
        }
        ListValue list = new(slot);
        if (!isCounted)
            PopOne(c, key, list, atHead);
        else if (count > 0)
            PopSome(c, key, list, atHead, Math.Min(count, list.Count));
        else
            c.Reply.Array(0);
    }

    private static void BlockingPop(CommandContext c, bool atHead) => PopOrBlock(c, 1, c.Count - 2, timeoutIndex: c.Count - 1, atHead, JustOne);

    private static void PopOrBlock(CommandContext c, int firstKey, int keyCount, int timeoutIndex, bool atHead, long most)
    {
        if (c.TryTimeoutSeconds(timeoutIndex, out long timeoutMs) && !TryPopAny(c, firstKey, keyCount, atHead, most))
            c.Block(firstKey, keyCount, ValueType.List, timeoutMs);
    }

    /// <summary>Pops from the first of the keys that has something, and answers; false, without an answer, when none has.</summary>
    /// <param name="most">Number of elements, or <see cref="JustOne"/> for one that stands by itself in the reply.</param>
    private static bool TryPopAny(CommandContext c, int firstKey, int keyCount, bool atHead, long most)
    {
        for (int i = firstKey; i < firstKey + keyCount; i++)
        {
            if (!c.Concerns(i))
                continue;
            Key key = c.Key(i);
            if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
                return true;
            if (!slot.Exists)
                continue;
            ListValue list = new(slot);
            long count = Math.Min(most, list.Count);
            c.Reply.Array(2);
            c.Reply.Bulk(key.Bytes);
            Propagation said = c.Propagate.Instead(most == JustOne ? 2 : 3).Word(atHead ? "LPOP"u8 : "RPOP"u8).Word(key.Bytes);
            if (most == JustOne)
            {
                PopOne(c, key, list, atHead);
                return true;
            }
            said.Word(count);
            PopSome(c, key, list, atHead, count);
            return true;
        }
        return false;
    }

    private static void PopOne(CommandContext c, Key key, ListValue list, bool atHead)
    {
        c.Reply.Bulk(list.End(atHead));
        list.Pop(atHead);
        Popped(c, key, list, atHead, 1);
    }

    private static void PopSome(CommandContext c, Key key, ListValue list, bool atHead, long count)
    {
        long length = list.Count;
        ListReads.ReplyElements(c, list, atHead ? 0 : length - 1, count, isBackwards: !atHead);
        list.RemoveRange(atHead ? 0 : length - count, count);
        Popped(c, key, list, atHead, count);
    }

    private static void Popped(CommandContext c, Key key, ListValue list, bool atHead, long count)
    {
        c.Notify(KeyspaceEvents.List, EventName(atHead), key.Bytes);
        RemoveIfEmpty(c, key, list);
        c.Database.Changed(key, count);
    }

    /// <summary>No key holds an empty list.</summary>
    internal static void RemoveIfEmpty(CommandContext c, Key key, ListValue list)
    {
        if (list.Count > 0)
            return;
        c.Database.RemoveEmptied(key);
        c.Notify(KeyspaceEvents.Generic, "del"u8, key.Bytes);
    }

    internal static ReadOnlySpan<byte> EventName(bool atHead) => atHead ? "lpop"u8 : "rpop"u8;
}
