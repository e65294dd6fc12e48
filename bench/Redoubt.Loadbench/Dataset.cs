using System.Text;

namespace Redoubt.Loadbench;

/// <summary>Keys as redis-benchmark names them (16 bytes, key:000000000000) with values that do not compress, the same in every run.</summary>
internal static class Dataset
{
    private const int Batch = 500;
    private const int NoiseBytes = 1 << 20;
    private static readonly byte[] Noise = MakeNoise();

    /// <summary>Appends SET of that key with a value of that size.</summary>
    public static void AppendSet(MemoryStream output, int key, int valueBytes)
    {
        output.Write(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$16\r\nkey:{key:d12}\r\n${valueBytes}\r\n"));
        output.Write(Noise, (int)(key * 7919L % (NoiseBytes - valueBytes)), valueBytes);
        output.Write("\r\n"u8);
    }

    /// <summary>Sets so many keys, in pipelines.</summary>
    public static void Load(int port, int keys, int valueBytes)
    {
        using var link = new Link(port);
        var output = new MemoryStream();
        int errors = 0;
        for (int key = 0; key < keys;)
        {
            output.SetLength(0);
            int end = Math.Min(keys, key + Batch), count = end - key;
            for (; key < end; key++)
                AppendSet(output, key, valueBytes);
            link.Send(output.GetBuffer().AsSpan(0, (int)output.Length));
            errors += link.Skip(count);
        }

        if (errors > 0)
            throw new InvalidOperationException($"{errors} of {keys} writes were refused");
    }

    private static byte[] MakeNoise()
    {
        byte[] noise = new byte[NoiseBytes];
        new Random(42).NextBytes(noise);
        return noise;
    }
}
