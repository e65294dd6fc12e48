// The grammar of every value type of the RDB format, versions 1 to 12: what comes next, whether it is sound, and what it becomes.
//
// Why: Redis has written collections in a dozen ways since 2010. A keyspace that knew them all would carry ten dead formats; so the
// old ones end here, on a helper thread, and what goes on to the keyspace is one of the forms in `ImageType`.
//
// How: each type is one iterator. It yields what it wants next from the input, goes on when that is there, and so reads
// like a parser that pulls, while the bytes are pushed in pieces by RdbReader. A string is put into the image by the reader before the
// iterator sees it, so that what only passes through is copied once; what needs another form is taken out again.
//
// What is promised of an image: listpacks and intsets are sound to the last byte, pairs have partners, a listpack
// has no member twice, scores are numbers and in order, stream nodes ascend. Twins among elements that come one by one are for the keyspace to find, which
// looks each of them up anyhow. All this holds whatever `sanitize-dump-payload` says: the checks cost a helper thread a few nanoseconds per element.
//
// Threads: one at a time. Failure: the input is never trusted and nothing is thrown for its sake.

using System.Buffers.Binary;
using Redoubt.Keyspace;
using Redoubt.Structures;

namespace Redoubt.Persistence.Rdb;

/// <summary>What a value wants from the input next.</summary>
internal enum Want : byte
{
    /// <summary>A length, into <see cref="ValueDecoder.Number"/>.</summary>
    Length,

    /// <summary>A string, into the image.</summary>
    Text,

    /// <summary>As many bytes as <see cref="ValueDecoder.WantedBytes"/> says, into the image as a raw token.</summary>
    Raw,

    /// <summary>Nothing: here the image may be cut.</summary>
    Cut,

    /// <summary>Nothing: the value is complete.</summary>
    End,

    /// <summary>Nothing: there is no element in it. Such keys are left out, as old versions wrote some by mistake.</summary>
    Empty,

    /// <summary>Nothing: see <see cref="ValueDecoder.Problem"/>.</summary>
    Damaged,
}

internal sealed partial class ValueDecoder
{
    private const int TokenHead = 5;

    private readonly PairCheck _pairs = new();
    private IEnumerator<Want>? _grammar;

    /// <summary>Where the tokens go; the reader changes it where an image is cut.</summary>
    public ImageWriter Image { get; set; } = new();

    /// <summary>What the image is, from the type that the input names.</summary>
    public ImageType Type { get; private set; }

    public ulong Number { get; set; }

    public int WantedBytes { get; private set; }

    /// <summary>Where in the image the last text or raw token begins.</summary>
    public int TokenAt { get; set; }

    /// <summary>What is wrong, in Redis's words.</summary>
    public string Problem { get; private set; } = "";

    private ReadOnlySpan<byte> Token => Image.From(TokenAt)[TokenHead..];

    /// <summary>Begins a value of a type; false when there is no such type, or it cannot be held here.</summary>
    public bool Begin(byte type)
    {
        (ImageType Image, IEnumerable<Want> Grammar)? rule = type switch
        {
            1 => (ImageType.List, Elements(1)),
            2 => (ImageType.Set, Elements(1)),
            3 => (ImageType.SortedSet, OldSortedSet()),
            4 => (ImageType.Hash, Elements(2)),
            5 => (ImageType.SortedSet, SortedSet()),
            9 => (ImageType.Hash, Zipmap()),
            10 => (ImageType.List, ZiplistList()),
            11 => (ImageType.IntSet, IntSet()),
            12 => (ImageType.SortedSetListpack, ZiplistSortedSet()),
            13 => (ImageType.HashListpack, ZiplistHash()),
            14 => (ImageType.QuickList, ZiplistQuickList()),
            15 => (ImageType.Stream, Stream(1)),
            16 => (ImageType.HashListpack, HashListpack()),
            17 => (ImageType.SortedSetListpack, SortedSetListpack()),
            18 => (ImageType.QuickList, QuickList()),
            19 => (ImageType.StreamWithOffsets, Stream(2)),
            20 => (ImageType.Set, SetListpack()),
            21 => (ImageType.StreamWithActivity, Stream(3)),
            _ => null,
        };
        if (rule is not { } found)
            return false;
        Type = found.Image;
        _grammar = found.Grammar.GetEnumerator();
        return true;
    }

    /// <summary>What was wanted is there; what is wanted now.</summary>
    public Want Next() => _grammar!.MoveNext() ? _grammar.Current : Want.End;

    private Want Damaged(string problem)
    {
        Problem = problem;
        return Want.Damaged;
    }

    /// <summary>Takes the last token out of the image and returns a copy of its bytes.</summary>
    private byte[] TakeOut()
    {
        byte[] bytes = Token.ToArray();
        Image.Truncate(TokenAt);
        return bytes;
    }

    // ---- elements one by one ----------------------------------------------------------------------------------------

    private IEnumerable<Want> Elements(int texts)
    {
        yield return Want.Length;
        ulong count = Number;
        if (count == 0)
            yield return Want.Empty;
        Image.Length(count);
        for (ulong i = 0; i < count; i++)
        {
            if (i > 0)
                yield return Want.Cut;
            for (int text = 0; text < texts; text++)
                yield return Want.Text;
        }
    }

