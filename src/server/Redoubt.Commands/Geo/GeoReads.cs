using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal static class GeoReads
{
    private const int GeoHashLetters = 11;

    [Command("GEODIST", -4, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "geo", Group = "geo", Since = "3.2.0",
        Summary = "Returns the distance between two members of a geospatial index", Complexity = "O(log(N))",
        Syntax = "key#0 member1 member2 [unit(M|KM|FT|MI)]")]
    public static void GeoDist(CommandContext c)
    {
        double unitMeters = 1;
        if (c.Count > 5)
        {
            c.Error(Errors.Syntax);
            return;
        }
        if (c.Count == 5 && !c.TryGeoUnit(4, out unitMeters))
            return;
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        if (found == ValueLookup.Found && set.TryGetScore(c[2], out double from) && set.TryGetScore(c[3], out double to))
            c.ReplyDistance(GeoPoint.OfScore(from).DistanceTo(GeoPoint.OfScore(to)) / unitMeters);
        else
            c.Reply.Null();
    }

    [Command("GEOHASH", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "geo", Group = "geo", Since = "3.2.0",
        Summary = "Returns members of a geospatial index as standard geohash strings",
        Complexity = "O(log(N)) for each member requested, where N is the number of elements in the sorted set.",
        Syntax = "key#0 member+")]
    public static void GeoHashText(CommandContext c)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        c.Reply.Array(c.Count - 2);
        Span<byte> text = stackalloc byte[GeoHashLetters];
        for (int i = 2; i < c.Count; i++)
        {
            if (found != ValueLookup.Found || !set.TryGetScore(c[i], out double score))
            {
                c.Reply.Null();
                continue;
            }
            Spell(GeoPoint.OfScore(score), text);
            c.Reply.Bulk(text);
        }
    }

    [Command("GEOPOS", -2, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "geo", Group = "geo", Since = "3.2.0",
        Summary = "Returns longitude and latitude of members of a geospatial index",
        Complexity = "O(N) where N is the number of members requested.", Syntax = "key#0 member+")]
    public static void GeoPos(CommandContext c)
    {
        ValueLookup found = c.ReadSortedSet(c.Key(1), out SortedSetValue set);
        if (found == ValueLookup.WrongType)
            return;
        c.Reply.Array(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
        {
            if (found == ValueLookup.Found && set.TryGetScore(c[i], out double score))
                c.ReplyPoint(GeoPoint.OfScore(score));
            else
                c.Reply.NullArray();
        }
    }

    /// <summary>The geohash as the rest of the world writes it: over latitudes from -90 to 90, in letters of 5 bits, of which the last has no bits left.</summary>
    private static void Spell(GeoPoint point, Span<byte> text)
    {
        ReadOnlySpan<byte> letters = "0123456789bcdefghjkmnpqrstuvwxyz"u8;
        ulong bits = GeoHash.Encode(point, GeoHash.StepMax, latitudeMax: 90).Bits;
        for (int i = 0; i < GeoHashLetters - 1; i++)
            text[i] = letters[(int)(bits >> (2 * GeoHash.StepMax - 5 * (i + 1))) & 31];
        text[GeoHashLetters - 1] = letters[0];
    }
}
