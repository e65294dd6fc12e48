// DEBUG DIGEST: one SHA-1 for a dataset, equal for equal datasets whatever the order of their keys, and equal to what
// redis-server computes, so that a master and a replica of different make can be compared.
//
// Two ways to add: `Xor` for what has no order (the keys of a database), `Mix` for what has (type, then value). Mixing
// hashes the digest so far once more.

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal sealed class DatasetDigest
{
    private readonly byte[] _digest = new byte[SHA1.HashSizeInBytes];

    public byte[] Hexadecimal => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(_digest));

    public void Add(Database database)
    {
        if (database.Count == 0)
            return;
        MixNumber(_digest, (uint)database.Index);
        var visitor = new KeyAdder(_digest);
        database.VisitAll(ref visitor);
    }

    public void AddValue(in EntryView entry) => MixValue(_digest, entry);

    private static void MixValue(Span<byte> digest, in EntryView entry)
    {
        MixNumber(digest, (uint)entry.Type);
        if (entry.IsString)
            Mix(digest, entry.Bytes);
        else
            CollectionDigest.Add(digest, entry.Slot);
        if (entry.ExpireAtMs != -1)
            Xor(digest, "!!expire!!"u8);
    }

    private static void MixNumber(Span<byte> digest, uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        Mix(digest, bytes);
    }

    internal static void Mix(Span<byte> digest, ReadOnlySpan<byte> content)
    {
        Xor(digest, content);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(digest, hash);
        hash.CopyTo(digest);
    }

    internal static void Xor(Span<byte> digest, ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(content, hash);
        for (int i = 0; i < hash.Length; i++)
            digest[i] ^= hash[i];
    }

    private readonly struct KeyAdder(byte[] total) : IEntryVisitor
    {
        public void Visit(ReadOnlySpan<byte> key, in EntryView entry)
        {
            Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
            digest.Clear();
            Mix(digest, key);
            MixValue(digest, entry);
            Xor(total, digest);
        }
    }
}
