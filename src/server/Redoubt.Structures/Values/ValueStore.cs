using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Values;

/// <summary>What every structure of a keyspace needs: where its memory comes from, how elements are hashed, when forms change.</summary>
public sealed class ValueStore(NativeHeap heap, KeyHasher hasher)
{
    public NativeHeap Heap { get; } = heap;

    public KeyHasher Hasher { get; } = hasher;

    public CollectionLimits Limits { get; } = new();
}
