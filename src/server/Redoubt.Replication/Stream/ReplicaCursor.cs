using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>One replica's place in the stream. Holds its block, and with it all later ones, until released.</summary>
public sealed class ReplicaCursor : IDisposable
{
    private readonly ReplicationStream _stream;
    private ReplicationBlock? _block;
    private int _position;

    internal ReplicaCursor(ReplicationStream stream, ReplicationBlock block, int position)
    {
        _stream = stream;
        _block = block;
        _position = position;
        block.References++;
    }

    /// <summary>The next byte this cursor will return.</summary>
    public StreamPosition Position => Block.FirstByte + _position;

    /// <summary>Bytes written to the stream that this cursor has not passed yet.</summary>
    public long PendingBytes => _stream.Offset - Position.OffsetBefore;

    /// <summary>What comes next cannot be read any more: this replica must begin anew.</summary>
    public bool IsLost { get; private set; }

    private ReplicationBlock Block => _block ?? throw new ObjectDisposedException(nameof(ReplicaCursor));

    /// <summary>The next bytes in one piece, at most <paramref name="max"/>; empty when the cursor has caught up. The span is
    /// valid until <see cref="Advance"/> or <see cref="Dispose"/>; writes to the stream meanwhile do not change it.</summary>
    public ReadOnlySpan<byte> Next(int max = int.MaxValue)
    {
        StepOver();
        if (!Block.IsInMemory && !_stream.Load(Block))
        {
            IsLost = true;
            return default;
        }
        return Block.Bytes.AsSpan(_position, Math.Min(max, Block.Used - _position));
    }

    /// <summary>Passes bytes that the last <see cref="Next"/> returned and that have been sent.</summary>
    public void Advance(int length)
    {
        if ((uint)length > (uint)(Block.Used - _position))
            throw new ArgumentOutOfRangeException(nameof(length), length, "More than Next returned.");
        _position += length;
        StepOver();
    }

    /// <summary>Another cursor at the same place: for a replica that joins a snapshot which was begun for this one.</summary>
    public ReplicaCursor Fork() => _stream.CursorAt(Position);

    /// <summary>Lets the blocks go. A second call does nothing.</summary>
    public void Dispose()
    {
        if (_block is null)
            return;
        ReplicationBlock block = _block;
        _block = null;
        _stream.Close(block);
    }

    // Moving on as soon as a block is finished, rather than at the next read, lets it go earlier.
    private void StepOver()
    {
        ReplicationBlock block = Block;
        while (_position == block.Used && block.Next is { } next)
        {
            _stream.Move(block, next);
            _block = block = next;
            _position = 0;
        }
    }
}
