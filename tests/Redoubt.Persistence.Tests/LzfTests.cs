using Redoubt.Structures.Compression;

namespace Redoubt.Persistence.Tests;

public class LzfTests
{
    [Fact]
    public void What_is_compressed_expands_to_the_same()
    {
        var lzf = new LzfCompressor();
        var random = new Random(11);
        int compressed = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] input = Mixed(random, random.Next(1, 5000));
            byte[] output = new byte[input.Length];
            int length = lzf.Compress(input, output);
            if (length == 0)
                continue;
            compressed++;
            byte[] expanded = new byte[input.Length];
            Assert.True(Lzf.TryDecompress(output.AsSpan(0, length), expanded));
            Assert.Equal(input, expanded);
            Assert.False(Lzf.TryDecompress(output.AsSpan(0, length), new byte[input.Length - 1]));
            Assert.False(Lzf.TryDecompress(output.AsSpan(0, length), new byte[input.Length + 1]));
        }
        Assert.InRange(compressed, 2000, 3000);
    }

    [Theory]
    [InlineData(264)]
    [InlineData(265)]
    [InlineData(100_000)]
    public void A_run_of_one_byte_shrinks_as_far_as_the_format_allows(int length)
    {
        byte[] input = new byte[length];
        byte[] output = new byte[length];
        int compressed = new LzfCompressor().Compress(input, output);
        Assert.InRange(compressed, 1, 8 + length * 3 / 264);
    }

    [Fact]
    public void A_compressible_tail_after_noise_is_found()
    {
        var random = new Random(2);
        byte[] input = Rdb.Bytes(Rdb.Random(random, 100_000) + Rdb.Compressible(random, 100_000));
        int length = new LzfCompressor().Compress(input, new byte[input.Length - 4]);
        Assert.InRange(length, 1, 150_000);
    }

    [Fact]
    public void Random_bytes_do_not_compress()
    {
        byte[] input = Rdb.Bytes(Rdb.Random(new Random(4), 50_000));
        Assert.Equal(0, new LzfCompressor().Compress(input, new byte[input.Length - 4]));
    }

    [Fact]
    public void Damaged_input_is_refused_or_expands_within_bounds()
    {
        var random = new Random(13);
        var lzf = new LzfCompressor();
        byte[] guarded = new byte[4000];
        for (int round = 0; round < 20_000; round++)
        {
            byte[] input = Mixed(random, random.Next(30, 600));
            byte[] output = new byte[input.Length];
            int length = lzf.Compress(input, output);
            output[random.Next(Math.Max(length, 1))] = (byte)random.Next(256);
            guarded[input.Length] = 0xa5;
            Lzf.TryDecompress(output.AsSpan(0, length), guarded.AsSpan(0, input.Length));
            Assert.Equal(0xa5, guarded[input.Length]);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 0x00 })] // a copy before anything was written
    [InlineData(new byte[] { 0x00, 0x61, 0x20, 0x01 })] // a copy from before the start
    [InlineData(new byte[] { 0x00, 0x61, 0x20 })] // a copy without its distance
    [InlineData(new byte[] { 0x00, 0x61, 0xe0 })] // a long copy without its length
    [InlineData(new byte[] { 0x05, 0x61 })] // literals that are not there
    [InlineData(new byte[] { })]
    public void Impossible_sequences_are_refused(byte[] input) => Assert.False(Lzf.TryDecompress(input, new byte[16]));

    internal static byte[] Mixed(Random random, int length)
    {
        byte[] bytes = new byte[length];
        int alphabet = 1 << random.Next(1, 9);
        int at = 0;
        while (at < length)
        {
            int run = Math.Min(random.Next(1, 300), length - at);
            if (at > 0 && random.Next(2) == 0)
            {
                int from = random.Next(at);
                for (int i = 0; i < run; i++)
                    bytes[at + i] = bytes[from + i];
            }
            else
            {
                for (int i = 0; i < run; i++)
                    bytes[at + i] = (byte)random.Next(alphabet);
            }
            at += run;
        }
        return bytes;
    }
}
