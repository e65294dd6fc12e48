using System.Buffers.Binary;
using System.Text;
using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

public class DamageTests
{
    private static readonly List<Entry> Small =
    [
        new(0, "n", "12345"),
        new(0, "text", "hello"),
        new(1, "compressed", new string('x', 60) + new string('y', 60), 4_102_444_800_000),
        new(1, "idle", "v", -1, AccessHint.FromIdleSeconds(70)),
    ];

    [Fact]
    public void Every_changed_byte_is_an_error()
    {
        byte[] file = Rdb.Write(Small);
        for (int at = 0; at < file.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = [.. file];
                damaged[at] ^= (byte)(1 << bit);
                if (damaged.AsSpan(file.Length - 8).IndexOfAnyExcept((byte)0) < 0)
                    continue;
                var (reader, state, _) = Rdb.Read(damaged);
                bool versionDigit = at is >= 5 and < 9;
                Assert.True(state == RdbReaderState.Failed || (versionDigit && reader.Version < 5), $"byte {at}, bit {bit}: {state}");
            }
        }
    }

    [Fact]
    public void Without_a_checksum_every_changed_byte_is_an_error_or_a_clean_end()
    {
        byte[] file = Rdb.Write(Small, checksum: false);
        for (int at = 0; at < file.Length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                byte[] damaged = [.. file];
                damaged[at] = (byte)value;
                var whole = Rdb.Read(damaged);
                var bytewise = Rdb.Read(damaged, 1);
                Assert.Equal(whole.State, bytewise.State);
                Assert.Equal(whole.Reader.Error, bytewise.Reader.Error);
                if (whole.State == RdbReaderState.Finished)
                    Assert.Equal(whole.Entries, bytewise.Entries);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void Every_truncation_is_an_error(int pieceLength)
    {
        byte[] file = Rdb.Write(Small);
        for (int length = 0; length < file.Length; length++)
        {
            var (reader, state, _) = Rdb.Read(file.AsSpan(0, length), pieceLength);
            Assert.Equal(RdbReaderState.Failed, state);
            Assert.Equal($"Unexpected end of the RDB file at offset {length}: it is truncated", reader.Error!.Message);
            Assert.Equal(length, reader.Error.Offset);
        }
    }

    [Fact]
    public void A_wrong_checksum_is_named()
    {
        byte[] file = Rdb.Write(Small);
        file[^1] ^= 1;
        Assert.StartsWith("RDB CRC error", ErrorOf(file));
        Assert.Equal(RdbReaderState.Finished, Rdb.Read(file, options: new RdbReaderOptions { VerifyChecksum = false }).State);
    }

    [Fact]
    public void Foreign_files_and_versions_are_named()
    {
        Assert.StartsWith("Wrong signature", ErrorOf("PK\x03\x04"u8));
        Assert.StartsWith("Wrong signature", ErrorOf("REDISABCD"u8));
        Assert.StartsWith("Wrong signature", ErrorOf("REDIS+012"u8));
        Assert.Equal("Can't handle RDB format version 13", ErrorOf("REDIS0013"u8));
        Assert.Equal("Can't handle RDB format version 0", ErrorOf("REDIS0000"u8));
    }

    [Fact]
    public void Announced_lengths_allocate_nothing_before_the_bytes_arrive()
    {
        byte[] huge = [.. "REDIS0010"u8, 0, 0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        Assert.Contains("exceeds the limit", ErrorOf(huge));
        byte[] expanding = [.. "REDIS0010"u8, 0, 1, (byte)'k', 0xc3, 1, 0x80, 0x20, 0, 0, 0];
        Assert.Contains("cannot expand", ErrorOf(expanding));

        byte[] value = [.. "REDIS0010"u8, 0, 1, (byte)'k', 0x80, 0x20, 0, 0, 0, (byte)'x']; // 512 MB announced, one byte there
        byte[] key = [.. "REDIS0010"u8, 0, 0x80, 0x20, 0, 0, 0, (byte)'x'];
        foreach (byte[] file in new[] { value, key })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var reader = new RdbReader();
            Assert.Equal(RdbReaderState.NeedMore, reader.Feed(file, out _));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        }
    }

    [Fact]
    public void A_database_that_is_not_configured_is_named()
    {
        byte[] file = Rdb.Write([new(20, "k", "v")]);
        var (reader, _, _) = Rdb.Read(file, options: new RdbReaderOptions { DatabasesMax = 16 });
        Assert.Contains("database 20", reader.Error!.Message);
        Assert.Contains("'databases'", reader.Error.Message);
    }

    [Theory]
    [InlineData(24, "hash-metadata")]
    [InlineData(25, "hash-listpack-ex")]
    public void A_type_that_cannot_be_held_names_type_key_and_offset(byte type, string name)
    {
        byte[] file = [.. "REDIS0010"u8, type, 3, .. "a'b"u8, 1, 2, 3];
        string expected = $"type '{name}' of key 'a\\x27b' at offset 9 is not supported; this dataset cannot be loaded";
        Assert.Equal(expected, ErrorOf(file));
        Assert.Equal(expected, Rdb.Read(file, 1).Reader.Error!.Message);
    }

    [Fact]
    public void A_value_of_a_module_names_the_module()
    {
        // "ReJSON-RL", version 3, as its module numbers itself.
        byte[] file = [.. "REDIS0010"u8, 7, 1, (byte)'k', 0x81, .. ModuleId("ReJSON-RL", 3), 0, 0];
        Assert.Contains("no matching module type 'ReJSON-RL' (key 'k' at offset 9)", ErrorOf(file));
        Assert.Contains("no matching module type 'ReJSON-RL'", Rdb.Read(file, 1).Reader.Error!.Message);
    }

    private static byte[] ModuleId(string name, ulong version)
    {
        const string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        ulong id = 0;
        foreach (char letter in name)
            id = id << 6 | (uint)letters.IndexOf(letter);
        byte[] bytes = BitConverter.GetBytes(id << 10 | version);
        Array.Reverse(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(8)]
    [InlineData(100)]
    [InlineData(243)]
    public void Unknown_opcodes_are_damage(byte opcode) => Assert.Contains($"unknown value type or opcode {opcode}", ErrorOf([.. "REDIS0010"u8, opcode, 1, 1]));

    [Fact]
    public void Module_data_outside_the_keyspace_and_slot_sizes_are_skipped()
    {
        byte[] file =
        [
            .. "REDIS0012"u8,
            247, 0x81, 1, 2, 3, 4, 5, 6, 7, 8, 2, 1, 1, 42, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3, .. "abc"u8, 0,
            244, 7, 1, 0,
            254, 0,
            0, 1, (byte)'k', 1, (byte)'v',
            255, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        foreach (int pieceLength in new[] { 1, int.MaxValue })
        {
            var (reader, state, entries) = Rdb.Read(file, pieceLength);
            Assert.Equal(RdbReaderState.Finished, state);
            Assert.Equal([new Entry(0, "k", "v")], entries);
            Assert.Equal(1, reader.ModuleAuxSkipped);
            Assert.False(reader.HasChecksum);
        }
    }

    [Fact]
    public void The_oldest_version_has_seconds_and_no_checksum()
    {
        byte[] seconds = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(seconds, 1_900_000_000);
        byte[] file = [.. "REDIS0001"u8, 254, 0, 253, .. seconds, 0, 1, (byte)'k', 1, (byte)'v', 255];
        Assert.Equal([new Entry(0, "k", "v", 1_900_000_000_000)], Rdb.ReadWhole(file));
    }

    [Fact]
    public void A_failed_reader_stays_failed()
    {
        var reader = new RdbReader();
        Assert.Equal(RdbReaderState.Failed, reader.Feed("nonsense!"u8, out _));
        Assert.Equal(RdbReaderState.Failed, reader.Feed(Rdb.Write(Small), out int consumed));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void Random_bytes_behind_a_good_start_never_throw()
    {
        var random = new Random(17);
        byte[] start = Encoding.ASCII.GetBytes("REDIS0011");
        for (int round = 0; round < 20_000; round++)
        {
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Rdb.Read([.. start, .. noise], random.Next(1, 40));
        }
    }

    private static string ErrorOf(ReadOnlySpan<byte> file)
    {
        var (reader, state, _) = Rdb.Read(file);
        Assert.Equal(RdbReaderState.Failed, state);
        return reader.Error!.Message;
    }
}