    private IEnumerable<Want> SortedSet()
    {
        yield return Want.Length;
        ulong count = Number;
        if (count == 0)
            yield return Want.Empty;
        Image.Length(count);
        for (ulong i = 0; i < count; i++)
        {
            if (i > 0)
                yield return Want.Cut;
            yield return Want.Text;
            WantedBytes = sizeof(double);
            yield return Want.Raw;
            if (double.IsNaN(BinaryPrimitives.ReadDoubleLittleEndian(Token)))
                yield return Damaged("Zset with NAN score detected");
        }
    }

    /// <summary>Scores as text after one byte with its length, of which the uppermost three say not a number, and both infinities.</summary>
    private IEnumerable<Want> OldSortedSet()
    {
        yield return Want.Length;
        ulong count = Number;
        if (count == 0)
            yield return Want.Empty;
        Image.Length(count);
        for (ulong i = 0; i < count; i++)
        {
            if (i > 0)
                yield return Want.Cut;
            yield return Want.Text;
            WantedBytes = 1;
            yield return Want.Raw;
            int length = TakeOut()[0];
            double score = length == 254 ? double.PositiveInfinity : double.NegativeInfinity;
            if (length == 253)
                yield return Damaged("Zset with NAN score detected");
            if (length < 253)
            {
                WantedBytes = length;
                yield return Want.Raw;
                if (!DoubleText.TryParse(TakeOut(), out score))
                    yield return Damaged("Zset with a score that is no number");
            }
            Image.Double(score);
        }
    }

    // ---- compact forms ----------------------------------------------------------------------------------------------

    private IEnumerable<Want> IntSet()
    {
        yield return Want.Text;
        if (!IntSetCheck.IsSound(Token))
            yield return Damaged("Intset integrity check failed.");
    }

    private IEnumerable<Want> HashListpack()
    {
        yield return Want.Text;
        if (_pairs.Judge(Token, out int pairs) is { } problem)
            yield return Damaged("Hash listpack " + problem);
        if (pairs == 0)
            yield return Want.Empty;
    }

    private IEnumerable<Want> SortedSetListpack()
    {
        yield return Want.Text;
        if (JudgeSortedSet("Zset listpack ") is { } want)
            yield return want;
    }

    private IEnumerable<Want> SetListpack()
    {
        yield return Want.Text;
        byte[] listpack = TakeOut();
        if (!ListpackCursor.IsSound(listpack, out int count))
            yield return Damaged("Set listpack integrity check failed.");
        if (count == 0)
            yield return Want.Empty;
        Image.Length((ulong)count);
        CopyElements(listpack);
    }

    private IEnumerable<Want> QuickList()
    {
        yield return Want.Length;
        ulong nodes = Number;
        bool isEmpty = true;
        for (ulong i = 0; i < nodes; i++)
        {
            if (i > 0)
                yield return Want.Cut;
            yield return Want.Length;
            ulong container = Number;
            if (container is not (QuickListPlain or QuickListPacked))
                yield return Damaged("Quicklist integrity check failed.");
            int before = BeginNode(container, isEmpty);
            yield return Want.Text;
            int count = 1;
            if (Token.IsEmpty || (container == QuickListPacked && !ListpackCursor.IsSound(Token, out count)))
                yield return Damaged("Listpack integrity check failed.");
            if (count == 0)
                Image.Truncate(before);
            else
                isEmpty = false;
        }
        if (isEmpty)
            yield return Want.Empty;
    }

    // ---- shared -----------------------------------------------------------------------------------------------------

    private const ulong QuickListPlain = 1;
    private const ulong QuickListPacked = 2;

    /// <summary>Nodes that turn out to be empty leave the image again; so their number is not told, and the last piece is the end.</summary>
    private int BeginNode(ulong container, bool isFirst)
    {
        int before = Image.Count;
        if (isFirst)
            Image.Length(0);
        Image.Length(container);
        return before;
    }

    /// <summary>Null when all is well.</summary>
    private Want? JudgeSortedSet(string what)
    {
        if (_pairs.Judge(Token, out int pairs) is { } problem)
            return Damaged(what + problem);
        if (pairs == 0)
            return Want.Empty;
        if (!PairCheck.AreScoresSound(Token, out bool areOrdered))
            return Damaged(what + "integrity check failed, with a score that is no number");
        if (!areOrdered)
            SpreadSortedSet(TakeOut(), pairs);
        return null;
    }

    /// <summary>A listpack out of order becomes single members, which the keyspace puts in order.</summary>
    private void SpreadSortedSet(ReadOnlySpan<byte> listpack, int pairs)
    {
        Type = ImageType.SortedSet;
        Image.Length((ulong)pairs);
        Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
        ListpackCursor cursor = new(listpack);
        while (cursor.MoveNext())
        {
            Image.Text(cursor.Text(digits));
            cursor.MoveNext();
            PairCheck.TryScore(cursor, out double score);
            Image.Double(score);
        }
    }

    private void CopyElements(ReadOnlySpan<byte> listpack)
    {
        Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
        ListpackCursor cursor = new(listpack);
        while (cursor.MoveNext())
            Image.Text(cursor.Text(digits));
    }
}
