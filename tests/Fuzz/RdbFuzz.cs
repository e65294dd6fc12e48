using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;
using Redoubt.Structures.Compression;

namespace Fuzz;

/// <summary>
/// RDB files are foreign bytes: whatever they hold, the reader ends in an error or in a dataset, and the same one however the bytes are cut.
/// </summary>
public class RdbFuzz
{
    [Fact]
    public void Damaged_files_end_the_same_way_however_they_are_cut() => Campaign.Run(random =>
    {
        bool checksum = random.Next(8) == 0;
        byte[] file = Write(RandomBatch(random), random.Next(2) == 0, checksum);
        for (int mutations = random.Next(6); mutations > 0; mutations--)
            file = Mutate(random, file);
        // A length of up to the limit may be damaged into the file; memory must follow the bytes that are there.
        var options = new RdbReaderOptions { BatchBytes = random.Next(1, 5000), VerifyChecksum = checksum };
        string whole = Outcome(file, int.MaxValue, options, null);
        Assert.Equal(whole, Outcome(file, 1, options, null));
        Assert.Equal(whole, Outcome(file, 1 + random.Next(300), options, random));
    });

    [Fact]
    public void Whatever_is_written_is_read_back() => Campaign.Run(random =>
    {
        EntryBatch batch = RandomBatch(random);
        byte[] file = Write(batch, random.Next(4) != 0, random.Next(4) != 0);
        var options = new RdbReaderOptions { BatchBytes = random.Next(1, 20_000) };
        Assert.Equal($"{Describe(batch)}Finished after {file.Length}, ", Outcome(file, 1 + random.Next(5000), options, random));
    });

    [Fact]
    public void Compressed_bytes_expand_exactly_or_are_refused()
    {
        var lzf = new LzfCompressor();
        Campaign.Run(random =>
        {
            byte[] text = RandomText(random, random.Next(1, 4000));
            byte[] compressed = new byte[text.Length];
            int length = lzf.Compress(text, compressed);
            byte[] expanded = new byte[text.Length];
            if (length > 0)
            {
                Assert.True(Lzf.TryDecompress(compressed.AsSpan(0, length), expanded));
                Assert.Equal(text, expanded);
            }
            random.NextBytes(compressed.AsSpan(random.Next(compressed.Length)));
            Lzf.TryDecompress(compressed, expanded);
        });
    }

    private static EntryBatch RandomBatch(Random random)
    {
        var batch = new EntryBatch();
        int database = 0;
        for (int i = random.Next(12); i > 0; i--)
        {
            if (random.Next(4) == 0)
                database = random.Next(random.Next(2) == 0 ? 16 : 100_000);
            long expireAtMs = random.Next(2) == 0 ? -1 : random.NextInt64(long.MaxValue);
            AccessHint hint = random.Next(6) switch
            {
                0 => AccessHint.FromIdleSeconds((uint)random.NextInt64(uint.MaxValue)),
                1 => AccessHint.FromFrequency((byte)random.Next(256)),
                _ => default,
            };
            byte[] key = RandomText(random, Length(random));
            if (random.Next(4) == 0)
                batch.Append(database, 0, expireAtMs, key, System.Text.Encoding.ASCII.GetBytes(Number(random).ToString()), hint);
            else
                batch.Append(database, 0, expireAtMs, key, RandomText(random, Length(random)), hint);
        }
        return batch;
    }

    private static long Number(Random random) => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);

    private static int Length(Random random) => random.Next(100) switch
    {
        0 => random.Next(200_000),
        < 20 => random.Next(2000),
        _ => random.Next(40),
    };

    private static byte[] RandomText(Random random, int length)
    {
        byte[] text = new byte[length];
        int alphabet = 1 << random.Next(9);
        for (int at = 0; at < length; at++)
            text[at] = at > 8 && random.Next(3) != 0 ? text[at - 1 - random.Next(8)] : (byte)random.Next(alphabet);
        return text;
    }

    private static byte[] Write(EntryBatch batch, bool compress, bool checksum)
    {
        var writer = new RdbWriter(compress, checksum);
        writer.Begin(new RdbAux { ReplicationId = new string('f', 40), ReplicationOffset = 1, ReplicationStreamDatabase = 0 });
        writer.WriteFunction("#!lua name=lib"u8);
        writer.Write(batch);
        writer.End();
        return writer.Pending.ToArray();
    }

    private static byte[] Mutate(Random random, byte[] file)
    {
        int at = random.Next(file.Length);
        int count = random.Next(Math.Min(20, file.Length - at));
        switch (random.Next(5))
        {
            case 0:
                file[at] ^= (byte)(1 << random.Next(8));
                return file;
            case 1:
                file[at] = (byte)random.Next(random.Next(2) == 0 ? 256 : 8);
                return file;
            case 2:
                return [.. file.AsSpan(0, at), .. file.AsSpan(at + count)];
            case 3:
                return [.. file.AsSpan(0, at), .. file.AsSpan(at, count), .. file.AsSpan(at)];
            default:
                file[at] = (byte)random.Next(240, 256); // an opcode
                return file;
        }
    }

    /// <summary>All that a reader gave and how it ended, as text.</summary>
    private static string Outcome(byte[] file, int pieceLength, RdbReaderOptions options, Random? varying)
    {
        var reader = new RdbReader(options);
        var entries = new System.Text.StringBuilder();
        RdbReaderState state = RdbReaderState.NeedMore;
        int at = 0;
        while (state is RdbReaderState.NeedMore or RdbReaderState.BatchReady)
        {
            if (state == RdbReaderState.NeedMore && at == file.Length)
            {
                state = reader.EndOfInput();
                break;
            }
            int count = Math.Min(varying?.Next(1, pieceLength + 1) ?? pieceLength, file.Length - at);
            state = reader.Feed(file.AsSpan(at, count), out int consumed);
            at += consumed;
            if (state == RdbReaderState.BatchReady)
                entries.Append(Describe(reader.TakeBatch()));
        }
        entries.Append(Describe(reader.Batch));
        return $"{entries}{state} after {(state == RdbReaderState.Finished ? reader.BytesTaken : 0)}, {reader.Error}";
    }

    private static string Describe(EntryBatch batch)
    {
        var text = new System.Text.StringBuilder();
        Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
        foreach (EntryView entry in batch)
        {
            ReadOnlySpan<byte> value = entry.IsInteger ? entry.FormatInteger(digits) : entry.Value;
            text.Append($"{entry.Database} {Convert.ToHexString(entry.Key)}={value.Length}:{Crc64.Update(0, value):x} {entry.ExpireAtMs} {entry.Hint}\n");
        }
        return text.ToString();
    }
}
