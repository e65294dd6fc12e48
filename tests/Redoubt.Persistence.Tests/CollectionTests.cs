using System.Globalization;
using Redoubt.Persistence.Rdb;
using Redoubt.Testing;

namespace Redoubt.Persistence.Tests;

/// <summary>
/// Collections between file and image, with real Redis as the judge: what it wrote is read, and what is written from that it takes back as the same.
/// Lists are left to the tests of the whole server: how many nodes one has is known only once it is built.
/// </summary>
public class CollectionTests
{
    private static readonly string[] SmallLimits =
    [
        "--hash-max-listpack-entries", "8", "--zset-max-listpack-entries", "8", "--set-max-intset-entries", "8", "--list-max-listpack-size", "8",
        "--list-compress-depth", "1", "--stream-node-max-entries", "7", "--enable-debug-command", "yes",
    ];

    [Theory]
    [InlineData("yes", int.MaxValue, 1 << 20)]
    [InlineData("no", 1, 100)]
    [InlineData("yes", 777, 1)]
    public void What_Redis_saved_comes_back_to_it_as_the_same_dataset(string compression, int pieceLength, int batchBytes)
    {
        using ServerProcess redis = RedisServers.Redis(["--rdbcompression", compression, .. SmallLimits]);
        Fill(redis, seed: pieceLength % 1000);
        string digest = redis.Call("DEBUG", "DIGEST").OrThrow().Text;
        long keys = redis.Call("DBSIZE").Integer;
        redis.Call("SAVE").OrThrow();
        string path = Path.Combine(redis.Folder, "dump.rdb");
        byte[] written = Rewrite(File.ReadAllBytes(path), pieceLength, batchBytes);
        redis.Kill();
        File.WriteAllBytes(path, written);
        Assert.Contains($"{keys} keys read", ToolRun.Of("redis-check-rdb", [path]).Succeeded());
        redis.Restart();
        Assert.Equal(digest, redis.Call("DEBUG", "DIGEST").OrThrow().Text);
    }

    [Fact]
    public void A_payload_of_Redis_is_read_and_written_byte_by_byte_the_same()
    {
        using ServerProcess redis = RedisServers.Redis(["--rdbcompression", "no", .. SmallLimits]);
        Fill(redis, seed: 4);
        var codec = new DumpPayload();
        using RespConnection connection = redis.Connect();
        foreach (byte[] key in Dataset.Keys(connection))
        {
            byte[] payload = connection.Call((IReadOnlyList<byte[]>)[Wire.Bytes("DUMP"), key]).OrThrow().Bytes;
            var batch = new EntryBatch();
            Assert.Equal(PayloadOutcome.Ok, DumpPayload.Decode(payload, key, batch, verifyChecksum: true, out _));
            Assert.Equal(payload, codec.Encode(batch, compress: false).ToArray());
        }
    }

    [Fact]
    public void A_damaged_payload_is_refused_by_its_footer()
    {
        using ServerProcess redis = RedisServers.Redis();
        redis.Call("SADD", "s", "a", "b", "c");
        byte[] payload = redis.Call("DUMP", "s").Bytes;
        for (int i = 0; i < payload.Length; i++)
        {
            payload[i] ^= 0x11;
            Assert.NotEqual(PayloadOutcome.Ok, DumpPayload.Decode(payload, [], new EntryBatch(), verifyChecksum: true, out _));
            payload[i] ^= 0x11;
        }
        for (int length = 0; length < payload.Length; length++)
            Assert.NotEqual(PayloadOutcome.Ok, DumpPayload.Decode(payload.AsSpan(0, length), [], new EntryBatch(), verifyChecksum: true, out _));
    }

