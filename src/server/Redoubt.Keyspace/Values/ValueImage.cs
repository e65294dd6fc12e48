// Values other than strings on their way out of the keyspace: for a snapshot, piece by piece between commands, or for DUMP at once.
// One line per encoding; how a family's values are walked is the business of its own file.
//
// Between two pieces of one value nothing may change it: the snapshot's walk sees to that (Preserve), so a position in it stays good. Growth of a table that
// goes on by itself is no change: SCAN's order does without repetitions there.

using Redoubt.Structures.Hashes;
using Redoubt.Structures.Sets;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

internal static class ValueImage
{
    /// <summary>Whether the value is to be given out in pieces, and not in passing.</summary>
    public static bool IsLarge(ValueSlot slot) => slot.Encoding switch
    {
        ValueEncoding.SkipList => SortedSetImage.IsLarge(slot),
        ValueEncoding.HashTable => slot.Type == ValueType.Hash ? HashImage.IsLarge(slot) : SetImage.IsLarge(slot),
        ValueEncoding.QuickList => ListImage.IsLarge(slot),
        ValueEncoding.Stream => StreamImage.IsLarge(slot),
        _ => false,
    };

    /// <summary>Writes tokens from the position on, until the piece has about so many bytes.</summary>
    /// <returns>True when the value is complete.</returns>
    public static bool Give(ValueSlot slot, ImageWriter image, ImagePosition position, int bytesMax, out ImageType type)
    {
        switch (slot.Type, slot.Encoding)
        {
            case (ValueType.List, _):
                type = ImageType.QuickList;
                return ListImage.Give(slot, image, position, bytesMax);
            case (ValueType.Set, ValueEncoding.IntSet):
                type = ImageType.IntSet;
                image.Text(new SetValue(slot).IntSetBytes);
                return true;
            case (ValueType.Set, ValueEncoding.HashTable):
                type = ImageType.Set;
                return SetImage.Give(slot, image, position, bytesMax);
            case (ValueType.Hash, ValueEncoding.Listpack):
                type = ImageType.HashListpack;
                image.Text(new HashValue(slot).ListpackBytes);
                return true;
            case (ValueType.Hash, ValueEncoding.HashTable):
                type = ImageType.Hash;
                return HashImage.Give(slot, image, position, bytesMax);
            case (ValueType.SortedSet, ValueEncoding.Listpack):
                type = ImageType.SortedSetListpack;
                image.Text(new SortedSetValue(slot).PackedBytes);
                return true;
            case (ValueType.SortedSet, ValueEncoding.SkipList):
                type = ImageType.SortedSet;
                return SortedSetImage.Give(slot, image, position, bytesMax);
            case (ValueType.Stream, ValueEncoding.Stream):
                type = ImageType.StreamWithOffsets;
                return StreamImage.Give(slot, image, position, bytesMax);
            default:
                Native.Invariant.That(false, $"a {slot.Type} encoded as {slot.Encoding} has an image");
                type = default;
                return true;
        }
    }
}
