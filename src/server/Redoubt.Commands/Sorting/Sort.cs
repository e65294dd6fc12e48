// SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what other keys say of them.
//
// Where the order of the collection itself is wanted (BY a pattern that names no element), nothing is sorted, and of a list or sorted set only the part
// that LIMIT leaves is read. A set has no order that a replica would share: what is stored of it is sorted all the same.

using Redoubt.Keyspace;
using Redoubt.Structures;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Sets;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Commands.Sorting;

internal static class Sort
{
    private const string Unknown = "RO access @unknown unknown 'For the optional BY/GET keyword. It is marked ''unknown'' because the key names "
        + "derive from the content of the key we sort'";

    private const string Complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned "
        + "elements. When the elements are not sorted, complexity is O(N).";

    private const string Arguments = "key#0 [BY=pattern:pattern#1] [LIMIT=offset_count{offset:integer count:integer}] [GET=pattern:pattern#1++] "
        + "[order(ASC|DESC)] [ALPHA!sorting]";

    [Command("SORT", -2, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RO access @1; " + Unknown + "; OW update @unknown unknown 'For the optional STORE keyword. It is marked ''unknown'' because "
            + "the keyword can appear anywhere in the argument array'",
        Acl = "set sortedset list dangerous", Group = "generic", Since = "1.0.0", Summary = "Sort the elements in a list, set or sorted set",
        Complexity = Complexity, Syntax = Arguments + " [STORE=destination#2]")]
    public static void Run(CommandContext c) => Run(c, mayStore: true);

    [Command("SORT_RO", -2, CommandFlags.ReadOnly | CommandFlags.MovableKeys, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RO access @1; " + Unknown, Acl = "set sortedset list dangerous", Group = "generic", Since = "7.0.0",
        Summary = "Sort the elements in a list, set or sorted set. Read-only variant of SORT.", Complexity = Complexity, Syntax = Arguments)]
    public static void RunReadOnly(CommandContext c) => Run(c, mayStore: false);

    private static void Run(CommandContext c, bool mayStore)
    {
        var options = new SortOptions();
        if (!options.TryParse(c, mayStore))
            return;
        EntryView entry = c.Database.Read(c.Key(1));
        if (entry.Exists && entry.Type is not (ValueType.List or ValueType.Set or ValueType.SortedSet))
        {
            c.Error(Errors.WrongType);
            return;
        }
        if (options.KeepsOrder && options.Destination > 0 && entry.Exists && entry.Type == ValueType.Set)
        {
            options.KeepsOrder = false;
            options.IsByText = true;
            options.ByPattern = 0;
        }
        long first = 0, count = 0;
        SortItems items = entry.Exists ? Load(options, entry.Type, entry.Slot, out first, out count) : new SortItems(0);
        if (!options.KeepsOrder && !TrySort(c, options, items))
        {
            c.Error(Errors.ScoresNotDouble);
            return;
        }
        if (options.Destination > 0)
            Store(c, options, items, (int)first, (int)count);
        else
            Answer(c, options, items, (int)first, (int)count);
    }

    /// <summary>Copies out the elements, or, when they are not to be sorted, only those that are asked for, if that is simple.</summary>
    private static SortItems Load(SortOptions options, ValueType type, ValueSlot slot, out long first, out long count)
    {
        long length = type == ValueType.List ? new ListValue(slot).Count : type == ValueType.Set ? new SetValue(slot).Count : new SortedSetValue(slot).Count;
        count = options.Range(length, out first);
        bool isPart = options.KeepsOrder && type != ValueType.Set;
        var items = new SortItems(isPart ? count : length);
        (long from, long most) = isPart ? (first, count) : (0, length);
        if (isPart)
            first = 0;
        if (type == ValueType.List)
            LoadList(items, new ListValue(slot), from, most, isPart && options.IsDescending);
        else if (type == ValueType.SortedSet)
            LoadSortedSet(items, new SortedSetValue(slot), new RankRange(from, most, isPart && options.IsDescending));
        else
            LoadSet(items, new SetValue(slot));
        return items;
    }

    private static void LoadList(SortItems items, ListValue list, long from, long most, bool isBackwards)
    {
        if (most == 0)
            return;
        using ListCursor cursor = list.From(isBackwards ? list.Count - 1 - from : from, isBackwards);
        foreach (PackedValue element in cursor)
        {
            items.Add(element);
            if (items.Count == most)
                return;
        }
    }

    private static void LoadSortedSet(SortItems items, SortedSetValue set, RankRange range)
    {
        foreach (SortedSetEntry entry in set.Enumerate(range))
            items.Add(entry.Member);
    }

    private static void LoadSet(SortItems items, SetValue set)
    {
        foreach (PackedValue member in set)
            items.Add(member);
    }

    /// <summary>False when something that should be a number is none.</summary>
    private static bool TrySort(CommandContext c, SortOptions options, SortItems items)
    {
        var lookup = new PatternLookup(c);
        bool areNumbers = true;
        for (int i = 0; i < items.Count; i++)
        {
            ReadOnlySpan<byte> weight = items[i];
            if (options.ByPattern > 0 && !lookup.TryFind(c[options.ByPattern], items[i], out weight))
            {
                items.SetWeightless(i);
                continue;
            }
            if (!options.IsByText)
            {
                areNumbers &= DoubleText.TryParseWeight(weight, out double score);
                items.SetScore(i, score);
            }
            else if (options.ByPattern > 0)
            {
                items.SetWeight(i, weight);
            }
        }
        if (!areNumbers)
            return false;
        if (options.IsByText)
            items.SortByText(options.IsDescending, endsAtZero: options.Destination == 0);
        else
            items.SortByScore(options.IsDescending);
        return true;
    }

    private static void Answer(CommandContext c, SortOptions options, SortItems items, int first, int count)
    {
        var lookup = new PatternLookup(c);
        c.Reply.ArrayOfPicks((long)count * Math.Max(1, options.GetPatterns.Count));
        for (int i = first; i < first + count; i++)
        {
            if (options.GetPatterns.Count == 0)
                c.Reply.Bulk(items[i]);
            foreach (int pattern in options.GetPatterns)
            {
                if (lookup.TryFind(c[pattern], items[i], out ReadOnlySpan<byte> text))
                    c.Reply.Bulk(text);
                else
                    c.Reply.Null();
            }
        }
    }

    private static void Store(CommandContext c, SortOptions options, SortItems items, int first, int count)
    {
        var lookup = new PatternLookup(c);
        using CollectionDraft draft = c.Keyspace.NewDraft(ValueType.List, ValueEncoding.Listpack);
        ListValue list = new(draft.Slot);
        for (int i = first; i < first + count; i++)
        {
            if (options.GetPatterns.Count == 0)
                list.Push(items[i], atHead: false);
            foreach (int pattern in options.GetPatterns)
            {
                lookup.TryFind(c[pattern], items[i], out ReadOnlySpan<byte> text);
                list.Push(text, atHead: false);
            }
        }
        Key key = c.Key(options.Destination);
        long stored = list.Count;
        if (stored > 0)
        {
            draft.MoveTo(c.Database.Replace(key, ValueType.List, draft.Slot.Encoding));
            c.Database.Changed(key, stored);
            c.Notify(KeyspaceEvents.List, "sortstore"u8, key.Bytes);
        }
        else if (c.Database.Delete(key))
        {
            c.Notify(KeyspaceEvents.Generic, "del"u8, key.Bytes);
        }
        c.Reply.Integer(stored);
    }
}
