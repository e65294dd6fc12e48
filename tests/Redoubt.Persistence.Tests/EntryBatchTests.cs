using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

public class EntryBatchTests
{
    [Fact]
    public void Entries_come_out_as_they_went_in()
    {
        List<Entry> entries = Rdb.Sample();
        EntryBatch batch = Rdb.Batch(entries);
        Assert.Equal(entries.Count, batch.Count);
        Assert.Equal(entries, Rdb.Entries(batch));
        batch.Clear();
        Assert.Equal(0, batch.Count);
        Assert.Equal(0, batch.Bytes);
        Assert.Empty(Rdb.Entries(batch));
    }

    [Fact]
    public void A_value_may_be_filled_in_by_the_caller()
    {
        var batch = new EntryBatch(0);
        "filled"u8.CopyTo(batch.AppendUnfilled(1, 0, 9, "key"u8, 6));
        Assert.Equal([new Entry(1, "key", "filled", 9)], Rdb.Entries(batch));
    }

    [Fact]
    public void A_huge_value_does_not_stay_allocated()
    {
        var batch = new EntryBatch();
        batch.Append(0, 0, -1, "k"u8, new byte[20_000_000]);
        Assert.InRange(batch.Capacity, 20_000_000, int.MaxValue);
        batch.Clear();
        Assert.InRange(batch.Capacity, 0, EntryBatch.RetainedBytesMax);
    }

    [Fact]
    public void Encoding_and_decoding_allocate_nothing_per_entry()
    {
        var batch = new EntryBatch();
        for (int i = 0; i < 10_000; i++)
            batch.Append(i % 2, 0, i, Rdb.Bytes($"key:{i}"), Rdb.Bytes(i % 3 == 0 ? new string('c', 90) : Rdb.Random(new Random(i), 32)));
        var writer = new RdbWriter();
        writer.Begin(new RdbAux());
        writer.Write(batch);
        byte[] file = writer.Pending.ToArray();
        var reader = new RdbReader(new RdbReaderOptions { BatchBytes = int.MaxValue }, batch);
        writer.Clear();
        writer.Write(batch);
        writer.Clear();

        long before = GC.GetAllocatedBytesForCurrentThread();
        writer.Write(batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        batch.Clear();
        reader.Feed(file.AsSpan(0, 200), out _);
        before = GC.GetAllocatedBytesForCurrentThread();
        for (int at = 200; at < file.Length; at += 1000)
            reader.Feed(file.AsSpan(at, Math.Min(1000, file.Length - at)), out _);
        Assert.Equal(10_000, reader.EntriesRead);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2000); // the carry buffer, once
    }
}
