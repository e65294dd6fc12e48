using Redoubt.Native;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Streams;

// What files, DUMP and full resyncs need: the nodes as they are, and a stream built from them. A file names what a group has
// pending before it names the consumers, so a pending entry that is being loaded has no owner for a while.

public readonly unsafe ref partial struct StreamValue
{
    /// <summary>The nodes in order, each an ID and the bytes of a listpack.</summary>
    public StreamNodes Nodes => new(Block->Nodes.First());

    /// <summary>The nodes from this ID on.</summary>
    public StreamNodes NodesFrom(StreamId id) => new(Block->Nodes.AtOrAfter(id));

    /// <summary>Adds a node of checked bytes; false when its ID is not beyond those there are.</summary>
    public bool TryAddNode(StreamId id, scoped ReadOnlySpan<byte> listpack)
    {
        IdCursor last = Block->Nodes.Last();
        if (last.IsValid && id <= last.Id)
            return false;
        nint pack = ListpackEditor.CreateFrom(Heap, listpack);
        Block->Nodes.TryAdd(Heap, id, pack);
        Block->NodeBytes += ListpackEditor.MemoryBytes(Heap, pack);
        Block->Length += new StreamNode(id, pack).LiveCount;
        return true;
    }

    /// <summary>To be called after the last node: the first ID follows from them.</summary>
    public void EndNodes() => FindFirstId();
}

/// <summary>A walk over the nodes of a stream, valid until the stream changes.</summary>
public unsafe ref struct StreamNodes
{
    private IdCursor _next;

    internal StreamNodes(IdCursor first) => _next = first;

    public StreamId Id { get; private set; }

    /// <summary>The node's bytes as Redis has them.</summary>
    public ReadOnlySpan<byte> Listpack { get; private set; }

    public bool MoveNext()
    {
        if (!_next.IsValid)
            return false;
        Id = _next.Id;
        Listpack = new Listpack(_next.Value).Span;
        _next.MoveOn();
        return true;
    }
}
