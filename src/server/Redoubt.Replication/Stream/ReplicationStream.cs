using Redoubt.Topology;

namespace Redoubt.Replication;

// The master's outgoing stream, stored once.
//
// Why. Every write of a master goes to each of its replicas and into the backlog, from which a replica that lost its
// link catches up. The naive way copies each write into one output buffer per replica and once more into a ring: with
// four replicas five copies in memory and five memcpy per write, and one slow replica makes its own copy grow.
//
// How. The stream is a row of blocks, filled from front to back. Nothing is copied out of them: a replica holds a
// cursor (block, position) and the socket is written straight from the block. The backlog is not a second store, it
// is the promise to keep blocks for a while: a block is let go when it is the oldest, no cursor stands on it, and the
// blocks behind it still hold at least `BacklogSizeBytes`. A cursor therefore pins its own block and everything after it,
// and what a slow replica pins counts as history too: it serves other replicas' partial resyncs for free.
//
//   _row (ring)     [ block 17 ][ block 18 ][ block 19 ][ block 20 ]
//   References           0           1           0           2
//                                    ^ slow replica          ^ ^ two replicas that are up to date
//                    ^ FirstByte                                ^ Offset (the last byte), the next write goes here
//
// Invariants
//   - Blocks are adjacent: block[i+1].FirstByte = block[i].FirstByte + block[i].Used. All but the last are closed;
//     a block may be closed before it is full, when an in-place write wanted more room in one piece.
//   - While the stream is active there is at least one block, so a cursor always has something to stand on.
//   - Offset = FirstByte - 1 + HistoryLength.
//
// Blocks are pinned arrays of one size, so a system call may read them while nothing moves; freed blocks are kept for
// reuse up to a bound, so that neither a steady stream nor a replica that falls behind and recovers makes garbage. The size follows
// the backlog (a sixteenth of it, between 1 KB and 64 KB) so that a small backlog is not rounded up to a large block.
//
// What lies between a replica that is being synchronised and the backlog may be much: a snapshot over a slow link takes long. Beyond `SpillBytes` the
// oldest blocks go to a store on the disk (IBlockStore), the bytes only, while the block stays in its place in the row. Its bytes come back when a
// cursor reads them, and go again when that moves on. What the store cannot take stays in memory.
//
// A replica's own stream is the same thing: it appends what it applied of its master's stream, byte by byte as received,
// so its offsets equal its master's and its own replicas can be moved to any node of the group.
//
// Threads: the keyspace thread only. Failure: breaking a rule of use (a cursor beyond its end, freeing under cursors) throws.

/// <summary>The outgoing replication stream: shared blocks, the backlog over their tail, and cursors of the replicas.</summary>
public sealed class ReplicationStream : CommandSink
{
    /// <summary>The largest block; also the longest piece <see cref="ReplicaCursor.Next"/> returns.</summary>
    public const int BlockBytesMax = 64 * 1024;

    /// <summary>The smallest block, and so the longest piece that <see cref="GetSpan"/> can promise.</summary>
    public const int BlockBytesMin = 1024;

    // A steady stream lets one block go for each that it opens; more in reserve is memory that nobody uses.
    private const int SparesMin = 4;
    private const int SpareShare = 4;

    private readonly Stack<ReplicationBlock> _spare = new();
    private ReplicationBlock[] _row = new ReplicationBlock[16];
    private int _head;
    private int _count;
    private int _blockBytes;
    private ReplicationBlock? _tail;
    private ReplicationOffset _offset;
    private readonly Selections _selections = new();
    private readonly BlockSpill _spill;

    /// <summary>Makes an inactive stream that will keep at least <paramref name="backlogSizeBytes"/> of history.</summary>
    public ReplicationStream(long backlogSizeBytes)
    {
        _spill = new BlockSpill(this);
        SetBacklogSize(backlogSizeBytes);
    }

    /// <summary>Where blocks may go that only a replica far behind still needs; without one they stay in memory.</summary>
    public IBlockStore? Store
    {
        get => _spill.Store;
        set => _spill.Store = value;
    }

