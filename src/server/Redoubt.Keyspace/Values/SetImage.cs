using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>Sets: those of integers as their intset, the others member by member, in the order of SCAN.</summary>
internal static class SetImage
{
    private const int LargeFrom = 1024;

    public static bool IsLarge(ValueSlot slot) => new SetValue(slot).Count > LargeFrom;

    public static bool Give(ValueSlot slot, ImageWriter image, ImagePosition position, int bytesMax)
    {
        SetValue set = new(slot);
        if (position.IsAtStart)
        {
            position.Cursor = 0;
            image.Length((ulong)set.Count);
        }
        int end = image.LimitAfter(bytesMax);
        MemberWriter members = new(image);
        do
        {
            position.Cursor = set.Scan(position.Cursor, ref members);
        }
        while (position.Cursor != 0 && image.Count < end);
        return position.Cursor == 0;
    }

    public static string? Add(Database database, Key key, long expireAtMs, ref ImageReader piece, bool isFirst)
    {
        SetValue set;
        if (isFirst)
        {
            set = new SetValue(database.LoadCollection(key, ValueType.Set, ValueEncoding.IntSet, expireAtMs));
            ulong expected = piece.Length();
            if (expected > (ulong)database.Limits.SetMaxIntSetEntries)
                set.Expand(ValueBuilder.RoomFor(expected));
        }
        else
        {
            set = new SetValue(database.SlotInLoad(key));
        }
        while (!piece.IsAtEnd)
        {
            if (!set.Add(piece.Text()))
                return "Duplicate set members detected";
        }
        return null;
    }

    public static void AddPacked(Database database, Key key, long expireAtMs, ref ImageReader image) =>
        new SetValue(database.LoadCollection(key, ValueType.Set, ValueEncoding.IntSet, expireAtMs)).Load(image.Text());

    private readonly struct MemberWriter(ImageWriter image) : IMemberReceiver
    {
        public void Receive(PackedValue member) => image.Text(member.Text(stackalloc byte[PackedValue.DigitsMax]));
    }
}
