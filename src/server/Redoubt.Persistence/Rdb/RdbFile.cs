using Microsoft.Win32.SafeHandles;

namespace Redoubt.Persistence.Rdb;

/// <summary>Feeds a file to a reader. Blocks; meant for a helper thread.</summary>
public static class RdbFile
{
    private const int PieceBytes = 1 << 20;

    /// <param name="exchangeBatch">Gets each filled batch and returns an empty one to go on with. Entries are good only once this method has returned null.</param>
    /// <returns>Null, or why the file cannot be loaded.</returns>
    public static StorageError? Load(string path, RdbReader reader, Func<EntryBatch, EntryBatch> exchangeBatch)
    {
        try
        {
            using SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            byte[] buffer = GC.AllocateUninitializedArray<byte>(PieceBytes);
            long offset = 0;
            RdbReaderState state = RdbReaderState.NeedMore;
            while (state == RdbReaderState.NeedMore)
            {
                int count = RandomAccess.Read(handle, buffer, offset);
                offset += count;
                state = count == 0 ? reader.EndOfInput() : FeedAll(reader, buffer.AsSpan(0, count), exchangeBatch);
            }
            if (state == RdbReaderState.Finished && reader.Batch.Count > 0)
                reader.TakeBatch(exchangeBatch(reader.Batch));
            return reader.Error is { } error ? DamagedFile(path, error) : null;
        }
        catch (Exception failure) when (StorageError.IsExpected(failure))
        {
            return StorageError.From("read", path, failure);
        }
    }

    private static RdbReaderState FeedAll(RdbReader reader, ReadOnlySpan<byte> piece, Func<EntryBatch, EntryBatch> exchangeBatch)
    {
        while (true)
        {
            RdbReaderState state = reader.Feed(piece, out int consumed);
            if (state != RdbReaderState.BatchReady)
                return state;
            piece = piece[consumed..];
            reader.TakeBatch(exchangeBatch(reader.Batch));
        }
    }

    private static StorageError DamagedFile(string path, RdbError error) =>
        new("load", path, error.Message, "Check it with redis-check-rdb; restore a backup, or move the file away to start with an empty dataset.");
}
