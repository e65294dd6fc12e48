using Redoubt.Structures.Elements;
using Redoubt.Structures.IntSets;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Streams;

namespace Redoubt.Structures.Values;

/// <summary>A second collection with the same content: what COPY makes. One line per encoding; the work is the family's own.</summary>
internal static class CollectionCopy
{
    /// <returns>The root of the copy.</returns>
    public static nint Copy(ValueStore store, ValueType type, ValueEncoding encoding, nint root) => (type, encoding) switch
    {
        _ when root == 0 => 0,
        (_, ValueEncoding.Listpack) => ListpackEditor.CreateFrom(store.Heap, new Listpack(root).Span),
        (ValueType.SortedSet, ValueEncoding.SkipList) => SortedSetTable.Copy(store, root),
        (ValueType.Set, ValueEncoding.IntSet) => IntSet.CreateFrom(store.Heap, new IntSet(root).Span),
        (ValueType.Hash or ValueType.Set, ValueEncoding.HashTable) => new ElementTable(store.Heap, store.Hasher, root).Copy(),
        (ValueType.List, ValueEncoding.QuickList) => ListDisposal.Copy(store.Heap, root),
        (ValueType.Stream, ValueEncoding.Stream) => StreamDisposal.Copy(store.Heap, root),
        _ => throw CollectionDisposal.Unknown(type, encoding),
    };
}
