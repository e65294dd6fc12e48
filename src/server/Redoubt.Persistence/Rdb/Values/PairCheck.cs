// Listpacks of pairs from outside: fields with values, members with scores. What a hash table or an ordered structure takes for granted
// must be true of them: each has its partner, none is there twice, a score is a number.
//
// Twins are found with a table of hashes by position. Where two hashes are equal, the listpack is walked again up to the earlier
// element to compare the two: for honest data that happens about never, so no element is copied.

using Redoubt.Structures;

namespace Redoubt.Persistence.Rdb;

internal sealed class PairCheck
{
    private const int DigitsMax = EntryView.IntegerTextMax;

    private (int Hash, int Ordinal)[] _table = [];
    private int _mask;

    /// <summary>Null when the listpack is sound and its elements are pairs whose first halves differ; else what is wrong.</summary>
    public string? Judge(ReadOnlySpan<byte> blob, out int pairs)
    {
        pairs = 0;
        if (!ListpackCursor.IsSound(blob, out int count) || (count & 1) != 0)
            return "integrity check failed";
        pairs = count / 2;
        Prepare(pairs);
        Span<byte> digits = stackalloc byte[DigitsMax];
        ListpackCursor cursor = new(blob);
        while (cursor.MoveNext())
        {
            if (!TryAdd(blob, cursor.Text(digits), cursor.Count))
                return "integrity check failed, listpack with dup elements";
            cursor.MoveNext();
        }
        return null;
    }

    /// <summary>Whether the pairs are members with scores in the order in which a sorted set keeps them.</summary>
    public static bool AreScoresSound(ReadOnlySpan<byte> blob, out bool areOrdered)
    {
        areOrdered = true;
        scoped ReadOnlySpan<byte> memberBefore = default;
        double scoreBefore = double.NegativeInfinity;
        Span<byte> digits = stackalloc byte[DigitsMax];
        Span<byte> digitsBefore = stackalloc byte[DigitsMax];
        ListpackCursor cursor = new(blob);
        while (cursor.MoveNext())
        {
            ReadOnlySpan<byte> member = cursor.Text(digits);
            cursor.MoveNext();
            if (!TryScore(cursor, out double score))
                return false;
            if (cursor.Count > 2 && (score < scoreBefore || (score == scoreBefore && member.SequenceCompareTo(memberBefore) < 0)))
                areOrdered = false;
            scoreBefore = score;
            memberBefore = member;
            Span<byte> free = digitsBefore;
            digitsBefore = digits;
            digits = free;
        }
        return true;
    }

    public static bool TryScore(in ListpackCursor element, out double score)
    {
        score = element.Integer;
        return element.IsInteger || DoubleText.TryParse(element.Bytes, out score);
    }

    private void Prepare(int pairs)
    {
        int size = 16;
        while (size < pairs * 2L)
            size *= 2;
        if (_table.Length < size || _table.Length > size * 64L)
            _table = new (int, int)[size];
        else
            Array.Clear(_table, 0, size);
        _mask = size - 1;
    }

    private bool TryAdd(ReadOnlySpan<byte> blob, ReadOnlySpan<byte> text, int ordinal)
    {
        HashCode mixer = default;
        mixer.AddBytes(text);
        int hash = mixer.ToHashCode();
        int at = hash & _mask;
        while (_table[at].Ordinal != 0)
        {
            if (_table[at].Hash == hash && IsElement(blob, _table[at].Ordinal, text))
                return false;
            at = at + 1 & _mask;
        }
        _table[at] = (hash, ordinal);
        return true;
    }

    private static bool IsElement(ReadOnlySpan<byte> blob, int ordinal, ReadOnlySpan<byte> text)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        ListpackCursor cursor = new(blob);
        while (cursor.Count < ordinal && cursor.MoveNext())
        {
        }
        return cursor.Text(digits).SequenceEqual(text);
    }
}
