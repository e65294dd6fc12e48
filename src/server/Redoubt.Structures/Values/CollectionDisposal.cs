// Freeing collections, a bounded number of elements at a time, so that dropping a list of ten million costs nobody a pause.
//
// One line per encoding; the work is the family's own. A root of 0 is a value that was never made or was taken over: nothing
// is to be freed.

using Redoubt.Native;
using Redoubt.Structures.Elements;
using Redoubt.Structures.IntSets;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Streams;

namespace Redoubt.Structures.Values;

internal static class CollectionDisposal
{
    /// <summary>How much there is to free, in elements or nodes: what decides between at once and in slices.</summary>
    public static long Effort(ValueType type, ValueEncoding encoding, nint root) => (type, encoding) switch
    {
        _ when root == 0 => 0,
        (ValueType.SortedSet, ValueEncoding.SkipList) => SortedSetTable.CountOf(root),
        (_, ValueEncoding.Listpack) => 1,
        (ValueType.Set, ValueEncoding.IntSet) => 1,
        (ValueType.Hash or ValueType.Set, ValueEncoding.HashTable) => ElementTable.Effort(root),
        (ValueType.List, ValueEncoding.QuickList) => ListDisposal.Effort(root),
        (ValueType.Stream, ValueEncoding.Stream) => StreamDisposal.Effort(root),
        _ => throw Unknown(type, encoding),
    };

    /// <summary>Frees up to <paramref name="budget"/> elements; true when all is freed and <paramref name="root"/> is 0.</summary>
    public static bool FreeSome(ValueStore store, ValueType type, ValueEncoding encoding, ref nint root, ref int budget)
    {
        if (root == 0)
            return true;
        return (type, encoding) switch
        {
            (_, ValueEncoding.Listpack) => FreeListpack(store, ref root, ref budget),
            (ValueType.SortedSet, ValueEncoding.SkipList) => SortedSetTable.FreeSome(store, ref root, ref budget),
            (ValueType.Set, ValueEncoding.IntSet) => IntSet.Free(store.Heap, ref root, ref budget),
            (ValueType.Hash or ValueType.Set, ValueEncoding.HashTable) => ElementTable.FreeSome(store.Heap, ref root, ref budget),
            (ValueType.List, ValueEncoding.QuickList) => ListDisposal.FreeSome(store.Heap, ref root, ref budget),
            (ValueType.Stream, ValueEncoding.Stream) => StreamDisposal.FreeSome(store.Heap, ref root, ref budget),
            _ => throw Unknown(type, encoding),
        };
    }

    private static bool FreeListpack(ValueStore store, ref nint root, ref int budget)
    {
        ListpackEditor.Free(store.Heap, root);
        root = 0;
        budget--;
        return true;
    }

    /// <summary>Frees all of it now.</summary>
    public static void Free(ValueStore store, ValueType type, ValueEncoding encoding, nint root)
    {
        int budget = int.MaxValue;
        while (!FreeSome(store, type, encoding, ref root, ref budget))
            budget = int.MaxValue;
    }

    internal static Exception Unknown(ValueType type, ValueEncoding encoding)
    {
        Invariant.That(false, $"a {type} is never encoded as {encoding}");
        return new InvalidOperationException();
    }
}
