// How fast the RDB codec is, on one thread, best of several rounds: dotnet run -c Release --project bench/RdbCodec
// Payload is keys and values; entries are fed to the reader in pieces of 64 KB, as from a socket. The last column is the size of the
// file in relation to the payload: near 100 % for what does not compress, which must then cost next to nothing to find out.
using System.Diagnostics;
using System.Text;
using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;

namespace RdbCodec;

internal static class Program
{
    private const int Rounds = 10;
    private const int BatchBytes = 1 << 20;
    private const int PieceBytes = 64 * 1024;

    private static readonly Random Random = new(1);

    private static void Main()
    {
        byte[] data = Noise(64 << 20);
        Console.WriteLine($"CRC-64: {data.Length / Best(() => Crc64.Update(0, data)) / 1e9:f1} GB/s");
        Console.WriteLine($"{"values",-18}{"compress",9}{"checksum",9}  encode MB/s   M/s   decode MB/s   M/s   size");
        Measure("1 KB random", 60_000, () => Noise(1024));
        Measure("1 KB JSON", 60_000, () => Json(1024));
        Measure("1 KB, half JSON", 60_000, () => Random.Next(2) == 0 ? Noise(1024) : Json(1024));
        Measure("32 B random", 1_000_000, () => Noise(32));
        Measure("32 B repetitive", 1_000_000, () => new byte[32]);
        Measure("1 MB random", 64, () => Noise(1 << 20));
    }

    private static void Measure(string name, int count, Func<byte[]> makeValue)
    {
        var batches = new List<EntryBatch>();
        long payload = 0;
        for (int i = 0; i < count; i++)
        {
            if (batches.Count == 0 || batches[^1].Bytes >= BatchBytes)
                batches.Add(new EntryBatch(BatchBytes));
            byte[] key = Encoding.ASCII.GetBytes($"key:{i:d12}");
            byte[] value = makeValue();
            batches[^1].Append(0, RdbFormat.TypeString, -1, key, value);
            payload += key.Length + value.Length;
        }
        Measure(name, batches, payload, count, compress: true, checksum: true);
        Measure(name, batches, payload, count, compress: false, checksum: false);
    }

    private static void Measure(string name, List<EntryBatch> batches, long payload, int count, bool compress, bool checksum)
    {
        var writer = new RdbWriter(compress, checksum);
        using var file = new MemoryStream();
        Encode(writer, batches, file);
        byte[] bytes = file.ToArray();
        double encode = Best(() => Encode(writer, batches, null));
        var spare = new EntryBatch(2 * BatchBytes);
        double decode = Best(() => Decode(bytes, checksum, ref spare));
        Console.WriteLine($"{name,-18}{compress,9}{checksum,9}  {payload / encode / 1e6,11:f0} {count / encode / 1e6,5:f1}   "
            + $"{payload / decode / 1e6,11:f0} {count / decode / 1e6,5:f1}  {bytes.Length * 100.0 / payload,4:f0}%");
    }

    private static void Encode(RdbWriter writer, List<EntryBatch> batches, Stream? sink)
    {
        writer.Begin(new RdbAux());
        foreach (EntryBatch batch in batches)
        {
            writer.Write(batch);
            sink?.Write(writer.Pending);
            writer.Clear();
        }
        writer.End();
        sink?.Write(writer.Pending);
        writer.Clear();
    }

    private static void Decode(ReadOnlySpan<byte> file, bool checksum, ref EntryBatch spare)
    {
        var reader = new RdbReader(new RdbReaderOptions { VerifyChecksum = checksum }, spare);
        RdbReaderState state = RdbReaderState.NeedMore;
        while (state is RdbReaderState.NeedMore or RdbReaderState.BatchReady)
        {
            state = reader.Feed(file[..Math.Min(PieceBytes, file.Length)], out int consumed);
            file = file[consumed..];
            if (state == RdbReaderState.BatchReady)
            {
                reader.Batch.Clear();
                reader.TakeBatch(reader.Batch);
            }
        }
        spare = reader.Batch;
        spare.Clear();
        if (state == RdbReaderState.Failed)
            throw new InvalidOperationException(reader.Error!.Message);
    }

    private static double Best(Action round)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            round();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private static byte[] Noise(int length)
    {
        byte[] bytes = new byte[length];
        Random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Json(int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
            text.Append($"{{\"id\":{Random.Next(1_000_000)},\"name\":\"user{Random.Next(1000)}\",\"active\":true,\"score\":{Random.NextDouble()}}}");
        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }
}
