using Redoubt.Keyspace;
using Redoubt.Structures;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class ListSearch
{
    [Command("LPOS", -3, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "list",
        Group = "list", Since = "6.0.6", Summary = "Return the index of matching elements on a list",
        Complexity = "O(N) where N is the number of elements in the list, for the average case. When searching for elements near "
            + "the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
        Syntax = "key#0 element [RANK=rank:integer] [COUNT=num-matches:integer] [MAXLEN=len:integer]")]
    public static void LPos(CommandContext c)
    {
        if (!Search.TryParse(c, out Search search) || !c.TryRead(1, ValueType.List, out ValueSlot slot))
            return;
        if (slot.Exists)
            search.Run(c, new ListValue(slot));
        else if (search.IsCounted)
            c.Reply.Array(0);
        else
            c.Reply.Null();
    }

    /// <summary>What LPOS looks for.</summary>
    private readonly ref struct Search
    {
        /// <summary>The how-manieth match is the first to be told.</summary>
        private readonly long _rank;
        private readonly bool _isBackwards;
        private readonly long _matchesMax;
        private readonly long _elementsMax;

        /// <param name="matchesMax">Null when the reply is a single number; 0 = all.</param>
        private Search(long rank, long? matchesMax, long elementsMax)
        {
            _isBackwards = rank < 0;
            _rank = _isBackwards ? -rank : rank;
            IsCounted = matchesMax is not null;
            _matchesMax = matchesMax is null ? 1 : matchesMax == 0 ? long.MaxValue : matchesMax.Value;
            _elementsMax = elementsMax == 0 ? long.MaxValue : elementsMax;
        }

        /// <summary>The reply is an array.</summary>
        public bool IsCounted { get; }

        public static bool TryParse(CommandContext c, out Search search)
        {
            search = default;
            long rank = 1, most = 0;
            long? count = null;
            for (int i = 3; i < c.Count; i += 2)
            {
                bool hasValue = i + 1 < c.Count;
                if (hasValue && c.Is(i, "RANK"u8))
                {
                    if (!c.TryInteger(i + 1, out rank))
                        return false;
                    if (rank == 0)
                    {
                        c.Error(Errors.RankZero);
                        return false;
                    }
                }
                else if (hasValue && c.Is(i, "COUNT"u8))
                {
                    if (!TryNotNegative(c, i + 1, Errors.CountNegative, out long wanted))
                        return false;
                    count = wanted;
                }
                else if (hasValue && c.Is(i, "MAXLEN"u8))
                {
                    if (!TryNotNegative(c, i + 1, Errors.MaxLenNegative, out most))
                        return false;
                }
                else
                {
                    c.Error(Errors.Syntax);
                    return false;
                }
            }
            search = new Search(rank, count, most);
            return true;
        }

        public void Run(CommandContext c, ListValue list)
        {
            ReadOnlySpan<byte> text = c[2];
            bool isInteger = IntegerText.TryParse(text, out long integer);
            long length = list.Count, seen = 0, matches = 0;
            int told = 0;
            int mark = c.Reply.BeginArray();
            foreach (PackedValue element in list.From(_isBackwards ? length - 1 : 0, _isBackwards))
            {
                if (seen == _elementsMax || told == _matchesMax)
                    break;
                bool isEqual = element.IsInteger ? isInteger && element.Integer == integer : element.Text([]).SequenceEqual(text);
                if (isEqual && ++matches >= _rank)
                {
                    c.Reply.Integer(_isBackwards ? length - seen - 1 : seen);
                    told++;
                }
                seen++;
            }
            if (IsCounted)
                c.Reply.EndArray(mark, told);
            else if (told == 0)
                c.Reply.Null();
        }

        private static bool TryNotNegative(CommandContext c, int index, ReadOnlySpan<byte> error, out long value)
        {
            if (IntegerText.TryParse(c[index], out value) && value >= 0)
                return true;
            c.Error(error);
            return false;
        }
    }
}
