using System.Text;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Tests;

public sealed class KeyHasherTests
{
    public static TheoryData<string> Patterns => ["{0}", "key:{0}", "user:{0:000000000000}:session", "{0:x8}", "a rather long key, as some have it, with number {0} in it and an end"];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Sequential_keys_spread_evenly_over_every_part_of_the_hash_that_is_used(string pattern)
    {
        const int count = 100_000;
        CompositeFormat format = CompositeFormat.Parse(pattern);
        KeyHasher hasher = new(12, 34);
        ulong[] hashes = [.. Enumerable.Range(0, count).Select(i => hasher.Hash(Encoding.ASCII.GetBytes(string.Format(null, format, i))))];
        Assert.Equal(count, hashes.Distinct().Count());
        foreach ((int shift, int bits) in new[] { (0, 10), (0, 4), (8, 10), (20, 10), (25, 10), (56, 8) })
        {
            int cells = 1 << bits;
            int[] counts = new int[cells];
            foreach (ulong hash in hashes)
                counts[(int)(hash >> shift) & (cells - 1)]++;
            double expected = (double)count / cells;
            double chiSquare = counts.Sum(c => (c - expected) * (c - expected) / expected);
            double deviation = Math.Sqrt(2.0 * (cells - 1));
            Assert.InRange(chiSquare, cells - 1 - 6 * deviation, cells - 1 + 6 * deviation);
        }
    }

    [Fact]
    public void Each_changed_bit_of_key_or_seed_changes_about_half_the_hash()
    {
        Random random = new(1);
        for (int length = 1; length <= 70; length++)
        {
            byte[] key = new byte[length];
            random.NextBytes(key);
            ulong hash = new KeyHasher(5, 6).Hash(key);
            long changed = 0;
            for (int bit = 0; bit < length * 8; bit++)
            {
                key[bit / 8] ^= (byte)(1 << (bit % 8));
                int flipped = System.Numerics.BitOperations.PopCount(hash ^ new KeyHasher(5, 6).Hash(key));
                Assert.InRange(flipped, 8, 56);
                changed += flipped;
                key[bit / 8] ^= (byte)(1 << (bit % 8));
            }
            Assert.InRange((double)changed / (length * 8), 27, 37);
            Assert.NotEqual(hash, new KeyHasher(5, 7).Hash(key));
            Assert.NotEqual(hash, new KeyHasher(4, 6).Hash(key));
        }
    }

    [Fact]
    public void Every_length_depends_on_its_own_bytes_and_on_no_others()
    {
        KeyHasher hasher = new(1, 2);
        HashSet<ulong> ofZeros = [];
        Random random = new(2);
        for (int length = 0; length <= 100; length++)
        {
            Assert.True(ofZeros.Add(hasher.Hash(new byte[length])), "keys of zeros differ by their length");
            byte[] around = new byte[length + 64];
            random.NextBytes(around);
            ulong hash = hasher.Hash(around.AsSpan(32, length));
            byte[] alone = around[32..(32 + length)];
            Assert.Equal(hash, hasher.Hash(alone));
            random.NextBytes(around.AsSpan(0, 32));
            random.NextBytes(around.AsSpan(32 + length));
            Assert.Equal(hash, hasher.Hash(around.AsSpan(32, length)));
        }
    }
}
