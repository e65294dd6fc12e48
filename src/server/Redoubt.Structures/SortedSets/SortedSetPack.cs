// A small sorted set: a listpack of members and their scores in turn, in ascending order, as Redis has it. A score that is an integer is
// stored as one, any other as text.

using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.SortedSets;

internal readonly ref struct SortedSetPack(Listpack pack)
{
    /// <summary>Where Redis stops storing whole numbers as integers, either way.</summary>
    private const double IntegerScoreMax = 1L << 62;

    private readonly Listpack _pack = pack;

    public int Count => _pack.Count / 2;

    /// <summary>The position of a member, 0 if there is none.</summary>
    public int Find(scoped ReadOnlySpan<byte> member) => _pack.Find(_pack.First, member, skip: 1);

    public double ScoreOf(int position) => Score(_pack[_pack.Next(position)]);

    public long RankOf(scoped ReadOnlySpan<byte> member)
    {
        int position = Find(member);
        if (position == 0)
            return -1;
        long rank = 0;
        for (int at = _pack.First; at != position; at = Behind(at))
            rank++;
        return rank;
    }

    /// <summary>The position of the member with this rank.</summary>
    public int At(long rank) => _pack.At(2 * rank);

    /// <summary>The position of the next member, 0 at the end.</summary>
    public int Behind(int position) => _pack.Next(_pack.Next(position));

    public int Before(int position)
    {
        int score = _pack.Previous(position);
        return score == 0 ? 0 : _pack.Previous(score);
    }

    public PackedValue MemberAt(int position) => _pack[position];

    /// <summary>
    /// The ranks of a range. Where scores differ, a range between members is not one row; then, as in Redis, it is what stands in a row from the
    /// end that the reader starts from.
    /// </summary>
    public RankRange RanksOf<TRange>(TRange range, bool isReversed)
        where TRange : ISortedSetRange, allows ref struct
    {
        if (_pack.IsEmpty || IsBehind(range, Before(_pack.Bytes - 1)) || IsBefore(range, _pack.First))
            return RankRange.None;
        long start = 0, count = 0;
        if (isReversed)
        {
            int at = Before(_pack.Bytes - 1);
            for (; at != 0 && IsBefore(range, at); at = Before(at))
                start++;
            for (; at != 0 && !IsBehind(range, at); at = Before(at))
                count++;
        }
        else
        {
            int at = _pack.First;
            for (; at != 0 && IsBehind(range, at); at = Behind(at))
                start++;
            for (; at != 0 && !IsBefore(range, at); at = Behind(at))
                count++;
        }
        return count == 0 ? RankRange.None : new RankRange(start, count, isReversed);
    }

    private bool IsBehind<TRange>(TRange range, int position)
        where TRange : ISortedSetRange, allows ref struct
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        return range.IsBehind(ScoreOf(position), TRange.LooksAtMembers ? _pack[position].Text(digits) : default);
    }

    private bool IsBefore<TRange>(TRange range, int position)
        where TRange : ISortedSetRange, allows ref struct
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        return range.IsBefore(ScoreOf(position), TRange.LooksAtMembers ? _pack[position].Text(digits) : default);
    }

    /// <summary>Puts a member that is not in the listpack to its place.</summary>
    public static void Insert(NativeHeap heap, ref nint root, ReadOnlySpan<byte> member, double score)
    {
        int place = new SortedSetPack(new Listpack(root)).PlaceOf(member, score);
        Put(new ListpackEditor(heap, ref root), place, member, score);
    }

    /// <summary>Adds a member that belongs behind all others.</summary>
    public static void Append(NativeHeap heap, ref nint root, ReadOnlySpan<byte> member, double score) =>
        Put(new ListpackEditor(heap, ref root), 0, member, score);

    private static void Put(ListpackEditor editor, int place, ReadOnlySpan<byte> member, double score)
    {
        int position = place == 0 ? editor.Append(member) : editor.InsertBefore(place, member);
        if (TryInteger(score, out long integer))
        {
            editor.InsertAfter(position, integer);
            return;
        }
        Span<byte> text = stackalloc byte[DoubleText.BytesMax];
        editor.InsertAfter(position, text[..DoubleText.Write(text, score)]);
    }

    /// <summary>The position of the first member that belongs behind this one, 0 if none does.</summary>
    private int PlaceOf(ReadOnlySpan<byte> member, double score)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        int at = _pack.First;
        for (; at != 0; at = Behind(at))
        {
            double other = ScoreOf(at);
            if (other > score || (other == score && _pack[at].Text(digits).SequenceCompareTo(member) > 0))
                break;
        }
        return at;
    }

    /// <summary>Whether a score is stored as an integer here; the sign of a zero is lost then.</summary>
    public static bool TryInteger(double score, out long integer)
    {
        integer = Math.Abs(score) <= IntegerScoreMax ? (long)score : 0;
        return integer == score;
    }

    private static double Score(PackedValue value)
    {
        if (value.IsInteger)
            return value.Integer;
        DoubleText.Read(value.Text(default), out double score);
        return score;
    }

    public void Verify()
    {
        _pack.Verify();
        Invariant.That(_pack.Count % 2 == 0, "every member has a score");
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax], digitsBefore = stackalloc byte[PackedValue.DigitsMax];
        for (int before = _pack.First; before != 0;)
        {
            int at = Behind(before);
            Invariant.That(
                at == 0 || ScoreOf(before) < ScoreOf(at)
                || (ScoreOf(before) == ScoreOf(at) && _pack[before].Text(digitsBefore).SequenceCompareTo(_pack[at].Text(digits)) < 0),
                "members ascend");
            before = at;
        }
    }
}
