using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>Hashes: the small ones as their listpack, the large ones field by field, in the order of SCAN.</summary>
internal static class HashImage
{
    private const int LargeFrom = 1024;

    public static bool IsLarge(ValueSlot slot) => new HashValue(slot).Count > LargeFrom;

    public static bool Give(ValueSlot slot, ImageWriter image, ImagePosition position, int bytesMax)
    {
        HashValue hash = new(slot);
        if (position.IsAtStart)
        {
            position.Cursor = 0;
            image.Length((ulong)hash.Count);
        }
        int end = image.LimitAfter(bytesMax);
        FieldWriter fields = new(image);
        do
        {
            position.Cursor = hash.Scan(position.Cursor, ref fields);
        }
        while (position.Cursor != 0 && image.Count < end);
        return position.Cursor == 0;
    }

    public static string? Add(Database database, Key key, long expireAtMs, ref ImageReader piece, bool isFirst)
    {
        HashValue hash;
        if (isFirst)
        {
            hash = new HashValue(database.LoadCollection(key, ValueType.Hash, ValueEncoding.Listpack, expireAtMs));
            ulong expected = piece.Length();
            if (expected > (ulong)database.Limits.HashMaxListpackEntries)
                hash.Expand(ValueBuilder.RoomFor(expected));
        }
        else
        {
            hash = new HashValue(database.SlotInLoad(key));
        }
        while (!piece.IsAtEnd)
        {
            ReadOnlySpan<byte> field = piece.Text();
            if (!hash.Set(field, piece.Text()))
                return "Duplicate hash fields detected";
        }
        return null;
    }

    public static void AddPacked(Database database, Key key, long expireAtMs, ref ImageReader image) =>
        new HashValue(database.LoadCollection(key, ValueType.Hash, ValueEncoding.Listpack, expireAtMs)).Load(image.Text());

    private readonly struct FieldWriter(ImageWriter image) : IFieldReceiver
    {
        public void Receive(HashField field)
        {
            Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
            image.Text(field.Name.Text(digits));
            image.Text(field.Value.Text(digits));
        }
    }
}
