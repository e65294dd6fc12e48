using Redoubt.Keyspace;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Commands.Sorting;

/// <summary>
/// What BY and GET of SORT stand for: "weight_*" is the string under the key with the element in the place of the asterisk, "user_*->name" a field of
/// the hash there, "#" the element itself. Redis takes patterns as C strings here: what comes after a zero byte is no place.
/// </summary>
internal sealed class PatternLookup(CommandContext c)
{
    private readonly byte[] _digits = new byte[PackedValue.DigitsMax];
    private byte[] _name = new byte[64];

    public static bool HasPlace(ReadOnlySpan<byte> pattern) => PlaceIn(pattern) >= 0;

    /// <summary>The text that the pattern leads to; false when there is none, whatever else may be there. It is valid until the next lookup.</summary>
    public bool TryFind(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> element, out ReadOnlySpan<byte> text)
    {
        text = element;
        if (pattern.SequenceEqual("#"u8))
            return true;
        text = default;
        int place = PlaceIn(pattern);
        if (place < 0)
            return false;
        int end = FieldMark(pattern, place);
        ReadOnlySpan<byte> before = pattern[..place], after = pattern[(place + 1)..end];
        int length = before.Length + element.Length + after.Length;
        if (length > _name.Length)
            _name = new byte[Math.Max(length, Math.Min(2L * length, Array.MaxLength))];
        before.CopyTo(_name);
        element.CopyTo(_name.AsSpan(before.Length));
        after.CopyTo(_name.AsSpan(before.Length + element.Length));
        Key key = c.Keyspace.KeyOf(_name.AsSpan(0, length));
        return end < pattern.Length ? TryField(key, pattern[(end + 2)..], out text) : TryString(key, out text);
    }

    private bool TryString(Key key, out ReadOnlySpan<byte> text)
    {
        EntryView entry = c.Database.Read(key);
        bool isFound = entry.Exists && entry.IsString;
        text = isFound ? entry.Bytes : default;
        return isFound;
    }

    private bool TryField(Key key, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (c.Database.Read(key, ValueType.Hash, out ValueSlot slot) != ValueLookup.Found || !new HashValue(slot).TryGet(field, out PackedValue value))
            return false;
        text = value.Text(_digits);
        return true;
    }

    private static int PlaceIn(ReadOnlySpan<byte> pattern)
    {
        int at = pattern.IndexOfAny((byte)'*', (byte)0);
        return at >= 0 && pattern[at] == (byte)'*' ? at : -1;
    }

    /// <summary>Where "->" and the name of a field begin, else the length of the pattern.</summary>
    private static int FieldMark(ReadOnlySpan<byte> pattern, int place)
    {
        ReadOnlySpan<byte> rest = pattern[(place + 1)..];
        int zero = rest.IndexOf((byte)0);
        int arrow = (zero < 0 ? rest : rest[..zero]).IndexOf("->"u8);
        return arrow >= 0 && arrow + 2 < rest.Length && rest[arrow + 2] != 0 ? place + 1 + arrow : pattern.Length;
    }
}