    /// <summary>How much more than the backlog stays in memory.</summary>
    public long SpillBytes { get; set; } = long.MaxValue / 4;

    /// <summary>Bytes of the stream that are in the store and not in memory.</summary>
    public long SpilledBytes => _spill.Bytes;

    /// <summary>How much memory the blocks take that the store should have taken off it, and has not.</summary>
    public long ExcessMemoryBytes => Math.Max(0, BlockMemoryBytes - MemoryTargetBytes);

    internal long MemoryTargetBytes => BacklogSizeBytes + SpillBytes + BlockSlackBytes;

    /// <summary>Whether bytes are kept. Until the first replica comes, and after the backlog's time ran out, they are not.</summary>
    public bool IsActive => _tail is not null;

    /// <summary>The offset after the last byte: <c>master_repl_offset</c>. It survives <see cref="Free"/>.</summary>
    public ReplicationOffset Offset => _offset;

    /// <summary>The configured <c>repl-backlog-size</c>.</summary>
    public long BacklogSizeBytes { get; private set; }

    /// <summary>The oldest byte still held: <c>repl_backlog_first_byte_offset</c>. Meaningful while active.</summary>
    public StreamPosition FirstByte => IsActive ? _row[_head].FirstByte : default;

    /// <summary>How many bytes are held: <c>repl_backlog_histlen</c>.</summary>
    public long HistoryLength => IsActive ? _offset - FirstByte.OffsetBefore : 0;

    /// <summary>What a partial resync may ask for, or null while there is no backlog.</summary>
    public BacklogWindow? Window => IsActive ? new BacklogWindow(FirstByte, HistoryLength) : null;

    /// <summary>Memory of the blocks in use, filled or not.</summary>
    public long BlockMemoryBytes { get; internal set; }

    /// <summary>How much more than the backlog the blocks take without any replica's doing: the last block is not full, the first not all needed.</summary>
    public long BlockSlackBytes => 2L * _blockBytes;

    /// <summary>Memory of blocks kept for reuse.</summary>
    public long SpareMemoryBytes => (long)_spare.Count * _blockBytes;

    /// <summary>Cursors that have not been released.</summary>
    public int OpenCursors { get; private set; }

    /// <summary>Starts keeping bytes, with an empty history at the given offset: a replica after a full resync takes its
    /// master's, a master that creates its backlog keeps its own.</summary>
    public void Create(ReplicationOffset offset)
    {
        if (IsActive)
            throw new InvalidOperationException("The replication stream is active already.");
        _offset = offset;
        AddBlock();
    }

    /// <summary>Sets the offset while no bytes are kept, for instance to the one an RDB file recorded.</summary>
    public void SetOffset(ReplicationOffset offset)
    {
        if (IsActive)
            throw new InvalidOperationException("The offset of an active stream follows its bytes.");
        _offset = offset;
    }

    /// <summary>Forgets the history and gives its memory up; the offset stays. All cursors must be released before.</summary>
    public void Free()
    {
        if (OpenCursors != 0)
            throw new InvalidOperationException($"{OpenCursors} replica cursors still read the stream that is to be freed.");
        for (int i = 0; i < _count; i++)
            _spill.Leave(BlockAt(i));
        Array.Clear(_row);
        _head = 0;
        _count = 0;
        _tail = null;
        BlockMemoryBytes = 0;
        _spare.Clear();
    }

    /// <summary>Changes <c>repl-backlog-size</c> on the fly. Shrinking lets history go at once, growing lets it grow.</summary>
    public void SetBacklogSize(long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeBytes, 1);
        BacklogSizeBytes = sizeBytes;
        int blockBytes = BlockBytesFor(sizeBytes);
        if (blockBytes != _blockBytes)
        {
            _spare.Clear();
            _blockBytes = blockBytes;
        }

