using System.Security.Cryptography;
using System.Text;
using Redoubt.Structures;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Sets;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

/// <summary>
/// What a collection adds to a <see cref="DatasetDigest"/>: its elements one after the other where they have an order, else the digests of
/// the elements on top of one another.
/// </summary>
internal static class CollectionDigest
{
    public static void Add(Span<byte> digest, ValueSlot slot)
    {
        switch (slot.Type)
        {
            case ValueType.List:
                AddList(digest, new ListValue(slot));
                break;
            case ValueType.Set:
                AddSet(digest, new SetValue(slot));
                break;
            case ValueType.SortedSet:
                AddSortedSet(digest, new SortedSetValue(slot));
                break;
            case ValueType.Hash:
                AddHash(digest, new HashValue(slot));
                break;
            case ValueType.Stream:
                AddStream(digest, new StreamValue(slot));
                break;
        }
    }

    private static void AddList(Span<byte> digest, ListValue list)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        foreach (PackedValue element in list.From(0))
            DatasetDigest.Mix(digest, element.Text(digits));
    }

    private static void AddSet(Span<byte> digest, SetValue set)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        foreach (PackedValue member in set)
            DatasetDigest.Xor(digest, member.Text(digits));
    }

    private static void AddHash(Span<byte> digest, HashValue hash)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        Span<byte> ofField = stackalloc byte[SHA1.HashSizeInBytes];
        foreach (HashField field in hash)
        {
            ofField.Clear();
            DatasetDigest.Mix(ofField, field.Name.Text(digits));
            DatasetDigest.Mix(ofField, field.Value.Text(digits));
            DatasetDigest.Xor(digest, ofField);
        }
    }

    private static void AddStream(Span<byte> digest, StreamValue stream)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        StreamRange range = stream.Range(StreamId.Min, StreamId.Max);
        while (range.MoveNext())
        {
            DatasetDigest.Mix(digest, Encoding.ASCII.GetBytes($"{range.Id.Ms}.{range.Id.Sequence}"));
            while (range.MoveNextField(out PackedValue field, out PackedValue value))
            {
                DatasetDigest.Mix(digest, field.Text(digits));
                DatasetDigest.Mix(digest, value.Text(digits));
            }
        }
    }

    private static void AddSortedSet(Span<byte> digest, SortedSetValue set)
    {
        Span<byte> score = stackalloc byte[DoubleText.BytesMax];
        Span<byte> ofElement = stackalloc byte[SHA1.HashSizeInBytes];
        foreach (SortedSetEntry entry in set.Enumerate())
        {
            ofElement.Clear();
            DatasetDigest.Mix(ofElement, entry.Member);
            DatasetDigest.Mix(ofElement, score[..DoubleText.Write(score, entry.Score)]);
            DatasetDigest.Xor(digest, ofElement);
        }
    }
}
