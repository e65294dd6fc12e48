// Bytes that a socket did not take yet, or that were pushed to a client outside of its turn. Blocks of 16 KB come from a
// small shared stock; a larger piece gets a block of its own.

namespace Redoubt.Server.Connections;

internal sealed class OutputQueue
{
    private const int BlockBytes = 16 * 1024;
    private const int StockMax = 64;

    private static readonly Stack<byte[]> Stock = new();

    private readonly Queue<Block> _blocks = new();
    private Block? _last;

    private sealed class Block(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public int Start { get; set; }

        public int End { get; set; }
    }

    public long Bytes { get; private set; }

    public int BlockCount => _blocks.Count;

    public bool IsEmpty => Bytes == 0;

    /// <summary>The next bytes in one piece.</summary>
    public ReadOnlySpan<byte> Front
    {
        get
        {
            Block block = _blocks.Peek();
            return block.Bytes.AsSpan(block.Start, block.End - block.Start);
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        if (_last is not null)
        {
            int fits = Math.Min(bytes.Length, _last.Bytes.Length - _last.End);
            bytes[..fits].CopyTo(_last.Bytes.AsSpan(_last.End));
            _last.End += fits;
            bytes = bytes[fits..];
        }
        if (bytes.IsEmpty)
            return;
        byte[] memory = bytes.Length > BlockBytes ? new byte[bytes.Length] : Stock.TryPop(out byte[]? stocked) ? stocked : new byte[BlockBytes];
        bytes.CopyTo(memory);
        _last = new Block(memory) { End = bytes.Length };
        _blocks.Enqueue(_last);
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
        long laterBytes = Bytes;
        Block? last = _last;
        Clear();
        Append(bytes);
        foreach (Block block in later)
            _blocks.Enqueue(block);
        _last = last;
        Bytes = laterBytes + bytes.Length;
    }

    public void Consume(int count)
    {
        Bytes -= count;
        while (count > 0)
        {
            Block block = _blocks.Peek();
            int taken = Math.Min(count, block.End - block.Start);
            block.Start += taken;
            count -= taken;
            if (block.Start < block.End)
                return;
            _blocks.Dequeue();
            if (_blocks.Count == 0)
                _last = null;
            if (block.Bytes.Length == BlockBytes && Stock.Count < StockMax)
                Stock.Push(block.Bytes);
        }
    }

    public void Clear()
    {
        _blocks.Clear();
        _last = null;
        Bytes = 0;
    }
}
