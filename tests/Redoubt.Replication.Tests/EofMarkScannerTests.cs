using System.Text;

namespace Redoubt.Replication.Tests;

public sealed class EofMarkScannerTests
{
    private static readonly byte[] Mark = Encoding.ASCII.GetBytes("caa35d84c62770b5b1b934a4279a2d01f90e3b92");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(39)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(79)]
    [InlineData(4096)]
    public void The_payload_comes_out_whole_however_it_is_cut(int pieceLength)
    {
        byte[] payload = new byte[1000];
        new Random(1).NextBytes(payload);
        (byte[] got, int left) = Run(payload, trailing: 5, () => pieceLength);
        Assert.Equal(payload, got);
        // What is left of the last piece and what was not fed yet: the five bytes after the mark.
        Assert.Equal(5, left);
    }

    [Fact]
    public void Random_cuts_and_payloads_full_of_beginnings_of_the_mark()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var payload = new List<byte>();
            for (int i = random.Next(12); i > 0; i--)
                payload.AddRange(Mark.AsSpan(0, random.Next(40)));
            byte[] expected = [.. payload];
            (byte[] got, int left) = Run(expected, trailing: seed % 3, () => random.Next(1, 100));
            Assert.True(expected.AsSpan().SequenceEqual(got) && left == seed % 3, $"seed {seed}");
        }
    }

    [Fact]
    public void An_empty_payload_is_just_the_mark() => Assert.Empty(Run([], 0, () => 13).Payload);

    [Fact]
    public void Bytes_that_cannot_belong_to_the_mark_are_not_held_back()
    {
        var scanner = new EofMarkScanner(Mark);
        scanner.Scan("zzzc"u8, out _, out ReadOnlySpan<byte> direct);
        Assert.Equal("zzz"u8, direct);
        scanner.Scan("x"u8, out ReadOnlySpan<byte> earlier, out direct);
        Assert.Equal("cx"u8, [.. earlier, .. direct]);
    }

    private static (byte[] Payload, int Left) Run(byte[] payload, int trailing, Func<int> pieceLength)
    {
        byte[] stream = [.. payload, .. Mark, .. new byte[trailing]];
        var scanner = new EofMarkScanner(Mark);
        var got = new List<byte>();
        int at = 0;
        while (!scanner.Finished && at < stream.Length)
        {
            int length = Math.Min(pieceLength(), stream.Length - at);
            int consumed = scanner.Scan(stream.AsSpan(at, length), out ReadOnlySpan<byte> earlier, out ReadOnlySpan<byte> direct);
            got.AddRange(earlier);
            got.AddRange(direct);
            Assert.True(consumed == length || scanner.Finished);
            at += consumed;
        }

        Assert.True(scanner.Finished);
        return ([.. got], stream.Length - at);
    }
}
