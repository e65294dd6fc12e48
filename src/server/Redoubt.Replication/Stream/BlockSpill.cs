namespace Redoubt.Replication;

// Which blocks of the stream are in the store, and which are to go there: the oldest, as long as the blocks in memory take more than they should.
//
// A block's way: in memory -> being written (its bytes may still be read) -> in the store only -> read back for a cursor, and left again when
// the last cursor has moved on -> out of the row, when its slot is free for another one. The pointer `_next` divides the row: blocks before it have gone to
// the store or could not, those from it on are in memory.

/// <summary>Slots on the disk for bytes of the stream. Writes return at once, and are told of on the stream's own thread.</summary>
public interface IBlockStore
{
    /// <summary>Writes into a slot; the bytes do not change until <paramref name="done"/> is told whether it went well.</summary>
    void Write(int slot, byte[] bytes, int length, Action<bool> done);

    /// <summary>Reads what was written into a slot; false when that cannot be.</summary>
    bool Read(int slot, Span<byte> bytes);

    /// <summary>No slot is in use any more.</summary>
    void Clear();
}

internal sealed class BlockSpill(ReplicationStream stream)
{
    private readonly Stack<int> _freeSlots = new();
    private int _slots;
    private int _usedSlots;
    private ReplicationBlock? _next;
    private long _beingWrittenBytes;
    private bool _isFailing;

    internal IBlockStore? Store { get; set; }

    internal long Bytes { get; private set; }

    /// <summary>Sends what is too much on its way to the store.</summary>
    internal void SpillExcess()
    {
        if (Store is not { } store)
            return;
        if (_isFailing)
        {
            // What is held is held in memory, until it is no longer too much.
            _isFailing = stream.ExcessMemoryBytes > 0;
            return;
        }
        while (stream.BlockMemoryBytes - _beingWrittenBytes > stream.MemoryTargetBytes)
        {
            ReplicationBlock? block = _next ?? stream.Oldest;
            if (block is null || stream.IsTail(block))
                return;
            _next = block.Next;
            if (block.Slot >= 0)
                continue;
            block.Slot = _freeSlots.TryPop(out int free) ? free : _slots++;
            _usedSlots++;
            block.IsBeingWritten = true;
            _beingWrittenBytes += block.MemoryBytes;
            store.Write(block.Slot, block.Bytes, block.Used, succeeded => Written(block, succeeded));
        }
    }

    private void Written(ReplicationBlock block, bool succeeded)
    {
        block.IsBeingWritten = false;
        _beingWrittenBytes -= block.MemoryBytes;
        _isFailing |= !succeeded;
        if (succeeded && !block.IsGone && !block.IsChanged)
        {
            DropBytes(block);
            return;
        }
        FreeSlot(block);
        if (block.IsGone)
            stream.AddSpare(new ReplicationBlock(block.Bytes));
        block.IsChanged = false;
    }

    internal bool Load(ReplicationBlock block)
    {
        byte[] bytes = stream.TakeSpareBytes(Math.Max(block.Used, 1));
        if (Store?.Read(block.Slot, bytes.AsSpan(0, block.Used)) != true)
            return false;
        block.Bytes = bytes;
        stream.BlockMemoryBytes += bytes.Length;
        Bytes -= block.Used;
        return true;
    }

    /// <summary>No cursor stands on the block any more: the copy in memory may go.</summary>
    internal void LeaveCopy(ReplicationBlock block)
    {
        if (block is { Slot: >= 0, IsBeingWritten: false, IsInMemory: true })
            DropBytes(block);
    }

    private void DropBytes(ReplicationBlock block)
    {
        stream.BlockMemoryBytes -= block.MemoryBytes;
        stream.AddSpare(new ReplicationBlock(block.Bytes));
        block.Bytes = [];
        Bytes += block.Used;
    }

    /// <summary>The oldest block is about to leave the row.</summary>
    internal void Passed(ReplicationBlock block)
    {
        if (ReferenceEquals(block, _next))
            _next = block.Next;
    }

    /// <summary>A block has left the row. True when its bytes are gone or are still needed.</summary>
    internal bool Leave(ReplicationBlock block)
    {
        if (ReferenceEquals(block, _next))
            _next = null;
        if (block.Slot < 0)
            return false;
        if (block.IsBeingWritten)
        {
            block.IsGone = true;
            return true;
        }
        bool isInMemory = block.IsInMemory;
        if (!isInMemory)
            Bytes -= block.Used;
        FreeSlot(block);
        return !isInMemory;
    }

    /// <summary>The block is to be written to again: it is in memory and nowhere else.</summary>
    internal void Restore(ReplicationBlock block)
    {
        if (block.Slot < 0)
            return;
        if (block.IsBeingWritten)
        {
            block.IsChanged = true;
            return;
        }
        if (!block.IsInMemory && !Load(block))
            throw new InvalidOperationException("The last block of the stream cannot be read back.");
        FreeSlot(block);
    }

    private void FreeSlot(ReplicationBlock block)
    {
        _freeSlots.Push(block.Slot);
        block.Slot = -1;
        if (--_usedSlots > 0)
            return;
        _freeSlots.Clear();
        _slots = 0;
        Store?.Clear();
    }
}
