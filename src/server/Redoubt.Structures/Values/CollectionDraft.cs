using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Values;

/// <summary>
/// A collection that belongs to no key yet: what SUNION answers with, or what SUNIONSTORE puts in the place of something else once it is complete. It hangs
/// on a block like that of an entry, but for the key. What was not moved to a key is freed at the end.
/// </summary>
public readonly unsafe ref struct CollectionDraft
{
    private readonly ValueStore _store;
    private readonly byte* _block;

    public CollectionDraft(ValueStore store, ValueType type, ValueEncoding encoding)
    {
        _store = store;
        _block = store.Heap.Allocate(BlockBytes);
        *(ulong*)_block = 0;
        _block[0] = Entry.FlagOutside;
        _block[1] = (byte)((int)type | (int)encoding << 4);
        *(nint*)(_block + Entry.HeaderBytes) = 0;
    }

    private const int BlockBytes = Entry.HeaderBytes + 8;

    /// <summary>Where a typed view is put over the draft.</summary>
    public ValueSlot Slot => new(_store, _block);

    /// <summary>Hands the collection over to a key that was just created.</summary>
    public void MoveTo(ValueSlot target)
    {
        ValueSlot own = Slot;
        target.Encoding = own.Encoding;
        target.Root = own.Root;
        own.Root = 0;
    }

    public void Dispose()
    {
        ValueSlot own = Slot;
        CollectionDisposal.Free(_store, own.Type, own.Encoding, own.Root);
        _store.Heap.Free(_block, BlockBytes);
    }
}
