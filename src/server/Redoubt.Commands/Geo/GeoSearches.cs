// GEOSEARCH and the commands that it replaced. The shape is covered by up to nine areas of hashes (GeoShape); each is a range of scores, whose members
// are decoded and measured. Members found are copied, because they are sorted after the last area, and because the result may replace the set.

using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class GeoSearches
{
    private const int AreasMax = 9;

    private readonly record struct Match(double Distance, double Score, int Start, int Length, int Number);

    [Command("GEORADIUS", -6, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys,
        FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RO access @1 range(0,1,0); OW update @STORE:6 range(0,1,0); OW update @STOREDIST:6 range(0,1,0)", Acl = "geo",
        Group = "geo", Since = "3.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center "
            + "and radius and M is the number of items inside the index.",
        Syntax = "key#0 longitude:double latitude:double radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
            + "[count{COUNT=count:integer [ANY@6.2.0]}] [order(ASC|DESC)] [STORE=key#1] [STOREDIST=key#2]",
        History = ["6.2.0: Added the `ANY` option for `COUNT`.", "7.0.0: Added support for uppercase unit names."],
        Deprecated = "6.2.0: `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")]
    public static void GeoRadius(CommandContext c) => Search(c, GeoSearchForm.AroundPoint, mayStore: true);

    [Command("GEORADIUS_RO", -6, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "geo", Group = "geo", Since = "3.2.10",
        Summary = "A read-only variant for GEORADIUS",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center "
            + "and radius and M is the number of items inside the index.",
        Syntax = "key#0 longitude:double latitude:double radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
            + "[count{COUNT=count:integer [ANY@6.2.0]}] [order(ASC|DESC)]",
        History = ["6.2.0: Added the `ANY` option for `COUNT`."], Deprecated = "6.2.0: `GEOSEARCH` with the `BYRADIUS` argument")]
    public static void GeoRadiusReadOnly(CommandContext c) => Search(c, GeoSearchForm.AroundPoint, mayStore: false);

    [Command("GEORADIUSBYMEMBER", -5, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.MovableKeys,
        FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RO access @1 range(0,1,0); OW update @STORE:5 range(0,1,0); OW update @STOREDIST:5 range(0,1,0)", Acl = "geo",
        Group = "geo", Since = "3.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center "
            + "and radius and M is the number of items inside the index.",
        Syntax = "key#0 member radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count{COUNT=count:integer [ANY]}] "
            + "[order(ASC|DESC)] [STORE=key#1] [STOREDIST=key#2]",
        History = ["7.0.0: Added support for uppercase unit names."],
        Deprecated = "6.2.0: `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")]
    public static void GeoRadiusByMember(CommandContext c) => Search(c, GeoSearchForm.AroundMember, mayStore: true);

    [Command("GEORADIUSBYMEMBER_RO", -5, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "geo", Group = "geo", Since = "3.2.10",
        Summary = "A read-only variant for GEORADIUSBYMEMBER",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center "
            + "and radius and M is the number of items inside the index.",
        Syntax = "key#0 member radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count{COUNT=count:integer [ANY]}] "
            + "[order(ASC|DESC)]",
        Deprecated = "6.2.0: `GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")]
    public static void GeoRadiusByMemberReadOnly(CommandContext c) => Search(c, GeoSearchForm.AroundMember, mayStore: false);

    [Command("GEOSEARCH", -7, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "geo", Group = "geo", Since = "6.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.",
        Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as "
            + "the filter and M is the number of items inside the shape",
        Syntax = "key#0 from(FROMMEMBER=member|FROMLONLAT=longitude_latitude{longitude:double latitude:double}) "
            + "by(circle{BYRADIUS=radius:double unit(M|KM|FT|MI)}|box{BYBOX=width:double height:double unit(M|KM|FT|MI)}) [order(ASC|"
            + "DESC)] [count{COUNT=count:integer [ANY]}] [WITHCOORD] [WITHDIST] [WITHHASH]",
        History = ["7.0.0: Added support for uppercase unit names."])]
    public static void GeoSearch(CommandContext c) => Search(c, GeoSearchForm.Search, mayStore: false);

    [Command("GEOSEARCHSTORE", -8, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "OW update @1 range(0,1,0); RO access @2 range(0,1,0)", Acl = "geo",
        Group = "geo", Since = "6.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store "
            + "the result in another key.",
        Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as "
            + "the filter and M is the number of items inside the shape",
        Syntax = "destination#0 source#1 from(FROMMEMBER=member|FROMLONLAT=longitude_latitude{longitude:double latitude:double}) "
            + "by(circle{BYRADIUS=radius:double unit(M|KM|FT|MI)}|box{BYBOX=width:double height:double unit(M|KM|FT|MI)}) [order(ASC|"
            + "DESC)] [count{COUNT=count:integer [ANY]}] [STOREDIST]",
        History = ["7.0.0: Added support for uppercase unit names."])]
    public static void GeoSearchStore(CommandContext c) => Search(c, GeoSearchForm.SearchAndStore, mayStore: true);

    private static void Search(CommandContext c, GeoSearchForm form, bool mayStore)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(form == GeoSearchForm.SearchAndStore ? 2 : 1), out SortedSetValue set);
        if (found == ValueLookup.WrongType || !GeoSearchOptions.TryParse(c, form, mayStore, found, set, out GeoSearchOptions options))
            return;
        if (found == ValueLookup.Missing)
        {
            if (options.StoreArgument == 0)
            {
                c.Reply.Array(0);
                return;
            }
            c.Reply.Integer(0);
            c.DeleteDestination(c.Key(options.StoreArgument));
            return;
        }
        RespWriter members = c.Scratch;
        List<Match> matches = [];
        Collect(set, options, members, matches);
        int count = options.Count == 0 ? matches.Count : (int)Math.Min(options.Count, matches.Count);
        Match[] results = Sorted(matches, count, options.Order);
        if (options.StoreArgument == 0)
            Reply(c, options, members, results.AsSpan(0, count));
        else
            Store(c, form, options, members, results.AsSpan(0, count));
    }

    private static void Collect(SortedSetValue set, in GeoSearchOptions options, RespWriter members, List<Match> matches)
    {
        Span<GeoHash> areas = stackalloc GeoHash[AreasMax];
        options.Shape.Cover(areas);
        int last = 0;
        for (int i = 0; i < areas.Length; i++)
        {
            // Where areas are large, one is its own neighbor; Redis compares each with the one before.
            if (areas[i].Step == 0 || (last != 0 && areas[i] == areas[last]))
                continue;
            last = i;
            RankRange range = set.RanksOf(new ScoreRange(areas[i].Aligned, false, areas[i].AlignedEnd, true));
            foreach (SortedSetEntry entry in set.Enumerate(range))
            {
                // ANY: the first ones found will do.
                if (options.IsAny && matches.Count >= options.Count)
                    return;
                if (!options.Shape.Contains(GeoPoint.OfScore(entry.Score), out double distance))
                    continue;
                matches.Add(new Match(distance, entry.Score, members.Length, entry.Member.Length, matches.Count));
                members.Raw(entry.Member);
            }
        }
    }

    /// <summary>The matches with the wanted ones at the front, in their order.</summary>
    private static Match[] Sorted(List<Match> matches, int wanted, GeoOrder order)
    {
        Match[] results = [.. matches];
        if (order == GeoOrder.AsFound)
            return results;
        int sign = order == GeoOrder.NearestFirst ? 1 : -1;
        if (wanted < results.Length)
            NearestSort.PutFirst(results, wanted, (a, b) => sign * Compare(a.Distance, b.Distance));
        else
            Array.Sort(results, (a, b) => a.Distance != b.Distance ? sign * Compare(a.Distance, b.Distance) : a.Number.CompareTo(b.Number));
        return results;
    }

    private static int Compare(double distance, double other) => distance > other ? 1 : distance == other ? 0 : -1;

    private static void Reply(CommandContext c, in GeoSearchOptions options, RespWriter members, ReadOnlySpan<Match> matches)
    {
        int parts = (options.WithDistance ? 1 : 0) + (options.WithHash ? 1 : 0) + (options.WithPoint ? 1 : 0);
        c.Reply.Array(matches.Length);
        foreach (Match match in matches)
        {
            if (parts > 0)
                c.Reply.Array(parts + 1);
            c.Reply.Bulk(members.Segment(match.Start, match.Length));
            if (options.WithDistance)
                c.ReplyDistance(match.Distance / options.Shape.UnitMeters);
            if (options.WithHash)
                c.Reply.Integer(Truncated(match.Score));
            if (options.WithPoint)
                c.ReplyPoint(GeoPoint.OfScore(match.Score));
        }
    }

    /// <summary>What x86-64 makes of a score that is no hash.</summary>
    private static long Truncated(double score) => score is >= long.MinValue and < -(double)long.MinValue ? (long)score : long.MinValue;

    private static void Store(CommandContext c, GeoSearchForm form, in GeoSearchOptions options, RespWriter members, ReadOnlySpan<Match> matches)
    {
        SortedSetBuilder result = new(c.Keyspace.Store, matches.Length);
        foreach (Match match in matches)
        {
            double score = options.StoresDistance ? match.Distance / options.Shape.UnitMeters : match.Score;
            result.Add(members.Segment(match.Start, match.Length), score);
        }
        ReadOnlySpan<byte> eventName = form == GeoSearchForm.SearchAndStore ? "geosearchstore"u8 : "georadiusstore"u8;
        c.StoreSortedSet(c.Key(options.StoreArgument), ref result, eventName, changes: matches.Length);
        result.Dispose();
    }
}
