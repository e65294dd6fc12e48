namespace Redoubt.Keyspace.Tests;

/// <summary>Takes a snapshot's entries and knows what it should be.</summary>
internal sealed class ExpectedSnapshot : ISnapshotSink
{
    private readonly Dictionary<byte[], ModelEntry>[] _expected;

    public ExpectedSnapshot(Rig rig) => _expected = [.. rig.Model.Select(m => new Dictionary<byte[], ModelEntry>(m, ByteKeys.Instance))];

    public int Given { get; private set; }

    public int Missing => _expected.Sum(m => m.Count);

    public void Add(in SnapshotHead head, ReadOnlySpan<byte> key, bool isInteger, long integer, ReadOnlySpan<byte> value)
    {
        Given++;
        Assert.True(_expected[head.Database].Remove(key.ToArray(), out ModelEntry? entry), "each key of the moment is given out once, and no other");
        Assert.Equal(entry.ExpireAtMs, head.ExpireAtMs);
        Assert.Equal(entry.Value, isInteger ? Rig.Text(integer) : value.ToArray());
    }

    public ImageWriter BeginPiece(in SnapshotHead head, ReadOnlySpan<byte> key, bool isFirst) =>
        throw new NotSupportedException("the model has strings only");

    public void EndPiece(ImageType type, bool isLast) => throw new NotSupportedException("the model has strings only");
}
