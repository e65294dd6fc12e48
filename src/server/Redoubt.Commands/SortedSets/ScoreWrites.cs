// ZADD and ZINCRBY. All scores are read before the first one is written: a command either happens as a whole or not at all.

using Redoubt.Keyspace;
using Redoubt.Structures;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class ScoreWrites
{
    private const int ScoresOnStackMax = 64;

    [Command("ZADD", -4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Add one or more members to a sorted set, or update its score if it already exists",
        Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Syntax = "key#0 [condition(NX|XX)@3.0.2] [comparison(GT|LT)@6.2.0] [CH!change@3.0.2] [INCR!increment@3.0.2] "
            + "score_member{score:double member}+",
        History =
        [
            "2.4.0: Accepts multiple elements.",
            "3.0.2: Added the `XX`, `NX`, `CH` and `INCR` options.",
            "6.2.0: Added the `GT` and `LT` options.",
        ])]
    public static void ZAdd(CommandContext c)
    {
        if (!ScoreOptions.TryParse(c, out ScoreOptions options))
            return;
        int count = (c.Count - options.FirstArgument) / 2;
        Span<double> scores = count <= ScoresOnStackMax ? stackalloc double[count] : new double[count];
        for (int i = 0; i < count; i++)
        {
            if (!c.TryDouble(options.FirstArgument + 2 * i, out scores[i]))
                return;
        }
        AddAll(c, options.Conditions, options.CountsUpdates, scores, options.FirstArgument + 1, stride: 2);
    }

    [Command("ZINCRBY", 4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW access update", Acl = "sortedset", Group = "sorted-set", Since = "1.2.0",
        Summary = "Increment the score of a member in a sorted set",
        Complexity = "O(log(N)) where N is the number of elements in the sorted set.", Syntax = "key#0 increment:integer member")]
    public static void ZIncrBy(CommandContext c)
    {
        if (c.TryDouble(2, out double increment))
            AddAll(c, ScoreConditions.Increment, countsUpdates: false, [increment], 3, stride: 2);
    }

    /// <summary>Gives the members, each <paramref name="stride"/>th argument from the first one on, these scores, and replies; true when anything changed.</summary>
    internal static bool AddAll(
        CommandContext c, ScoreConditions conditions, bool countsUpdates, ReadOnlySpan<double> scores, int firstMember, int stride)
    {
        bool increments = (conditions & ScoreConditions.Increment) != 0;
        Key key = c.Key(1);
        ValueLookup found = c.EditSortedSet(key, out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return false;
        if (found == ValueLookup.Missing)
        {
            if ((conditions & ScoreConditions.IfExists) != 0)
            {
                Reply(c, increments, ScoreOutcome.Refused, 0, 0);
                return false;
            }
            set = new SortedSetValue(c.Database.Create(
                key, ValueType.SortedSet, SortedSetValue.EncodingFor(c.Keyspace.Limits, c[firstMember].Length)));
            set.Initialize();
        }
        int added = 0, updated = 0;
        var outcome = ScoreOutcome.Refused;
        double score = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            outcome = set.Add(c[firstMember + stride * i], scores[i], conditions, out score);
            if (outcome == ScoreOutcome.Added)
                added++;
            else if (outcome == ScoreOutcome.Updated)
                updated++;
        }
        Reply(c, increments, outcome, score, countsUpdates ? added + updated : added);
        if (added + updated == 0)
            return false;
        c.Database.Changed(key, added + updated);
        c.Notify(KeyspaceEvents.SortedSet, increments ? "zincr"u8 : "zadd"u8, key.Bytes);
        return true;
    }

    private static void Reply(CommandContext c, bool increments, ScoreOutcome outcome, double score, int count)
    {
        if (outcome == ScoreOutcome.NotANumber)
            c.Error(Errors.ScoreNotANumber);
        else if (!increments)
            c.Reply.Integer(count);
        else if (outcome == ScoreOutcome.Refused)
            c.Reply.Null();
        else
            c.Reply.Double(score);
    }
}

/// <summary>What stands before the scores of ZADD.</summary>
internal readonly struct ScoreOptions
{
    public ScoreConditions Conditions { get; private init; }

    /// <summary>CH: the reply counts updated members too.</summary>
    public bool CountsUpdates { get; private init; }

    /// <summary>Where the options end.</summary>
    public int FirstArgument { get; private init; }

    public static bool TryParse(CommandContext c, out ScoreOptions options)
    {
        var conditions = ScoreConditions.None;
        bool countsUpdates = false;
        int at = 2;
        for (; at < c.Count; at++)
        {
            ScoreConditions condition = ConditionOf(c, at);
            if (condition == ScoreConditions.None && !c.Is(at, "CH"u8))
                break;
            conditions |= condition;
            countsUpdates |= condition == ScoreConditions.None;
        }
        options = new ScoreOptions { Conditions = conditions, CountsUpdates = countsUpdates, FirstArgument = at };
        int left = c.Count - at;
        if (left % 2 != 0 || left == 0)
            return Fail(c, Errors.Syntax);
        if (conditions == ScoreConditions.None)
            return true;
        const ScoreConditions compared = ScoreConditions.IfGreater | ScoreConditions.IfLess;
        bool isForMissing = (conditions & ScoreConditions.IfMissing) != 0;
        if (isForMissing && (conditions & ScoreConditions.IfExists) != 0)
            return Fail(c, Errors.ScoreXxWithNx);
        if ((isForMissing && (conditions & compared) != 0) || (conditions & compared) == compared)
            return Fail(c, Errors.ScoreConditionsClash);
        if ((conditions & ScoreConditions.Increment) != 0 && left > 2)
            return Fail(c, Errors.ScoreIncrementsSeveral);
        return true;
    }

    private static bool Fail(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Error(error);
        return false;
    }

    private static ScoreConditions ConditionOf(CommandContext c, int index) =>
        // Scores are no words: most arguments are seen at once not to be an option.
        c[index].Length is not (2 or 4) ? ScoreConditions.None
        : c.Is(index, "NX"u8) ? ScoreConditions.IfMissing
        : c.Is(index, "XX"u8) ? ScoreConditions.IfExists
        : c.Is(index, "GT"u8) ? ScoreConditions.IfGreater
        : c.Is(index, "LT"u8) ? ScoreConditions.IfLess
        : c.Is(index, "INCR"u8) ? ScoreConditions.Increment
        : ScoreConditions.None;
}
