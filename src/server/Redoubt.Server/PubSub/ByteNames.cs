using System.Diagnostics.CodeAnalysis;

namespace Redoubt.Server.PubSub;

/// <summary>Compares names by their bytes, so that a table of names can be asked with a span.</summary>
internal sealed class ByteNames : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static ByteNames Comparer { get; } = new();

    /// <summary>For tables whose order shows.</summary>
    public static IComparer<byte[]> Order { get; } = System.Collections.Generic.Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y));

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode([DisallowNull] byte[] name) => GetHashCode(name.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        // Seeded per process: whoever chooses the names cannot make them collide.
        HashCode hash = default;
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
