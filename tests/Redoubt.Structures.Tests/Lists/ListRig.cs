using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests.Lists;

/// <summary>A table with one list in it, and perhaps its copy, on the guarded heap.</summary>
internal sealed class ListRig : IDisposable
{
    private readonly GuardHeap _heap = new();
    private readonly EntryTable _table;
    private readonly KeyHasher _hasher = new(1, 2);

    public ListRig()
    {
        Store = new ValueStore(_heap, _hasher);
        _table = new EntryTable(Store);
        _table.InsertCollection("l"u8, _hasher.Hash("l"u8), ValueType.List, ValueEncoding.Listpack, -1, 0);
    }

    public ValueStore Store { get; }

    public long UsedBytes => _heap.UsedBytes;

    public ListValue List => ValueOf("l"u8);

    public ListValue Copy => ValueOf("copy"u8);

    public ValueEncoding Encoding => SlotOf("l"u8).Encoding;

    public long OccupiedBytes => CollectionMemory.Bytes(Store, ValueType.List, Encoding, SlotOf("l"u8).Root, 0);

    public void MakeCopy() => _table.InsertCopy("copy"u8, _hasher.Hash("copy"u8), Find("l"u8), -1, 0);

    public void RemoveCopy() => _table.Remove(Find("copy"u8));

    /// <summary>Takes the list out of its key; it is to be freed in slices.</summary>
    public bool TryDetach(out DetachedCollection collection) => _table.TryDetachCollection(Find("l"u8), 0, out collection);

    public void Verify() => _heap.Verify();

    public void Dispose()
    {
        _heap.Verify();
        _table.Dispose();
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private Entry Find(ReadOnlySpan<byte> key) => _table.Find(key, _hasher.Hash(key));

    private ValueSlot SlotOf(ReadOnlySpan<byte> key) => _table.SlotOf(Find(key));

    private ListValue ValueOf(ReadOnlySpan<byte> key) => new(SlotOf(key));
}
