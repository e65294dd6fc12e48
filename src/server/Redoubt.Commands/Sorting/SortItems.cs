// The elements that SORT puts in order.
//
// They are copied out of their collection first: BY and GET look up other keys, which may delete one that has expired, and STORE may replace the very
// key that is sorted. The copies lie one after the other in chunks, so that neither many elements nor long ones are moved as they grow in number.
//
// Elements that compare alike stay in the order in which they were found: the order is the same each time, here and on a replica.
//
// Threads: the keyspace thread; for the time of one command.

using Redoubt.Structures.Listpacks;

namespace Redoubt.Commands.Sorting;

internal sealed class SortItems
{
    private const int ChunkBytes = 64 * 1024;

    private readonly List<byte[]> _chunks = [];
    private Candidate[] _items;
    private int _used = ChunkBytes;

    public SortItems(long expected) => _items = new Candidate[Math.Min(expected, Array.MaxLength)];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index] => Text(_items[index].Element);

    public void Add(PackedValue element)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        Add(element.Text(digits));
    }

    public void Add(ReadOnlySpan<byte> element)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, Math.Max(16, 2 * Count));
        Place place = Copy(element);
        _items[Count] = new Candidate { Element = place, Weight = place, Number = Count };
        Count++;
    }

    /// <summary>What an element is compared by, instead of itself.</summary>
    public void SetWeight(int index, ReadOnlySpan<byte> weight) => _items[index].Weight = Copy(weight);

    /// <summary>There is nothing to compare an element by; such come first.</summary>
    public void SetWeightless(int index) => _items[index].Weight = default;

    public void SetScore(int index, double score) => _items[index].Score = score;

    /// <summary>Orders by scores; equal ones by the bytes of the elements.</summary>
    public void SortByScore(bool isDescending) => Sort(isDescending, (a, b) =>
    {
        int order = a.Score.CompareTo(b.Score);
        return order != 0 ? order : Text(a.Element).SequenceCompareTo(Text(b.Element));
    });

    /// <summary>Orders by the bytes of the weights.</summary>
    /// <param name="endsAtZero">A text ends before its first zero byte, as where C compares it.</param>
    public void SortByText(bool isDescending, bool endsAtZero) => Sort(isDescending, (a, b) =>
    {
        if (!a.Weight.Exists || !b.Weight.Exists)
            return a.Weight.Exists.CompareTo(b.Weight.Exists);
        ReadOnlySpan<byte> left = Text(a.Weight), right = Text(b.Weight);
        return endsAtZero ? UpToZero(left).SequenceCompareTo(UpToZero(right)) : left.SequenceCompareTo(right);
    });

    private void Sort(bool isDescending, Comparison<Candidate> compare) => _items.AsSpan(0, Count).Sort((a, b) =>
    {
        int order = compare(a, b);
        return order == 0 ? a.Number.CompareTo(b.Number) : isDescending ? -order : order;
    });

    private static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> text)
    {
        int zero = text.IndexOf((byte)0);
        return zero < 0 ? text : text[..zero];
    }

    private ReadOnlySpan<byte> Text(Place place) => _chunks[place.Chunk - 1].AsSpan(place.Offset, place.Length);

    private Place Copy(ReadOnlySpan<byte> text)
    {
        if (_chunks.Count == 0 || text.Length > _chunks[^1].Length - _used)
        {
            _chunks.Add(new byte[Math.Max(ChunkBytes, text.Length)]);
            _used = 0;
        }
        text.CopyTo(_chunks[^1].AsSpan(_used));
        var place = new Place(_chunks.Count, _used, text.Length);
        _used += text.Length;
        return place;
    }

    /// <param name="Chunk">Counted from 1.</param>
    private readonly record struct Place(int Chunk, int Offset, int Length)
    {
        public bool Exists => Chunk != 0;
    }

    private struct Candidate
    {
        public Place Element;
        public Place Weight;
        public double Score;
        public int Number;
    }
}
