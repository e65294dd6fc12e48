using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests.Streams;

/// <summary>A table with one stream in it, on the guarded heap.</summary>
internal sealed class StreamRig : IDisposable
{
    private readonly GuardHeap _heap = new();
    private readonly EntryTable _table;
    private readonly KeyHasher _hasher = new(1, 2);

    public StreamRig()
    {
        Store = new ValueStore(_heap, _hasher);
        _table = new EntryTable(Store);
        _table.InsertCollection("s"u8, _hasher.Hash("s"u8), ValueType.Stream, ValueEncoding.Stream, -1, 0);
    }

    public ValueStore Store { get; }

    public StreamValue Stream => ValueOf("s"u8);

    public StreamValue ValueOf(ReadOnlySpan<byte> key) => new(_table.SlotOf(_table.Find(key, _hasher.Hash(key))));

    public long OccupiedBytes => CollectionMemory.Bytes(Store, ValueType.Stream, ValueEncoding.Stream, _table.SlotOf(_table.Find("s"u8, _hasher.Hash("s"u8))).Root, 0);

    public long UsedBytes => _heap.UsedBytes;

    public void Copy(string key) =>
        _table.InsertCopy(Encoding.Latin1.GetBytes(key), _hasher.Hash(Encoding.Latin1.GetBytes(key)), _table.Find("s"u8, _hasher.Hash("s"u8)), -1, 0);

    public void Remove(string key) => _table.Remove(_table.Find(Encoding.Latin1.GetBytes(key), _hasher.Hash(Encoding.Latin1.GetBytes(key))));

    public bool TryDetach(out DetachedCollection collection) =>
        _table.TryDetachCollection(_table.Find("s"u8, _hasher.Hash("s"u8)), effortMax: -1, out collection);

    public StreamAppend Append(StreamId id, params string[] content) => Stream.Append(id, new Fields(content));

    /// <summary>The entries of a range: "ms-seq field value …".</summary>
    public static List<string> Read(StreamRange range, int countMax = int.MaxValue)
    {
        List<string> read = [];
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        while (read.Count < countMax && range.MoveNext())
        {
            StringBuilder text = new(range.Id.ToString());
            while (range.MoveNextField(out PackedValue field, out PackedValue value))
            {
                text.Append(' ').Append(Encoding.Latin1.GetString(field.Text(digits)));
                text.Append(' ').Append(Encoding.Latin1.GetString(value.Text(digits)));
            }
            read.Add(text.ToString());
        }
        return read;
    }

    public void Dispose()
    {
        _heap.Verify();
        _table.Dispose();
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private readonly struct Fields(string[] content) : IStreamFields
    {
        public int Count => content.Length / 2;

        public ReadOnlySpan<byte> Field(int index) => Encoding.Latin1.GetBytes(content[2 * index]);

        public ReadOnlySpan<byte> Value(int index) => Encoding.Latin1.GetBytes(content[2 * index + 1]);
    }
}
