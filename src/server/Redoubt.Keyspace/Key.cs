namespace Redoubt.Keyspace;

/// <summary>A key and its hash, which is computed once however many lookups follow.</summary>
public readonly ref struct Key(ReadOnlySpan<byte> bytes, ulong hash)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public ulong Hash { get; } = hash;
}
