using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.SortedSets;

// What files, DUMP and full resyncs need of a small set: its listpack as it is.
public readonly ref partial struct SortedSetValue
{
    /// <summary>The bytes of a set whose form is a listpack.</summary>
    public ReadOnlySpan<byte> PackedBytes => new Listpack(_slot.Root).Span;

    /// <summary>Makes a new key's value, whose slot says listpack, a set of checked bytes; one of more members than a listpack is to have becomes large.</summary>
    public void Load(ReadOnlySpan<byte> listpack)
    {
        _slot.Root = ListpackEditor.CreateFrom(Store.Heap, listpack);
        if (Count > Store.Limits.SortedSetMaxListpackEntries)
            Unpack();
    }
}
