using System.Text;
using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

/// <summary>An entry as tests compare it.</summary>
internal sealed record Entry(int Database, string Key, string Value, long ExpireAtMs = -1, AccessHint Hint = default)
{
    public override string ToString() => $"{Database} {Rdb.Shown(Key)} = {Rdb.Shown(Value)} until {ExpireAtMs} {Hint}";
}

internal static class Rdb
{
    /// <summary>Strings stand for bytes, one character each.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string Shown(string text) => text.Length > 60 ? $"{text[..60]}... ({text.Length})" : text;

    public static EntryBatch Batch(params IEnumerable<Entry> entries)
    {
        var batch = new EntryBatch();
        foreach (Entry e in entries)
            batch.Append(e.Database, 0, e.ExpireAtMs, Bytes(e.Key), Bytes(e.Value), e.Hint);
        return batch;
    }

    public static List<Entry> Entries(EntryBatch batch)
    {
        var entries = new List<Entry>();
        Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
        foreach (EntryView view in batch)
        {
            Assert.Equal(0, view.ValueType);
            string value = Text(view.IsInteger ? view.FormatInteger(digits) : view.Value);
            entries.Add(new Entry(view.Database, Text(view.Key), value, view.ExpireAtMs, view.Hint));
        }
        return entries;
    }

    public static byte[] Write(IEnumerable<Entry> entries, bool compress = true, bool checksum = true, RdbAux? aux = null)
    {
        var writer = new RdbWriter(compress, checksum);
        writer.Begin(aux ?? new RdbAux());
        writer.Write(Batch(entries));
        writer.End();
        return writer.Pending.ToArray();
    }

    /// <summary>Feeds the bytes in pieces and returns the reader and what it gave.</summary>
    public static (RdbReader Reader, RdbReaderState State, List<Entry> Entries) Read(ReadOnlySpan<byte> file, int pieceLength = int.MaxValue, RdbReaderOptions? options = null)
    {
        var reader = new RdbReader(options);
        var entries = new List<Entry>();
        RdbReaderState state = RdbReaderState.NeedMore;
        int at = 0;
        while (state is RdbReaderState.NeedMore or RdbReaderState.BatchReady)
        {
            if (at == file.Length && state == RdbReaderState.NeedMore)
            {
                state = reader.EndOfInput();
                break;
            }
            ReadOnlySpan<byte> piece = file.Slice(at, Math.Min(pieceLength, file.Length - at));
            state = reader.Feed(piece, out int consumed);
            at += consumed;
            if (state == RdbReaderState.BatchReady)
                entries.AddRange(Entries(reader.TakeBatch()));
            else if (state == RdbReaderState.NeedMore)
                Assert.Equal(piece.Length, consumed);
        }
        if (state == RdbReaderState.Finished)
            entries.AddRange(Entries(reader.Batch));
        Assert.Equal(state == RdbReaderState.Failed, reader.Error is not null);
        return (reader, state, entries);
    }

    public static List<Entry> ReadWhole(ReadOnlySpan<byte> file, int pieceLength = int.MaxValue)
    {
        var (reader, state, entries) = Read(file, pieceLength);
        Assert.True(state == RdbReaderState.Finished, reader.Error?.Message ?? state.ToString());
        Assert.Equal(file.Length, reader.BytesTaken);
        return entries;
    }

    public static string Random(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return Text(bytes);
    }

    public static string Compressible(Random random, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
            text.Append("{\"id\":").Append(random.Next(1000)).Append(",\"name\":\"user\",\"active\":true}");
        return text.ToString(0, length);
    }

    /// <summary>Every kind of string the format knows, over several databases.</summary>
    public static List<Entry> Sample(int seed = 1)
    {
        var random = new Random(seed);
        var entries = new List<Entry>
        {
            new(0, "", ""),
            new(0, "empty", ""),
            new(0, "12", "key and value are numbers, 12"),
            new(0, "-128", "-128"),
            new(0, "127", "127"),
            new(0, "128", "128"),
            new(0, "-32768", "32767"),
            new(0, "32768", "-32769"),
            new(0, "2147483647", "-2147483648"),
            new(0, "2147483648", "-2147483649"),
            new(0, "not numbers", "007"),
            new(0, "minus zero", "-0"),
            new(0, "plus", "+1"),
            new(0, "long", long.MaxValue.ToString()),
            new(0, "long min", long.MinValue.ToString()),
            new(0, "expires", "soon", 4_102_444_800_123),
            new(0, "binary\0\r\n\xff", "\0\0\0"),
        };
        foreach (int length in new[] { 20, 21, 63, 64, 100, 16383, 16384, 70_000, 200_000 })
        {
            entries.Add(new Entry(3, $"compressible {length}", Compressible(random, length), length % 2 == 0 ? 4_102_444_800_000 + length : -1));
            entries.Add(new Entry(3, $"random {length}", Random(random, length)));
            entries.Add(new Entry(length % 16, new string('k', length), "long key"));
        }
        return entries;
    }
}
