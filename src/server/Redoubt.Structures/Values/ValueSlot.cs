// The place in an entry where a collection hangs: its encoding and the address of its own block, the root.
//
// A command asks the database for the slot and puts a typed view over it (HashValue, ListValue ...). The view changes the
// structure and, when a block moves or the encoding changes, writes that back through the slot. Addresses stay in here.
//
// A slot is valid until its key is deleted, renamed or given another expiry; the entry's block does not move otherwise.

using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Values;

public readonly unsafe ref struct ValueSlot
{
    private readonly byte* _block;

    internal ValueSlot(ValueStore store, byte* block)
    {
        Store = store;
        _block = block;
    }

    public bool Exists => _block != null;

    public ValueType Type => (ValueType)(_block[1] & 15);

    public ValueEncoding Encoding
    {
        get => (ValueEncoding)(_block[1] >> 4);
        internal set => _block[1] = (byte)((_block[1] & 15) | ((int)value << 4));
    }

    internal ValueStore Store { get; }

    /// <summary>Identifies the slot while it is valid.</summary>
    internal nint Address => (nint)_block;

    /// <summary>Address of the value's block; 0 while the value is being made or taken apart.</summary>
    internal nint Root
    {
        get => *(nint*)(_block + Entry.WordOffset(_block));
        set => *(nint*)(_block + Entry.WordOffset(_block)) = value;
    }
}
