using Redoubt.Native.Memory;
using Redoubt.Structures.Compression;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Values;

/// <summary>What every structure of a keyspace needs: where its memory comes from, how elements are hashed, when forms change.</summary>
public sealed class ValueStore(NativeHeap heap, KeyHasher hasher)
{
    private LzfCompressor? _lzf;

    public NativeHeap Heap { get; } = heap;

    public KeyHasher Hasher { get; } = hasher;

    public CollectionLimits Limits { get; } = new();

    /// <summary>Made when it is first needed, because of its table.</summary>
    public LzfCompressor Lzf => _lzf ??= new LzfCompressor();
}
