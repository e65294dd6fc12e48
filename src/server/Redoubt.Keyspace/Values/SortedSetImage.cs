using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>Sorted sets: the small ones as their listpack, the large ones from the highest score down, which is the order that builds fastest.</summary>
internal static class SortedSetImage
{
    private const int LargeFrom = 1024;

    // Of more elements nobody looks ahead; whoever packs so many keeps few that are long.
    private const int PackedMax = 1024;

    public static bool IsLarge(ValueSlot slot) => new SortedSetValue(slot).Count > LargeFrom;

    public static bool Give(ValueSlot slot, ImageWriter image, ImagePosition position, int bytesMax)
    {
        SortedSetValue set = new(slot);
        long count = set.Count;
        if (position.IsAtStart)
        {
            position.Done = 0;
            image.Length((ulong)count);
        }
        int end = image.LimitAfter(bytesMax);
        foreach (SortedSetEntry entry in set.Enumerate(new RankRange(position.Done, count - position.Done, IsReversed: true)))
        {
            image.Text(entry.Member);
            image.Double(entry.Score);
            position.Done++;
            if (image.Count >= end)
                break;
        }
        return position.Done == count;
    }

    public static string? Add(Database database, Key key, long expireAtMs, ref ImageReader piece, bool isFirst)
    {
        ulong expected = isFirst ? piece.Length() : 0;
        ReadOnlySpan<byte> member = piece.Text();
        SortedSetValue set;
        if (isFirst)
        {
            int longest = expected <= PackedMax ? LongestMember(piece, member.Length) : member.Length;
            ValueEncoding encoding = SortedSetValue.EncodingFor(database.Limits, longest, ValueBuilder.RoomFor(expected));
            set = new SortedSetValue(database.LoadCollection(key, ValueType.SortedSet, encoding, expireAtMs));
            set.Initialize();
        }
        else
        {
            set = new SortedSetValue(database.SlotInLoad(key));
        }
        while (set.Add(member, piece.Double(), ScoreConditions.None, out _) == ScoreOutcome.Added)
        {
            if (piece.IsAtEnd)
                return null;
            member = piece.Text();
        }
        return "Duplicate zset fields detected";
    }

    // A set must not begin packed and unpack at a later, longer member: a packed score of -0 has lost its sign by then.
    private static int LongestMember(ImageReader rest, int longest)
    {
        while (true)
        {
            rest.Double();
            if (rest.IsAtEnd)
                return longest;
            longest = Math.Max(longest, rest.Text().Length);
        }
    }

    public static void AddPacked(Database database, Key key, long expireAtMs, ref ImageReader image) =>
        new SortedSetValue(database.LoadCollection(key, ValueType.SortedSet, ValueEncoding.Listpack, expireAtMs)).Load(image.Text());
}
