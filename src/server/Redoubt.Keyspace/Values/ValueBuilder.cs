// Values on their way into the keyspace, from images: a load gives them piece by piece as they are read, RESTORE at once.
//
// The reader of the image has judged what can be judged from bytes alone; here remain the twins among elements that come one by one, and
// whatever else an insertion finds out. Where an image is turned down, what was built of the key so far is the caller's to remove.
//
// How a family's values are built is the business of its own file. Each element goes through the family's own way of adding, so that the
// value has the form that the limits of this server ask for. The pieces are cut between elements; the end is where the last one ends,
// numbers of elements are hints.

using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

public sealed class ValueBuilder
{
    private const ulong RoomMax = 1 << 20;

    private readonly StreamBuilder _stream = new();

    /// <summary>Adds the next piece of a value to a key of this database, which must not be there when the first one comes.</summary>
    /// <returns>Null, or what is wrong with the image, in Redis's words.</returns>
    public string? Add(Database database, Key key, ImageType type, long expireAtMs, ImageReader piece, bool isFirst, bool isLast)
    {
        switch (type)
        {
            case ImageType.List:
                ListImage.AddElements(database, key, expireAtMs, ref piece, isFirst);
                return null;
            case ImageType.QuickList:
                ListImage.AddNodes(database, key, expireAtMs, ref piece, isFirst);
                return null;
            case ImageType.Set:
                return SetImage.Add(database, key, expireAtMs, ref piece, isFirst);
            case ImageType.IntSet:
                SetImage.AddPacked(database, key, expireAtMs, ref piece);
                return null;
            case ImageType.Hash:
                return HashImage.Add(database, key, expireAtMs, ref piece, isFirst);
            case ImageType.HashListpack:
                HashImage.AddPacked(database, key, expireAtMs, ref piece);
                return null;
            case ImageType.SortedSet:
                return SortedSetImage.Add(database, key, expireAtMs, ref piece, isFirst);
            case ImageType.SortedSetListpack:
                SortedSetImage.AddPacked(database, key, expireAtMs, ref piece);
                return null;
            case ImageType.Stream or ImageType.StreamWithOffsets or ImageType.StreamWithActivity:
                if (isFirst)
                    _stream.Begin(type, ref piece);
                ValueSlot slot = isFirst ? database.LoadCollection(key, ValueType.Stream, ValueEncoding.Stream, expireAtMs) : database.SlotInLoad(key);
                return _stream.Add(slot, ref piece) ?? (isLast ? _stream.End() : null);
            default:
                return $"Unknown RDB encoding type {(int)type}";
        }
    }

    /// <summary>For how many elements room is made on the word of an image.</summary>
    internal static long RoomFor(ulong announced) => (long)Math.Min(announced, RoomMax);
}
