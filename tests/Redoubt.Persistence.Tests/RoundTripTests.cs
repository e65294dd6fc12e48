using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

public class RoundTripTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void What_is_written_is_read_back(bool compress, bool checksum)
    {
        List<Entry> entries = Rdb.Sample();
        byte[] file = Rdb.Write(entries, compress, checksum);
        var (reader, state, read) = Rdb.Read(file);
        Assert.Equal(RdbReaderState.Finished, state);
        Assert.Equal(entries, read);
        Assert.Equal(10, reader.Version);
        Assert.Equal(checksum, reader.HasChecksum);
        Assert.Equal(entries.Count, reader.EntriesRead);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(61)]
    [InlineData(1000)]
    [InlineData(65_537)]
    public void The_size_of_the_pieces_makes_no_difference(int pieceLength)
    {
        List<Entry> entries = Rdb.Sample();
        Assert.Equal(entries, Rdb.ReadWhole(Rdb.Write(entries), pieceLength));
        Assert.Equal(entries, Rdb.ReadWhole(Rdb.Write(entries, compress: false), pieceLength));
    }

    [Fact]
    public void Bytes_after_the_end_are_left_to_the_caller()
    {
        byte[] file = Rdb.Write(Rdb.Sample());
        byte[] stream = [.. file, .. "*1\r\n$4\r\nPING\r\n"u8];
        var reader = new RdbReader();
        Assert.Equal(RdbReaderState.Finished, reader.Feed(stream, out int consumed));
        Assert.Equal(file.Length, consumed);
        Assert.Equal(RdbReaderState.Finished, reader.Feed(stream.AsSpan(consumed), out consumed));
        Assert.Equal(0, consumed);
        Assert.Equal(file.Length, reader.BytesTaken);
    }

    [Fact]
    public void Databases_may_alternate()
    {
        List<Entry> entries = [.. Enumerable.Range(0, 200).Select(i => new Entry(i % 3 * 7, $"key:{i}", $"value {i}"))];
        Assert.Equal(entries, Rdb.ReadWhole(Rdb.Write(entries)));
    }

    [Fact]
    public void Integer_values_stay_integers()
    {
        var batch = new EntryBatch();
        long[] numbers = [0, 1, -1, 127, -129, 40_000, int.MinValue, int.MaxValue, 1L << 40, long.MinValue];
        foreach (long number in numbers)
            batch.AppendInteger(0, -1, "n"u8, number);
        var writer = new RdbWriter();
        writer.Begin(new RdbAux());
        writer.Write(batch);
        writer.End();
        Assert.Equal(numbers.Select(n => n.ToString()), Rdb.ReadWhole(writer.Pending).Select(e => e.Value));
        var reader = new RdbReader();
        reader.Feed(writer.Pending, out _);
        int integers = 0;
        foreach (EntryView view in reader.Batch)
            integers += view.IsInteger ? 1 : 0;
        Assert.Equal(8, integers); // the two beyond 32 bits are text in the file
    }

    [Fact]
    public void Idle_time_and_frequency_survive_and_do_not_stick_to_the_next_key()
    {
        List<Entry> entries =
        [
            new(0, "idle", "v", 5, AccessHint.FromIdleSeconds(100_000)),
            new(0, "plain", "v"),
            new(0, "used", "v", -1, AccessHint.FromFrequency(200)),
            new(0, "plain too", "v"),
        ];
        Assert.Equal(entries, Rdb.ReadWhole(Rdb.Write(entries)));
    }

    [Fact]
    public void Aux_fields_functions_and_sizes_survive()
    {
        var aux = new RdbAux
        {
            RedisVersion = "7.0.15",
            CreatedAtSeconds = 1_700_000_000,
            UsedMemoryBytes = 123_456_789_012,
            AofBase = true,
            ReplicationId = "0123456789abcdef0123456789abcdef01234567",
            ReplicationOffset = 98_765_432_109,
            ReplicationStreamDatabase = 4,
        };
        var writer = new RdbWriter();
        writer.Begin(aux);
        writer.WriteFunction("#!lua name=lib\nredis.register_function('f', function() return 1 end)"u8);
        writer.BeginDatabase(2, 70_000, 3);
        writer.Write(Rdb.Batch(new Entry(2, "k", "v")));
        writer.End();
        byte[] file = writer.Pending.ToArray();
        Assert.Equal(file.Length, writer.BytesWritten);
        Assert.Equal(1, writer.EntriesWritten);
        var (reader, state, _) = Rdb.Read(file, 3);
        Assert.Equal(RdbReaderState.Finished, state);
        Assert.Equal(aux, reader.Aux);
        Assert.StartsWith("#!lua name=lib", Rdb.Text(Assert.Single(reader.Functions)));
        Assert.Equal(new DatabaseSize(2, 70_000, 3), Assert.Single(reader.AnnouncedSizes));
    }

    [Fact]
    public void Output_may_be_taken_in_any_portions_between_batches()
    {
        var random = new Random(7);
        var writer = new RdbWriter();
        using var file = new MemoryStream();
        var entries = new List<Entry>();
        writer.Begin(new RdbAux());
        for (int i = 0; i < 300; i++)
        {
            int database = i / 100;
            List<Entry> some = [.. Enumerable.Range(0, random.Next(20)).Select(n => new Entry(database, $"{i}/{n}", Rdb.Random(random, random.Next(3000))))];
            entries.AddRange(some);
            writer.Write(Rdb.Batch(some));
            int taken = random.Next(writer.Pending.Length + 1);
            file.Write(writer.Pending[..taken]);
            writer.Consume(taken);
        }
        writer.End();
        file.Write(writer.Pending);
        writer.Clear();
        Assert.True(writer.Pending.IsEmpty);
        Assert.Equal(file.Length, writer.BytesWritten);
        Assert.Equal(entries, Rdb.ReadWhole(file.ToArray(), 4096));
    }

    [Fact]
    public void A_batch_is_handed_out_at_its_size_and_reading_goes_on()
    {
        List<Entry> entries = [.. Enumerable.Range(0, 5000).Select(i => new Entry(0, $"key:{i}", Rdb.Random(new Random(i), 1000)))];
        byte[] file = Rdb.Write(entries);
        var reader = new RdbReader(new RdbReaderOptions { BatchBytes = 100_000 });
        var spare = new EntryBatch();
        var read = new List<Entry>();
        int at = 0;
        int batches = 0;
        while (reader.Feed(file.AsSpan(at), out int consumed) == RdbReaderState.BatchReady)
        {
            at += consumed;
            batches++;
            Assert.InRange(reader.Batch.Bytes, 100_000, 102_000);
            EntryBatch taken = reader.TakeBatch(spare);
            read.AddRange(Rdb.Entries(taken));
            taken.Clear();
            spare = taken;
        }
        read.AddRange(Rdb.Entries(reader.Batch));
        Assert.Equal(entries, read);
        Assert.InRange(batches, 50, 55);
    }

    [Fact]
    public void A_value_larger_than_a_batch_passes_through_in_pieces()
    {
        string large = Rdb.Random(new Random(3), 9_000_000);
        List<Entry> entries = [new(0, "before", "v"), new(1, "large", large, 77), new(1, "after", "w")];
        byte[] file = Rdb.Write(entries);
        Assert.Equal(entries, Rdb.ReadWhole(file, 16_384));
        Assert.Equal(entries, Rdb.ReadWhole(file));
    }
}
