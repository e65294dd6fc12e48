// Output that a connection owes: what a socket did not take, or what was pushed to a client outside of its turn.
//
// It stands in the connection's own reply buffer first, of 1 to 16 KB as it needed lately, and then in a list of blocks: of
// 16 KB from a small shared stock, or as large as a piece is. Replies that the socket takes at once never come here.

namespace Redoubt.Server.Connections;

internal sealed class OutputQueue
{
    public const int BufferBytesMin = 1024;
    public const int BufferBytesMax = 16 * 1024;

    private const int BlockBytes = 16 * 1024;
    private const int BlockOverheadBytes = 64;
    private const int StockMax = 64;

    private static readonly Stack<byte[]> Stock = new();

    private readonly Queue<Block> _blocks = new();
    private byte[] _buffer = new byte[BufferBytesMin];
    private int _bufferStart;
    private int _bufferEnd;
    private Block? _last;

    private sealed class Block(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public int Start { get; set; }

        public int End { get; set; }
    }

    /// <summary>Bytes that are to be sent.</summary>
    public long Bytes => InBuffer + InBlocks;

    public int InBuffer => _bufferEnd - _bufferStart;

    public long InBlocks { get; private set; }

    public int BlockCount => _blocks.Count;

    /// <summary>Size of the reply buffer.</summary>
    public int BufferBytes => _buffer.Length;

    /// <summary>Memory of the list's blocks.</summary>
    public long BlockMemoryBytes { get; private set; }

    public long MemoryBytes => _buffer.Length + BlockMemoryBytes;

    public bool IsEmpty => _bufferEnd == _bufferStart && _blocks.Count == 0;

    /// <summary>The next bytes in one piece.</summary>
    public ReadOnlySpan<byte> Front
    {
        get
        {
            if (InBuffer > 0)
                return _buffer.AsSpan(_bufferStart, InBuffer);
            Block block = _blocks.Peek();
            return block.Bytes.AsSpan(block.Start, block.End - block.Start);
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_blocks.Count == 0)
        {
            int fits = Math.Min(bytes.Length, _buffer.Length - _bufferEnd);
            bytes[..fits].CopyTo(_buffer.AsSpan(_bufferEnd));
            _bufferEnd += fits;
            bytes = bytes[fits..];
        }
        else
        {
            int fits = Math.Min(bytes.Length, _last!.Bytes.Length - _last.End);
            bytes[..fits].CopyTo(_last.Bytes.AsSpan(_last.End));
            _last.End += fits;
            InBlocks += fits;
            bytes = bytes[fits..];
        }
        if (!bytes.IsEmpty)
            _blocks.Enqueue(_last = NewBlock(bytes));
    }

    /// <summary>Puts bytes before everything that waits.</summary>
    public void Prepend(ReadOnlySpan<byte> bytes)
    {
        if (IsEmpty)
        {
            Append(bytes);
            return;
        }
        Block[] later = _blocks.ToArray();
        Block? last = _last;
        _blocks.Clear();
        _blocks.Enqueue(_last = NewBlock(bytes));
        if (InBuffer > 0)
        {
            _blocks.Enqueue(_last = NewBlock(_buffer.AsSpan(_bufferStart, InBuffer)));
            _bufferStart = _bufferEnd = 0;
        }
        foreach (Block block in later)
            _blocks.Enqueue(block);
        _last = last ?? _last;
    }

    public void Consume(int count)
    {
        int fromBuffer = Math.Min(count, InBuffer);
        _bufferStart += fromBuffer;
        count -= fromBuffer;
        if (_bufferStart == _bufferEnd)
            _bufferStart = _bufferEnd = 0;
        InBlocks -= count;
        while (count > 0)
        {
            Block block = _blocks.Peek();
            int taken = Math.Min(count, block.End - block.Start);
            block.Start += taken;
            count -= taken;
            if (block.Start == block.End)
                Drop(_blocks.Dequeue());
        }
    }

    /// <summary>Gives the reply buffer another size, if it can: what stands in it must fit. True when it did.</summary>
    public bool ResizeBuffer(int bytes)
    {
        if (bytes == _buffer.Length || bytes < InBuffer)
            return false;
        byte[] resized = new byte[bytes];
        _buffer.AsSpan(_bufferStart, InBuffer).CopyTo(resized);
        _bufferEnd = InBuffer;
        _bufferStart = 0;
        _buffer = resized;
        return true;
    }

    public void Clear()
    {
        while (_blocks.TryDequeue(out Block? block))
            Drop(block);
        InBlocks = 0;
        _bufferStart = _bufferEnd = 0;
    }

    private Block NewBlock(ReadOnlySpan<byte> bytes)
    {
        byte[] memory = bytes.Length > BlockBytes ? new byte[bytes.Length] : Stock.TryPop(out byte[]? stocked) ? stocked : new byte[BlockBytes];
        bytes.CopyTo(memory);
        InBlocks += bytes.Length;
        BlockMemoryBytes += memory.Length + BlockOverheadBytes;
        return new Block(memory) { End = bytes.Length };
    }

    private void Drop(Block block)
    {
        BlockMemoryBytes -= block.Bytes.Length + BlockOverheadBytes;
        if (_blocks.Count == 0)
            _last = null;
        if (block.Bytes.Length == BlockBytes && Stock.Count < StockMax)
            Stock.Push(block.Bytes);
        else
            InputBuffers.ReleasedBytes += block.Bytes.Length;
    }
}
