using System.Globalization;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

/// <summary>GEOADD is a ZADD whose scores are hashes of places; that is also what replicas and files get.</summary>
internal static class GeoWrites
{
    [Command("GEOADD", -5, CommandFlags.Write | CommandFlags.DenyOom,
        FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RW update", Acl = "geo", Group = "geo", Since = "3.2.0",
        Summary = "Add one or more geospatial items in the geospatial index represented using a sorted set",
        Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Syntax = "key#0 [condition(NX|XX)@6.2.0] [CH!change@6.2.0] longitude_latitude_member{longitude:double latitude:double member}+",
        History = ["6.2.0: Added the `CH`, `NX` and `XX` options."])]
    public static void GeoAdd(CommandContext c)
    {
        var conditions = ScoreConditions.None;
        bool countsUpdates = false;
        int first = 2;
        for (; first < c.Count; first++)
        {
            if (c.Is(first, "NX"u8))
                conditions |= ScoreConditions.IfMissing;
            else if (c.Is(first, "XX"u8))
                conditions |= ScoreConditions.IfExists;
            else if (c.Is(first, "CH"u8))
                countsUpdates = true;
            else
                break;
        }
        int count = (c.Count - first) / 3;
        if ((c.Count - first) % 3 != 0 || count == 0 || conditions == (ScoreConditions.IfMissing | ScoreConditions.IfExists))
        {
            c.Error(Errors.Syntax);
            return;
        }
        Span<double> scores = count <= 64 ? stackalloc double[count] : new double[count];
        for (int i = 0; i < count; i++)
        {
            if (!c.TryGeoPoint(first + 3 * i, out GeoPoint point))
                return;
            scores[i] = GeoHash.Encode(point, GeoHash.StepMax).Aligned;
        }
        if (ScoreWrites.AddAll(c, conditions, countsUpdates, scores, first + 2, stride: 3))
            Propagate(c, first, scores);
    }

    private static void Propagate(CommandContext c, int first, ReadOnlySpan<double> scores)
    {
        Propagation words = c.Propagate.Instead(first + 2 * scores.Length).Word("zadd"u8);
        for (int i = 1; i < first; i++)
            words.Word(c[i]);
        for (int i = 0; i < scores.Length; i++)
            words.Word((long)scores[i]).Word(c[first + 3 * i + 2]);
    }
}
