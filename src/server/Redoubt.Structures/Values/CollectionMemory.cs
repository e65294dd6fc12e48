using Redoubt.Structures.Elements;
using Redoubt.Structures.IntSets;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Streams;

namespace Redoubt.Structures.Values;

/// <summary>What MEMORY USAGE tells. One line per encoding; the work is the family's own.</summary>
internal static class CollectionMemory
{
    /// <summary>Bytes that the collection's blocks occupy.</summary>
    /// <param name="samples">How many elements may be looked at where there is no running total; 0 = all.</param>
    public static long Bytes(ValueStore store, ValueType type, ValueEncoding encoding, nint root, int samples) => (type, encoding) switch
    {
        _ when root == 0 => 0,
        (_, ValueEncoding.Listpack) => ListpackEditor.MemoryBytes(store.Heap, root),
        (ValueType.SortedSet, ValueEncoding.SkipList) => new SortedSetTable(store, root).MemoryBytes,
        (ValueType.Set, ValueEncoding.IntSet) => IntSet.MemoryBytes(store.Heap, root),
        (ValueType.Hash or ValueType.Set, ValueEncoding.HashTable) => new ElementTable(store.Heap, store.Hasher, root).MemoryBytes,
        (ValueType.List, ValueEncoding.QuickList) => ListDisposal.OccupiedBytes(store.Heap, root, samples),
        (ValueType.Stream, ValueEncoding.Stream) => StreamDisposal.OccupiedBytes(store.Heap, root),
        _ => throw CollectionDisposal.Unknown(type, encoding),
    };
}