    /// <summary>Ziplists and zipmaps, which no Redis of today writes, but which it reads: what it makes of them is what must become of them here.</summary>
    [Fact]
    public void Old_forms_become_what_Redis_makes_of_them()
    {
        var random = new Random(11);
        using ServerProcess redis = RedisServers.Redis("--rdbcompression", "no", "--sanitize-dump-payload", "yes");
        using RespConnection connection = redis.Connect();
        var codec = new DumpPayload();
        for (int round = 0; round < 200; round++)
        {
            byte type = (byte)random.Next(9, 15);
            byte[] payload = OldForms.Payload(type, random);
            redis.Call("DEL", "old").OrThrow();
            RespValue outcome = connection.Call((IReadOnlyList<byte[]>)[Wire.Bytes("RESTORE"), Wire.Bytes("old"), Wire.Bytes("0"), payload]);
            var batch = new EntryBatch();
            PayloadOutcome ours = DumpPayload.Decode(payload, Wire.Bytes("old"), batch, verifyChecksum: true, out string? problem);
            Assert.True(outcome.IsError == (ours != PayloadOutcome.Ok), $"type {type}: {outcome} but here {ours} {problem}");
            if (ours != PayloadOutcome.Ok || type is 9 or 10 or 14)
                continue;
            byte[] expected = redis.Call("DUMP", "old").OrThrow().Bytes;
            Assert.Equal(expected, codec.Encode(batch, compress: false).ToArray());
        }
    }

    /// <summary>Reads a file and writes what came of it.</summary>
    private static byte[] Rewrite(byte[] file, int pieceLength, int batchBytes)
    {
        var reader = new RdbReader(new RdbReaderOptions { BatchBytes = batchBytes });
        var writer = new RdbWriter(compress: true);
        writer.Begin(new RdbAux());
        RdbReaderState state = RdbReaderState.NeedMore;
        for (int at = 0; at < file.Length && state != RdbReaderState.Failed;)
        {
            state = reader.Feed(file.AsSpan(at, Math.Min(pieceLength, file.Length - at)), out int consumed);
            at += consumed;
            if (state == RdbReaderState.BatchReady)
                writer.Write(reader.TakeBatch());
        }
        Assert.True(state == RdbReaderState.Finished, reader.Error?.Message);
        writer.Write(reader.Batch);
        writer.End();
        return writer.Pending.ToArray();
    }

    private static void Fill(ServerProcess redis, int seed)
    {
        var random = new Random(seed);
        using RespConnection connection = redis.Connect();
        var commands = new List<IReadOnlyList<byte[]>>();
        for (int i = 0; i < 1500; i++)
            commands.Add([.. RandomWrite(random, i).Select(Wire.Bytes)]);
        commands.Add([.. new[] { "XGROUP", "CREATE", "stream:1", "readers", "0", "MKSTREAM" }.Select(Wire.Bytes)]);
        commands.Add([.. new[] { "XGROUP", "CREATE", "stream:2", "idle", "$", "MKSTREAM" }.Select(Wire.Bytes)]);
        commands.Add([.. new[] { "XREADGROUP", "GROUP", "readers", "first", "COUNT", "20", "STREAMS", "stream:1", ">" }.Select(Wire.Bytes)]);
        commands.Add([.. new[] { "XREADGROUP", "GROUP", "readers", "second", "COUNT", "9", "STREAMS", "stream:1", ">" }.Select(Wire.Bytes)]);
        connection.Pipeline(commands);
    }

    private static string[] RandomWrite(Random random, int i)
    {
        string text = random.Next(4) switch
        {
            0 => random.Next(-200, 200).ToString(CultureInfo.InvariantCulture),
            1 => (random.NextInt64() >> random.Next(64)).ToString(CultureInfo.InvariantCulture),
            2 => Rdb.Compressible(random, random.Next(1, 300)),
            _ => Rdb.Random(random, random.Next(1, 80)),
        };
        string number = random.Next(4).ToString(CultureInfo.InvariantCulture);
        return random.Next(9) switch
        {
            0 => ["SADD", "set:" + number, text],
            1 => ["SADD", "numbers:" + random.Next(40), (random.NextInt64() >> random.Next(64)).ToString(CultureInfo.InvariantCulture)],
            2 => ["HSET", "hash:" + random.Next(60), "field" + random.Next(30), text],
            3 => ["ZADD", "zset:" + random.Next(40), (random.NextDouble() * 100).ToString("R", CultureInfo.InvariantCulture), text],
            4 => ["ZADD", "zset:scores", random.Next(3) == 0 ? "-inf" : random.Next(100).ToString(CultureInfo.InvariantCulture), text],
            5 => ["XADD", "stream:" + number, (1000 + i) + "-" + random.Next(1, 5), "field" + random.Next(3), text],
            6 => ["XADD", "stream:" + number, (1000 + i) + "-*", "a", "b", "field" + random.Next(3), text],
            7 => ["SET", "string:" + random.Next(50), text],
            _ => ["PEXPIREAT", "hash:" + random.Next(60), "4102444800123"],
        };
    }
}