        Trim();
    }

    /// <summary>Adds bytes to the stream. They may be cut at any place between two blocks.</summary>
    public override void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReplicationBlock tail = Tail();
            int room = tail.Bytes.Length - tail.Used;
            if (room == 0)
            {
                AddBlock();
                continue;
            }

            int length = Math.Min(room, bytes.Length);
            bytes[..length].CopyTo(tail.Bytes.AsSpan(tail.Used));
            Advance(length);
            bytes = bytes[length..];
        }
    }

    /// <summary>Room for at least <paramref name="sizeHint"/> bytes in one piece (at most <see cref="BlockBytesMin"/>), to be
    /// written in place and then committed by <see cref="Advance"/>.</summary>
    public override Span<byte> GetSpan(int sizeHint = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, BlockBytesMin);
        ReplicationBlock tail = Tail();
        if (tail.Bytes.Length - tail.Used < sizeHint)
            tail = AddBlock();
        return tail.Bytes.AsSpan(tail.Used);
    }

    /// <summary>Commits bytes written into the last <see cref="GetSpan"/>.</summary>
    public override void Advance(int length)
    {
        ReplicationBlock tail = Tail();
        if ((uint)length > (uint)(tail.Bytes.Length - tail.Used))
            throw new ArgumentOutOfRangeException(nameof(length), length, "More than the span that was handed out.");
        tail.Used += length;
        _offset += length;
    }

    public override void Selected(int db) => _selections.Add(_offset.NextByte, db);

    /// <summary>The database in which the command at this place runs; null when that is too long ago to be known, or a master's matter.</summary>
    public int? DatabaseAt(StreamPosition place) => _selections.At(place);

    /// <summary>Takes back the bytes after this offset, which must lie in the window or right before it. No cursor may be open.</summary>
    public void TakeBackTo(ReplicationOffset offset)
    {
        if (OpenCursors != 0)
            throw new InvalidOperationException($"{OpenCursors} replica cursors read the bytes that are to be taken back.");
        if (Window is not { } window || !window.CanContinueFrom(offset.NextByte))
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "Not in the backlog.");
        while (_count > 1 && _tail!.FirstByte > offset.NextByte)
        {
            _count--;
            BlockMemoryBytes -= _tail.MemoryBytes;
            _spill.Leave(_tail);
            _row[(_head + _count) & (_row.Length - 1)] = null!;
            _tail = BlockAt(_count - 1);
            _tail.Next = null;
        }
        _spill.Restore(_tail!);
        _tail!.Used = (int)(offset.NextByte - _tail.FirstByte);
        _offset = offset;
    }

    /// <summary>A cursor whose first byte is <paramref name="next"/>, which must lie in the window or right after it.
    /// Found by bisection over the blocks.</summary>
    public ReplicaCursor CursorAt(StreamPosition next)
    {
        if (Window is not { } window || !window.CanContinueFrom(next))
            throw new ArgumentOutOfRangeException(nameof(next), next, "Not in the backlog.");
        int low = 0;
        int high = _count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (BlockAt(middle).FirstByte <= next)
                low = middle;
            else
                high = middle - 1;
        }

        ReplicationBlock block = BlockAt(low);
        OpenCursors++;
        return new ReplicaCursor(this, block, (int)(next - block.FirstByte));
    }

    /// <summary>A cursor at the end: a replica that is sent a snapshot of this moment needs every byte that follows it.</summary>
    public ReplicaCursor CursorAtEnd() => CursorAt(_offset.NextByte);

    /// <summary>Checks the invariants above; for tests.</summary>
    public void Verify()
    {
        long expected = _count == 0 ? 0 : BlockAt(0).FirstByte.Value;
        long memory = 0;
        int references = 0;
        for (int i = 0; i < _count; i++)
        {
            ReplicationBlock block = BlockAt(i);
            Require(block.FirstByte.Value == expected, "blocks are adjacent");
            Require(block.References >= 0, "no negative reference count");
            Require(ReferenceEquals(block.Next, i + 1 < _count ? BlockAt(i + 1) : null), "the chain follows the row");
            expected += block.Used;
            memory += block.MemoryBytes;
            references += block.References;
        }

        Require(references == OpenCursors, "every cursor holds one block");
        Require(memory == BlockMemoryBytes, "the memory adds up");
        Require(_count == 0 || expected == _offset.NextByte.Value, "the last block ends at the offset");
        Require(ReferenceEquals(_tail, _count == 0 ? null : BlockAt(_count - 1)), "the tail is the last block");
        // Blocks are let go when one is added, so what the last one holds was not counted yet.
        Require(
            _count < 2 || _row[_head].References > 0 || HistoryLength - _row[_head].Used - _tail!.Used < BacklogSizeBytes,
            "the oldest block is needed");

        static void Require(bool holds, string rule)
        {
            if (!holds)
                throw new InvalidOperationException("Replication stream: broken invariant: " + rule + ".");
        }
    }

    internal void Move(ReplicationBlock from, ReplicationBlock to)
    {
        to.References++;
        Release(from);
    }

    internal void Close(ReplicationBlock block)
    {
        OpenCursors--;
        Release(block);
    }

    /// <summary>Brings the bytes of a block back from the store; false when they cannot be read.</summary>
    internal bool Load(ReplicationBlock block) => _spill.Load(block);

    internal byte[] TakeSpareBytes(int length) =>
        _spare.TryPeek(out ReplicationBlock? spare) && spare.Bytes.Length >= length ? _spare.Pop().Bytes : GC.AllocateUninitializedArray<byte>(length, pinned: true);

    internal void AddSpare(ReplicationBlock block)
    {
        // What a replica that fell behind had pinned is worth keeping only in part; the rest goes to the collector.
        if (block.Bytes.Length == _blockBytes && _spare.Count < Math.Max(SparesMin, BacklogSizeBytes / SpareShare / _blockBytes))
            _spare.Push(block);
    }

    internal ReplicationBlock? Oldest => _count > 0 ? _row[_head] : null;

    internal bool IsTail(ReplicationBlock block) => ReferenceEquals(block, _tail);

    private static int BlockBytesFor(long backlogSizeBytes)
    {
        int size = BlockBytesMin;
        while (size < BlockBytesMax && size * 2L <= backlogSizeBytes / 16)
            size *= 2;
        return size;
    }

    private ReplicationBlock Tail() =>
        _tail ?? throw new InvalidOperationException("The replication stream is not active.");

    private ReplicationBlock BlockAt(int index) => _row[(_head + index) & (_row.Length - 1)];

    private ReplicationBlock AddBlock()
    {
        if (!_spare.TryPop(out ReplicationBlock? block))
            block = new ReplicationBlock(GC.AllocateUninitializedArray<byte>(_blockBytes, pinned: true));
        block.Open(_offset.NextByte);
        if (_count == _row.Length)
            GrowRow();
        if (_tail is not null)
            _tail.Next = block;
        _row[(_head + _count) & (_row.Length - 1)] = block;
        _count++;
        _tail = block;
        BlockMemoryBytes += block.Bytes.Length;
        Trim();
        _spill.SpillExcess();
        return block;
    }

    private void GrowRow()
    {
        var row = new ReplicationBlock[_row.Length * 2];
        for (int i = 0; i < _count; i++)
            row[i] = BlockAt(i);
        _row = row;
        _head = 0;
    }

    private void Release(ReplicationBlock block)
    {
        block.References--;
        if (block.References > 0)
            return;
        _spill.LeaveCopy(block);
        if (ReferenceEquals(block, _row[_head]))
            Trim();
    }

    private void Trim()
    {
        // The tail is never let go: it is where the next byte goes.
        while (_count > 1 && MayRelease())
        {
            ReplicationBlock block = _row[_head];
            _row[_head] = null!;
            _head = (_head + 1) & (_row.Length - 1);
            _count--;
            BlockMemoryBytes -= block.MemoryBytes;
            _spill.Passed(block);
            block.Next = null;
            if (!_spill.Leave(block))
                AddSpare(block);
        }
    }

    private bool MayRelease() =>
        _row[_head].References == 0 && HistoryLength - _row[_head].Used >= BacklogSizeBytes;
}
