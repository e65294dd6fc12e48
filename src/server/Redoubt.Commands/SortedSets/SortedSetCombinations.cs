// ZUNION, ZINTER, ZDIFF and what stores or counts their results. The arguments are read here; the sets are combined where their memory is
// (SortedSetAlgebra). The result is a set that no key holds yet: it is sent or becomes the destination's value, which may have been a source.

using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class SortedSetCombinations
{
    private enum Operation
    {
        Union,
        Intersection,
        IntersectionCount,
        Difference,
    }

    private struct Options
    {
        public SortedSetAlgebra Sources;
        public ScoreAggregate Aggregate;
        public bool WithScores;
        public long Limit;
    }

    [Command("ZUNION", -3, CommandFlags.ReadOnly | CommandFlags.MovableKeys,
        KeyFlags = "RO access @1 keynum(0,1,1)", Acl = "sortedset", Group = "sorted-set", Since = "6.2.0",
        Summary = "Add multiple sorted sets",
        Complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements "
            + "in the resulting sorted set.",
        Syntax = "numkeys:integer key#0+ [WEIGHTS=weight:integer+] [AGGREGATE=aggregate(SUM|MIN|MAX)] [WITHSCORES]")]
    public static void ZUnion(CommandContext c) => Reply(c, Operation.Union);

    [Command("ZUNIONSTORE", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 keynum(0,1,1)", Acl = "sortedset",
        Group = "sorted-set", Since = "2.0.0", Summary = "Add multiple sorted sets and store the resulting sorted set in a new key",
        Complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements "
            + "in the resulting sorted set.",
        Syntax = "destination#0 numkeys:integer key#1+ [WEIGHTS=weight:integer+] [AGGREGATE=aggregate(SUM|MIN|MAX)]")]
    public static void ZUnionStore(CommandContext c) => Store(c, Operation.Union, "zunionstore"u8);

    [Command("ZINTER", -3, CommandFlags.ReadOnly | CommandFlags.MovableKeys,
        KeyFlags = "RO access @1 keynum(0,1,1)", Acl = "sortedset", Group = "sorted-set", Since = "6.2.0",
        Summary = "Intersect multiple sorted sets",
        Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets "
            + "and M being the number of elements in the resulting sorted set.",
        Syntax = "numkeys:integer key#0+ [WEIGHTS=weight:integer+] [AGGREGATE=aggregate(SUM|MIN|MAX)] [WITHSCORES]")]
    public static void ZInter(CommandContext c) => Reply(c, Operation.Intersection);

    [Command("ZINTERSTORE", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 keynum(0,1,1)", Acl = "sortedset",
        Group = "sorted-set", Since = "2.0.0", Summary = "Intersect multiple sorted sets and store the resulting sorted set in a new key",
        Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets "
            + "and M being the number of elements in the resulting sorted set.",
        Syntax = "destination#0 numkeys:integer key#1+ [WEIGHTS=weight:integer+] [AGGREGATE=aggregate(SUM|MIN|MAX)]")]
    public static void ZInterStore(CommandContext c) => Store(c, Operation.Intersection, "zinterstore"u8);

    [Command("ZINTERCARD", -3, CommandFlags.ReadOnly | CommandFlags.MovableKeys,
        KeyFlags = "RO access @1 keynum(0,1,1)", Acl = "sortedset", Group = "sorted-set", Since = "7.0.0",
        Summary = "Intersect multiple sorted sets and return the cardinality of the result",
        Complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
        Syntax = "numkeys:integer key#0+ [LIMIT=limit:integer]")]
    public static void ZInterCard(CommandContext c)
    {
        if (TryParse(c, 1, Operation.IntersectionCount, out Options options))
            c.Reply.Integer(options.Sources.CountIntersection(options.Limit));
    }

    [Command("ZDIFF", -3, CommandFlags.ReadOnly | CommandFlags.MovableKeys,
        KeyFlags = "RO access @1 keynum(0,1,1)", Acl = "sortedset", Group = "sorted-set", Since = "6.2.0",
        Summary = "Subtract multiple sorted sets",
        Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first "
            + "set, and K is the size of the result set.",
        Syntax = "numkeys:integer key#0+ [WITHSCORES]")]
    public static void ZDiff(CommandContext c) => Reply(c, Operation.Difference);

    [Command("ZDIFFSTORE", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 keynum(0,1,1)", Acl = "sortedset",
        Group = "sorted-set", Since = "6.2.0", Summary = "Subtract multiple sorted sets and store the resulting sorted set in a new key",
        Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first "
            + "set, and K is the size of the result set.",
        Syntax = "destination#0 numkeys:integer key#1+")]
    public static void ZDiffStore(CommandContext c) => Store(c, Operation.Difference, "zdiffstore"u8);

    private static void Reply(CommandContext c, Operation operation)
    {
        if (!TryParse(c, 1, operation, out Options options))
            return;
        SortedSetBuilder result = Combine(operation, options);
        c.ReplyMembers(result.Enumerate(), result.Count, options.WithScores);
        result.Dispose();
    }

    private static void Store(CommandContext c, Operation operation, ReadOnlySpan<byte> eventName)
    {
        if (!TryParse(c, 2, operation, out Options options))
            return;
        SortedSetBuilder result = Combine(operation, options);
        c.StoreSortedSet(c.Key(1), ref result, eventName);
        result.Dispose();
    }

    private static SortedSetBuilder Combine(Operation operation, in Options options) => operation switch
    {
        Operation.Union => options.Sources.Unite(options.Aggregate),
        Operation.Intersection => options.Sources.Intersect(options.Aggregate),
        _ => options.Sources.Subtract(),
    };

    /// <summary>numkeys key [key ...] and options; the keys are looked up before the options are read.</summary>
    private static bool TryParse(CommandContext c, int index, Operation operation, out Options options)
    {
        options = new Options { Sources = new SortedSetAlgebra(c.Keyspace.Store) };
        if (!c.TryInteger(index, out long keyCount))
            return false;
        if (keyCount < 1)
        {
            c.Error(Errors.NeedsInputKey, System.Text.Encoding.UTF8.GetBytes(c.Command.Name), Errors.OfCommand);
            return false;
        }
        if (keyCount > c.Count - index - 1)
            return Fail(c, Errors.Syntax);
        int at = index + 1;
        for (; at <= index + keyCount; at++)
        {
            if (!TryAddSource(c, c.Key(at), options.Sources))
                return Fail(c, Errors.WrongType);
        }
        return TryOptions(c, at, (int)keyCount, operation, mayStore: index == 2, ref options);
    }

    private static bool TryAddSource(CommandContext c, Key key, SortedSetAlgebra sources)
    {
        EntryView entry = c.Database.Read(key);
        ValueSlot slot = default;
        if (entry.Exists && (entry.Type is not (ValueType.SortedSet or ValueType.Set) || c.Database.Peek(key, entry.Type, out slot) != ValueLookup.Found))
            return false;
        sources.Add(slot);
        return true;
    }

    private static bool TryOptions(CommandContext c, int at, int keyCount, Operation operation, bool mayStore, ref Options options)
    {
        bool hasScores = operation is Operation.Union or Operation.Intersection;
        while (at < c.Count)
        {
            int left = c.Count - at;
            if (hasScores && left > keyCount && c.Is(at, "WEIGHTS"u8))
            {
                for (int i = 0; i < keyCount; i++)
                {
                    if (!c.TryDouble(at + 1 + i, out double weight, Errors.WeightNotFloat))
                        return false;
                    options.Sources.SetWeight(i, weight);
                }
                at += keyCount + 1;
            }
            else if (hasScores && left >= 2 && c.Is(at, "AGGREGATE"u8))
            {
                if (!TryAggregate(c, at + 1, out options.Aggregate))
                    return Fail(c, Errors.Syntax);
                at += 2;
            }
            else if (!mayStore && operation != Operation.IntersectionCount && c.Is(at, "WITHSCORES"u8))
            {
                options.WithScores = true;
                at++;
            }
            else if (operation == Operation.IntersectionCount && left >= 2 && c.Is(at, "LIMIT"u8))
            {
                if (!c.TryInteger(at + 1, out options.Limit, Errors.LimitNegative))
                    return false;
                if (options.Limit < 0)
                    return Fail(c, Errors.LimitNegative);
                at += 2;
            }
            else
            {
                return Fail(c, Errors.Syntax);
            }
        }
        return true;
    }

    private static bool TryAggregate(CommandContext c, int index, out ScoreAggregate aggregate)
    {
        aggregate = c.Is(index, "MIN"u8) ? ScoreAggregate.Min : c.Is(index, "MAX"u8) ? ScoreAggregate.Max : ScoreAggregate.Sum;
        return aggregate != ScoreAggregate.Sum || c.Is(index, "SUM"u8);
    }

    private static bool Fail(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Error(error);
        return false;
    }
}
