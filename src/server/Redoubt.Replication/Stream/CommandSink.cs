namespace Redoubt.Replication;

/// <summary>Where a <see cref="StreamEncoder"/> writes: the replication stream, or another record of the same commands.</summary>
public abstract class CommandSink
{
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Room for a short piece (at most 1 KB), to be written in place and then committed by <see cref="Advance"/>.</summary>
    public abstract Span<byte> GetSpan(int sizeHint = 1);

    public abstract void Advance(int length);

    /// <summary>What follows runs in this database.</summary>
    public virtual void Selected(int db)
    {
    }
}
